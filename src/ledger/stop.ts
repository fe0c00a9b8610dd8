import type { BudgetScope } from './budgets.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A stopped scope: nothing of it may start. */
export interface Stop {
  readonly stopId: number
  readonly scope: BudgetScope
  readonly reason: string
  readonly since: string
  /** Null while it is in force. */
  readonly resumedAt: string | null
  readonly resumedWhy: string | null
}

/**
 * The panic switch: once this has answered, nothing of the scope is reserved or sent any more, in any process. What was sent is still booked.
 * `stopped` false: it was stopped before, for the reason that is answered. Throws PurserError `bad_input`, `unknown_account`.
 */
export async function stopScope({ sql }: Ledger, scope: BudgetScope, reason: string): Promise<Stop & { readonly stopped: boolean }> {
  return asked(() => sql`select purser.stop_scope(${sql.json(scope as never)}, ${reason}) as answer`)
}

/** Ends a stop of exactly this scope. Throws PurserError `not_found`, `bad_input`, `unknown_account`. */
export async function resumeScope({ sql }: Ledger, scope: BudgetScope, reason: string): Promise<void> {
  await asked(() => sql`select purser.resume_scope(${sql.json(scope as never)}, ${reason}) as answer`)
}

/** Ends this stop, and no later one of its scope; `resumed` false: it was over before. Throws PurserError `not_found`, `bad_input`. */
export async function resumeStop({ sql }: Ledger, id: number, reason: string): Promise<Stop & { readonly resumed: boolean }> {
  return asked(() => sql`select purser.resume_stop(${id}, ${reason}) as answer`)
}

/** A page of stops by id, after `after`: those in force, or (`resumed`) all that ever were; with an account, those that name it. */
export async function listStops(
  { sql }: Ledger,
  page: {
    readonly account?: string | undefined
    readonly after: number
    readonly limit: number
    readonly resumed?: boolean | undefined
  },
): Promise<Stop[]> {
  return asked(
    () => sql`select purser.list_stops(${page.account ?? null}, ${page.after}, ${page.limit}, ${page.resumed ?? false}) as answer`,
  )
}

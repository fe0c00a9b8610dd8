import type { BudgetScope } from './budgets.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/**
 * The panic switch: once this has answered, nothing of the scope is reserved or sent any more, in any process. What was sent is still booked.
 * `stopped` false: it was stopped before.
 */
export async function stopScope({ sql }: Ledger, scope: BudgetScope, reason: string): Promise<{ readonly stopped: boolean }> {
  return asked(sql`select purser.stop_scope(${sql.json(scope as never)}, ${reason}) as answer`)
}

/** Ends a stop of exactly this scope. Throws PurserError `not_found`, naming what is stopped. */
export async function resumeScope({ sql }: Ledger, scope: BudgetScope, reason: string): Promise<void> {
  await asked(sql`select purser.resume_scope(${sql.json(scope as never)}, ${reason}) as answer`)
}

import { moneyOf, asked } from './asked.ts'
import type { Money } from '../domain/money.ts'
import type { Ledger } from './ledger.ts'

/** A hint for a job that waits: its call may ask again. */
export interface Hint {
  readonly call: string
  readonly workflowId: string
  readonly callId: string
}

/**
 * Decides whose turn it is, in the order of coming: calls whose need all their budgets can pay now, beside what was promised to those who were woken and have not asked yet.
 * No money is set aside: the ask decides. A hint that was not noted as sent is there again after five seconds.
 */
export const wakeWaiters = (
  { sql }: Pick<Ledger, 'sql'>,
  { installation, limit }: { readonly installation: string; readonly limit: number },
) => asked<Hint[]>(() => sql`select purser.wake_waiters(${installation}, ${limit}) as answer`)

/** `gone`: there is no such job any more, so its call waits no more. */
export async function noteHint({ sql }: Pick<Ledger, 'sql'>, call: string, became: 'sent' | 'gone'): Promise<void> {
  await asked(() => sql`select purser.note_hint(${call}, ${became === 'gone'}) as answer`)
}

/** A call that waits for money. */
export interface Waiter {
  readonly place: string
  readonly workflowId: string
  readonly callId: string
  readonly account: string
  /** The one that could not pay when it asked last. */
  readonly budget: { readonly id: number; readonly name: string }
  readonly needed: Money
  readonly since: string
  /** When it was told to ask again; null: not yet. */
  readonly wokenAt: string | null
}

interface WaitersAsked {
  readonly account?: string | undefined
  readonly budgetId?: number | undefined
  /** The place behind which to go on. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Those who wait, in the order of coming. Throws PurserError `bad_input`. */
export async function listWaiters(
  { sql }: Pick<Ledger, 'sql'>,
  { account, budgetId, after = '0', limit }: WaitersAsked,
): Promise<Waiter[]> {
  const rows = await asked<(Omit<Waiter, 'needed'> & { readonly needed: string })[]>(
    () => sql`select purser.list_waiters(${account ?? null}, ${budgetId ?? null}, ${after}::bigint, ${limit}) as answer`,
  )
  return rows.map(({ needed, ...row }) => ({ ...row, needed: moneyOf(needed) }))
}

import { outputTokensThatFit, type Bound } from './bound.ts'
import { ofMoney, shortMoney, type Money } from './money.ts'

/** Which budget said no, and what would work. A value, not an error: it is an expected answer. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: 'budget_exceeded'
  /** The account's plan. */
  readonly plan: string
  readonly budget: { readonly id: number; readonly name: string; readonly period: string }
  readonly cap: Money
  readonly spent: Money
  readonly reserved: Money
  readonly needed: Money
  readonly remaining: Money
  /** The earliest moment at which money comes back (ISO 8601, UTC): the end of a hold, or the next period. `never`: neither will come. */
  readonly freesAt: string
  readonly remedies: readonly Remedy[]
  /** Of a call that waits: its place is kept, and this ask is decided anew each time it is made. */
  readonly waitsAs?: number
}

/** What a job does when its budgets cannot pay for a call. */
export interface OverBudgetPolicy {
  /**
   * `fail` (default): the call ends refused. `wait`: it waits for its turn, until money comes back, is added, or a new period begins. `fit`: it asks for the longest answer that can be
   * paid for. `downgrade`: it asks for the next cheaper model that can be paid for.
   */
  readonly onRefused?: 'fail' | 'wait' | 'fit' | 'downgrade' | undefined
  /** With `wait`: so many milliseconds at most, then the call ends refused. Default: forty days, so that the next month comes. */
  readonly waitAtMostMs?: number | undefined
  /** With `fit`: an answer of fewer tokens is of no use, so the call ends refused. Default: 64. */
  readonly fitAtLeast?: number | undefined
  /** With `downgrade`: models of the same provider, in the order in which they are tried. Default, where Purser sends the request: those that are able and cost less, the dearest that fits first. */
  readonly downgradeTo?: readonly string[] | undefined
}

/** The signal that a job hears when one of its calls, named by the argument, may ask again. */
export const YOUR_TURN = 'purserYourTurn'

export type Remedy =
  | { readonly kind: 'wait'; readonly until: string }
  | { readonly kind: 'top_up'; readonly by: Money }
  | { readonly kind: 'fit'; readonly maxOutputTokens: number }

/** A refusal as the ledger stores it, before the remedies are worked out. */
export type StoredRefusal = Omit<Refusal, 'remedies'> & { readonly missing: Money }

export function withRemedies(stored: StoredRefusal, bound: Bound): Refusal {
  const refusal = withoutBound(stored)
  const tokens = outputTokensThatFit(bound, ofMoney(refusal.remaining))
  return { ...refusal, remedies: [...refusal.remedies, ...(tokens > 0 ? [{ kind: 'fit', maxOutputTokens: tokens } as const] : [])] }
}

/** A stored refusal heard again by a later activity, which has no bound at hand: waiting and topping up are known all the same. */
export const withoutBound = ({ missing, ...refusal }: StoredRefusal): Refusal => ({
  ...refusal,
  remedies: [
    ...(waitingHelps(refusal) ? [{ kind: 'wait', until: refusal.freesAt } as const] : []),
    ...(ofMoney(missing) > 0n ? [{ kind: 'top_up', by: missing } as const] : []),
  ],
})

/** No period of this budget ever holds more than its cap, and a budget without an end gets nothing back from waiting for it. */
const waitingHelps = (refusal: Pick<Refusal, 'needed' | 'cap' | 'freesAt'>): boolean =>
  ofMoney(refusal.needed) <= ofMoney(refusal.cap) && refusal.freesAt !== 'never'

/** One sentence for people: what was needed, what is left, and what would work. */
export function refusalText(refusal: Refusal): string {
  const eur = shortMoney
  const held = ofMoney(refusal.reserved) > 0n ? ` and ${eur(refusal.reserved)} reserved` : ''
  return (
    `Budget "${refusal.budget.name}" (${refusal.budget.period}) refuses: ${eur(refusal.needed)} needed, ${eur(refusal.remaining)} left ` +
    `(cap ${eur(refusal.cap)}, ${eur(refusal.spent)} spent${held}). What would work: ${refusal.remedies.map(remedyText).join('; ')}.`
  )
}

/** `1 December 2026, 00:00 UTC`: for people; programs read the ISO form. */
function instantText(iso: string): string {
  const at = new Date(iso)
  const day = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  return `${day}, ${at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })} UTC`
}

/** A remedy in words. */
export function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'wait':
      return `wait until ${instantText(remedy.until)}`
    case 'top_up':
      return `top up by ${shortMoney(remedy.by)}`
    case 'fit':
      return `an answer of at most ${remedy.maxOutputTokens} tokens`
  }
}

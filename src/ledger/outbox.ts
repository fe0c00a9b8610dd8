import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

interface Told {
  /** Names it for ever: who hears it twice knows it by this. Acknowledged, it stands for everything before it too. */
  readonly position: string
  readonly at: string
  readonly account: string | null
}

/**
 * `threshold`: so much of a cap is spent; once a period. `refused`: a budget said no. `freed`: what it said no to would fit now. `overrun`: reserved +
 * spent exceed the cap by more than before.
 */
export interface BudgetEvent extends Told {
  readonly kind: 'threshold' | 'refused' | 'overrun' | 'freed'
  readonly budgetId: number
  readonly budget: string
  readonly budgetPeriodId: number
  /** `2026-11`, `2026-11-25` or `total`. */
  readonly period: string
  /** The version of the budget period's counters that it is about. */
  readonly version: string
  /** Amounts are nano-EUR as text. */
  readonly details: Readonly<Record<string, string | number>>
}

interface OfAnAttempt {
  readonly provider: string
  readonly model: string
  readonly attempt: string
}

/** What needs a person, and is about no budget. */
export type Alarm = Told &
  (
    | /** Once a day, while the newest euro rate (null: there is none) is older than a week. */
      { readonly kind: 'rate_stale'; readonly details: { readonly newest: string | null } }
      /** Units of an answer, or of a tracked usage, that were charged at another price than their own; `model` and `tier` are those that answered. */
    | {
        readonly kind: 'unpriced'
        readonly details: OfAnAttempt & { readonly units: readonly string[]; readonly tier?: string; readonly trackedAs?: string }
      }
    /** An answer cost more than its bound: nano-EUR as text. */
    | { readonly kind: 'bound_violated'; readonly details: OfAnAttempt & { readonly amount: string; readonly cost: string } }
    /**
     * Nothing of it starts until `purser models raise`, or, for one account (who sent by himself, and said wrongly how much), until `purser resume`; the attempt is
     * the first that violated its bound.
     */
    | { readonly kind: 'model_stopped'; readonly details: OfAnAttempt & { readonly account?: string } }
  )

/** What others want to hear, written in the transaction of what happened. */
export type OutboxEvent = BudgetEvent | Alarm

export const EVENT_KINDS = [
  'threshold',
  'refused',
  'overrun',
  'freed',
  'rate_stale',
  'unpriced',
  'bound_violated',
  'model_stopped',
] as const satisfies readonly OutboxEvent['kind'][]

/**
 * Makes a named consumer that hears everything that is kept (`start`), or what happens from now on (`now`). Again: no effect. Nothing that
 * a consumer has not acknowledged is pruned, so one that is gone must be forgotten. Throws PurserError `bad_input` for a name that is none.
 */
export const addOutboxConsumer = ({ sql }: Pick<Ledger, 'sql'>, name: string, from: 'start' | 'now'): Promise<{ readonly made: boolean }> =>
  asked(() => sql`select purser.add_outbox_consumer(${name}, ${from === 'start'}) as answer`)

/**
 * The next events of a consumer, in order; the same again until they are acknowledged. What an open transaction has written, and everything
 * behind it, waits until that has ended: so nothing comes later into a place that was passed. At least once, to every consumer.
 * Throws PurserError `not_found`, `bad_input`.
 */
export const readOutbox = ({ sql }: Pick<Ledger, 'sql'>, name: string, limit: number): Promise<readonly OutboxEvent[]> =>
  asked(() => sql`select purser.read_outbox(${name}, ${limit}) as answer`)

/** The newest events that are kept, the newest first: of one kind, or of all. For people: what is read so is not acknowledged. */
export const listEvents = (
  { sql }: Ledger,
  page: { readonly kind: OutboxEvent['kind'] | undefined; readonly limit: number },
): Promise<readonly OutboxEvent[]> => asked(() => sql`select purser.list_events(${page.kind ?? null}, ${page.limit}) as answer`)

/** This event and all before it are dealt with. `moved` false: that was known. Throws PurserError `bad_input` for what was not read, `not_found`. */
export const acknowledgeOutbox = ({ sql }: Ledger, name: string, position: string): Promise<{ readonly moved: boolean }> =>
  asked(() => sql`select purser.acknowledge_outbox(${name}, ${position}) as answer`)

/** From now on nothing is kept for this consumer. Throws PurserError `not_found`. */
export async function forgetOutboxConsumer({ sql }: Ledger, name: string): Promise<void> {
  await asked(() => sql`select purser.forget_outbox_consumer(${name}) as answer`)
}

/** How far a consumer is behind. */
export interface OutboxConsumer {
  readonly name: string
  readonly unread: number
  readonly oldestUnreadAt: string | null
  /** When it last acknowledged. */
  readonly movedAt: string
}

export const listOutboxConsumers = ({ sql }: Ledger): Promise<readonly OutboxConsumer[]> =>
  asked(() => sql`select purser.list_outbox_consumers() as answer`)

/** How long events are kept at the least, also when everybody has read them: so that a new consumer can look back. */
const KEPT_DAYS = 30
/** Events that one call looks at, so that it stays short. */
const PRUNED_MAX = 10_000

/** Drops the oldest events that every consumer has acknowledged and that are older than a month. Bounded: what is left goes the next time. */
export async function pruneOutbox({ sql }: Ledger, { days = KEPT_DAYS, limit = PRUNED_MAX } = {}): Promise<number> {
  return asked(() => sql`select purser.prune_outbox(${days}, ${limit}) as answer`)
}

/** What is told, where it goes, and how long that is tried. */

export const DESTINATION_KINDS = ['webhook', 'slack', 'email', 'log'] as const
export type DestinationKind = (typeof DESTINATION_KINDS)[number]

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Something that happened, as it is told. */
export interface Notice {
  readonly noticeId: string
  /** `budget.threshold`, `alert.opened` */
  readonly type: string
  readonly account: string | null
  /** For people. */
  readonly text: string
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>
  /** When it was put: ISO. */
  readonly at: string
}

/** A notice that is to be brought to one receiver now, with what opens it: never shown, and never through Temporal. */
export interface Outgoing extends Notice {
  readonly destination: {
    readonly id: number
    readonly name: string
    readonly kind: DestinationKind
    readonly target: string
    /** The newest first; none where nothing is signed. */
    readonly secrets: readonly string[]
  }
}

/** How often, and how long, one delivery is tried. */
export interface DeliveryPolicy {
  /** So long one attempt may take, with its book-keeping; then another worker makes the next one. */
  readonly attemptMs: number
  /** The pause after the first failed attempt; each further one is twice as long. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** Then it is dead. */
  readonly totalMs: number
}

/** 24 attempts or so in three days: after 0, 5, 15, 35 s, …, half a day, and then every six hours. */
export const DELIVERY_POLICY: DeliveryPolicy = {
  attemptMs: 30_000,
  firstPauseMs: 5_000,
  longestPauseMs: 6 * 3_600_000,
  totalMs: 3 * 24 * 3_600_000,
}

/** Part of a pause that is left to chance, so that what failed together does not come back together. */
const SPREAD = 0.1

/** How long to wait after the `attempt`th attempt (from 1): longer if the receiver asks for it (`retryAfterMs`), within the policy. `chance`: from 0 to 1. */
export function pauseMs(policy: DeliveryPolicy, attempt: number, retryAfterMs: number, chance: number): number {
  const doubled = policy.firstPauseMs * 2 ** Math.min(attempt - 1, 40)
  return Math.round(Math.min(Math.max(doubled * (1 + SPREAD * chance), retryAfterMs), policy.longestPauseMs))
}

/** What a job that delivers is started with. */
export interface DeliveryJob {
  readonly noticeId: string
  readonly type: string
  /** How often it was sent again before. */
  readonly run: number
  readonly destinations: readonly { readonly id: number; readonly name: string }[]
  readonly policy: DeliveryPolicy
}

/** The workflow type. */
export const DELIVER_NOTICE = 'deliverNotice'

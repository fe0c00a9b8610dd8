import type { DeliveryState, DestinationKind, Outgoing } from '../domain/notice.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A notice on its way to one destination. */
export interface Delivery {
  readonly id: string
  readonly noticeId: string
  readonly type: string
  readonly noticeAccount: string | null
  readonly text: string
  readonly at: string
  readonly destinationId: number
  readonly destination: string
  readonly kind: DestinationKind
  /** The destination's. */
  readonly account: string | null
  readonly state: DeliveryState
  /** Since it was sent, or sent again. */
  readonly attempts: number
  readonly resends: number
  readonly lastAt: string | null
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly nextAt: string | null
  readonly deliveredAt: string | null
  readonly deadAt: string | null
  readonly deadWhy: string | null
  readonly workflowId: string
}

/** Which one, and for the how manieth time it is sent. */
export interface DeliveryRun {
  readonly noticeId: string
  readonly destinationId: number
  readonly run: number
}

export type Begun =
  /** `attempt`: of this run, from 1. */
  (Outgoing & { readonly kind: 'go'; readonly attempt: number }) | { readonly kind: 'over'; readonly state: DeliveryState }

/** Begins an attempt, with all that it needs; `over`: nothing is left to do. Throws PurserError `not_found`. */
export const beginDelivery = ({ sql }: Ledger, { noticeId, destinationId, run }: DeliveryRun): Promise<Begun> =>
  asked(() => sql`select purser.begin_delivery(${noticeId}, ${destinationId}, ${run}) as answer`)

/** What came of an attempt. `gone` disables the destination. `changed` false: it was over already. */
export const endDelivery = (
  { sql }: Ledger,
  { noticeId, destinationId, run }: DeliveryRun,
  end: {
    readonly kind: 'delivered' | 'failed' | 'dead' | 'gone'
    readonly status?: number | undefined
    readonly error?: string | undefined
    /** Of `failed`: when it is tried again. */
    readonly nextAt?: Date | undefined
  },
): Promise<{ readonly changed: boolean }> =>
  asked(
    () => sql`
    select purser.end_delivery(${noticeId}, ${destinationId}, ${run}, ${end.kind}, ${end.status ?? null}, ${end.error ?? null}, ${end.nextAt ?? null}) as answer`,
  )

/** Nobody tries it any more: dead, unless it has ended. */
export const giveUpDelivery = (
  { sql }: Ledger,
  { noticeId, destinationId, run }: DeliveryRun,
  why: string,
): Promise<{ readonly state: DeliveryState; readonly attempts: number; readonly error: string | null }> =>
  asked(() => sql`select purser.give_up_delivery(${noticeId}, ${destinationId}, ${run}, ${why}) as answer`)

/** Undefined: there is none. */
export async function findDelivery({ sql }: Ledger, id: string): Promise<Delivery | undefined> {
  return (await asked<Delivery | null>(() => sql`select purser.show_delivery(${id}::text::bigint) as answer`)) ?? undefined
}

/** A page, the newest first, before `before`; with an account, those to its destinations. */
export const listDeliveries = (
  { sql }: Ledger,
  page: {
    readonly account: string | undefined
    readonly state?: DeliveryState | undefined
    readonly noticeId?: string | undefined
    readonly destinationId?: number | undefined
    readonly before: string
    readonly limit: number
  },
): Promise<Delivery[]> =>
  asked(
    () => sql`
    select purser.list_deliveries(${page.account ?? null}, ${page.state ?? null}, ${page.noticeId ?? null}, ${page.destinationId ?? null}, ${page.before}::text::bigint, ${page.limit}) as answer`,
  )

/** Above every id of a delivery: where a list begins. */
export const NEWEST_DELIVERY = '9223372036854775807'

/** Puts it on its way again, as the same notice. Throws PurserError `not_found`, `conflict` (it is still tried, or its destination is disabled). */
export const resendDelivery = (
  { sql }: Ledger,
  { id, account }: { readonly id: string; readonly account?: string | undefined },
): Promise<Delivery> => asked(() => sql`select purser.resend_delivery(${id}::text::bigint, ${account ?? null}) as answer`)

import { callRef, type AttemptState } from '../domain/call.ts'
import type { Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** An attempt that was sent and whose outcome nobody knows. */
export interface DoubtfulAttempt {
  readonly reservationId: string
  readonly callRef: string
  readonly workflowId: string
  readonly callId: string
  readonly account: string
  readonly model: string
  /** In doubt its amount is held; presumed it is spent. */
  readonly state: 'in_doubt' | 'presumed'
  readonly amount: Nano
  readonly sentAt: string
  /** From then on no answer can come, so a person may say that it cost nothing. */
  readonly presumedFrom: string
  readonly why: string | null
}

export interface DoubtfulPage {
  readonly inDoubt: boolean
  readonly presumed: boolean
  readonly account?: string | undefined
  /** The attempt behind which the page begins. */
  readonly after?: string | undefined
  readonly limit: number
}

type Raw = Omit<DoubtfulAttempt, 'amount' | 'callRef'> & { amount: string; call: string }

/** An attempt that was sent, as it stands now. */
export type SentAttempt = Omit<DoubtfulAttempt, 'state'> & {
  readonly state: AttemptState
  /** Null while nobody knows it. */
  readonly cost: Nano | null
  readonly source: string | null
}

/** Undefined when there is none that was sent, or its month is dropped. */
export async function findAttempt({ sql }: Ledger, id: string): Promise<SentAttempt | undefined> {
  type RawSent = Omit<SentAttempt, 'amount' | 'cost' | 'callRef'> & { amount: string; cost: string | null; call: string }
  const raw = await asked<RawSent | null>(() => sql`select purser.show_attempt(${id}) as answer`)
  if (raw === null) return undefined
  const { call, amount, cost, ...attempt } = raw
  return { ...attempt, callRef: callRef(call), amount: nanoOf(amount), cost: cost === null ? null : nanoOf(cost) }
}

/** Attempts in doubt or presumed, in the order of the start of their jobs. Throws PurserError `bad_input`. */
export async function listDoubtful({ sql }: Ledger, page: DoubtfulPage): Promise<DoubtfulAttempt[]> {
  const raw = await asked<Raw[]>(
    () => sql`
    select purser.list_doubtful(p_in_doubt => ${page.inDoubt}, p_presumed => ${page.presumed}, p_account => ${page.account ?? null},
      p_after => ${page.after ?? '00000000-0000-0000-0000-000000000000'}, p_limit => ${page.limit}) as answer`,
  )
  return raw.map(({ call, amount, ...attempt }) => ({ ...attempt, callRef: callRef(call), amount: nanoOf(amount) }))
}

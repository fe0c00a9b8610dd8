import type { Answer, BlobRef, ResponseFacts } from '../domain/call.ts'
import type { Cost } from '../domain/price.ts'
import type { Nano } from '../domain/money.ts'
import type { Usage } from '../domain/usage.ts'
import { answerOf, type RawAnswer } from './answers.ts'
import { asked, type Ledger } from './ledger.ts'
import { logJson, type CallLog } from './call-log.ts'
import { texts } from './reserve.ts'

/** What came back from an attempt: all that a settle needs, and so all that stands in the receipt file beside the blob. */
export interface Receipt {
  readonly reservationId: string
  readonly token: string
  readonly account: string
  readonly budgetPeriods: readonly number[]
  /** `presumption`: the provider named no usage, so the whole bound is booked. */
  readonly source: 'answer' | 'presumption'
  readonly cost: Cost | { readonly lines: readonly []; readonly picoUsd: bigint; readonly nanoEur: Nano }
  readonly usage: Usage
  readonly response: ResponseFacts & { readonly requests: number }
  readonly blob: BlobRef | undefined
  readonly flags: readonly string[]
}

export type SettleAnswer =
  /** `answer` is the call's first answer, for ever; `overBound`: this one cost more than was reserved. */
  | { readonly kind: 'settled'; readonly overBound: boolean; readonly answer: Answer }
  | { readonly kind: 'uncovered' }
  | { readonly kind: 'unbooked'; readonly reason: string }

type RawSettleAnswer =
  { kind: 'settled'; overBound: boolean; answer: RawAnswer } | { kind: 'uncovered' } | { kind: 'unbooked'; reason: string }

/** The receipt as text-only JSON: for the ledger's function, and for the file beside the blob. */
export function receiptJson(receipt: Receipt): Record<string, unknown> {
  const { cost, blob, ...rest } = receipt
  return {
    ...rest,
    blob: blob ?? null,
    cost: cost.nanoEur.toString(),
    picoUsd: cost.picoUsd.toString(),
    lines: cost.lines.map((line) => ({ ...line, ...texts(line) })),
  }
}

/**
 * Turns a reservation into spent money at the exact cost: receipt, cost lines, counters and call log in one commit. Keyed by reservation id
 * and token: a repeat has no effect. Never refused: what the ledger cannot book is kept as `unbooked`, and alarmed by the caller.
 */
export async function settle({ sql }: Ledger, receipt: Receipt, log: CallLog): Promise<SettleAnswer> {
  const raw = await asked<RawSettleAnswer>(sql`
    select purser.settle(
      p_reservation => ${receipt.reservationId}, p_token => ${receipt.token},
      p_receipt => ${sql.json(receiptJson(receipt) as never)}, p_log => ${sql.json(logJson(log))}) as answer`)
  return raw.kind === 'settled' ? { ...raw, answer: answerOf(raw.answer) as Answer } : raw
}

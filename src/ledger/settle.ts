import type { Answer, BlobRef, ResponseFacts } from '../domain/call.ts'
import { nano, type Nano, type PicoUsd } from '../domain/money.ts'
import type { Cost, CostLine } from '../domain/price.ts'
import type { Usage } from '../domain/usage.ts'
import { answerOf, type RawAnswer } from './answers.ts'
import { asked } from './asked.ts'
import type { Left } from './batch.ts'
import type { Ledger } from './ledger.ts'
import { leftOf } from './reserve.ts'

/** What came back from an attempt: all that a settle needs, and so all that stands in the receipt file beside the blob. */
export interface Receipt {
  readonly reservationId: string
  readonly token: string
  readonly account: string
  /** The ledger's number of the call's scope values. */
  readonly scope: number
  readonly budgetPeriods: readonly number[]
  /** `presumption`: the provider named no usage, so the whole bound is booked. */
  readonly source: 'answer' | 'presumption'
  readonly cost: Pick<Cost, 'lines' | 'nanoEur'> & { readonly picoUsd: PicoUsd }
  readonly usage: Usage
  readonly response: ResponseFacts & { readonly requests: number }
  readonly blob: BlobRef | undefined
  readonly flags: readonly string[]
  readonly durationMs: number
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
  return { ...rest, blob: blob ?? null, ...costJson(cost) }
}

/** A cost with its lines, as a receipt has it. */
export const costJson = (cost: Receipt['cost']): Record<string, unknown> => ({
  cost: cost.nanoEur.toString(),
  picoUsd: cost.picoUsd.toString(),
  lines: cost.lines.map((line) => ({ ...line, ...texts(line) })),
})

/** JSON has no bigint: every amount and quantity of a line becomes text. */
const texts = (line: CostLine): Record<'quantity' | 'picoUsdPer' | 'per' | 'picoUsd' | 'usdMicrosPerEur' | 'nanoEur', string> => ({
  quantity: line.quantity.toString(),
  picoUsdPer: line.picoUsdPer.toString(),
  per: line.per.toString(),
  picoUsd: line.picoUsd.toString(),
  usdMicrosPerEur: line.usdMicrosPerEur.toString(),
  nanoEur: line.nanoEur.toString(),
})

/**
 * Turns a reservation into spent money at the exact cost: receipt, cost lines and counters in one commit. Keyed by reservation id and token:
 * a repeat has no effect. Never refused: what the ledger cannot book is kept as `unbooked`, and alarmed by the caller.
 */
export const settle = async (ledger: Ledger, receipt: Receipt): Promise<SettleAnswer> => (await settleTelling(ledger, receipt)).settled

/** `left`: of each of its budget periods what this commit left; not told when it was not settled together with others, or before. */
export interface Told {
  readonly settled: SettleAnswer
  readonly left?: Left
}

/** The same, for who wants to know what every budget has left. */
export async function settleTelling(ledger: Ledger, receipt: Receipt): Promise<Told> {
  // A presumption has no lines to check, and an answer that comes to no lines may be anything: both are looked at with care.
  if (receipt.source === 'answer' && receipt.cost.lines.length > 0) {
    const { usage, response, blob, flags, durationMs, source } = receipt
    const outcome = await ledger.batcher.settle({
      reservationId: receipt.reservationId,
      token: receipt.token,
      cost: receipt.cost.nanoEur,
      picoUsd: receipt.cost.picoUsd,
      scope: receipt.scope,
      answer: JSON.stringify({ usage, response, blob: blob ?? null, flags, durationMs, source }),
      lines: receipt.cost.lines,
    })
    if (outcome !== 'careful') {
      const left = nano(leftOf(receipt.budgetPeriods, outcome.left))
      const answer = firstAnswer(receipt, outcome.amount, left)
      return { settled: { kind: 'settled', overBound: receipt.cost.nanoEur > outcome.amount, answer }, left: outcome.left }
    }
  }
  return { settled: await settleCarefully(ledger, receipt) }
}

/** The answer of a call's first and only attempt. */
function firstAnswer({ reservationId, cost, usage, blob, response, flags }: Receipt, amount: Nano, left: Nano): Answer {
  const amounts = { amount: amount.toString(), cost: cost.nanoEur.toString(), left: left.toString() }
  return answerOf({
    kind: 'answered',
    reservationId,
    attempt: 1,
    ...amounts,
    usage,
    blob: blob ?? null,
    response,
    flags: [...flags],
  }) as Answer
}

async function settleCarefully({ sql }: Ledger, receipt: Receipt): Promise<SettleAnswer> {
  const raw = await asked<RawSettleAnswer>(
    () => sql`
    select purser.settle(
      p_reservation => ${receipt.reservationId}, p_token => ${receipt.token}, p_receipt => ${sql.json(receiptJson(receipt) as never)}) as answer`,
  )
  return raw.kind === 'settled' ? { ...raw, answer: answerOf(raw.answer) as Answer } : raw
}

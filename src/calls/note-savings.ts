import { nano, type Nano } from '../domain/money.ts'
import { costLine, costOf, pricesAt, withRequestFee } from '../domain/price.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { notePrepared, takePrepared, type AnsweredCall, type NotedCall } from '../ledger/prepared.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import { untilStopped, type Running } from '../until-stopped.ts'

export interface Noting {
  readonly ledger: Pick<Ledger, 'sql'>
  readonly prices: PriceBook
}

const PAGE = 500
const PAUSE_MS = 1_000

/**
 * A page of prepared calls that are answered: what their strategies saved is computed from what the ledger booked, and noted, once each. It needs nothing of the job: a call
 * whose worker was killed, or whose job was ended, counts as well. Safe to repeat, and to run beside others.
 */
export async function noteSavings({ ledger, prices }: Noting, limit = PAGE): Promise<{ readonly noted: number; readonly more: boolean }> {
  const { looked, answered } = await takePrepared(ledger, limit)
  if (answered.length === 0) return { noted: 0, more: looked === limit }
  const noted: NotedCall[] = []
  for (const call of answered) noted.push(await savingsOf(prices, call))
  return { noted: (await notePrepared(ledger, noted)).noted, more: looked === limit }
}

/** Notes savings a second or two after their answers are booked. */
export const keepSavingsNoted = (noting: Noting, warn: (line: string) => void): Running =>
  untilStopped(
    async () => ((await noteSavings(noting)).more ? 0 : PAUSE_MS),
    (error) => warn(`savings are not noted just now: ${String(error)}`),
  )

async function savingsOf(prices: PriceBook, call: AnsweredCall): Promise<NotedCall> {
  const { scope, at } = call
  const savings = [await byRoute(prices, call), byCompressing(call)].flatMap((saving) => saving ?? [])
  return { call: call.call, scope, at, savings }
}

type Saving = NotedCall['savings'][number]

/** The same usage at the prices of the model that would have been asked, in force when the request went out, at the same rate; less what was paid. */
async function byRoute(book: PriceBook, call: AnsweredCall): Promise<Saving | undefined> {
  const { usualProvider: provider, usualModel: model, usage, rate, dispatchedAt } = call
  if (provider === call.provider && model === call.model) return undefined
  // Downgraded since, for want of money: that is not the route's doing.
  if (call.answeredModel !== call.model || usage.length === 0) return undefined
  const usual = pricesAt(await pricesOf(book, { provider, model, tier: 'standard' }, dispatchedAt, dispatchedAt), dispatchedAt)
  if (usual.length === 0) return undefined
  const { nanoEur: then, flags } = costOf(withRequestFee(usage, usual), usual, rate)
  const details = {
    from: `${provider}/${model}`,
    to: `${call.provider}/${call.model}`,
    code: call.code,
    ...(flags.length > 0 ? { flags } : {}),
  }
  return { strategy: 'route', saved: nano(then - call.cost), tokens: 0, details }
}

/** What the input would have cost with the tokens that were not sent, at the price of what answered, less what it cost. */
function byCompressing({ tokens, input, rate, removed }: AnsweredCall): Saving | undefined {
  if (tokens === 0 || input === undefined) return undefined
  const price = { ...input, id: input.priceId }
  const cost = (quantity: bigint): Nano => costLine('input_text_tokens', quantity, price, rate).nanoEur
  const saved = nano(cost(input.quantity + BigInt(tokens)) - cost(input.quantity))
  return { strategy: 'compress', saved, tokens, details: { rules: [...new Set(removed.map(({ rule }) => rule))] } }
}

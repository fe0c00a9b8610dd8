import { nano, type Nano } from '../domain/money.ts'
import { costLine, costOf, pricesAt, withRequestFee, type Price } from '../domain/price.ts'
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
  const standard = await standardPrices(prices, answered)
  const noted = answered.map((call) => savingsOf(call, standard))
  return { noted: (await notePrepared(ledger, noted)).noted, more: looked === limit }
}

/** Notes savings a second or two after their answers are booked. */
export const keepSavingsNoted = (noting: Noting, warn: (line: string) => void): Running =>
  untilStopped(
    async () => ((await noteSavings(noting)).more ? 0 : PAUSE_MS),
    (error) => warn(`savings are not noted just now: ${String(error)}`),
  )

type Prices = (name: string, call: AnsweredCall) => readonly Price[]

const wasRouted = (call: AnsweredCall): boolean =>
  (call.usualProvider !== call.provider || call.usualModel !== call.model) &&
  // Downgraded since, for want of money: that is not the route's doing.
  call.answeredModel === call.model &&
  call.usage.length > 0

const usualName = ({ usualProvider, usualModel }: AnsweredCall): string => `${usualProvider}/${usualModel}`
const ownName = ({ provider, model }: AnsweredCall): string => `${provider}/${model}`

/** Of the models that would have been asked, and of those that a batch answered, what was in force by itself when the requests went out: one question for each model of a page. */
async function standardPrices(book: PriceBook, answered: readonly AnsweredCall[]): Promise<Prices> {
  const known = new Map<string, readonly Price[]>()
  const asked = answered
    .filter(wasRouted)
    .flatMap((call) => [
      { ...call, name: usualName(call), model: { provider: call.usualProvider, model: call.usualModel, tier: 'standard' } },
      ...(call.isOfBatch
        ? [{ ...call, name: ownName(call), model: { provider: call.provider, model: call.model, tier: 'standard' } }]
        : []),
    ])
  for (const [name, calls] of Map.groupBy(asked, (one) => one.name)) {
    const [first] = calls
    if (first === undefined) continue
    const times = calls.map(({ dispatchedAt }) => dispatchedAt.getTime())
    known.set(name, await pricesOf(book, first.model, new Date(Math.min(...times)), new Date(Math.max(...times))))
  }
  return (name, { dispatchedAt }) => pricesAt(known.get(name) ?? [], dispatchedAt)
}

function savingsOf(call: AnsweredCall, standard: Prices): NotedCall {
  const { scope, at } = call
  return { call: call.call, scope, at, savings: [byRoute(call, standard), byCompressing(call)].flatMap((saving) => saving ?? []) }
}

type Saving = NotedCall['savings'][number]

/**
 * The same usage at the prices of the model that would have been asked, in force when the request went out, at the same rate; less what was paid. Of a line of a batch: less what it would
 * have cost by itself, because the batch counts the rest as its own.
 */
function byRoute(call: AnsweredCall, standard: Prices): Saving | undefined {
  if (!wasRouted(call)) return undefined
  const usual = standard(usualName(call), call)
  const own = call.isOfBatch ? standard(ownName(call), call) : undefined
  if (usual.length === 0 || own?.length === 0) return undefined
  const now = own === undefined ? call.cost : costOf(withRequestFee(call.usage, own), own, call.rate).nanoEur
  const { nanoEur: then, flags } = costOf(withRequestFee(call.usage, usual), usual, call.rate)
  const details = {
    from: usualName(call),
    to: ownName(call),
    code: call.code,
    ...(flags.length > 0 ? { flags } : {}),
  }
  return { strategy: 'route', saved: nano(then - now), tokens: 0, details }
}

/** What the input would have cost with the tokens that were not sent, at the price of what answered, less what it cost. */
function byCompressing({ tokens, input, rate, removed }: AnsweredCall): Saving | undefined {
  if (tokens === 0 || input === undefined) return undefined
  const price = { ...input, id: input.priceId }
  const cost = (quantity: bigint): Nano => costLine('input_text_tokens', quantity, price, rate).nanoEur
  const saved = nano(cost(input.quantity + BigInt(tokens)) - cost(input.quantity))
  return { strategy: 'compress', saved, tokens, details: { rules: [...new Set(removed.map(({ rule }) => rule))] } }
}

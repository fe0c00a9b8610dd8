import { ceilDiv, nano, type Nano, type PicoUsd } from './money.ts'
import type { Message } from './message.ts'
import { isOwnRequest, messagesOf, NO_LIMITS, providerMaxMs, type ModelLimits, type PricedRequest } from './model-request.ts'
import { costLine, dearest, totalOf, type CostLine, type Price, type Rate } from './price.ts'
import { isInput, isOutput, REQUEST_UNITS, type Unit } from './usage.ts'

/** The worst possible cost of a request: what a reservation holds. */
export interface Bound {
  readonly lines: readonly CostLine[]
  readonly picoUsd: PicoUsd
  /** Sum of the lines, before the margin. */
  readonly nanoEur: Nano
  /** What the margin adds. It raises the bound only, never a settled cost. */
  readonly margin: Nano
  /** What the bounds of its model are multiplied by, in thousandths, because an answer has cost more: in `margin`, too. */
  readonly raisedPerMille: bigint
  /** nanoEur + margin: the amount to reserve. */
  readonly amount: Nano
  /** A dispatch after this must ask again: prices may have changed. */
  readonly validUntil: Date
  readonly flags: readonly 'rate_stale'[]
}

/** How long a bound holds. A price that comes into force in this time, or while a request sent in it may still run, counts. */
export const BOUND_VALID_MS = 3_600_000
/** Tokens that a provider may add around a message: roles, separators, a begin mark. */
const OVERHEAD_TOKENS_PER_MESSAGE = 64
/** A bill may be converted at another rate than the pinned one: so much is added to the bound, in thousandths. */
const MARGIN_PER_MILLE = 10n
const STALE_MARGIN_PER_MILLE = 30n
/** A cost has a line per unit, each rounded up on its own, where the bound has fewer: at most a nano-EUR more for each. The margin is never less. */
const ROUNDING_MARGIN = BigInt(REQUEST_UNITS.length)
/** A rate older than this is used with the higher margin, and flagged. */
const RATE_FRESH_DAYS = 7

/** When a request that is bounded now may still run: sent at the last moment of its bound, and as long as the provider lets one of its tier. */
export const latestEndOf = (now: Date, tier: string): Date => new Date(now.getTime() + BOUND_VALID_MS + providerMaxMs(tier))

/**
 * Tokens of a text, at most: a byte-level tokenizer never makes more tokens than there are UTF-8 bytes, and some normalise to NFKC
 * first, which can grow a text (U+FDFA: 3 → 33 bytes). String length would be wrong: one UTF-16 unit can be several tokens.
 */
export function textTokensMax(text: string): number {
  return Math.max(utf8Bytes(text), utf8Bytes(text.normalize('NFKC'))) + OVERHEAD_TOKENS_PER_MESSAGE
}

/** Tokens of a conversation, at most: each message has an overhead of its own. */
export const messagesTokensMax = (messages: readonly Pick<Message, 'text'>[]): number =>
  messages.reduce((sum, { text }) => sum + textTokensMax(text), 0)

/**
 * Input tokens of a request, at most: counted from its words, or as the app's own code declares, images among them; never more than the model takes, because a
 * provider refuses that. Where it may search it can read more than once. Undefined: images, and nobody knows what one comes to.
 */
function inputTokensMax(request: PricedRequest, limits: ModelLimits): bigint | undefined {
  const images = BigInt(inputImagesMax(request))
  if (images > 0n && limits.imageTokensMax === undefined) return undefined
  const declared =
    BigInt(isOwnRequest(request) ? request.inputTokensMax : messagesTokensMax(messagesOf(request))) +
    images * BigInt(limits.imageTokensMax ?? 0)
  if (limits.inputTokensMax === undefined || searchesMax(request) > 0n) return declared
  const taken = BigInt(limits.inputTokensMax)
  return declared < taken ? declared : taken
}

export const inputImagesMax = (request: PricedRequest): number => ('inputImagesMax' in request ? (request.inputImagesMax ?? 0) : 0)

/** What a prompt of words can be charged as; what an app's own code sends may be of any kind. */
const KINDS_OF_OTHERS = /^input_(image|audio|video|cached_audio|embedding)_tokens$/
const mayCarry = (request: PricedRequest, unit: Unit): boolean => isOwnRequest(request) || !KINDS_OF_OTHERS.test(unit)

const searchesMax = (request: PricedRequest): bigint => BigInt('searchQueriesMax' in request ? (request.searchQueriesMax ?? 0) : 0)

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length

export function isStale(rate: Rate, now: Date): boolean {
  return now.getTime() - Date.parse(`${rate.day}T00:00:00Z`) > (RATE_FRESH_DAYS + 1) * 86_400_000
}

/** What a request's output is charged as. */
export const outputUnitOf = ({ output }: Pick<PricedRequest, 'output'>): Unit => `output_${output.kind}_tokens`

/** The units that a request is sure to be charged for, and that have no price until its latest end. A price of another unit is no stand-in. */
export function unpricedUnits(request: PricedRequest, prices: readonly Price[], now: Date): Unit[] {
  const priced = new Set(reachableAt(prices, now, request.tier).map((price) => price.unit))
  const searches = searchesMax(request) > 0n ? (['search_queries'] as const) : []
  return (['input_text_tokens', outputUnitOf(request), ...searches] as const).filter((unit) => !priced.has(unit))
}

/** The prices that are in force at some moment from now until the latest end of a request of a tier that is bounded now. */
const reachableAt = (prices: readonly Price[], now: Date, tier: string): Price[] =>
  prices.filter((p) => p.effectiveFrom <= latestEndOf(now, tier) && (p.effectiveUntil === undefined || now < p.effectiveUntil))

/** What is known of a request's model. */
export interface KnownOfModel {
  /** A model whose bound was too low has a higher one. In thousandths. */
  readonly raisedPerMille?: bigint
  readonly limits?: ModelLimits
}

/**
 * Input at its most bytes (or as much as the model takes) and the dearest price of what it can be, output at the injected `maxOutputTokens` and the dearest output price, both over every
 * price in force until the latest end of a request sent before `validUntil`, those of a long prompt among them where its bytes reach that far.
 * A fee for the request is counted once, searches as often as they are allowed. Undefined when one of its units has no price,
 * or when it has images and nobody knows what one comes to.
 */
export function boundOf(
  request: PricedRequest,
  prices: readonly Price[],
  rate: Rate,
  now: Date,
  { raisedPerMille = 1000n, limits = NO_LIMITS }: KnownOfModel = {},
): Bound | undefined {
  const validUntil = new Date(now.getTime() + BOUND_VALID_MS)
  const inputMax = inputTokensMax(request, limits)
  if (inputMax === undefined) return undefined
  const reachable = reachableAt(prices, now, request.tier).filter((price) => price.aboveTokens === 0n || price.aboveTokens < inputMax)
  const input = dearest(reachable.filter((p) => isInput(p.unit) && mayCarry(request, p.unit)))
  const output = dearest(reachable.filter((p) => isOutput(p.unit)))
  if (input === undefined || output === undefined || unpricedUnits(request, prices, now).length > 0) return undefined
  const lines = [
    costLine(input.unit, inputMax, input, rate),
    costLine(output.unit, BigInt(request.maxOutputTokens), output, rate),
    ...feeLines('requests', 1n, reachable, rate),
    ...feeLines('search_queries', searchesMax(request), reachable, rate),
  ]
  const total = totalOf(lines)
  const stale = isStale(rate, now)
  const raised = ceilDiv(total.nanoEur * raisedPerMille, 1000n)
  const forRate = ceilDiv(raised * (stale ? STALE_MARGIN_PER_MILLE : MARGIN_PER_MILLE), 1000n)
  const margin = nano(raised - total.nanoEur + (forRate > ROUNDING_MARGIN ? forRate : ROUNDING_MARGIN))
  return {
    lines,
    ...total,
    margin,
    raisedPerMille,
    amount: nano(total.nanoEur + margin),
    validUntil,
    flags: stale ? ['rate_stale'] : [],
  }
}

/** At the dearest price; none where nothing is charged. */
function feeLines(unit: Unit, quantity: bigint, prices: readonly Price[], rate: Rate): CostLine[] {
  const price = dearest(prices.filter((p) => p.unit === unit))
  return price === undefined || quantity === 0n ? [] : [costLine(unit, quantity, price, rate)]
}

/** The largest output that `remaining` could pay for, in tokens; 0 when not even the input fits. */
export function outputTokensThatFit(bound: Bound, remaining: Nano): number {
  const [input, output, ...fees] = bound.lines
  if (input === undefined || output === undefined || output.quantity === 0n) return 0
  const factor = 1000n + (bound.flags.includes('rate_stale') ? STALE_MARGIN_PER_MILLE : MARGIN_PER_MILLE)
  const scaled = (remaining * 1000n) / factor
  const beforeMargin = ((scaled < remaining - ROUNDING_MARGIN ? scaled : remaining - ROUNDING_MARGIN) * 1000n) / bound.raisedPerMille
  // Two nano-EUR less, for the two roundings up.
  const forOutput = beforeMargin - input.nanoEur - totalOf(fees).nanoEur - 2n
  if (forOutput <= 0n) return 0
  if (output.picoUsdPer === 0n) return Number(output.quantity)
  return Number((forOutput * output.usdMicrosPerEur * output.per) / (1000n * output.picoUsdPer))
}

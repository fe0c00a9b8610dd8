import { PurserError } from '../domain/errors.ts'
import type { Unit } from '../domain/usage.ts'
import { decimalOf, storedPrice } from './exact-usd.ts'
import type { ListedPrice, PriceList, Rejected } from './price-list.ts'

/** A number of the file, as it is written there: a float would have lost digits. */
interface Figure {
  readonly text: string
}
type Entry = Readonly<Record<string, unknown>>

export interface LitellmOptions {
  readonly source: string
  readonly checkedOn: string
}

/** A unit that a key of theirs is the price of, and which form of it. */
interface Priced {
  readonly unit: Unit
  readonly tier: string
  readonly aboveTokens: bigint
}

const TIERS: Readonly<Record<string, string>> = { batches: 'batch', flex: 'flex', priority: 'priority', ultrafast: 'ultrafast' }
const STANDARD = 'standard'

const BASES: Readonly<Record<string, Unit>> = {
  input_cost_per_token: 'input_text_tokens',
  input_cost_per_image_token: 'input_image_tokens',
  input_cost_per_audio_token: 'input_audio_tokens',
  input_cost_per_video_token: 'input_video_tokens',
  cache_read_input_token_cost: 'input_cached_tokens',
  cache_read_input_audio_token_cost: 'input_cached_audio_tokens',
  cache_creation_input_token_cost: 'input_cache_write_tokens',
  output_cost_per_token: 'output_text_tokens',
  output_cost_per_image_token: 'output_image_tokens',
  output_cost_per_audio_token: 'output_audio_tokens',
  output_cost_per_reasoning_token: 'output_thought_tokens',
  input_cost_per_request: 'requests',
}

/**
 * Reads LiteLLM's `model_prices_and_context_window.json`, every figure exactly as it is written. Figures that cannot be stored are named as rejected, keys
 * that look like a price and have no unit of ours are named as unknown. Throws PurserError `bad_input` for what is no such file.
 */
export function readLitellm(text: string, { source, checkedOn }: LitellmOptions): PriceList {
  const unknown = new Map<string, number>()
  const rejected: Rejected[] = []
  const prices = new Map<string, ListedPrice>()
  for (const [name, entry] of Object.entries(entriesOf(text))) {
    if (name === 'sample_spec' || !isEntry(entry) || typeof entry['litellm_provider'] !== 'string') continue
    const provider = entry['litellm_provider']
    const model = name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name
    const { figures, keys } = figuresOf(entry)
    for (const key of keys) unknown.set(key, (unknown.get(key) ?? 0) + 1)
    const isFree = figures.length > 0 && figures.every(({ figure }) => isZero(figure))
    if (isFree) rejected.push({ model: name, key: 'all', figure: '0', why: 'every price is zero: a placeholder, or a free tier' })
    for (const { key, priced, figure } of isFree ? [] : figures) {
      const row = { provider, model, ...priced, effectiveFrom: undefined, effectiveUntil: undefined, source, sourceDate: checkedOn }
      try {
        add(prices, { ...row, ...storedPrice(priced.unit, figure, 1n) })
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        // What an implied price was read from is named once.
        if (!rejected.some((r) => r.model === name && r.key === key)) rejected.push({ model: name, key, figure, why: error.message })
      }
    }
  }
  const unknownKeys = [...unknown].map(([key, models]) => ({ key, models })).toSorted((a, b) => b.models - a.models)
  return { source, checkedOn, isWhole: true, prices: [...prices.values()], rejected, unknownKeys }
}

/** The same model may stand there with and without its provider's name. */
function add(prices: Map<string, ListedPrice>, price: ListedPrice): void {
  const key = JSON.stringify([price.provider, price.model, price.unit, price.tier, String(price.aboveTokens)])
  const there = prices.get(key)
  if (there !== undefined && (there.picoUsdPer !== price.picoUsdPer || there.per !== price.per))
    throw new RangeError('it is there twice, with different prices')
  prices.set(key, price)
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

function entriesOf(text: string): Entry {
  let value: unknown
  try {
    // The third argument is newer than the compiler's types.
    value = (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, (_key, part, { source }) =>
      typeof part === 'number' ? { text: source ?? '' } : part,
    )
  } catch (error) {
    throw new PurserError('bad_input', `this is no JSON (is the file cut?): ${(error as Error).message}`)
  }
  if (!isEntry(value)) throw new PurserError('bad_input', "this is no price list of LiteLLM's: it is one object, with a key per model")
  return value
}

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)
const isFigure = (value: unknown): value is Figure => isEntry(value) && Object.keys(value).length === 1 && typeof value['text'] === 'string'
const isZero = (figure: string): boolean => /^[0.]+([eE].*)?$/.test(figure)
const isPriceKey = (key: string): boolean => /cost|pricing|uplift|provider_specific/.test(key)

interface Read {
  readonly key: string
  readonly priced: Priced
  readonly figure: string
}

/** What a model's figures are the prices of, with what they imply; and the keys that look like a price and are none of ours. */
function figuresOf(entry: Entry): { readonly figures: readonly Read[]; readonly keys: readonly string[] } {
  const figures: Read[] = []
  const keys: string[] = []
  for (const [key, value] of Object.entries(entry)) {
    if (!isPriceKey(key) || value === null) continue
    const search = key === 'search_context_cost_per_query' ? dearestOf(value) : undefined
    const priced = search !== undefined ? [plain('search_queries')] : isFigure(value) ? pricedBy(key, entry) : []
    const figure = search ?? (isFigure(value) ? value.text : '')
    if (priced.length === 0) keys.push(key)
    for (const one of priced) figures.push({ key, priced: one, figure })
  }
  return { figures: [...figures, ...implied(figures, entry)], keys }
}

const plain = (unit: Unit): Priced => ({ unit, tier: STANDARD, aboveTokens: 0n })

/** Sizes of a search context have a price each, and which one is used is not in the answer. */
function dearestOf(value: unknown): string | undefined {
  if (!isEntry(value)) return undefined
  return Object.values(value)
    .filter(isFigure)
    .toSorted((a, b) => (comparable(a) < comparable(b) ? 1 : -1))[0]?.text
}

/** What cannot be read comes first, so that it is rejected by name. */
function comparable({ text }: Figure): bigint {
  try {
    const { digits, exponent } = decimalOf(text)
    return digits * 10n ** BigInt(Math.max(0, 60 + exponent))
  } catch {
    return 10n ** 200n
  }
}

/** `input_cost_per_token_above_200k_tokens_batches`: a base, the time that a cache keeps it, a threshold, a tier. */
function pricedBy(key: string, entry: Entry): Priced[] {
  if (key === 'input_cost_per_query') return [plain(entry['mode'] === 'search' ? 'search_queries' : 'requests')]
  // What is said in tokens too would be charged twice.
  if (key === 'output_cost_per_image' && !Object.keys(entry).some((other) => other.startsWith('output_cost_per_image_token')))
    return entry['mode'] === 'image_generation' ? [plain('images')] : []
  const match = /^(.*?)(_above_1hr)?(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority|ultrafast))?$/.exec(key)
  const [, base = '', hour, thousands, theirTier] = match ?? []
  const unit = BASES[base]
  if (unit === undefined) return []
  const rest = { tier: theirTier === undefined ? STANDARD : (TIERS[theirTier] ?? ''), aboveTokens: BigInt(thousands ?? 0) * 1000n }
  if (unit === 'input_cache_write_tokens')
    return hour === undefined ? writes(entry, rest) : [{ unit: 'input_cache_write_1h_tokens', ...rest }]
  if (hour !== undefined) return []
  // An embedding's tokens are asked for by either name.
  if (unit === 'input_text_tokens' && entry['mode'] === 'embedding')
    return [
      { unit: 'input_embedding_tokens', ...rest },
      { unit, ...rest },
    ]
  return [{ unit, ...rest }]
}

/** Where a price for an hour is named, the other one is for five minutes; and for what an answer does not tell apart. */
const writes = (entry: Entry, rest: Omit<Priced, 'unit'>): Priced[] => [
  { unit: 'input_cache_write_tokens', ...rest },
  ...('cache_creation_input_token_cost_above_1hr' in entry ? [{ unit: 'input_cache_write_5m_tokens', ...rest } as const] : []),
]

const IMPLIED: readonly { readonly unit: Unit; readonly of: Unit; readonly when: (entry: Entry) => boolean }[] = [
  { unit: 'input_image_tokens', of: 'input_text_tokens', when: (e) => e['supports_vision'] === true || e['mode'] === 'image_generation' },
  { unit: 'input_video_tokens', of: 'input_text_tokens', when: (e) => e['supports_video_input'] === true },
  { unit: 'input_audio_tokens', of: 'input_text_tokens', when: (e) => e['supports_audio_input'] === true },
  { unit: 'output_thought_tokens', of: 'output_text_tokens', when: (e) => e['mode'] !== 'embedding' },
]

/** What has no price of its own costs what text costs, in every tier; also where its own price is that of text, and left out for some tiers. */
function implied(figures: readonly Read[], entry: Entry): Read[] {
  const standard = (unit: Unit) => figures.find((f) => f.priced.unit === unit && f.priced.tier === STANDARD && f.priced.aboveTokens === 0n)
  return IMPLIED.flatMap(({ unit, of, when }) => {
    const own = figures.filter((f) => f.priced.unit === unit)
    if (own.length === 0 ? !when(entry) : standard(unit)?.figure !== standard(of)?.figure) return []
    const has = ({ tier, aboveTokens }: Priced) => own.some((o) => o.priced.tier === tier && o.priced.aboveTokens === aboveTokens)
    return figures.filter((f) => f.priced.unit === of && !has(f.priced)).map((f) => ({ ...f, priced: { ...f.priced, unit } }))
  })
}

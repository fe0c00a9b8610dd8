/**
 * What is added up: per figure, what a fact (`f`) has of it. In the sums of facts it is a column of its own name. Amounts are nano-EUR, `…_usd` pico-USD; null counts
 * nothing.
 */
const OF_A_FACT = {
  calls: 'f.calls::bigint',
  /** Of the calls, those without an answer. */
  failed: 'f.failed::bigint',
  cost: 'f.cost',
  input_cost: 'f.input_cost',
  output_cost: 'f.output_cost',
  pico_usd: 'f.pico_usd::numeric',
  input_usd: 'f.input_usd::numeric',
  output_usd: 'f.output_usd::numeric',
  input_tokens: 'f.input_tokens',
  output_tokens: 'f.output_tokens',
  /** Both: of sums they are added up, not kept. */
  tokens: 'f.input_tokens + f.output_tokens',
  /** Of the input tokens, those that the provider had in its cache. */
  cached_tokens: 'f.cached_tokens',
  /** What its cache saved: below zero where writing cost more than reading saved. */
  saved: 'f.saved',
  /** Of the cost: of servers and storage, not of models. */
  infrastructure: 'f.infrastructure',
  /** What was set aside, of what had a reservation; and what that cost. */
  reserved: 'f.reserved',
  reserved_cost: 'case when f.reserved is not null then f.cost end',
  /** Cost and tokens of what was answered. */
  answered_cost: 'case when f.failed = 0 then f.cost end',
  answered_tokens: 'case when f.failed = 0 then f.input_tokens + f.output_tokens end',
  /** Calls whose duration is known, and their durations. */
  timed: 'case when f.duration_ms is not null then f.calls::bigint end',
  duration_ms: 'f.duration_ms::bigint',
  /** Calls whose quality somebody scored, and the scores, in thousandths. */
  scored: 'case when f.quality is not null then f.calls::bigint end',
  quality: 'f.quality::bigint',
  /** Calls of which somebody said what they were worth, and how much. */
  valued: 'case when f.value is not null then f.calls::bigint end',
  value: 'f.value',
} as const satisfies Record<string, string>

export type Figure = keyof typeof OF_A_FACT

export const FIGURES = Object.keys(OF_A_FACT) as readonly Figure[]

/** As SQL, of a fact `f`. */
export const ofFact = (figure: Figure): string => OF_A_FACT[figure]

/** As SQL, of a line `x` of the sums. */
export const ofSums = (figure: Figure): string =>
  figure === 'tokens' ? 'coalesce(x.input_tokens, 0) + coalesce(x.output_tokens, 0) as tokens' : `x.${figure}`

export const isDollars = (figure: Figure): boolean => figure.endsWith('_usd')

/** As SQL, the sum of a column. Dollars of a large house outgrow a bigint. */
export const totalOf = (figure: Figure): string => (isDollars(figure) ? `coalesce(sum(${figure}), 0)` : `purser.total(${figure})`)

import { daysLater, dayStart } from '../domain/day.ts'
import { nano, picoUsd, type Nano, type PicoUsd } from '../domain/money.ts'
import { monthsLater, type Month } from '../domain/period.ts'
import type { Unit } from '../domain/usage.ts'
import { functionAnswer } from '../prices/function-answer.ts'
import { csvOf } from './csv.ts'
import { FOCUS_COLUMNS } from './focus-columns.ts'
import type { Filter, Reading } from './reading.ts'

/** What was spent in an hour by a scope at one price; or, of no price, what is on no line. */
export interface FocusCharge {
  readonly period: { readonly from: Date; readonly to: Date }
  readonly since: Date
  /** Scope values, with provider, model and endpoint. */
  readonly terms: Readonly<Record<string, unknown>>
  readonly isHouse: boolean
  /** `line`: of an answer. `bill`, `person`: what these changed of it. `presumption`, `answer`: a cost without lines. `kept`: of a month whose calls are dropped. */
  readonly kind: 'line' | 'bill' | 'person' | 'presumption' | 'answer' | 'kept'
  /** Of a line alone. */
  readonly priced: Priced | null
  readonly requests: bigint
  readonly cost: Nano
  readonly usd: PicoUsd
}

/** How many of a unit at which price. */
export interface Priced {
  readonly unit: Unit
  readonly quantity: bigint
  readonly priceId: number
  /** What the price is of. An unpriced unit has that of another one, and what answered decides the model. */
  readonly price: {
    readonly provider: string
    readonly model: string
    readonly unit: Unit
    readonly tier: string
    readonly aboveTokens: string
  }
  readonly picoUsdPer: bigint
  readonly per: bigint
  readonly usdMicrosPerEur: bigint
}

export interface FocusQuestion {
  readonly month: Month
  readonly timeZone: string
  readonly filter: Filter
}

interface RawCharge {
  readonly since: string
  readonly terms: FocusCharge['terms']
  readonly isHouse: boolean
  readonly kind: FocusCharge['kind']
  readonly unit: Unit | null
  readonly priceId: number
  readonly price: Priced['price']
  readonly picoUsdPer: string
  readonly per: string
  readonly usdMicrosPerEur: string
  readonly requests: string
  readonly quantity: string
  readonly cost: string
  readonly picoUsd: string
}

/** A month in the form of FOCUS 1.2, as CSV in pieces: it is read a day at a time, when somebody takes them. Its BilledCost is what was spent, to the last digit. */
export const focusCsv = (reading: Reading, question: FocusQuestion): AsyncGenerator<string> =>
  csvOf(FOCUS_COLUMNS, charges(reading, question))

async function* charges({ sql }: Reading, { month, timeZone, filter }: FocusQuestion): AsyncGenerator<FocusCharge> {
  const [first, end] = [`${month}-01`, `${monthsLater(month, 1)}-01`]
  const period = { from: dayStart(first, timeZone), to: dayStart(end, timeZone) }
  for (let day = first; day < end; day = daysLater(day, 1)) {
    const [from, to] = [dayStart(day, timeZone), dayStart(daysLater(day, 1), timeZone)]
    const raw = await functionAnswer(
      sql<{ answer: RawCharge[] }[]>`
      select purser.focus(p_from => ${from}, p_to => ${to}, p_filter => ${sql.json(filter as never)}, p_time_zone => ${timeZone}) as answer`,
    )
    for (const one of raw) yield chargeOf(one, period)
  }
}

function chargeOf(raw: RawCharge, period: FocusCharge['period']): FocusCharge {
  const { terms, isHouse, kind, unit } = raw
  return {
    period,
    since: new Date(raw.since),
    terms,
    isHouse,
    kind,
    priced: unit === null ? null : pricedOf(raw, unit),
    requests: BigInt(raw.requests),
    cost: nano(BigInt(raw.cost)),
    usd: picoUsd(BigInt(raw.picoUsd)),
  }
}

const pricedOf = (raw: RawCharge, unit: Unit): Priced => ({
  unit,
  quantity: BigInt(raw.quantity),
  priceId: raw.priceId,
  price: raw.price,
  picoUsdPer: BigInt(raw.picoUsdPer),
  per: BigInt(raw.per),
  usdMicrosPerEur: BigInt(raw.usdMicrosPerEur),
})

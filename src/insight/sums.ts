import type { SummedDimension } from './dimension.ts'
import { isDollars, type Figure } from './figures.ts'
import { addingUp, nothingOf, wholeOf, type Group, type Sums } from './groups.ts'
import type { Filter, Reading } from './reading.ts'
import { askedFigures, cutGroups, packedLines, type SumQuery } from './sum-query.ts'

export type TimeUnit = 'hour' | 'day' | 'week' | 'month'

export interface Question<F extends Figure = Figure> {
  /** From `from` to before `to`: each a day (`2026-11-01`, which begins as days do in `timeZone`) or an instant (`2026-11-01T12:30:00Z`). */
  readonly from: string
  readonly to: string
  readonly timeZone: string
  readonly filter: Filter
  readonly by: readonly SummedDimension[]
  readonly unit?: TimeUnit | undefined
  readonly figures: readonly F[]
  /** Groups at most: all are in `whole` and in `groupCount`. */
  readonly limit: number
  /** Of groups that have a name: they have no time of their own, but the number of hours, days, weeks or months in which they had calls. */
  readonly counts?: 'times' | undefined
  /** Only groups whose first dimension has one of these values. */
  readonly only?: readonly (string | null)[] | undefined
}

type MoneyFigure = 'cost' | 'pico_usd'
const MONEY: readonly Figure[] = ['cost', 'pico_usd'] satisfies readonly MoneyFigure[]
const moneyOf = <F extends Figure>(figures: readonly F[]) => figures.filter((figure): figure is F & MoneyFigure => MONEY.includes(figure))

export interface Answer<F extends Figure = Figure> {
  /** What all of them come to, in money. */
  readonly whole: Sums<F & MoneyFigure>
  /** In the order of the time, then dearest first. */
  readonly groups: readonly Group<F>[]
  /** How many there are, those beyond the limit too. */
  readonly groupCount: number
}

/**
 * Sums of what was spent, by dimensions and by time. A request counts when it has ended, in the moment in which it was reserved, as in its budgets, at what it costs
 * as known now; what the house bears belongs to no account and no user. One statement, so in one snapshot: sums of whole hours, days and blocks of days where they are kept,
 * facts at the edges and where no sums are, and what was booked since, from the entries. Which of them a question takes changes how long it takes, and nothing else.
 */
export const sums = <F extends Figure>(reading: Reading, q: Question<F>): Promise<Answer<F>> => answered(reading, q, [])

/** The same, without what it comes to in dollars (zero) where that is not told: which is a good part of the work. */
export function sumsIn<F extends Figure>(reading: Reading, q: Question<F>, currency: 'EUR' | 'USD'): Promise<Answer<F>> {
  const untold = currency === 'USD' ? [] : q.figures.filter(isDollars)
  return answered(reading, { ...q, figures: q.figures.filter((figure) => !untold.includes(figure)) }, untold)
}

async function answered<F extends Figure>(reading: Reading, q: Question<F>, untold: readonly F[]): Promise<Answer<F>> {
  if (q.limit < MANY || q.counts !== undefined) return cutSums(reading, q, untold)
  const adding = addingUp(q.by.length, q.figures, { untold, linesMax: linesMax(q) })
  await asked(reading, packedLines(q, linesMax(q))).forEach((row) => adding.add(row))
  const groups = adding.groups()
  if (groups === null || groups.length > q.limit) return cutSums(reading, q, untold)
  return { whole: { ...nothingOf(moneyOf(untold)), ...wholeOf(groups, moneyOf(q.figures)) }, groups, groupCount: groups.length }
}

/** Where there may be more groups than are asked for, the ledger groups and says what all of them come to; else it only hands over its lines, which is quicker. */
const MANY = 1000
/** Kept sums that a group may be made of before it is better made where they are. */
const LINES_A_GROUP = 4
const linesMax = ({ limit }: Question): number => limit * LINES_A_GROUP

type SqlRow = readonly unknown[]

/** First a row of all groups, with their count behind it; then the groups, each with its count of times. */
async function cutSums<F extends Figure>(reading: Reading, q: Question<F>, untold: readonly F[]): Promise<Answer<F>> {
  const [whole, ...rows] = await asked(reading, cutGroups(q))
  if (whole === undefined) throw new Error('broken promise: a sum has a row, even of nothing')
  const none = nothingOf(untold)
  const timesAt = 1 + q.by.length + askedFigures(q.figures).length
  return {
    whole: wholeOf([{ sums: { ...none, ...figuresOf(whole, q) } }], moneyOf([...q.figures, ...untold])),
    groupCount: whole[timesAt] as number,
    groups: rows.map((row) => ({ ...headOf(row, q), sums: { ...none, ...figuresOf(row, q) }, times: row[timesAt] as number })),
  }
}

/** The text is made by us, not by the library: its template takes as long as a small answer. */
const asked = ({ sql }: Reading, { text, values }: SumQuery) =>
  sql
    .unsafe<SqlRow[]>(
      text,
      values.map((value) => (typeof value === 'string' || typeof value === 'number' ? value : sql.json(value as never))),
      { prepare: true },
    )
    .values()

const headOf = (row: SqlRow, { by }: Question) => ({
  since: row[0] as Date | null,
  names: row.slice(1, 1 + by.length) as (string | null)[],
})

const valueOf = (value: unknown): bigint => (typeof value === 'bigint' ? value : value === null ? 0n : BigInt(value as string))

function figuresOf<F extends Figure>(row: SqlRow, { by, figures }: Question<F>): Sums<F> {
  const found: Partial<Record<F, bigint>> = {}
  figures.forEach((figure, n) => (found[figure] = valueOf(row[1 + by.length + n])))
  return found as Sums<F>
}

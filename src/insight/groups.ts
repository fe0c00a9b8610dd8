import type { SummedDimension } from './dimension.ts'
import type { Figure } from './figures.ts'

export type Sums<F extends Figure = Figure> = Readonly<Record<F, bigint>>

export interface Group<F extends Figure = Figure> {
  /** Where its hour, day, week or month begins; null without a unit. */
  readonly since: Date | null
  /** One value per dimension; null where a request has none. */
  readonly names: readonly (string | null)[]
  readonly sums: Sums<F>
  /** In how many hours, days, weeks or months it had calls, where that was asked. */
  readonly times: number
}

/** Lines of one hour, day, week or month, or of all time: where it begins, the lines' names (JSON, by dimension), their figures (an array as Postgres writes it, by figure). */
export type PackedLines = readonly unknown[]

type Counted<F extends Figure> = F | 'calls' | 'cost'

/** A group that is being added up. */
interface Growing<F extends Figure> {
  readonly names: readonly (string | null)[]
  readonly sums: Record<Counted<F>, bigint>
}

/** How many lines there are. */
export const lineCount = (packed: readonly PackedLines[]): number => packed.reduce((sum, row) => sum + Number(row[1]), 0)

/** Lines of one group, added up; in the order of the time, then dearest first. What has come to nothing is no group. `figures`: in the order of the columns. */
export function groupsOf<F extends Figure>(
  packed: readonly PackedLines[],
  by: readonly SummedDimension[],
  figures: readonly Counted<F>[],
): Group<F>[] {
  return packed
    .map(([since, , ...columns]) => ({ since: since as Date | null, columns: columns as string[] }))
    .toSorted((a, b) => (a.since?.getTime() ?? 0) - (b.since?.getTime() ?? 0))
    .flatMap(({ since, columns }) => {
      const names = columns.slice(0, by.length).map((column) => JSON.parse(column) as (string | null)[])
      const amounts = columns.slice(by.length).map(bigintsOf)
      return grown(names, amounts, figures).map(({ names: own, sums }) => ({ since, names: own, sums, times: 0 }))
    })
}

/** Thousands of lines are nothing rare, so this is written for speed. */
function grown<F extends Figure>(
  names: readonly (readonly (string | null)[])[],
  amounts: readonly (readonly bigint[])[],
  figures: readonly Counted<F>[],
): Growing<F>[] {
  const groups = new Map<string | null, Growing<F>>()
  const count = amounts[0]?.length ?? 0
  const [only] = names
  for (let line = 0; line < count; line += 1) {
    const own = names.length === 1 ? [only?.[line] ?? null] : names.map((column) => column[line] ?? null)
    // One name is its own key; of several, none may be taken for another's part.
    const key = own.length === 1 ? (own[0] ?? null) : JSON.stringify(own)
    const known = groups.get(key)
    const sums = known?.sums ?? ({} as Growing<F>['sums'])
    for (let n = 0; n < figures.length; n += 1) {
      const figure = figures[n] as Counted<F>
      const amount = amounts[n]?.[line] ?? 0n
      sums[figure] = known === undefined ? amount : sums[figure] + amount
    }
    if (known === undefined) groups.set(key, { names: own, sums })
  }
  return [...groups.values()].filter(({ sums: s }) => s.calls !== 0n || s.cost !== 0n).toSorted(dearestFirst)
}

const dearestFirst = <F extends Figure>(a: Growing<F>, b: Growing<F>): number =>
  compare(b.sums.cost, a.sums.cost) || compare(String(a.names), String(b.names))

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** `{12,NULL,7}`: what is null counts nothing. */
const bigintsOf = (array: string): bigint[] =>
  array
    .slice(1, -1)
    .split(',')
    .map((text) => (text === 'NULL' ? 0n : BigInt(text)))

/** What all groups come to. */
export function wholeOf<F extends Figure>(groups: readonly Group<F>[], figures: readonly F[]): Sums<F> {
  const whole = {} as Record<F, bigint>
  for (const figure of figures) {
    let sum = 0n
    for (const { sums } of groups) sum += sums[figure]
    whole[figure] = sum
  }
  return whole
}

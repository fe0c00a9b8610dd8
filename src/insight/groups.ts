import type { Figure } from './figures.ts'
import { packedFigures } from './sum-query.ts'

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

/**
 * Lines of one hour, day, week or month, or of all time: where it begins, whether some were left out, their count, their figures (eight bytes of each line, figure after figure), their
 * names (JSON, by dimension), their dollars (an array as Postgres writes it, by figure).
 */
export type PackedRow = readonly unknown[]

const packedOf = ([since, isCut, lines, amounts, ...columns]: PackedRow) => ({
  since: since as Date | null,
  isCut: isCut as boolean,
  lines: lines as number,
  amounts: amounts as Uint8Array,
  columns: columns as readonly string[],
})

type Counted<F extends Figure> = F | 'calls' | 'cost'

/** A group that is being added up. */
interface Growing<F extends Figure> {
  readonly since: Date | null
  readonly names: readonly (string | null)[]
  readonly sums: Record<Counted<F>, bigint>
  readonly times: 0
}

export interface Adding<F extends Figure> {
  /** Each row as it comes, while the next ones are still being made. */
  add(row: PackedRow): void
  /** Once, at the end. In the order of the time, then dearest first. What has come to nothing is no group. Null: there were more lines than `linesMax`, so some may be missing. */
  groups(): Group<F>[] | null
}

/** Adds lines up to groups. `untold`: figures that are zero. */
export function addingUp<F extends Figure>(
  dimensions: number,
  figures: readonly F[],
  { untold, linesMax }: { readonly untold: readonly F[]; readonly linesMax: number },
): Adding<F> {
  const { inBytes, dollars } = packedFigures(figures)
  const nothing = nothingOf<Counted<F>>([...inBytes, ...dollars, ...untold])
  const of = { dimensions, inBytes, dollars, nothing, namesOf: namesOnce() }
  const bySince = new Map<number | undefined, Map<string | null, Growing<F>>>()
  let lines = 0
  return {
    add(row) {
      const packed = packedOf(row)
      lines += packed.isCut ? Infinity : packed.lines
      if (lines > linesMax) return
      const time = packed.since?.getTime()
      const groups = bySince.get(time) ?? new Map<string | null, Growing<F>>()
      bySince.set(time, groups)
      addLines(groups, packed, of)
    },
    groups() {
      if (lines > linesMax) return null
      const all: Growing<F>[] = []
      for (const [, groups] of [...bySince].toSorted(([a = 0], [b = 0]) => a - b)) {
        const some: Growing<F>[] = []
        for (const group of groups.values()) if (group.sums.calls !== 0n || group.sums.cost !== 0n) some.push(group)
        for (const group of some.toSorted(dearestFirst)) all.push(group)
      }
      // The library's query holds what reads its rows, for longer than the answer is needed: the collector would carry whole answers along.
      bySince.clear()
      return all
    },
  }
}

interface Packing<F extends Figure> {
  readonly dimensions: number
  readonly inBytes: readonly Counted<F>[]
  readonly dollars: readonly Counted<F>[]
  /** Copied for each group: much quicker than figure by figure. */
  readonly nothing: Growing<F>['sums']
  readonly namesOf: (columns: readonly string[]) => readonly Named[]
}

/** The names of a line, and what no other line of the same names differs in. */
interface Named {
  readonly own: readonly (string | null)[]
  readonly key: string | null
}

/** Of each line. Days have the same names, mostly: they are read once while they stay so. */
function namesOnce(): (columns: readonly string[]) => readonly Named[] {
  let last: { readonly columns: readonly string[]; readonly names: readonly Named[] } | undefined
  return (columns) => {
    if (last?.columns.every((column, n) => column === columns[n]) !== true) last = { columns, names: namesIn(columns) }
    return last.names
  }
}

function namesIn(columns: readonly string[]): readonly Named[] {
  const [first = [], ...others] = columns.map((column) => JSON.parse(column) as (string | null)[])
  // One name is its own key; of several, none may be taken for another's part.
  if (others.length === 0) return first.map((name) => ({ own: [name], key: name }))
  return first.map((name, line) => {
    const own = [name, ...others.map((column) => column[line] ?? null)]
    return { own, key: JSON.stringify(own) }
  })
}

/** Of lines without a name. */
const NAMELESS: Named = { own: [], key: '[]' }

/** Thousands of lines are nothing rare, so this is written for speed. */
function addLines<F extends Figure>(
  groups: Map<string | null, Growing<F>>,
  { since, lines, amounts, columns }: ReturnType<typeof packedOf>,
  { dimensions, inBytes, dollars, nothing, namesOf }: Packing<F>,
): void {
  const names = namesOf(columns.slice(0, dimensions))
  const usd = columns.slice(dimensions).map(bigintsOf)
  const view = new DataView(amounts.buffer, amounts.byteOffset, amounts.byteLength)
  for (let line = 0; line < lines; line += 1) {
    const { own, key } = names[line] ?? NAMELESS
    const known = groups.get(key)?.sums
    const sums = known ?? { ...nothing }
    for (let n = 0; n < inBytes.length; n += 1) {
      const [figure, value] = [inBytes[n] as F, view.getBigInt64((n * lines + line) * BYTES)]
      sums[figure] = known === undefined ? value : known[figure] + value
    }
    for (let n = 0; n < dollars.length; n += 1) {
      const [figure, value] = [dollars[n] as F, usd[n]?.[line] ?? 0n]
      sums[figure] = known === undefined ? value : known[figure] + value
    }
    if (known === undefined) groups.set(key, { since, names: own, sums, times: 0 })
  }
}

const BYTES = 8

const dearestFirst = <F extends Figure>(a: Growing<F>, b: Growing<F>): number =>
  compare(b.sums.cost, a.sums.cost) || compare(String(a.names), String(b.names))

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** `{12,NULL,7}`: what is null counts nothing. */
const bigintsOf = (array: string): bigint[] =>
  array
    .slice(1, -1)
    .split(',')
    .map((text) => (text === 'NULL' ? 0n : BigInt(text)))

export const nothingOf = <F extends Figure>(figures: readonly F[]) =>
  Object.fromEntries(figures.map((figure) => [figure, 0n])) as Record<F, bigint>

/** What all groups come to. */
export function wholeOf<F extends Figure>(groups: readonly Pick<Group<F>, 'sums'>[], figures: readonly F[]): Sums<F> {
  const whole = {} as Record<F, bigint>
  for (const figure of figures) {
    let sum = 0n
    for (const { sums } of groups) sum += sums[figure]
    whole[figure] = sum
  }
  return whole
}

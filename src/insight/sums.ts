import type { PendingQuery, Row } from 'postgres'
import { isDimension, type SummedDimension } from './dimension.ts'
import { ofFact as figureSql, totalOf, type Figure } from './figures.ts'
import { isInstant } from './instant.ts'
import type { Filter, Reading } from './reading.ts'

/** The sets of dimensions whose sums are kept (purser.rollup_set), those of the fewest sums first: which one a question takes is decided here. */
const ROLLUP_SETS = [
  { id: 0, dimensions: [], hasHours: true },
  { id: 7, dimensions: ['provider'], hasHours: false },
  { id: 6, dimensions: ['environment'], hasHours: false },
  { id: 9, dimensions: ['endpoint'], hasHours: false },
  { id: 3, dimensions: ['team'], hasHours: false },
  { id: 8, dimensions: ['model'], hasHours: true },
  { id: 4, dimensions: ['project'], hasHours: false },
  { id: 5, dimensions: ['feature'], hasHours: true },
  { id: 11, dimensions: ['provider', 'model'], hasHours: false },
  { id: 10, dimensions: ['endpoint', 'model'], hasHours: false },
  { id: 12, dimensions: ['model', 'latency'], hasHours: false },
  { id: 13, dimensions: ['feature', 'latency'], hasHours: false },
  { id: 14, dimensions: ['prompt'], hasHours: false },
  { id: 1, dimensions: ['account'], hasHours: false },
  { id: 2, dimensions: ['user'], hasHours: false },
] as const satisfies readonly RollupSet[]

interface RollupSet {
  readonly id: number
  readonly dimensions: readonly SummedDimension[]
  /** Else what is no whole day is read from the facts. */
  readonly hasHours: boolean
}

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

export interface Answer<F extends Figure = Figure> {
  readonly whole: Sums<F>
  /** In the order of the time, then dearest first. */
  readonly groups: readonly Group<F>[]
  /** How many there are, those beyond the limit too. */
  readonly groupCount: number
}

type Fragment = PendingQuery<Row[]>

/**
 * Sums of what was spent, by dimensions and by time. A request counts when it has ended, in the moment in which it was reserved, as in its budgets, at what it costs
 * as known now; what the house bears belongs to no account and no user. One statement, so in one snapshot: sums of whole hours, days and blocks of days where they are kept,
 * facts at the edges and where no sums are, and what was booked since, from the entries. Which of them a question takes changes how long it takes, and nothing else.
 */
export async function sums<F extends Figure>(reading: Reading, q: Question<F>): Promise<Answer<F>> {
  if (q.limit < MANY || q.counts !== undefined) return cutSums(reading, q)
  const rows = await linesOf(reading, q)
  const groups = rows.length > linesMax(q) ? [] : groupsOf(rows, q)
  if (rows.length > linesMax(q) || groups.length > q.limit) return cutSums(reading, q)
  return { whole: wholeOf(groups, q.figures), groups, groupCount: groups.length }
}

/** The same, without what it comes to in dollars (zero) where that is not told: which is a good part of the work. */
export async function sumsIn<F extends Figure>(reading: Reading, q: Question<F>, currency: 'EUR' | 'USD'): Promise<Answer<F>> {
  const dollars = currency === 'USD' ? [] : q.figures.filter((figure) => figure.endsWith('_usd'))
  if (dollars.length === 0) return sums(reading, q)
  const none = Object.fromEntries(dollars.map((figure) => [figure, 0n])) as Sums<F>
  const { whole, groups, groupCount } = await sums(reading, { ...q, figures: q.figures.filter((figure) => !dollars.includes(figure)) })
  return { whole: { ...none, ...whole }, groups: groups.map((group) => ({ ...group, sums: { ...none, ...group.sums } })), groupCount }
}

/** Where there may be more groups than are asked for, the ledger groups and says what all of them come to; else it only hands over its lines, which is quicker. */
const MANY = 1000
/** Kept sums that a group may be made of before it is better made where they are. */
const LINES_A_GROUP = 4
const linesMax = ({ limit }: Question): number => limit * LINES_A_GROUP

/** Those that decide whether there is a group, and its place, are always asked. */
const askedFigures = (figures: readonly Figure[]): readonly Figure[] => [...new Set<Figure>([...figures, 'calls', 'cost'])]

type SqlRow = readonly unknown[]

/** A row: where its time begins, its names, its figures. Several may be of one group. */
async function linesOf({ sql }: Reading, q: Question): Promise<readonly SqlRow[]> {
  const { withParts, kept, others, columns, grouped } = queryOf(sql, q)
  return sql`${withParts}, line (bucket${columns}) as (${others})
    ${kept === undefined ? sql`` : sql`${kept} union all`} ${grouped} limit ${linesMax(q) + 1}`.values()
}

/** First a row of all groups, with their count behind it; then the groups, each with its count of times. */
async function cutSums<F extends Figure>({ sql }: Reading, q: Question<F>): Promise<Answer<F>> {
  const { withParts, kept, others, columns, grouped, names, totals } = queryOf(sql, q)
  const line = kept === undefined ? others : sql`${kept} union all ${others}`
  // What has come to nothing is no group.
  const some = sql`${grouped} having purser.total(calls) <> 0 or purser.total(cost) <> 0`
  const groups =
    q.counts === undefined
      ? sql`select g.*, 0 as times from (${some}) g`
      : sql`select null::timestamptz as bucket${names}${totals}, count(*)::int as times from (${some}) t group by ${sql.unsafe(q.by.map((_, n) => `n${n}`).join(', '))}`
  const noNames = sql.unsafe(q.by.map((_, n) => `, null::text as n${n}`).join(''))
  const [whole, ...rows] = await sql`${withParts}, line (bucket${columns}) as (${line}), groups as (${groups})
    select null::timestamptz as bucket${noNames}${totals}, count(*)::int as times from groups
    union all (select bucket${columns}, times from groups order by bucket, cost desc${names} limit ${q.limit})`.values()
  if (whole === undefined) throw new Error('broken promise: a sum has a row, even of nothing')
  const timesAt = 1 + q.by.length + askedFigures(q.figures).length
  return {
    whole: figuresOf(whole, q),
    groupCount: whole[timesAt] as number,
    groups: rows.map((row) => ({ ...headOf(row, q), sums: figuresOf(row, q), times: row[timesAt] as number })),
  }
}

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

interface Growing<F extends Figure> {
  readonly group: Group<F>
  readonly sums: Record<F | 'calls' | 'cost', bigint>
}

/** Lines of one group, added up; in the order of the time, then dearest first. What has come to nothing is no group. */
function groupsOf<F extends Figure>(rows: readonly SqlRow[], q: Question<F>): Group<F>[] {
  const asked = askedFigures(q.figures) as readonly (F | 'calls' | 'cost')[]
  const groups = new Map<string, Growing<F>>()
  for (const row of rows) {
    const head = headOf(row, q)
    const name = `${head.since?.getTime()} ${JSON.stringify(head.names)}`
    const known = groups.get(name)
    const own = (known?.sums ?? {}) as Growing<F>['sums']
    asked.forEach((figure, n) => (own[figure] = (own[figure] ?? 0n) + valueOf(row[1 + q.by.length + n])))
    if (known === undefined) groups.set(name, { group: { ...head, sums: own, times: 0 }, sums: own })
  }
  return [...groups.values()]
    .filter(({ sums: s }) => s.calls !== 0n || s.cost !== 0n)
    .toSorted(
      (a, b) =>
        (a.group.since?.getTime() ?? 0) - (b.group.since?.getTime() ?? 0) ||
        compare(b.sums.cost, a.sums.cost) ||
        compare(String(a.group.names), String(b.group.names)),
    )
    .map(({ group }) => group)
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** What all groups come to. */
export function wholeOf<F extends Figure>(groups: readonly Group<F>[], figures: readonly F[]): Sums<F> {
  const whole = figures.map((figure) => [figure, groups.reduce<bigint>((sum, { sums: own }) => sum + own[figure], 0n)])
  return Object.fromEntries(whole) as Sums<F>
}

/** The pieces of a question as SQL. `kept`: lines of sums, where they are kept; `others`: the changes that these do not have yet, facts elsewhere, and what was booked since. */
function queryOf(sql: AnySql, q: Question) {
  const set = setFor(q)
  const asked = askedFigures(q.figures)
  const list = (parts: readonly string[]): Fragment => sql.unsafe(parts.map((part) => `, ${part}`).join(''))
  const names = list(q.by.map((_, n) => `n${n}`))
  const totals = list(asked.map((figure) => `${totalOf(figure)} as ${figure}`))
  return {
    withParts: sql`with span as materialized (select ${momentSql(sql, q.from, q.timeZone)} as since, ${momentSql(sql, q.to, q.timeZone)} as till),
      part as materialized (
        select p.* from span s cross join lateral purser.parts(s.since, s.till, ${q.unit ?? null}, ${q.timeZone}, ${set !== undefined}, ${set?.hasHours ?? false}) p)`,
    kept: set === undefined ? undefined : keptSql(sql, q, set, asked),
    others: othersSql(sql, q, set, asked),
    names,
    totals,
    columns: list([...q.by.map((_, n) => `n${n}`), ...asked]),
    grouped: sql`select bucket${names}${totals} from line group by bucket${names}`,
  }
}

function keptSql(sql: AnySql, q: Question, set: RollupSet, asked: readonly Figure[]): Fragment {
  const columns = [...q.by.map((dimension) => `r.${columnOf(set, dimension)}`), ...asked.map((figure) => `r.${figure}`)]
  return sql`
    select p.bucket${sql.unsafe(columns.map((column) => `, ${column}`).join(''))}
      from part p cross join lateral (
        select * from purser.rollup x where x.set = ${sql.unsafe(String(set.id))} and x.level = p.level and x.since = p.since
          ${keptFilter(sql, set, q.filter)} ${keptOnly(sql, set, q)} offset 0) r
     where p.level >= 0`
}

function othersSql(sql: AnySql, q: Question, set: RollupSet | undefined, asked: readonly Figure[]): Fragment {
  const ofFact = sql.unsafe([...q.by.map(dimensionSql), ...asked.map(figureSql)].map((part) => `, ${part}`).join(''))
  const bucket = sql`purser.since(${q.unit ?? null}, f.at, ${q.timeZone})`
  const scope = sql`join lateral (select terms from purser.scope s where s.id = f.scope ${containing(sql, q.filter)} offset 0) s on true`
  const isAsked = sql`${isOfCustomer(q.filter) ? sql`not f.is_house` : sql`true`} ${onlySql(sql, q)}`
  const fresh = sql`
    select ${bucket}${ofFact} from span cross join purser.fresh() f ${scope} where f.at >= span.since and f.at < span.till and ${isAsked}`
  if (set === undefined && isOfCustomer(q.filter))
    return sql`
      select ${bucket}${ofFact}
        from span cross join (select id, terms from purser.scope where true ${containing(sql, q.filter)} ${customerSql(sql, q.filter)} offset 0) s
        cross join lateral (select * from purser.fact x where x.scope = s.id and x.at >= span.since and x.at < span.till offset 0) f
       where ${isAsked}
      union all ${fresh}`
  const facts = sql`
    select p.bucket${ofFact}
      from part p cross join lateral (select * from purser.fact x where x.at >= p.since and x.at < p.till offset 0) f ${scope}
     where p.level = -1 and ${isAsked}
    union all ${fresh}`
  if (set === undefined) return facts
  return sql`
    select ${bucket}${ofFact} from span cross join purser.fact_change f ${scope}
     where f.at >= span.since and f.at < span.till and ${isAsked}
       and not exists (select from part p where p.level = -1 and f.at >= p.since and f.at < p.till)
    union all ${facts}`
}

/** The smallest set of sums that can answer it; undefined: none can, the facts must. */
function setFor({ by, filter }: Question): RollupSet | undefined {
  const needed = [...by, ...Object.entries(filter).flatMap(([key, value]) => (value === undefined ? [] : [key]))]
  return ROLLUP_SETS.find(({ dimensions }) => needed.every((one) => (dimensions as readonly string[]).includes(one)))
}

const columnOf = (set: RollupSet, dimension: string): 'a' | 'b' => (set.dimensions[0] === dimension ? 'a' : 'b')

/** As SQL, of a fact `f` of the scope `s`. Only names that were checked stand in it. */
function dimensionSql(dimension: SummedDimension): string {
  if (dimension === 'latency') return 'purser.latency_of(f.duration_ms)'
  if (dimension === 'prompt') return 'case when f.is_repeat then to_hex(f.hash) end'
  if (!isDimension(dimension)) throw new Error(`broken promise: ${String(dimension)} is no dimension`)
  return `purser.dimension(s.terms, f.is_house, '${dimension}')`
}

type AnySql = Reading['sql']

/** Where a day or an instant begins. */
export const momentSql = (sql: AnySql, text: string, timeZone: string): Fragment =>
  isInstant(text) ? sql`${text}::timestamptz` : sql`purser.first_instant(${text}::date, ${timeZone})`

/** Of a scope that has these values. */
export const containing = (sql: AnySql, filter: Filter): Fragment =>
  Object.keys(filter).length === 0 ? sql`` : sql`and terms @> ${sql.json(filter)}`

/** For their indexes. */
const customerSql = (sql: AnySql, { account, user }: Filter): Fragment =>
  sql`${typeof account === 'string' ? sql`and account = ${account}` : sql``} ${typeof user === 'string' ? sql`and terms ->> 'user' = ${user}` : sql``}`

/** What the house bears is no account's and no user's. */
const isOfCustomer = ({ account, user }: Filter): boolean => account !== undefined || user !== undefined

function keptFilter(sql: AnySql, set: RollupSet, filter: Filter): Fragment {
  const conditions = Object.entries(filter).map(([key, value]) =>
    typeof value === 'string' ? sql`and ${sql.unsafe(`x.${columnOf(set, key)}`)} = ${value}` : sql``,
  )
  return conditions.reduce<Fragment>((all, one) => sql`${all} ${one}`, sql``)
}

const keptOnly = (sql: AnySql, set: RollupSet, { only, by: [first] }: Question): Fragment =>
  only === undefined || first === undefined ? sql`` : oneOf(sql, sql.unsafe(`x.${columnOf(set, first)}`), only)

const onlySql = (sql: AnySql, { only, by: [first] }: Question): Fragment =>
  only === undefined || first === undefined ? sql`` : oneOf(sql, sql.unsafe(dimensionSql(first)), only)

function oneOf(sql: AnySql, column: Fragment, values: readonly (string | null)[]): Fragment {
  const named = values.filter((value) => value !== null)
  const isNull = named.length < values.length ? sql`or ${column} is null` : sql``
  return sql`and (${column} = any (array(select json_array_elements_text(${sql.json(named)}::json))) ${isNull})`
}

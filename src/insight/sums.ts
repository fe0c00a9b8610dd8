import type { PendingQuery, Row } from 'postgres'
import { isDimension, type SummedDimension } from './dimension.ts'
import { ofFact, type Figure } from './figures.ts'
import { isInstant } from './instant.ts'
import type { Filter, Reading } from './reading.ts'

/** The sets of dimensions whose sums are kept (purser.rollup_set), those of the fewest sums first: which one a question takes is decided here. */
const ROLLUP_SETS = [
  { id: 0, dimensions: [], hasHours: true },
  { id: 7, dimensions: ['provider'], hasHours: true },
  { id: 6, dimensions: ['environment'], hasHours: true },
  { id: 9, dimensions: ['endpoint'], hasHours: true },
  { id: 3, dimensions: ['team'], hasHours: true },
  { id: 8, dimensions: ['model'], hasHours: true },
  { id: 4, dimensions: ['project'], hasHours: true },
  { id: 5, dimensions: ['feature'], hasHours: true },
  { id: 11, dimensions: ['provider', 'model'], hasHours: true },
  { id: 10, dimensions: ['endpoint', 'model'], hasHours: true },
  { id: 12, dimensions: ['model', 'latency'], hasHours: false },
  { id: 13, dimensions: ['feature', 'latency'], hasHours: false },
  { id: 14, dimensions: ['prompt'], hasHours: false },
  { id: 1, dimensions: ['account'], hasHours: false },
  { id: 2, dimensions: ['user'], hasHours: false },
] as const satisfies readonly RollupSet[]

interface RollupSet {
  readonly id: number
  readonly dimensions: readonly SummedDimension[]
  /** Else there would be as many sums as facts, so what is no whole day is read from the facts. */
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
export async function sums<F extends Figure>({ sql }: Reading, q: Question<F>): Promise<Answer<F>> {
  const set = setFor(q)
  const names = q.by.map((_, n) => `n${n}`)
  const asked: readonly Figure[] = [...new Set<Figure>(['calls', 'cost', ...q.figures])]
  const range = rangeOf(sql, q)
  const list = (parts: readonly string[]): Fragment => sql.unsafe(parts.map((part) => `, ${part}`).join(''))

  const ofFacts = list([...q.by.map(dimensionSql), ...asked.map(ofFact)])
  const kept = set === undefined ? [] : q.by.map((dimension) => `r.${columnOf(set, dimension)}`)
  const columns = list([...names, ...asked])
  const total = list(asked.map((figure) => `coalesce(sum(${figure}), 0) as ${figure}`))
  const bucket = sql`purser.since(${q.unit ?? null}, f.at, ${q.timeZone})`
  const only = onlySql(sql, q)

  const ofSums =
    set === undefined
      ? sql``
      : sql`select p.bucket${list([...kept, ...asked.map((figure) => `r.${figure}`)])}
          from part p cross join lateral (
            select * from purser.rollup x where x.set = ${sql.unsafe(String(set.id))} and x.level = p.level and x.since = p.since
              ${keptFilter(sql, set, q.filter)} ${keptOnly(sql, set, q)} offset 0) r
         where p.level >= 0
        union all`
  const ofTime =
    isOfCustomer(q.filter) && set === undefined
      ? sql`select ${bucket}${ofFacts}
          from scopes s cross join lateral (select * from purser.fact x where x.scope = s.id and x.at >= ${range.from} and x.at < ${range.to} offset 0) f
         where ${ownFilter(sql, q.filter)} ${only}`
      : sql`select p.bucket${ofFacts}
          from part p cross join lateral (select * from purser.fact x where x.at >= p.since and x.at < p.till offset 0) f join scopes s on s.id = f.scope
         where p.level = -1 and ${ownFilter(sql, q.filter)} ${only}`

  const rows = await sql`
    with part as materialized (
      select * from purser.parts(${range.from}, ${range.to}, ${q.unit ?? null}, ${q.timeZone}, ${set !== undefined}, ${set?.hasHours ?? false})),
    scopes as (select id, terms from purser.scope where terms @> ${sql.json(q.filter)} ${customerSql(sql, q.filter)}),
    line (bucket${columns}) as (
      ${ofSums} ${ofTime}
      union all
      select ${bucket}${ofFacts} from purser.fresh() f join scopes s on s.id = f.scope
       where f.at >= ${range.from} and f.at < ${range.to} and ${ownFilter(sql, q.filter)} ${only}),
    groups as (
      select bucket${list(names)}${total} from line group by bucket${list(names)} having coalesce(sum(calls), 0) <> 0 or coalesce(sum(cost), 0) <> 0)
    select count(*)::int as groups, null::timestamptz as bucket${list(names.map((name) => `null::text as ${name}`))}${total} from groups
    union all
    (select null, bucket${columns} from groups order by bucket, cost desc${list(names)} limit ${q.limit})`
  const [first, ...rest] = rows
  if (first === undefined) throw new Error('broken promise: a sum has a row, even of nothing')
  const figuresOf = (row: Row) => Object.fromEntries(q.figures.map((figure) => [figure, BigInt(row[figure] as string | bigint)])) as Sums<F>
  return {
    whole: figuresOf(first),
    groupCount: first['groups'] as number,
    groups: rest.map((row) => ({
      since: row['bucket'] as Date | null,
      names: names.map((name) => row[name] as string | null),
      sums: figuresOf(row),
    })),
  }
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

const rangeOf = (sql: AnySql, { from, to, timeZone }: Question): { readonly from: Fragment; readonly to: Fragment } => ({
  from: momentSql(sql, from, timeZone),
  to: momentSql(sql, to, timeZone),
})

const momentSql = (sql: AnySql, text: string, timeZone: string): Fragment =>
  isInstant(text) ? sql`${text}::timestamptz` : sql`purser.first_instant(${text}::date, ${timeZone})`

/** For their indexes. */
const customerSql = (sql: AnySql, { account, user }: Filter): Fragment =>
  sql`${typeof account === 'string' ? sql`and account = ${account}` : sql``} ${typeof user === 'string' ? sql`and terms ->> 'user' = ${user}` : sql``}`

const isOfCustomer = ({ account, user }: Filter): boolean => account !== undefined || user !== undefined

/** What the house bears is no account's and no user's. */
const ownFilter = (sql: AnySql, filter: Filter): Fragment =>
  filter['account'] !== undefined || filter['user'] !== undefined ? sql`not f.is_house` : sql`true`

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

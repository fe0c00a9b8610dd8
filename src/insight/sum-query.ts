import { isDimension, type SummedDimension } from './dimension.ts'
import { isDollars, ofFact, ofSums, totalOf, type Figure } from './figures.ts'
import { isInstant } from './instant.ts'
import type { Filter } from './reading.ts'
import type { Question, TimeUnit } from './sums.ts'

/** The sets of dimensions whose sums are kept (purser.rollup_set), those of the fewest sums first: which one a question takes is decided here. */
const ROLLUP_SETS = [
  { id: 0, dimensions: [], hasHours: true, hasPages: false },
  { id: 7, dimensions: ['provider'], hasHours: false, hasPages: true },
  { id: 6, dimensions: ['environment'], hasHours: false, hasPages: true },
  { id: 9, dimensions: ['endpoint'], hasHours: false, hasPages: true },
  { id: 3, dimensions: ['team'], hasHours: false, hasPages: true },
  { id: 8, dimensions: ['model'], hasHours: true, hasPages: true },
  { id: 4, dimensions: ['project'], hasHours: false, hasPages: true },
  { id: 5, dimensions: ['feature'], hasHours: true, hasPages: true },
  { id: 11, dimensions: ['provider', 'model'], hasHours: false, hasPages: true },
  { id: 10, dimensions: ['endpoint', 'model'], hasHours: false, hasPages: true },
  { id: 12, dimensions: ['model', 'latency'], hasHours: false, hasPages: false },
  { id: 13, dimensions: ['feature', 'latency'], hasHours: false, hasPages: false },
  { id: 14, dimensions: ['prompt'], hasHours: false, hasPages: false },
  { id: 1, dimensions: ['account'], hasHours: false, hasPages: false },
  { id: 2, dimensions: ['user'], hasHours: false, hasPages: false },
] as const satisfies readonly RollupSet[]

interface RollupSet {
  readonly id: number
  readonly dimensions: readonly SummedDimension[]
  /** Else what is no whole day is read from the facts. */
  readonly hasHours: boolean
  /** Days that are over have all their sums in one row: see `PAGED`. */
  readonly hasPages: boolean
}

/** What a page has of each value. */
const PAGED: readonly Figure[] = ['calls', 'cost', 'tokens', 'input_tokens', 'output_tokens', 'failed', 'input_cost', 'output_cost']

/** A statement, and the values of its parameters: texts, numbers, and what is sent as JSON. */
export interface SumQuery {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Those that decide whether there is a group, and its place, are always asked. */
export const askedFigures = (figures: readonly Figure[]): readonly Figure[] => [...new Set<Figure>([...figures, 'calls', 'cost'])]

/** Lines, so many at most and some more, packed: see `PackedRow`. Several may be of one group. */
export function packedLines(q: Question, max: number): SumQuery {
  const { withParts, set, kept, others, columns, grouped, place, values } = pieces(q)
  const packed = packedSql(q)
  const some = `${place(max + 1)}::int`
  // Each part by itself, which needs no sorting; of each its share of the lines, so that they are not many more in all.
  const keptParts =
    set === undefined || kept === undefined
      ? ''
      : isPaged(q, set)
        ? `${pagedParts(q, set, { kept, packed })} union all`
        : `select p.bucket, k.lines > room.lines, k.* from room cross join part p
          cross join lateral (select ${packed} from (${kept} limit room.lines + 1) x) k where p.level >= 0 and k.lines > 0
         union all`
  return {
    text: `${withParts}, room as materialized (select ${some} / greatest(1, count(*)) + ${LINES_A_PART} as lines from part), line (bucket${columns}) as (${others})
      ${keptParts} select bucket, false, ${packed} from (${grouped} limit ${some}) every group by bucket`,
    values,
  }
}

/** Whether a page tells what is asked: of all values, and all of these figures. */
const isPaged = ({ filter, only, figures }: Question, { hasPages }: RollupSet): boolean =>
  hasPages &&
  only === undefined &&
  Object.values(filter).every((value) => value === undefined) &&
  askedFigures(figures).every((figure) => PAGED.includes(figure))

/** From a day's page where there is one, else from its sums. (`offset 0`: one page is looked up at a time; joined, all would be read.) */
function pagedParts(q: Question, set: RollupSet, { kept, packed }: Readonly<Record<'kept' | 'packed', string>>): string {
  const amounts = packedFigures(q.figures).inBytes.map((figure) => `g.${figure}`)
  const names = list(q.by.map((dimension, n) => `coalesce(g.${columnOf(set, dimension)}, k.names${n})`))
  return `select p.bucket, g.lines is null and k.lines > room.lines, coalesce(g.lines, k.lines), coalesce(${amounts.join(' || ')}, k.amounts)${names} from room cross join part p
          left join lateral (select * from purser.rollup_page y where y.set = ${set.id} and y.since = p.since and p.level = 1 offset 0) g on g.lines <= room.lines
          cross join lateral (select ${packed} from (${kept} and g.lines is null limit room.lines + 1) x) k where p.level >= 0 and coalesce(g.lines, k.lines) > 0`
}

/** A part may have so many lines more than its share. */
const LINES_A_PART = 200

/** Names as JSON, figures as the eight bytes of each line, one figure after the other: in half the time of their digits. Dollars outgrow eight bytes. */
function packedSql(q: Question): string {
  const { inBytes, dollars } = packedFigures(q.figures)
  const amounts = inBytes.map((figure) => `string_agg(int8send(coalesce(${figure}, 0)), '')`).join(' || ')
  const names = q.by.map((_, n) => `json_agg(n${n})::text as names${n}`)
  return `count(*)::int as lines, ${amounts} as amounts${list([...names, ...dollars.map((figure) => `array_agg(${figure})::text`)])}`
}

/** The order in which lines have them. */
export function packedFigures<F extends Figure>(figures: readonly F[]) {
  const asked = askedFigures(figures) as readonly (F | 'calls' | 'cost')[]
  return { inBytes: asked.filter((figure) => !isDollars(figure)), dollars: asked.filter(isDollars) }
}

/** First a row of all groups, with their count behind it; then the groups, as many as are asked for, each with its count of times. */
export function cutGroups(q: Question): SumQuery {
  const { withParts, kept, others, columns, grouped, names, totals, place, values } = pieces(q)
  const line =
    kept === undefined
      ? others
      : `select p.bucket, r.* from part p cross join lateral (${kept} offset 0) r where p.level >= 0 union all ${others}`
  // What has come to nothing is no group.
  const some = `${grouped} having purser.total(calls) <> 0 or purser.total(cost) <> 0`
  const groups =
    q.counts === undefined
      ? `select g.*, 0 as times from (${some}) g`
      : `select null::timestamptz as bucket${names}${totals}, count(*)::int as times from (${some}) t group by ${q.by.map((_, n) => `n${n}`).join(', ')}`
  const noNames = list(q.by.map((_, n) => `null::text as n${n}`))
  return {
    text: `${withParts}, line (bucket${columns}) as (${line}), groups as (${groups})
      select null::timestamptz as bucket${noNames}${totals}, count(*)::int as times from groups
      union all (select bucket${columns}, times from groups order by bucket, cost desc${names} limit ${place(q.limit)})`,
    values,
  }
}

const list = (parts: readonly string[]): string => parts.map((part) => `, ${part}`).join('')

const UNITS: readonly TimeUnit[] = ['hour', 'day', 'week', 'month']

/** The places of a statement's parameters, each of which is a value. Nothing that somebody asked stands in a text itself but what was checked. */
interface Places {
  readonly values: unknown[]
  readonly unit: string
  readonly zone: string
  readonly filter: string | undefined
  readonly place: (value: unknown) => string
}

function placesOf({ unit, timeZone, filter }: Question): Places {
  const values: unknown[] = []
  const place = (value: unknown): string => `$${values.push(value)}`
  if (unit !== undefined && !UNITS.includes(unit)) throw new Error(`broken promise: ${unit} is no unit of time`)
  const given = Object.values(filter).some((value) => value !== undefined)
  return {
    values,
    place,
    unit: unit === undefined ? 'null' : `'${unit}'`,
    zone: `${place(timeZone)}::text`,
    filter: given ? `${place(filter)}::jsonb` : undefined,
  }
}

/** `kept`: lines of sums, where they are kept; `others`: the changes that these do not have yet, facts elsewhere, and what was booked since. */
function pieces(q: Question) {
  const set = setFor(q)
  const asked = askedFigures(q.figures)
  const at = placesOf(q)
  const names = list(q.by.map((_, n) => `n${n}`))
  const totals = list(asked.map((figure) => `${totalOf(figure)} as ${figure}`))
  return {
    withParts: `with span as materialized (select ${momentSql(at, q.from)} as since, ${momentSql(at, q.to)} as till),
      part as materialized (
        select p.* from span s cross join lateral purser.parts(s.since, s.till, ${at.unit}, ${at.zone}, ${set !== undefined}, ${set?.hasHours ?? false}) p)`,
    set,
    kept: set === undefined ? undefined : keptSql(at, q, set, asked),
    others: othersSql(at, q, set, asked),
    names,
    totals,
    columns: list([...q.by.map((_, n) => `n${n}`), ...asked]),
    grouped: `select bucket${names}${totals} from line group by bucket${names}`,
    place: at.place,
    values: at.values,
  }
}

/** Of a part `p`. */
function keptSql(at: Places, q: Question, set: RollupSet, asked: readonly Figure[]): string {
  const columns = [...q.by.map((dimension, n) => `x.${columnOf(set, dimension)} as n${n}`), ...asked.map(ofSums)]
  return `select ${columns.join(', ')} from purser.rollup x where x.set = ${set.id} and x.level = p.level and x.since = p.since
      ${keptFilter(at, set, q.filter)} ${keptOnly(at, set, q)}`
}

function othersSql(at: Places, q: Question, set: RollupSet | undefined, asked: readonly Figure[]): string {
  const figures = list([...q.by.map((dimension) => dimensionSql(at, dimension)), ...asked.map(ofFact)])
  const bucket = bucketSql(at, q)
  const isOf = at.filter === undefined ? '' : `and terms @> ${at.filter}`
  const scope = `join lateral (select terms from purser.scope s where s.id = f.scope ${isOf} offset 0) s on true`
  const isAsked = `${isOfCustomer(q.filter) ? 'not f.is_house' : 'true'} ${onlySql(at, q)}`
  const fresh = `
    select ${bucket}${figures} from span cross join purser.fresh() f ${scope} where f.at >= span.since and f.at < span.till and ${isAsked}`
  if (set === undefined && isOfCustomer(q.filter))
    return `
      select ${bucket}${figures}
        from span cross join (select id, terms from purser.scope where true ${isOf} ${customerSql(at, q.filter)} offset 0) s
        cross join lateral (select * from purser.fact x where x.scope = s.id and x.at >= span.since and x.at < span.till offset 0) f
       where ${isAsked}
      union all ${fresh}`
  const edges = `
    select p.bucket${figures}
      from part p cross join lateral (select * from purser.fact x where x.at >= p.since and x.at < p.till offset 0) f ${scope}
     where p.level = -1 and ${isAsked}
    union all ${fresh}`
  if (set === undefined) return edges
  const changes = `
    select ${bucket}${figures} from span cross join purser.fact_change f ${scope} where f.at >= span.since and f.at < span.till and ${isAsked}`
  return hasEdges(q, set)
    ? `${changes} and not exists (select from part p where p.level = -1 and f.at >= p.since and f.at < p.till) union all ${edges}`
    : `${changes} union all ${fresh}`
}

/** Whether a part may be no whole day, or no whole hour where the set has some, of UTC, so that its facts are read: see purser.parts. */
function hasEdges({ from, to, unit, timeZone }: Question, { hasHours }: RollupSet): boolean {
  const wholeMs = hasHours ? HOUR_MS : DAY_MS
  const isWhole = (text: string): boolean => (isInstant(text) ? Date.parse(text) % wholeMs === 0 : timeZone === 'UTC')
  const isUnitWhole = unit === undefined || (timeZone === 'UTC' && (unit !== 'hour' || hasHours))
  return !isWhole(from) || !isWhole(to) || !isUnitWhole
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The smallest set of sums that can answer it; undefined: none can, the facts must. */
function setFor({ by, filter }: Question): RollupSet | undefined {
  const needed = [...by, ...Object.entries(filter).flatMap(([key, value]) => (value === undefined ? [] : [key]))]
  return ROLLUP_SETS.find(({ dimensions }) => needed.every((one) => (dimensions as readonly string[]).includes(one)))
}

const columnOf = (set: RollupSet, dimension: string): 'a' | 'b' => (set.dimensions[0] === dimension ? 'a' : 'b')

/** As SQL, of a fact `f` of the scope `s`. A label's name is a value: anybody may ask for any, and for each text a connection keeps a plan. */
function dimensionSql({ place }: Places, dimension: SummedDimension): string {
  if (dimension === 'latency') return 'purser.latency_of(f.duration_ms)'
  if (dimension === 'prompt') return 'case when f.is_repeat then to_hex(f.hash) end'
  if (!isDimension(dimension)) throw new Error(`broken promise: ${String(dimension)} is no dimension`)
  return `purser.dimension(s.terms, f.is_house, ${dimension.startsWith('label:') ? `${place(dimension)}::text` : `'${dimension}'`})`
}

/** Where the hour, day, week or month of a fact `f` begins. That of a day of UTC is found at once. */
const bucketSql = ({ unit, zone }: Places, q: Question): string =>
  q.unit === 'day' && q.timeZone === 'UTC' ? "date_bin('1 day', f.at, '1970-01-01T00:00:00Z')" : `purser.since(${unit}, f.at, ${zone})`

/** Where a day or an instant begins. */
const momentSql = ({ place, zone }: Places, text: string): string =>
  isInstant(text) ? `${place(text)}::timestamptz` : `purser.first_instant(${place(text)}::date, ${zone})`

/** For their indexes. */
const customerSql = ({ place }: Places, { account, user }: Filter): string =>
  `${typeof account === 'string' ? `and account = ${place(account)}` : ''} ${typeof user === 'string' ? `and terms ->> 'user' = ${place(user)}` : ''}`

/** What the house bears is no account's and no user's. */
const isOfCustomer = ({ account, user }: Filter): boolean => account !== undefined || user !== undefined

const keptFilter = ({ place }: Places, set: RollupSet, filter: Filter): string =>
  Object.entries(filter)
    .map(([key, value]) => (typeof value === 'string' ? `and x.${columnOf(set, key)} = ${place(value)}` : ''))
    .join(' ')

const keptOnly = (at: Places, set: RollupSet, { only, by: [first] }: Question): string =>
  only === undefined || first === undefined ? '' : oneOf(at, `x.${columnOf(set, first)}`, only)

const onlySql = (at: Places, { only, by: [first] }: Question): string =>
  only === undefined || first === undefined ? '' : oneOf(at, dimensionSql(at, first), only)

function oneOf({ place }: Places, column: string, values: readonly (string | null)[]): string {
  const named = values.filter((value) => value !== null)
  const isNull = named.length < values.length ? `or ${column} is null` : ''
  return `and (${column} = any (array(select json_array_elements_text(${place(named)}::json))) ${isNull})`
}

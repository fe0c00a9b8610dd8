/** What the money bought: in the last hours, from which cache, within which bounds, how fast, how well, and beside which infrastructure. */
import { spentText, NO_MONEY } from '../spending.ts'
import { exactEur, nano } from '../../domain/money.ts'
import { averageCost, calls, count, euros, inputTokens, nameColumn, percent, totalCost, totalOf, type GroupRow } from '../columns.ts'
import type { Figure } from '../figures.ts'
import { wholeOf, type Group, type Sums } from '../groups.ts'
import { sums } from '../sums.ts'
import { averageCell, decimalCell, percentCell, roundedDiv, tableOf, type TableColumn } from '../table.ts'
import { GROUPS_MAX, groupedTable, HOUR_MS, requireAll, type NamedQuestion } from './question.ts'

interface Hour {
  readonly since: Date
  readonly group: Group<'cost' | 'pico_usd' | 'calls' | 'failed'> | undefined
}

const hourColumns: readonly TableColumn<Hour>[] = [
  { name: 'hour', kind: 'time', about: 'Where it begins', of: ({ since }) => since.toISOString() },
  {
    name: 'total_cost',
    kind: 'money',
    about: 'Of the calls that were reserved in it',
    of: ({ group }, c) => spentText(group === undefined ? NO_MONEY : totalOf(group.sums), c),
  },
  { name: 'call_count', kind: 'count', about: 'That have ended', of: ({ group }) => Number(group?.sums.calls ?? 0n) },
  { name: 'failed_count', kind: 'count', about: 'Of these, those without an answer', of: ({ group }) => Number(group?.sums.failed ?? 0n) },
]

const live: NamedQuestion = {
  name: 'live',
  summary: 'The last hours, the oldest first; an hour without calls is there, with nothing',
  time: 'hours',
  columns: hourColumns,
  async ask(reading, asked) {
    const figures = ['cost', 'pico_usd', 'calls', 'failed'] as const
    // The hours of the answer are those of UTC, from its first moment on; elsewhere some begin at half past.
    const { groups } = await sums(reading, { ...asked, timeZone: 'UTC', by: [], unit: 'hour', figures, limit: GROUPS_MAX })
    const found = new Map(groups.map((group) => [group.since?.getTime(), group]))
    const rows: Hour[] = []
    for (let at = Date.parse(asked.from); at < Date.parse(asked.to); at += HOUR_MS) rows.push({ since: new Date(at), group: found.get(at) })
    return tableOf({ columns: hourColumns, rows, currency: asked.currency, whole: totalOf(wholeOf(groups, figures)) })
  },
}

const liveModelColumns = [nameColumn('model', 0), totalCost, calls('call_count'), averageCost('avg_cost')] as const

const liveModels: NamedQuestion = {
  name: 'live-models',
  summary: 'What each model cost in the last hours',
  time: 'hours',
  columns: liveModelColumns,
  ask: (reading, asked) => groupedTable(reading, asked, { by: ['model'], figures: [], columns: liveModelColumns }),
}

const cacheColumns = [
  nameColumn('model', 0),
  inputTokens,
  count<'cached_tokens'>('cached_tokens', 'Of the input tokens, those that the provider had in its cache', (s) => s.cached_tokens),
  percent<'cached_tokens' | 'input_tokens'>('hit_rate', 'Cached tokens, of the input tokens, in percent', (s) => [
    s.cached_tokens,
    s.input_tokens,
  ]),
  euros<'saved'>(
    'saved',
    'What the same tokens would have cost fresh, less what they cost; below zero where writing cost more than reading saved',
    (s) => s.saved,
  ),
  totalCost,
] as const

const cache: NamedQuestion = {
  name: 'cache',
  summary: 'How much of the input came from the providers’ caches, and what that saved',
  time: 'range',
  isInEur: true,
  columns: cacheColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['model'], figures: ['input_tokens', 'cached_tokens', 'saved'], columns: cacheColumns }),
}

/** An amount, of so many: null of none. */
const eurosOf = <F extends Figure>(
  name: string,
  about: string,
  of: (s: Sums<F>) => readonly [bigint, bigint],
): TableColumn<GroupRow<F>> => ({
  name,
  kind: 'eur',
  about,
  of: ({ group }) => {
    const [amount, many] = of(group.sums)
    return many === 0n ? null : decimalCell(amount, 9)
  },
})

const reservedColumns = [
  nameColumn('model', 0),
  eurosOf<'reserved'>('reserved', 'What was set aside, of calls that had a reservation; null where none had', (s) => [
    s.reserved,
    s.reserved,
  ]),
  eurosOf<'reserved' | 'reserved_cost'>('actual', 'What these cost', (s) => [s.reserved_cost, s.reserved]),
  percent<'reserved' | 'reserved_cost'>('used', 'Actual, of reserved, in percent', (s) => [s.reserved_cost, s.reserved]),
  calls('call_count'),
] as const

const reserved: NamedQuestion = {
  name: 'reserved',
  summary: 'What was set aside for each model, beside what it cost',
  description: 'How tight the bounds are: what is set aside and not used keeps others waiting.',
  time: 'range',
  isInEur: true,
  columns: reservedColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['model'], figures: ['reserved', 'reserved_cost'], columns: reservedColumns }),
}

const scoreColumns = [
  nameColumn('feature', 0),
  totalCost,
  calls('call_count'),
  count<'scored'>('scored_count', 'Calls whose quality somebody scored', (s) => s.scored),
  {
    name: 'quality',
    kind: 'price',
    about: 'Their average, from 0 to 1',
    of: ({ group: { sums: s } }: GroupRow<'quality' | 'scored'>) =>
      s.scored === 0n ? null : decimalCell(roundedDiv(s.quality, s.scored), 3),
  },
  count<'valued'>('valued_count', 'Calls of which somebody said what they were worth', (s) => s.valued),
  eurosOf<'value' | 'valued'>('value', 'What these were worth; null where nobody said it', (s) => [s.value, s.valued]),
  percent<'value' | 'valued' | 'cost'>(
    'value_per_cost',
    'What was said to be worth, of the total cost, in percent; null where nobody said it',
    (s) => [s.value, s.valued === 0n ? 0n : s.cost],
  ),
] as const satisfies readonly TableColumn<GroupRow<'cost' | 'pico_usd' | 'calls' | 'scored' | 'quality' | 'valued' | 'value'>>[]

const value: NamedQuestion = {
  name: 'value',
  summary: 'What each feature cost, beside how good its answers were and what they were worth',
  time: 'range',
  isInEur: true,
  columns: scoreColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['feature'], figures: ['scored', 'quality', 'valued', 'value'], columns: scoreColumns }),
}

interface Timed {
  readonly name: string | null
  /** By the longest duration of those like it, the quickest first. */
  readonly groups: readonly Group<'cost' | 'pico_usd' | 'calls' | 'timed' | 'duration_ms'>[]
}

const sumOf = ({ groups }: Timed) => wholeOf(groups, ['cost', 'pico_usd', 'calls', 'timed', 'duration_ms'])

/** The duration below which this part of the calls stays, to within a fifth. */
function quantileOf({ groups }: Timed, percentile: bigint): number | null {
  const timed = groups.filter(({ names }) => names[1] !== null)
  let left = roundedDiv(timed.reduce((sum, { sums: s }) => sum + s.timed, 0n) * percentile, 100n)
  const found = timed.find(({ sums: s }) => (left -= s.timed) <= 0n)
  return found === undefined ? null : Number(found.names[1])
}

const latencyColumns: readonly TableColumn<Timed>[] = [
  { name: 'name', kind: 'text', about: 'Null: of calls that have none', of: ({ name }) => name },
  { name: 'call_count', kind: 'count', about: 'That have ended', of: (row) => Number(sumOf(row).calls) },
  {
    name: 'avg_ms',
    kind: 'count',
    about: 'The average duration, of calls whose duration is known',
    of: (row) => {
      const { timed, duration_ms: ms } = sumOf(row)
      return timed === 0n ? null : Number(roundedDiv(ms, timed))
    },
  },
  { name: 'p50_ms', kind: 'count', about: 'Half of them were quicker; to within a fifth', of: (row) => quantileOf(row, 50n) },
  { name: 'p95_ms', kind: 'count', about: '95 in a hundred were quicker; to within a fifth', of: (row) => quantileOf(row, 95n) },
  { name: 'avg_cost', kind: 'money', about: 'Of a call', of: (row, c) => averageCell(totalOf(sumOf(row)), sumOf(row).calls, c) },
  { name: 'total_cost', kind: 'money', about: 'Of all its calls', of: (row, c) => spentText(totalOf(sumOf(row)), c) },
]

/** A name may have some eighty steps of durations, and each step is a group. */
const STEPS_MAX = 10 * GROUPS_MAX

const latency: NamedQuestion = {
  name: 'latency',
  summary: 'What calls cost, beside how long they took',
  time: 'range',
  by: { from: ['model', 'feature'], default: 'model' },
  columns: latencyColumns,
  async ask(reading, asked) {
    const [dimension = 'model'] = asked.by
    const figures = ['cost', 'pico_usd', 'calls', 'timed', 'duration_ms'] as const
    const { groups, groupCount } = await sums(reading, {
      from: asked.from,
      to: asked.to,
      timeZone: asked.timeZone,
      filter: asked.filter,
      by: [dimension, 'latency'],
      figures,
      limit: STEPS_MAX,
    })
    requireAll(groupCount, STEPS_MAX)
    const byName = Map.groupBy(groups, ({ names }) => names[0] ?? null)
    const rows = [...byName].map(([name, own]): Timed => ({
      name,
      groups: own.toSorted((a, b) => Number(a.names[1]) - Number(b.names[1])),
    }))
    const dearestFirst = rows.toSorted((a, b) => Number(sumOf(b).cost - sumOf(a).cost))
    return tableOf({ columns: latencyColumns, rows: dearestFirst, currency: asked.currency, whole: totalOf(wholeOf(groups, figures)) })
  },
}

const infrastructureColumns: readonly TableColumn<GroupRow<'cost' | 'infrastructure'>>[] = [
  { name: 'since', kind: 'time', about: 'Where the day, week or month begins', of: ({ group: { since } }) => since?.toISOString() ?? null },
  { name: 'model_cost', kind: 'eur', about: 'Of models', of: ({ group: { sums: s } }) => exactEur(nano(s.cost - s.infrastructure)) },
  {
    name: 'infrastructure_cost',
    kind: 'eur',
    about: 'Of servers, storage, databases and traffic, as tracked',
    of: ({ group: { sums: s } }) => exactEur(nano(s.infrastructure)),
  },
  { name: 'total_cost', kind: 'eur', about: 'Of both', of: ({ group: { sums: s } }) => exactEur(nano(s.cost)) },
  {
    name: 'infrastructure_share',
    kind: 'percent',
    about: 'Infrastructure, of both, in percent',
    of: ({ group: { sums: s } }) => percentCell(s.infrastructure, s.cost),
  },
]

const infrastructure: NamedQuestion = {
  name: 'infrastructure',
  summary: 'What infrastructure cost, beside the models',
  time: 'range',
  unit: { from: ['day', 'week', 'month'], default: 'month' },
  isInEur: true,
  columns: infrastructureColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: [], unit: asked.unit ?? 'month', figures: ['infrastructure'], columns: infrastructureColumns }),
}

export const USE_QUESTIONS = [live, liveModels, cache, reserved, latency, value, infrastructure]

/** Where the money goes. */
import { decimalCell, roundedDiv, tableOf, averageCell, type TableColumn } from '../table.ts'
import {
  averageCost,
  calls,
  change,
  count,
  failed,
  inputCost,
  inputTokens,
  nameColumn,
  otherCost,
  outputCost,
  outputTokens,
  share,
  totalCost,
  totalOf,
  totalTokens,
  type GroupRow,
} from '../columns.ts'
import { sumsIn } from '../sums.ts'
import { GROUPS_MAX, groupedTable, requireAll, type NamedQuestion } from './question.ts'
import { dayIn } from '../../domain/day.ts'

export const COSTS = [
  'cost',
  'pico_usd',
  'input_cost',
  'input_usd',
  'output_cost',
  'output_usd',
  'calls',
  'failed',
  'input_tokens',
  'output_tokens',
] as const
export const costColumns = [
  totalCost,
  inputCost,
  outputCost,
  otherCost,
  inputTokens,
  outputTokens,
  calls('call_count'),
  failed,
  averageCost('avg_cost'),
] as const

const total: NamedQuestion = {
  name: 'total',
  summary: 'What was spent in all, and how that is made up',
  time: 'range',
  columns: [...costColumns, change],
  ask: (reading, asked) => groupedTable(reading, asked, { by: [], figures: COSTS, columns: [...costColumns, change], before: true }),
}

function dayColumns(timeZone: string) {
  const dayOf = dayIn(timeZone)
  const days = new Map<Date, string>()
  // Many rows are of one day, and of one moment.
  const dayAt = (since: Date): string => {
    const known = days.get(since)
    if (known !== undefined) return known
    const day = dayOf(since)
    days.set(since, day)
    return day
  }
  return [
    { name: 'day', kind: 'day', about: 'As it is in the time zone', of: ({ group: { since } }) => (since === null ? null : dayAt(since)) },
    nameColumn('model', 0),
    totalCost,
    totalTokens,
    calls('request_count'),
  ] as const satisfies readonly TableColumn<GroupRow<'cost' | 'pico_usd' | 'calls' | 'tokens'>>[]
}

/** Of groups in the order of the time; those of one time stay as they are. */
function newestFirst<G extends { readonly since: Date | null }>(groups: readonly G[]): G[] {
  const found: G[] = []
  for (let end = groups.length; end > 0;) {
    const time = groups[end - 1]?.since?.getTime()
    let start = end - 1
    while (start > 0 && groups[start - 1]?.since?.getTime() === time) start -= 1
    for (let n = start; n < end; n += 1) found.push(groups[n] as G)
    end = start
  }
  return found
}

const daily: NamedQuestion = {
  name: 'daily',
  summary: 'What each model cost on each day, the newest day first',
  time: 'range',
  columns: dayColumns('UTC'),
  async ask(reading, asked) {
    const figures = ['cost', 'pico_usd', 'calls', 'tokens'] as const
    const { groups, whole, groupCount } = await sumsIn(
      reading,
      { ...asked, by: ['model'], unit: 'day', figures, limit: GROUPS_MAX },
      asked.currency,
    )
    requireAll(groupCount)
    const rows = newestFirst(groups).map((group) => ({ group, whole, before: undefined, days: 0 }))
    return tableOf({ columns: dayColumns(asked.timeZone), rows, currency: asked.currency, whole: totalOf(whole) })
  },
}

const userColumns = [nameColumn('user', 0), totalCost, calls('request_count'), averageCost('average_cost'), share, change] as const

const users: NamedQuestion = {
  name: 'users',
  summary: 'Who spent the most',
  time: 'range',
  limit: { default: 20, max: 100 },
  columns: userColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['user'], figures: [], columns: userColumns, limit: asked.limit, before: true }),
}

const dailyAverage: TableColumn<GroupRow<'cost' | 'pico_usd'>> = {
  name: 'daily_avg',
  kind: 'money',
  about: 'The total, divided by the days on which it had calls',
  of: ({ group, days }, currency) => averageCell(totalOf(group.sums), BigInt(days), currency),
}
const activeDays: TableColumn<GroupRow<never>> = {
  name: 'active_days',
  kind: 'count',
  about: 'Days on which it had calls',
  of: ({ days }) => days,
}
const featureColumns = [nameColumn('feature', 0), totalCost, dailyAverage, activeDays, calls('request_count'), share, change] as const

const features: NamedQuestion = {
  name: 'features',
  summary: 'What each feature cost, in all and on a day on which it was used',
  time: 'range',
  columns: featureColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['feature'], unit: 'day', counts: 'times', figures: [], columns: featureColumns, before: true }),
}

const operationColumns = [
  nameColumn('endpoint', 0),
  nameColumn('model', 1),
  averageCost('avg_cost'),
  totalCost,
  calls('call_count'),
  share,
] as const

const operations: NamedQuestion = {
  name: 'operations',
  summary: 'What each operation cost: an endpoint with a model',
  time: 'range',
  limit: { default: 10, max: 1000 },
  columns: operationColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['endpoint', 'model'], figures: [], columns: operationColumns, limit: asked.limit }),
}

/** A token costs less than a nano-euro: fifteen digits show it. */
const TOKEN_DIGITS = 15
const perTokenColumns = [
  nameColumn('model', 0),
  {
    name: 'cost_per_token',
    kind: 'price',
    about: 'Of calls that were answered: their cost, divided by their tokens, in and out',
    of: ({ group: { sums: s } }) =>
      s.answered_tokens === 0n ? null : decimalCell(roundedDiv(s.answered_cost * 1_000_000n, s.answered_tokens), TOKEN_DIGITS),
  },
  {
    name: 'avg_cost_per_call',
    kind: 'eur',
    about: 'Of calls that were answered',
    of: ({ group: { sums: s } }) => (s.calls === s.failed ? null : decimalCell(roundedDiv(s.answered_cost, s.calls - s.failed), 9)),
  },
  count('call_count', 'That were answered', (s: GroupRow<'calls' | 'failed'>['group']['sums']) => s.calls - s.failed),
] as const satisfies readonly TableColumn<GroupRow<'answered_cost' | 'answered_tokens' | 'calls' | 'failed'>>[]

const costPerToken: NamedQuestion = {
  name: 'cost-per-token',
  summary: 'What a token cost with each model, of calls that were answered',
  time: 'range',
  isInEur: true,
  columns: perTokenColumns,
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: ['model'], figures: ['answered_cost', 'answered_tokens', 'failed'], columns: perTokenColumns }),
}

const partColumns = (name: string) => [nameColumn(name, 0), ...costColumns, share, change] as const

/** One question a dimension: dearest first. */
const parts = (name: string, dimension: 'team' | 'project' | 'environment' | 'account'): NamedQuestion => ({
  name,
  summary: `What each ${dimension} cost`,
  time: 'range',
  limit: { default: 100, max: 1000 },
  columns: partColumns(dimension),
  ask: (reading, asked) =>
    groupedTable(reading, asked, { by: [dimension], figures: COSTS, columns: partColumns(dimension), limit: asked.limit, before: true }),
})

export const SPEND_QUESTIONS = [
  total,
  daily,
  users,
  features,
  operations,
  costPerToken,
  parts('accounts', 'account'),
  parts('teams', 'team'),
  parts('projects', 'project'),
  parts('environments', 'environment'),
]

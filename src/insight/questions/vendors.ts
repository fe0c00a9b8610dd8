/** What each provider's models cost beside what its list says: for whoever negotiates. */
import { picoUsd, nano } from '../../domain/money.ts'
import {
  calls,
  change,
  inputPrice,
  inputTokens,
  nameColumn,
  outputPrice,
  outputTokens,
  perMillion,
  share,
  totalCost,
  totalOf,
  type GroupRow,
} from '../columns.ts'
import type { Reading } from '../reading.ts'
import { sums } from '../sums.ts'
import { tableOf, type TableColumn } from '../table.ts'
import { GROUPS_MAX, requireAll, timeBefore, type NamedQuestion } from './question.ts'

const FIGURES = [
  'cost',
  'pico_usd',
  'calls',
  'input_cost',
  'input_usd',
  'output_cost',
  'output_usd',
  'input_tokens',
  'output_tokens',
] as const
type Figures = (typeof FIGURES)[number]

interface ListPrice {
  readonly provider: string
  readonly model: string
  /** Pico-USD for so many of the unit; null: the list has none. */
  readonly input: string | null
  readonly output: string | null
}

interface VendorRow extends GroupRow<Figures> {
  readonly list: ListPrice | undefined
}

const listPrice = (name: string, about: string, of: (list: ListPrice) => string | null): TableColumn<VendorRow> => ({
  name,
  kind: 'price',
  about,
  of: ({ list }) => {
    const price = list === undefined ? null : of(list)
    return price === null ? null : perMillion({ eur: nano(0n), usd: picoUsd(BigInt(price)) }, 1_000_000n, 'USD')
  },
})

const columns = [
  nameColumn('provider', 0),
  nameColumn('model', 1),
  calls('call_count'),
  inputTokens,
  outputTokens,
  inputPrice,
  outputPrice,
  listPrice('input_list_price_usd', 'USD a million text tokens, fresh, at the standard tier, at the end of the time', ({ input }) => input),
  listPrice(
    'output_list_price_usd',
    'USD a million tokens (of images, where it makes them), at the standard tier, at the end of the time',
    ({ output }) => output,
  ),
  totalCost,
  share,
  change,
] as const satisfies readonly TableColumn<VendorRow>[]

/** What the price book says at the end of a time: of a million tokens. */
async function listPrices({ sql }: Reading, to: string): Promise<Map<string, ListPrice>> {
  const rows = await sql<ListPrice[]>`
    select provider, model, max(round(pico_usd_per::numeric * 1000000 / per)) filter (where unit = 'input_text_tokens') as input,
           coalesce(max(round(pico_usd_per::numeric * 1000000 / per)) filter (where unit = 'output_image_tokens'),
             max(round(pico_usd_per::numeric * 1000000 / per)) filter (where unit = 'output_text_tokens')) as output
      from purser.price_in_time
     where tier = 'standard' and above_tokens = 0 and unit in ('input_text_tokens', 'output_text_tokens', 'output_image_tokens')
       and effective_from < least(${to}::timestamptz, now()) and coalesce(ends_at, 'infinity') >= least(${to}::timestamptz, now())
     group by provider, model`
  return new Map(rows.map((row) => [JSON.stringify([row.provider, row.model]), row]))
}

export const vendors: NamedQuestion = {
  name: 'vendors',
  summary: 'What was bought of each provider and model, at which price, beside its list price',
  description:
    'Volume, effective and list price of a million tokens, share of the whole, and the change against as long a time before: any number of months. List prices are in USD: with `currency` USD the effective ones are, too.',
  time: 'range',
  columns,
  async ask(reading, asked) {
    const question = {
      timeZone: asked.timeZone,
      filter: asked.filter,
      by: ['provider', 'model'],
      figures: FIGURES,
      limit: GROUPS_MAX,
    } as const
    const [{ groups, whole, groupCount }, before, lists] = await Promise.all([
      sums(reading, { ...question, from: asked.from, to: asked.to }),
      sums(reading, { ...question, ...timeBefore(asked) }),
      listPrices(reading, asked.to),
    ])
    requireAll(groupCount)
    const earlier = new Map(before.groups.map((group) => [JSON.stringify(group.names), group.sums]))
    return tableOf({
      columns,
      rows: groups.map((group) => {
        const name = JSON.stringify(group.names)
        return { group, whole, before: earlier.get(name), days: 0, list: lists.get(name) }
      }),
      currency: asked.currency,
      whole: totalOf(whole),
    })
  },
}

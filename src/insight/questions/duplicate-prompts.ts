/** What was paid for again: prompts that were answered before. */
import { reservationRef } from '../../domain/call.ts'
import type { Filter, Reading } from '../reading.ts'
import { sums } from '../sums.ts'
import { tableOf, type TableColumn } from '../table.ts'
import { totalOf } from '../columns.ts'
import { type SpentMoney, spentText } from '../spending.ts'
import { containing } from './containing.ts'
import type { NamedQuestion } from './question.ts'

interface Example {
  readonly prompt: string
  readonly rowId: string
  readonly model: string | null
  readonly feature: string | null
}

interface Repeated {
  readonly prompt: string
  readonly repeats: number
  readonly cost: SpentMoney
  readonly example: Example | undefined
}

const promptColumns: readonly TableColumn<Repeated>[] = [
  { name: 'prompt', kind: 'text', about: 'Names the content: the same model, prompt and parameters', of: ({ prompt }) => prompt },
  { name: 'repeat_count', kind: 'count', about: 'How often it was answered again, after the first time', of: ({ repeats }) => repeats },
  {
    name: 'repeat_cost',
    kind: 'money',
    about: 'What these cost: a cache of answers would have saved it',
    of: ({ cost }, currency) => spentText(cost, currency),
  },
  { name: 'model', kind: 'text', about: 'Of the first call with it', of: ({ example }) => example?.model ?? null },
  { name: 'feature', kind: 'text', about: 'Of the first call with it', of: ({ example }) => example?.feature ?? null },
  {
    name: 'example',
    kind: 'text',
    about: 'The first call with it',
    of: ({ example }) => (example === undefined ? null : reservationRef(example.rowId)),
  },
]

/** The first call with each content, of those that are asked about. */
const examplesOf = ({ sql }: Reading, prompts: readonly string[], filter: Filter): Promise<Example[]> =>
  Promise.resolve(sql<Example[]>`
    select distinct on (p.prompt) p.prompt, f.row_id as "rowId", s.terms ->> 'model' as model, s.terms ->> 'feature' as feature
      from json_array_elements_text(${sql.json(prompts)}::json) as p (prompt)
      cross join lateral (select * from purser.fact x where x.hash = ('x' || lpad(p.prompt, 16, '0'))::bit(64)::bigint order by x.at limit 100) f
      join lateral (select terms from purser.scope s where s.id = f.scope ${containing(sql, filter)} offset 0) s on true
     order by p.prompt, f.at`)

export const duplicatePrompts: NamedQuestion = {
  name: 'duplicate-prompts',
  summary: 'What was asked more than once, and what asking it again cost',
  description:
    'By the same account, with the same content. Only jobs tell their content: what was reserved over HTTP, or tracked, is in no row.',
  time: 'range',
  limit: { default: 20, max: 100 },
  columns: promptColumns,
  async ask(reading, asked) {
    const figures = ['cost', 'pico_usd', 'calls'] as const
    const question = { ...asked, unit: undefined, by: ['prompt'], figures } as const
    // One more: what was asked once has no name.
    const { groups, groupCount } = await sums(reading, { ...question, limit: asked.limit + 1 })
    const hasNameless =
      groups.some(({ names: [prompt] }) => prompt === null) ||
      (groupCount > groups.length && (await sums(reading, { ...question, only: [null], limit: 1 })).groupCount > 0)
    const repeated = groups
      .flatMap(({ names: [prompt], sums: s }) => (prompt === null || prompt === undefined ? [] : [{ prompt, s }]))
      .slice(0, asked.limit)
    const found = await examplesOf(
      reading,
      repeated.map(({ prompt }) => prompt),
      asked.filter,
    )
    const examples = new Map(found.map((one) => [one.prompt, one]))
    return tableOf({
      columns: promptColumns,
      rows: repeated.map(({ prompt, s }) => ({ prompt, repeats: Number(s.calls), cost: totalOf(s), example: examples.get(prompt) })),
      currency: asked.currency,
      rowCount: groupCount - Number(hasNameless),
    })
  },
}

import type { Complexity } from '../../../src/domain/complexity.ts'

/** What people ask an assistant in their editor. `{code}` is a snippet in a fence, `{bare}` one that was pasted without. */
export const codeAsks: readonly { readonly complexity: Complexity; readonly language: 'en' | 'de'; readonly text: string }[] = [
  { complexity: 'simple', language: 'en', text: 'What does this line do?\n\n{code}' },
  { complexity: 'simple', language: 'en', text: 'Rename the variables so that they are readable.\n\n{code}' },
  { complexity: 'simple', language: 'en', text: 'Could you please add a docstring?\n\n{bare}' },
  { complexity: 'simple', language: 'de', text: 'Was macht diese Zeile?\n\n{code}' },
  {
    complexity: 'standard',
    language: 'en',
    text: 'Please write unit tests for this function, with at least {n} cases.\n\n{code}\n\nThanks!',
  },
  {
    complexity: 'standard',
    language: 'en',
    text: 'This throws "undefined is not a function" for an empty list. Can you fix it?\n\n{bare}',
  },
  {
    complexity: 'standard',
    language: 'en',
    text: 'I would like you to convert this to TypeScript with strict types. Please do not use any.\n\n{code}',
  },
  {
    complexity: 'standard',
    language: 'en',
    text: 'Can you explain why this query is slow when there are {n}00000 rows, and which index it needs?\n\n{code}',
  },
  { complexity: 'standard', language: 'de', text: 'Bitte schreib Tests für diese Funktion und erkläre, welche Fälle fehlen.\n\n{code}' },
  {
    complexity: 'hard',
    language: 'en',
    text: 'Under load about one in {n}000 requests books the same amount twice. Here is the code. Find every way in which that can happen, explain each step by step, and propose a fix that also holds when the process is killed between two lines. It must not take a table lock, and must work with two versions of the service running at once.\n\n{code}\n\n{code}',
  },
  {
    complexity: 'hard',
    language: 'en',
    text: 'Design the migration of this table to a partitioned one without downtime. Compare at least two ways, weigh the trade-offs, list what can go wrong in each step and how to go back, and give the SQL.\n\n{code}',
  },
  {
    complexity: 'hard',
    language: 'de',
    text: 'Wir haben hier ab und zu einen Deadlock. Analysiere, welche Reihenfolge der Sperren dazu führt, beweise, dass deine Lösung ihn ausschließt, und vergleiche sie mit einer ohne Sperren.\n\n{code}\n\n{code}',
  },
]

export const codeSystem =
  'You are a senior software engineer. Answer in the language of the question. Show only the parts of the code that change. Say so when you are not sure.'

/** Fence language and text. */
export const snippets: readonly (readonly [fence: string, text: string])[] = [
  [
    'ts',
    "export async function settle(id: string, cost: bigint): Promise<void> {\n  const row = await db.one`select * from reservation where id = ${id}`\n  if (row.state !== 'open') return\n\n  await db.query`update balance set spent = spent + ${cost} where account = ${row.account}`\n  await db.query`update reservation set state = 'settled' where id = ${id}`\n}",
  ],
  [
    'py',
    'def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n\n    if len(ordered) % 2:\n        return ordered[middle]\n    return (ordered[middle - 1] + ordered[middle]) / 2',
  ],
  [
    'sql',
    "select c.name, count(*) as orders, sum(o.total) as total\n  from customers c\n  join orders o on o.customer_id = c.id\n where lower(c.city) = 'berlin'\n   and o.created_at::date between '2026-01-01' and '2026-03-31'\n group by c.name\n order by total desc\n limit 50;",
  ],
  [
    'js',
    "function groupBy(list, key) {\n  return list.reduce((groups, item) => {\n    const name = item[key] || 'other';\n    (groups[name] = groups[name] || []).push(item);\n    return groups;\n  }, {});\n}",
  ],
  ['sh', "find . -name '*.log' -mtime +7 -print0 | xargs -0 gzip -9"],
  [
    'go',
    'func worker(jobs <-chan Job, results chan<- Result, wg *sync.WaitGroup) {\n\tdefer wg.Done()\n\tfor job := range jobs {\n\t\tresult, err := job.Run()\n\t\tif err != nil {\n\t\t\tlog.Println(err)\n\t\t\tcontinue\n\t\t}\n\t\tresults <- result\n\t}\n}',
  ],
  [
    'sql',
    'create table events (\n  id bigint primary key,\n  account text not null,\n  at timestamptz not null,\n  kind text not null,\n  body jsonb not null\n);\ncreate index on events (account, at);',
  ],
  ['ts', "const slug = title.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')"],
]

/** What was asked for and refused. */
import { exactEur, nano } from '../../domain/money.ts'
import { isInstant } from '../instant.ts'
import type { Reading } from '../reading.ts'
import { tableOf, type TableColumn } from '../table.ts'
import { containing } from './containing.ts'
import type { NamedQuestion } from './question.ts'

interface Refused {
  readonly budget: string
  readonly count: number
  readonly accounts: number
  readonly needed: bigint
  readonly last: Date
}

const refusalColumns: readonly TableColumn<Refused>[] = [
  { name: 'budget', kind: 'text', about: 'That said no', of: ({ budget }) => budget },
  { name: 'refusal_count', kind: 'count', about: 'Asks for money that it refused', of: ({ count }) => count },
  { name: 'account_count', kind: 'count', about: 'Accounts that heard it', of: ({ accounts }) => accounts },
  { name: 'needed', kind: 'eur', about: 'What was asked for, in all', of: ({ needed }) => exactEur(nano(needed)) },
  { name: 'last_at', kind: 'time', about: 'When it last did', of: ({ last }) => last.toISOString() },
]

export const refusals: NamedQuestion = {
  name: 'refusals',
  summary: 'Which budgets refused calls, how often, and how much these needed',
  description: 'Of months whose calls are kept.',
  time: 'range',
  limit: { default: 20, max: 100 },
  isInEur: true,
  columns: refusalColumns,
  async ask({ sql }, { from, to, timeZone, filter, limit, currency }) {
    const rows = await sql<(Refused & { readonly budgets: number })[]>`
      select r.refusal -> 'budget' ->> 'name' as budget, count(*)::int as count, count(distinct s.account)::int as accounts, purser.total((r.refusal ->> 'needed')::bigint) as needed,
             max(r.at) as last, (count(*) over ())::int as budgets
        from purser.refusal r join lateral (select account from purser.scope s where s.id = r.scope ${containing(sql, filter)} offset 0) s on true
       where r.at >= ${momentSql(sql, from, timeZone)} and r.at < ${momentSql(sql, to, timeZone)} and r.refusal -> 'budget' is not null
       group by 1 order by 2 desc, 1 limit ${limit}`
    return tableOf({ columns: refusalColumns, rows, currency, rowCount: rows[0]?.budgets ?? 0 })
  },
}

/** Where a day or an instant begins. */
const momentSql = (sql: Reading['sql'], text: string, timeZone: string) =>
  isInstant(text) ? sql`${text}::timestamptz` : sql`purser.first_instant(${text}::date, ${timeZone})`

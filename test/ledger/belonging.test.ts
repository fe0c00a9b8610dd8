import { afterAll, expect, test } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
const account = await t.accountWith({ cap: '0.10' })
await t.call(account).sent()
const [mine] = await t.owner<{ budget: number; period: number }[]>`
  select b.id as budget, p.id as period from purser.budget b join purser.budget_period p on p.budget_id = b.id where b.account = ${account}`
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const PERIOD = `insert into purser.budget_period (id, budget_id, period, starts_at, ends_at) select nextval('purser.narrow_period_id'), $budget, '2020-01', timestamptz '2020-01-01', timestamptz '2020-02-01'`
const STATEMENT = `insert into purser.statement select (jsonb_populate_record(null::purser.statement, jsonb_build_object('account', '$account', 'month', '2020-01', 'time_zone', 'UTC', 'covers_from', '-infinity',
  'starts_at', '2020-01-01', 'ends_at', '2020-02-01', 'plan', 'p', 'cap_changes', 0, 'calls', 0, 'failed', 0, 'spent', 0, 'pico_usd', 0, 'saved', 0, 'presumed', 0, 'corrections', 0, 'corrected', 0,
  'open', 0, 'overrun', 0, 'refusals', 0, 'budgets', '[]', 'changes_to', 0, 'hash', '\\x00', 'sealed_at', '2020-02-02'))).*`

/** As the owner of the database, who may do anything that nothing forbids. */
const written = (statement: string, { budget = mine?.budget ?? 0, of = account } = {}): string =>
  statement
    .replaceAll('$budget', String(budget))
    .replaceAll('$period', String(mine?.period ?? 0))
    .replaceAll('$account', of)

const refusedBy = (trigger: string) => ({ code: '23503', constraint_name: trigger })

test.for([
  ['a period of no budget', PERIOD, 'budget_period_of_a_budget'],
  [
    'one such period among good ones',
    `${PERIOD} union all ${PERIOD.replace(/^.*?(?=select)/, '').replace('$budget', String(mine?.budget))}`,
    'budget_period_of_a_budget',
  ],
  ['counters of no period', 'insert into purser.balance (budget_period_id, cap) values ($budget, 1)', 'balance_of_a_period'],
  ['a statement of no account', STATEMENT, 'statement_of_an_account'],
] as const)('the database itself refuses %s', async ([, statement, trigger]) => {
  await expect(t.owner.unsafe(written(statement, { budget: 999_999, of: 'nobody' }))).rejects.toMatchObject(refusedBy(trigger))
})

const LEAVING = [
  ['delete from purser.account', 'account_stays'],
  [`update purser.account set id = id || 'x'`, 'account_stays'],
  ['truncate purser.account cascade', 'account_stays'],
  ['delete from purser.budget where id = $budget', 'budget_stays'],
  ['update purser.budget set id = default', 'budget_stays'],
  ['truncate purser.budget cascade', 'budget_stays'],
  ['delete from purser.budget_period where id = $period', 'budget_period_stays'],
  ['update purser.budget_period set id = id + 1', 'budget_period_stays'],
  ['update purser.budget_period set budget_id = 999999', 'budget_period_stays'],
  ['truncate purser.budget_period cascade', 'budget_period_stays'],
  ['update purser.balance set budget_period_id = 999999', 'balance_stays'],
  [
    'insert into purser.balance (budget_period_id, cap) values ($period, 1) on conflict (budget_period_id) do update set budget_period_id = 999999',
    'balance_stays',
  ],
] as const

test.for(LEAVING)('what others belong to stays, under its id: %s', async ([statement, trigger]) => {
  await expect(t.owner.unsafe(written(statement))).rejects.toMatchObject(refusedBy(trigger))
})

test('what is not committed yet is nothing that anything belongs to', async () => {
  const other = await t.owner.reserve()
  try {
    await other`begin`
    const [made] = await other<{ id: number }[]>`
      insert into purser.budget (name, scope, period_kind, time_zone, cap) values ('not yet', '{}', 'month', 'UTC', 1) returning id`
    await expect(t.owner.unsafe(written(PERIOD, { budget: made?.id ?? 0 }))).rejects.toMatchObject(refusedBy('budget_period_of_a_budget'))
  } finally {
    await other`rollback`
    other.release()
  }
})

test('what something belongs to that is not committed yet stays: nobody waits for it', async () => {
  const other = await t.owner.reserve()
  try {
    await other`begin`
    await other.unsafe(written(PERIOD))
    await other.unsafe(written(STATEMENT))
    for (const [statement, trigger] of LEAVING.filter(([text]) => text.startsWith('delete')))
      await expect(t.owner.unsafe(written(statement))).rejects.toMatchObject(refusedBy(trigger))
  } finally {
    await other`rollback`
    other.release()
  }
})

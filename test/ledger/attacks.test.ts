import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
let period = 0
let sent: { reservationId: string; token: string; budgetPeriods: readonly number[] }

beforeAll(async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const call = t.call(account)
  const settled = await call.sent()
  await call.settle(settled, eur('0.02'))
  sent = await t.call(account).sent({ amount: eur('0.03') })
  period = sent.budgetPeriods[0] ?? 0
})
afterAll(async () => {
  await t.audited()
  await t.drop()
})

/** As the owner of the database, who may do anything that no constraint forbids. */
const attack = (statement: string) => t.owner.unsafe(statement.replaceAll('$period', String(period)).replaceAll('$id', sent.reservationId))

test.for([
  [
    'reserving past the cap',
    'update purser.balance set reserved = reserved + 50000001 where budget_period_id = $period',
    'balance_never_past_its_cap',
  ],
  [
    'spending past the cap without saying so',
    'update purser.balance set spent = cap + 1 where budget_period_id = $period',
    'balance_never_past_its_cap',
  ],
  [
    'cutting a cap below what is used without saying so',
    'update purser.balance set cap = 49999999 where budget_period_id = $period',
    'balance_never_past_its_cap',
  ],
  ['an overrun that is none', 'update purser.balance set overrun = 1 where budget_period_id = $period', 'balance_never_past_its_cap'],
  ['a negative reserved', 'update purser.balance set reserved = -1 where budget_period_id = $period', 'balance_reserved_not_negative'],
  ['a negative spent', 'update purser.balance set spent = -1 where budget_period_id = $period', 'balance_spent_not_negative'],
  [
    'a negative cap',
    'update purser.balance set cap = -1, overrun = reserved + spent + 1 where budget_period_id = $period',
    'balance_cap_not_negative',
  ],
  [
    'booking a reservation past the cap by the ledger’s own function',
    "select purser.book('reserve', null, null, '{$period}', 50000001, 0)",
    'balance_never_past_its_cap',
  ],
  [
    'releasing more than is reserved',
    "select purser.book('release', null, null, '{$period}', -30000001, 0)",
    'balance_reserved_not_negative',
  ],
  ['taking back more than was spent', "select purser.book('reject', null, null, '{$period}', 0, -20000001)", 'balance_spent_not_negative'],
  [
    'a second line for one version',
    'insert into purser.entry_line select budget_period_id, version, entry, 1, 1, 1 from purser.entry_line where budget_period_id = $period limit 1',
    'entry_line_one_per_version',
  ],
  [
    'a second open attempt of a call',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'attempt', 2))).* from purser.reservation r where id = '$id'",
    'reservation_one_open_attempt',
  ],
  [
    'a second attempt of the same number',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'state', 'in_doubt'))).* from purser.reservation r where id = '$id'",
    'reservation_once',
  ],
  [
    'an attempt on no budget',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'budget_period_ids', '[]'::jsonb))).* from purser.reservation r where id = '$id'",
    'reservation_covered',
  ],
  [
    'an attempt for nothing',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'amount', 0))).* from purser.reservation r where id = '$id'",
    'reservation_amount_positive',
  ],
  [
    'sending without a token',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'token', null))).* from purser.reservation r where id = '$id'",
    'reservation_sent_has_token',
  ],
  [
    'a hold longer than its bound',
    "update purser.reservation set hold_until = bound_valid_until + interval '1 second' where id = '$id'",
    'reservation_hold_within_bound',
  ],
  ['an end without a cost', "update purser.reservation set state = 'settled' where id = '$id'", 'reservation_cost_only_when_spent'],
  [
    'a cost before the end',
    "update purser.reservation set cost = 1, cost_source = 'answer' where id = '$id'",
    'reservation_cost_only_when_spent',
  ],
  [
    'a cost without its source',
    "update purser.reservation set state = 'settled', cost = 1 where id = '$id'",
    'reservation_cost_has_source',
  ],
  [
    'a negative cost',
    "update purser.reservation set state = 'settled', cost = -1, cost_source = 'answer' where id = '$id'",
    'reservation_cost_not_negative',
  ],
  [
    'a state that is none',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid(), 'state', 'free'))).* from purser.reservation r where id = '$id'",
    'reservation_state_known',
  ],
  ['a line that is a pico-USD short', 'update purser.cost_line set pico_usd = pico_usd - 1', 'cost_line_pico_usd_exact'],
  ['a line that is rounded down', 'update purser.cost_line set nano_eur = nano_eur - 1', 'cost_line_nano_eur_exact'],
  ['a line at another price', 'update purser.cost_line set pico_usd_per = pico_usd_per + 1', 'cost_line_pico_usd_exact'],
  ['a line at another rate', 'update purser.cost_line set usd_micros_per_eur = usd_micros_per_eur + 1', 'cost_line_nano_eur_exact'],
  [
    'a line of less than nothing',
    'update purser.cost_line set quantity = -1, pico_usd = -1, nano_eur = 0',
    'cost_line_quantity_not_negative',
  ],
  [
    'a second receipt for one answer',
    "insert into purser.receipt select (jsonb_populate_record(null::purser.receipt, to_jsonb(r) || jsonb_build_object('id', gen_random_uuid()))).* from purser.receipt r",
    'receipt_once',
  ],
  [
    'a second period of the same name',
    'insert into purser.budget_period (budget_id, period, starts_at, ends_at) select budget_id, period, starts_at, ends_at from purser.budget_period',
    'budget_period_once',
  ],
  [
    'a second plan budget of an account',
    "insert into purser.budget (name, scope, period_kind, time_zone, plan) select name, scope, 'day', time_zone, plan from purser.budget",
    'budget_one_plan_budget_an_account',
  ],
  [
    'a budget without a cap',
    "insert into purser.budget (name, scope, period_kind, time_zone) values ('b', '{}', 'day', 'UTC')",
    'budget_cap_or_plan',
  ],
  [
    'a budget with two caps',
    "insert into purser.budget (name, scope, period_kind, time_zone, plan, cap) values ('b', '{}', 'day', 'UTC', 'free', 1)",
    'budget_cap_or_plan',
  ],
  [
    'a call that is there twice',
    'insert into purser.call (installation, workflow_id, call_id) select installation, workflow_id, call_id from purser.call',
    'call_once',
  ],
] as const)('the database itself refuses %s', async ([, statement, constraint]) => {
  await expect(attack(statement)).rejects.toMatchObject({ constraint_name: constraint })
})

test.for([
  'update purser.entry set kind = kind',
  'delete from purser.entry',
  'truncate purser.entry cascade',
  'update purser.entry_line set spent_change = 0',
  'delete from purser.entry_line',
  'truncate purser.entry_line',
])('what was booked stays booked: %s', async (statement) => {
  await expect(attack(statement)).rejects.toMatchObject({ code: 'PU001', message: expect.stringMatching(/is append-only/) })
})

const TABLES = await t.owner<
  { name: string }[]
>`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'purser'`
const PUBLIC_DOORS = [
  'account_json',
  'close',
  'dispatch',
  'ensure_account',
  'ensure_installation',
  'mark_in_doubt',
  'open_periods',
  'reject',
  'reserve',
  'settle',
  'total',
]

test.for(TABLES.map((table) => table.name))('the app may read %s and write nothing', async (name) => {
  const app = (privilege: string) =>
    t.ledger.sql<{ may: boolean }[]>`select has_table_privilege('purser_app', ${name}, ${privilege}) as may`.then(([row]) => row?.may)
  expect(await app('select')).toBe(true)
  for (const privilege of ['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) {
    expect({ privilege, may: await app(privilege) }).toEqual({ privilege, may: false })
  }
  for (const statement of [`delete from ${name}`, `truncate ${name}`]) {
    await expect(t.ledger.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  }
})

test('the app may execute the ledger’s doors, and nothing behind them', async () => {
  const rows = await t.owner<{ name: string; open: boolean; safe: boolean }[]>`
    select p.proname as name, has_function_privilege('purser_app', p.oid, 'execute') as open,
           p.prosecdef and p.proconfig @> array['search_path=purser, pg_temp'] as safe
      from pg_proc p where p.pronamespace = 'purser'::regnamespace order by 1`
  expect(rows.filter((row) => row.open).map((row) => row.name)).toEqual(PUBLIC_DOORS)
  expect(rows.filter((row) => row.open && !row.safe).map((row) => row.name)).toEqual(['total'])
  const behind = [
    "select purser.book('release', null, null, '{1}', -1, 0)",
    "select purser.release(r, 'mine') from purser.reservation r",
    'select purser.open_period(b, now()) from purser.budget b',
    "select purser.settle_or_fail(gen_random_uuid(), gen_random_uuid(), '{}', '{}')",
    "select purser.log_call(gen_random_uuid(), '{}')",
    "select purser.lock_account('a')",
  ]
  for (const statement of behind) await expect(t.ledger.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
})

test('a table of the app’s own that is named like one of the ledger’s deceives nobody', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const connection = await t.ledger.sql.reserve()
  try {
    await connection.unsafe(
      `create temp table balance as select budget_period_id, 1000000000000::bigint as cap, reserved, spent, overrun, version from purser.balance`,
    )
    await connection.unsafe(`set search_path = pg_temp, purser`)
    const [row] = await connection<{ answer: { budgets: { cap: string }[] } }[]>`select purser.account_json(${account}) as answer`
    expect(row?.answer.budgets[0]?.cap).toBe('100000000')
  } finally {
    await connection.unsafe('reset search_path; drop table pg_temp.balance')
    connection.release()
  }
})

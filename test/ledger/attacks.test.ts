import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { ARITHMETIC, PUBLIC_DOORS, UNREAD } from './doors.ts'

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

/** As the owner of the database, who may do anything that no constraint forbids. `$next`: another attempt of the same call. */
const attack = (statement: string) =>
  t.owner.unsafe(
    statement
      .replaceAll('$period', String(period))
      .replaceAll('$id', sent.reservationId)
      .replaceAll('$next', `left('${sent.reservationId}', 28) || '00000001'`),
  )

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
  ['a negative reserved', 'update purser.balance set reserved = -1 where budget_period_id = $period', 'balance_in_range'],
  ['a negative spent', 'update purser.balance set spent = -1 where budget_period_id = $period', 'balance_in_range'],
  [
    'a negative cap',
    'update purser.balance set cap = -1, overrun = reserved + spent + 1 where budget_period_id = $period',
    'balance_in_range',
  ],
  [
    'a hard cap that would be taken for a soft one',
    'update purser.balance set cap = 1000000000000000001 where budget_period_id = $period',
    'balance_in_range',
  ],
  [
    'booking a reservation past the cap by the ledger’s own function',
    "select purser.book('reserve', null, null, '{$period}', 50000001, 0)",
    'balance_never_past_its_cap',
  ],
  ['releasing more than is reserved', "select purser.book('release', null, null, '{$period}', -30000001, 0)", 'balance_in_range'],
  ['taking back more than was spent', "select purser.book('reject', null, null, '{$period}', 0, -20000001)", 'balance_in_range'],
  [
    'an entry that names a budget period and not what moved on it',
    "insert into purser.entry (kind, period_ids) values ('cap', '{$period}')",
    'entry_lines_complete',
  ],
  [
    'an entry that moved a counter and names no version',
    "insert into purser.entry (kind, period_ids, reserved_changes, spent_changes) values ('reserve', '{$period}', '{1}', '{0}')",
    'entry_lines_complete',
  ],
  ['an entry of no known kind', "insert into purser.entry (kind) values ('gift')", 'entry_kind_known'],
  [
    'an attempt that is there twice',
    "insert into purser.reservation select * from purser.reservation where id = '$id'",
    'reservation_once',
  ],
  [
    'an attempt under the id of another call',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', overlay(r.id::text placing 'ffff' from 20)))).* from purser.reservation r where id = '$id'",
    'reservation_of_its_call',
  ],
  ['an attempt on no budget', "insert into purser.linked_set (period_ids) values ('{}')", 'linked_set_covers'],
  [
    'the same budget periods under two numbers',
    'insert into purser.linked_set (period_ids) select period_ids from purser.linked_set',
    'linked_set_once',
  ],
  ['the same scope values under two numbers', 'insert into purser.scope (terms) select terms from purser.scope', 'scope_once'],
  [
    'a second refusal of one ask',
    "insert into purser.refusal (call, ask, scope, request_hash, refusal) select call, 9, scope, '', '{}' from purser.reservation, (values (1), (2)) twice where id = '$id'",
    'refusal_once',
  ],
  [
    'an attempt for nothing',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', $next, 'amount', 0))).* from purser.reservation r where id = '$id'",
    'reservation_amount_positive',
  ],
  [
    'sending without a token',
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', $next, 'token', null))).* from purser.reservation r where id = '$id'",
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
    "insert into purser.reservation select (jsonb_populate_record(null::purser.reservation, to_jsonb(r) || jsonb_build_object('id', $next, 'state', 'free'))).* from purser.reservation r where id = '$id'",
    'reservation_state_known',
  ],
  ['a line that is a pico-USD short', 'update purser.receipt set pico_usds[1] = pico_usds[1] - 1', 'receipt_lines_exact'],
  ['a line that is rounded down', 'update purser.receipt set nano_eurs[1] = nano_eurs[1] - 1', 'receipt_lines_exact'],
  ['a line at another price', 'update purser.receipt set pico_usd_pers[1] = pico_usd_pers[1] + 1', 'receipt_lines_exact'],
  ['a line at another rate', 'update purser.receipt set usd_micros_per_eur = usd_micros_per_eur + 1', 'receipt_lines_exact'],
  [
    'a line of less than nothing',
    "update purser.receipt set quantities = '{-1}', pico_usds = '{-1}', nano_eurs = '{0}', cost = 0, pico_usd = 0",
    'receipt_lines_exact',
  ],
  ['a line that is lost', "update purser.receipt set nano_eurs = '{}'", 'receipt_is_its_lines'],
  [
    'lines that are all lost',
    "update purser.receipt set units = '{}', quantities = '{}', price_ids = '{}', pico_usd_pers = '{}', pers = '{}', pico_usds = '{}', nano_eurs = '{}'",
    'receipt_is_its_lines',
  ],
  ['a cost that its lines do not come to', 'update purser.receipt set cost = cost + 1', 'receipt_is_its_lines'],
  ['a price that is not in the price book', "update purser.receipt set price_ids = '{999999}'", 'receipt_prices_known'],
  ['a rate that is not on record', 'update purser.receipt set rate_id = 999999', 'receipt_rates_known'],
  ['a second receipt for one answer', 'insert into purser.receipt select * from purser.receipt', 'receipt_once'],
  [
    'a second period of the same name',
    "insert into purser.budget_period (id, budget_id, period, starts_at, ends_at) select nextval('purser.narrow_period_id'), budget_id, period, starts_at, ends_at from purser.budget_period",
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
  ['a call that is there twice', 'insert into purser.call select * from purser.call', 'call_once'],
] as const)('the database itself refuses %s', async ([, statement, constraint]) => {
  // A month's own copy of a key is named after the month.
  const inItsMonth = constraint.replace(/^(call|reservation|refusal|receipt)_once$/, '$1_\\d{4}_\\d\\d_pkey')
  await expect(attack(statement)).rejects.toMatchObject({ constraint_name: expect.stringMatching(new RegExp(`^${inItsMonth}$`)) })
})

test('what lies in a month’s partition is held by the same constraints as the table, by name', async () => {
  const missing = await t.owner`
    select t.relname, c.conname from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_partitioned_table p on p.partrelid = t.oid
      join pg_inherits i on i.inhparent = t.oid
     where t.relnamespace = 'purser'::regnamespace and c.contype = 'c'
       and not exists (select from pg_constraint m where m.conrelid = i.inhrelid and m.contype = 'c' and m.conname = c.conname and m.convalidated)`
  expect(missing).toEqual([])
  const [kept] = await t.owner`select count(*)::int as n from pg_inherits where inhparent = 'purser.reservation'::regclass`
  expect(kept?.['n']).toBeGreaterThanOrEqual(2)
})

test('a call keeps its key: an id that comes with the key of another job is a conflict, without any effect', async () => {
  const key = t.call(await t.accountWith({ cap: '0.10' })).key
  const [before] =
    await t.owner`select * from purser.call where id = (select call from purser.reservation where id = ${sent.reservationId})`
  await expect(
    t.ledger.sql`select purser.close(${before?.['id'] as string}, ${key.installation}, 'another job', 'banner-1', 'a run')`,
  ).rejects.toMatchObject({ code: 'PU001', detail: 'conflict' })
  expect(await t.owner`select * from purser.call where id = ${before?.['id'] as string}`).toEqual([before])
})

test.for(['update purser.entry set kind = kind', 'delete from purser.entry', 'truncate purser.entry cascade'])(
  'what was booked stays booked: %s',
  async (statement) => {
    await expect(attack(statement)).rejects.toMatchObject({ code: 'PU001', message: expect.stringMatching(/is append-only/) })
  },
)

test.for([
  ['insert into purser.entry_line select * from purser.entry_line', '55000'],
  ['update purser.entry_line set spent_change = 0', '55000'],
  ['delete from purser.entry_line', '55000'],
  ['truncate purser.entry_line', '42809'],
] as const)('a line is part of its entry, so nothing writes it alone: %s', async ([statement, code]) => {
  await expect(attack(statement)).rejects.toMatchObject({ code })
})

const TABLES = await t.owner<
  { name: string }[]
>`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'purser'`
test.for(TABLES.map((table) => table.name))('the app may read %s (but no secret) and write nothing', async (name) => {
  const app = (privilege: string) =>
    t.ledger.sql<{ may: boolean }[]>`select has_table_privilege('purser_app', ${name}, ${privilege}) as may`.then(([row]) => row?.may)
  expect(await app('select')).toBe(!UNREAD.includes(name))
  for (const privilege of ['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) {
    expect({ privilege, may: await app(privilege) }).toEqual({ privilege, may: false })
  }
  for (const statement of [`delete from ${name}`, `truncate ${name}`]) {
    await expect(t.ledger.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  }
})

test('the app may execute the ledger’s doors, and nothing behind them', async () => {
  const rows = await t.owner<{ name: string; open: boolean; safe: boolean; pure: boolean }[]>`
    select p.proname as name, p.provolatile = 'i' as pure, has_function_privilege('purser_app', p.oid, 'execute') as open,
           p.prosecdef and p.proconfig @> array['search_path=purser, pg_temp'] as safe
      from pg_proc p where p.pronamespace = 'purser'::regnamespace order by 1`
  expect(rows.filter((row) => row.open).map((row) => row.name)).toEqual(PUBLIC_DOORS.toSorted())
  expect(rows.filter((row) => row.open && !row.safe).map((row) => row.name)).toEqual(ARITHMETIC)
  expect(rows.filter((row) => row.open && row.pure).map((row) => row.name)).toEqual(ARITHMETIC)
  const behind = [
    "select purser.book('release', null, null, '{1}', -1, 0)",
    "select purser.release(r, 'mine') from purser.reservation r",
    'select purser.open_period(b, now()) from purser.budget b',
    "select purser.settle_or_fail(gen_random_uuid(), gen_random_uuid(), '{}')",
    "select purser.put_receipt(gen_random_uuid(), gen_random_uuid(), '{}', 1, true)",
    "select purser.lock_call(gen_random_uuid(), gen_random_uuid(), 'w', 'c', 'a')",
    "select purser.intern_scope('{}')",
    'select purser.resolve_scope(s, now()) from purser.scope s',
    'select purser.change_generation()',
    "select purser.freeze_month('2026-01', 'mine', true)",
    "select purser.keep_attempts('2026-01', 1)",
    "select purser.drop_month('2026-01')",
    "select purser.settle_dropped(gen_random_uuid(), gen_random_uuid(), '{}')",
    "select purser.put_notice('k', 'alert.opened', null, 'mine', '{}')",
    'select target from purser.destination_target',
    'select secret from purser.destination_secret',
    'update purser.ledger_state set generation = 1',
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

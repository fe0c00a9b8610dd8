/** A month that is over: accounts on a plan with five calls each, as the ledger and its facts have them. */
import type { Sql } from 'postgres'
import { monthOf, monthsLater, type Month } from '../../src/domain/period.ts'

type Owner = Sql<{ bigint: bigint }>

/** The month that is closed; accounts were made before it. */
export const CLOSED: Month = monthsLater(monthOf(new Date(), 'UTC'), -1)
const CALLS = 5
const PAGE = 50_000

/** Parameters: the month's first day, the first account, how many. */
const ACCOUNTS = [
  `insert into purser.account (id, plan, time_zone, created_at) select 'cust-' || lpad(i::text, 8, '0'), 'bench', 'UTC', $1::timestamptz from generate_series($2::int, $2::int + $3::int - 1) i
     where $1::timestamptz is not null`,
  `insert into purser.budget (name, scope, period_kind, time_zone, plan, created_at)
     select 'plan of cust-' || lpad(i::text, 8, '0'), jsonb_build_object('account', 'cust-' || lpad(i::text, 8, '0')), 'month', 'UTC', 'bench', $1::timestamptz
       from generate_series($2::int, $2::int + $3::int - 1) i`,
  `with made as (
     insert into purser.budget_period (id, budget_id, period, starts_at, ends_at)
       select nextval('purser.narrow_period_id'), b.id, to_char($1::timestamptz at time zone 'UTC', 'YYYY-MM'), $1::timestamptz, $1::timestamptz + interval '1 month'
         from generate_series($2::int, $2::int + $3::int - 1) i join purser.budget b on b.account = 'cust-' || lpad(i::text, 8, '0') returning id, budget_id),
   held as (insert into purser.balance (budget_period_id, cap, spent) select id, 1000000000, 50000000 from made),
   sets as (insert into purser.linked_set (period_ids) select array[id] from made returning id, period_ids)
   insert into purser.scope (terms, linked_set)
     select jsonb_build_object('account', b.account, 'user', 'user-1', 'feature', 'feature-' || b.id % 20, 'provider', 'bench', 'model', 'model-' || b.id % 5, 'endpoint', 'chat'), s.id
       from sets s join made m on m.id = s.period_ids[1] join purser.budget b on b.id = m.budget_id`,
  `with call as (
     select s.id as scope, s.linked_set, $1::timestamptz + n * interval '5 days' + (s.id % 86400) * interval '1 second' as at, gen_random_uuid() as token
       from generate_series($2::int, $2::int + $3::int - 1) i join purser.scope s on s.account = 'cust-' || lpad(i::text, 8, '0') cross join generate_series(0, ${CALLS - 1}) n),
   named as materialized (select *, (left(purser.first_id(at)::text, 14) || substr(token::text, 15))::uuid as id from call),
   attempts as (
     insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until, request_hash, bound_flags, token,
         request_timeout_ms, provider_max_ms, dispatched_at, ended_at, cost, cost_source, answers)
       select id, id, 1, 1, 'run', scope, linked_set, 'settled', 20000000, 0, (select max(id) from purser.rate), at, at, at, 'hash', '{}', token, 120000, 600000, at, at, 10000000, 'answer', true from named)
   insert into purser.fact (row_id, token, at, scope, is_house, is_repeat, calls, failed, cost, input_cost, output_cost, pico_usd, input_usd, output_usd, input_tokens, output_tokens, reserved)
     select id, token, at, scope, false, false, 1, 0, 10000000, 2000000, 8000000, 11600000000, 2320000000, 9280000000, 500, 200, 20000000 from named`,
]

/** Fills a ledger with so many accounts and their month. */
export async function fillMonth(owner: Owner, accounts: number, say: (line: string) => void): Promise<void> {
  const since = `${CLOSED}-01T00:00:00Z`
  const started = Date.now()
  await owner`select purser.make_partitions(${since})`
  for (let first = 0; first < accounts; first += PAGE) {
    for (const statement of ACCOUNTS) await owner.unsafe(statement, [since, first, Math.min(PAGE, accounts - first)], { prepare: true })
    const done = Math.min(accounts, first + PAGE)
    if (done === accounts || (first / PAGE) % 4 === 3)
      say(
        `  ${done.toLocaleString('en')} accounts of ${accounts.toLocaleString('en')} after ${Math.round((Date.now() - started) / 1000)} s`,
      )
  }
  await owner`update purser.rollup_state set first_at = ${since}, xid = purser.oldest_number()`
  for (const table of ['account', 'budget', 'budget_period', 'balance', 'scope', 'fact', 'reservation'])
    await owner.unsafe(`vacuum (analyze) purser.${table}`)
}

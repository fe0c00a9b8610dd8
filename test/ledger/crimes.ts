/** What somebody who may write anything could do to a ledger, each with the checks of the audit that must see it. */
import { CRIMES_ON_OWNERS, FOLD } from './crimes-on-owners.ts'
import { CRIMES_ON_SUMS, SUMS, VALUES } from './crimes-on-sums.ts'

const OVERRUN = 'overrun is exactly what reserved + spent exceed the cap by'
const RESERVED = 'reserved is the sum of the open reservations'
const SPENT = 'spent is the sum of what ended reservations cost, dropped ones too, and of entries without a reservation'
const ADMITTED = 'no version ever admitted past its cap: only a cost, a cap cut or a hand-on can overrun'
const ALL = 'a reservation stands on all its budgets or on none'
const SETTLED = 'every settled reservation has a receipt, and costs what its receipt says'
const LINES = 'a receipt is the sum of its lines, and every line can be computed again from its price and the pinned rate'
const IN_FORCE = 'every line is charged at the price in force when its request was sent, unless it is flagged unpriced'
const BOOKED = 'every receipt is booked: on its reservation, or as spent without cover'
const BELONGS =
  'every attempt belongs to a call, a scope and a linked set; a call has one open attempt, and its attempts are numbered without a gap'
const ANSWERED = 'an answered call has one first answer, and holds no money that was not sent'
const CHECKPOINT = 'a checkpoint is the sum of what the attempts of its month had cost, and they are all kept'
const TRACKED =
  'every tracked usage is booked once, at the prices that held when it happened and a rate of then, unless it is flagged unpriced'
const CACHED = 'an answer from the cache is named by one entry, and what it saved is noted once'
const FACTS = 'the facts, and what was booked since, are the requests that have ended, each at its cost'
/** Its crimes need sealed statements: they are in statements.test.ts. */
export const STATEMENTS =
  'a sealed statement is its facts less what became known since, its corrections are once, and it follows the one before'
const PLANNED = 'a change of plan, a raise and its end are what their entries say, once each'
const UNBOOKED = 'nothing is left unbooked'

export interface Crime {
  readonly what: string
  readonly statement: string
  readonly found: readonly string[]
}

/** A row of the table that differs from one that is there; what the ledger's functions would never insert. */
const another = (table: string, change: string, where: string): string =>
  `insert into purser.${table} select (jsonb_populate_record(null::purser.${table}, to_jsonb(r) || jsonb_build_object(${change}))).*
    from purser.${table} r where ${where}`

/** Receipts are checked when they are written: who breaks one has taken the guard away first. */
const UNGUARDED = 'alter table purser.receipt disable trigger user;'

/** The book stays as it was written: who edits it has taken the guard away first. */
const UNLOCKED = 'alter table purser.price disable trigger user;'

const BORNE = 'what the house bears was carried there whole, and stands on no budget that names an account or a user'
export const CRIMES: readonly Crime[] = [
  {
    what: 'an answer from the cache that nobody booked',
    statement: `with a as (insert into purser.cache_answer (made_at, attempt, cost, input_tokens, answer) values (now(), gen_random_uuid(), 5, 0, '{}') returning id)
      insert into purser.cache_hit (call, at, answer, scope, request_hash) select (left(purser.first_id(now())::text, 13) || substr(gen_random_uuid()::text, 14))::uuid, now(), a.id, (select min(id) from purser.scope), '\\x00' from a`,
    found: [CACHED, FACTS],
  },
  {
    what: 'a price that was not in force yet',
    statement: `${UNLOCKED} update purser.price set effective_from = '2999-01-01' where provider = 'test'`,
    found: [IN_FORCE, TRACKED],
  },
  {
    what: 'an overrun that is wrong',
    statement: 'alter table purser.balance drop constraint balance_never_past_its_cap; update purser.balance set overrun = 7',
    found: [OVERRUN],
  },
  {
    what: 'a counter that lost money',
    statement: 'update purser.balance set reserved = reserved - 1 where reserved > 0',
    found: [RESERVED, FOLD],
  },
  { what: 'a counter that spent what nobody did', statement: 'update purser.balance set spent = spent + 1', found: [SPENT, FOLD] },
  { what: 'a cap that was edited', statement: 'update purser.balance set cap = cap + 1', found: [FOLD] },
  { what: 'counters that are gone', statement: 'delete from purser.balance where version > 1', found: [FOLD] },
  { what: 'a version without an entry', statement: 'update purser.balance set version = version + 1', found: [FOLD] },
  {
    what: 'a lost entry',
    statement: "delete from purser.entry where 2 = any (versions) and kind not in ('uncovered', 'cap')",
    found: [FOLD],
  },
  {
    what: 'a gap in the versions',
    statement:
      'update purser.entry set versions[1] = versions[1] + 1 where versions[1] = (select max(version) from purser.entry_line where budget_period_id = period_ids[1])',
    found: [FOLD],
  },
  {
    what: 'a version that was made twice',
    statement:
      "insert into purser.entry (kind, period_ids, versions, reserved_changes, spent_changes) select 'cap', period_ids, versions, '{0,0}', '{0,0}' from purser.entry where 3 = any (versions) and cardinality(versions) = 2",
    found: [FOLD],
  },
  {
    what: 'a version that was made twice, and another not at all',
    statement: 'update purser.entry set versions[1] = 2 where versions[1] = 3',
    found: [FOLD],
  },
  {
    what: 'admissions past the cap',
    statement: `update purser.entry set cap_changes = '{10000000}' where kind = 'open';
      update purser.balance set cap = 10000000, overrun = greatest(0, reserved + spent - 10000000)`,
    found: [ADMITTED],
  },
  {
    what: 'an admission of many past the cap',
    statement: `update purser.entry set kind = 'cap' where kind = 'reserve'; update purser.entry set cap_changes = '{10000000}' where kind = 'open';
      update purser.balance set cap = 10000000, overrun = greatest(0, reserved + spent - 10000000)`,
    found: [ADMITTED],
  },
  {
    what: 'an admission of one past the cap',
    statement: `update purser.entry set cap_changes = '{390000000}' where kind = 'open';
      update purser.balance set cap = 390000000, overrun = greatest(0, reserved + spent - 390000000)`,
    found: [ADMITTED],
  },
  {
    what: 'an entry of many on half of its budgets',
    statement: `update purser.entry set period_ids = period_ids[:1], versions = versions[:1], reserved_changes = reserved_changes[:1],
      spent_changes = spent_changes[:1] where '$lost' = any (reserved_ids)`,
    found: [FOLD, ALL],
  },
  {
    what: 'an entry of one on half of its budgets',
    statement: `update purser.entry set period_ids = period_ids[:1], versions = versions[:1], reserved_changes = reserved_changes[:1],
      spent_changes = spent_changes[:1] where reservation = '$alone' and kind = 'reserve'`,
    found: [FOLD, ALL],
  },
  {
    what: 'an entry of one on the budget of somebody else',
    statement: "update purser.entry set period_ids[2] = period_ids[2] + 1 where reservation = '$alone' and kind = 'settle'",
    found: [FOLD, ALL],
  },
  {
    what: 'an entry of many that names a call too many',
    statement: "update purser.entry set reserved_ids = reserved_ids || uuid '$settled' where '$lost' = any (reserved_ids)",
    found: [ALL],
  },
  {
    what: 'an entry of many that moved more than its calls cost',
    statement: "update purser.entry set settled_costs = '{1}' where '$settled' = any (settled_ids)",
    found: [ALL],
  },
  {
    what: 'an attempt that was freed behind the counters',
    statement: "update purser.reservation set state = 'rejected' where id = '$lost'",
    found: [RESERVED, FACTS],
  },
  {
    what: 'an attempt that was settled without a receipt',
    statement: "update purser.reservation set state = 'settled', cost = 0, cost_source = 'answer', answers = true where id = '$lost'",
    found: [RESERVED, SETTLED, FACTS],
  },
  {
    what: 'a reservation that costs less than its receipt',
    statement: "update purser.reservation set cost = cost - 1 where id = '$settled'",
    found: [SPENT, SETTLED, FACTS],
  },
  {
    what: 'a receipt that was raised',
    statement: `${UNGUARDED} update purser.receipt set cost = cost + 1 where reservation_id = '$settled' and token = '$token'`,
    found: [SETTLED, LINES],
  },
  {
    what: 'a receipt that was raised in dollars',
    statement: `${UNGUARDED} update purser.receipt set pico_usd = pico_usd + 1 where token = '$token'`,
    found: [LINES],
  },
  {
    what: 'an answer whose lines are lost',
    statement: `${UNGUARDED} update purser.receipt set units = '{}', quantities = '{}', price_ids = '{}', pico_usd_pers = '{}', pers = '{}', pico_usds = '{}',
      nano_eurs = '{}'`,
    found: [LINES],
  },
  {
    what: 'a price that was edited after it had been used',
    statement: `${UNLOCKED} update purser.price set pico_usd_per = 2 where provider = 'test'`,
    found: [LINES],
  },
  {
    what: 'a rate that was edited after it had been used',
    statement: "update purser.rate set usd_micros_per_eur = 2000000 where source = 'test'",
    found: [LINES],
  },
  {
    what: 'a line at another rate than the pinned one, though the figure is the same',
    statement: `insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-01-02', 1000000, 'test', '2026-01-02');
      update purser.receipt set rate_id = (select max(id) from purser.rate)`,
    found: [LINES],
  },
  {
    what: 'a receipt of an attempt in doubt that nobody booked',
    statement:
      "insert into purser.receipt (reservation_id, token, cost, pico_usd, answer) select id, token, 0, 0, '{}' from purser.reservation where id = '$lost'",
    found: [BOOKED],
  },
  {
    what: 'a second receipt of a settled attempt that nobody booked',
    statement:
      "insert into purser.receipt (reservation_id, token, cost, pico_usd, answer) select id, gen_random_uuid(), 0, 0, '{}' from purser.reservation where id = '$settled'",
    found: [BOOKED],
  },
  {
    what: 'a call that was answered and still holds money',
    statement: "update purser.reservation set answers = true where state = 'reserved'",
    found: [ANSWERED],
  },
  {
    what: 'a call with two first answers',
    statement: "update purser.reservation set answers = true where call = (select call from purser.reservation where id = '$alone')",
    found: [ANSWERED],
  },
  {
    what: 'an answer that no repeat would hear',
    statement: "update purser.reservation set answers = false where id = '$settled'",
    found: [ANSWERED],
  },
  {
    what: 'a second open attempt of a call',
    statement: `${another('reservation', `'id', left('$lost', 28) || '00000001', 'attempt', 2, 'state', 'dispatched'`, `id = '$lost'`)};
      ${another('reservation', `'id', left('$lost', 28) || '00000002', 'attempt', 3, 'state', 'dispatched'`, `id = '$lost'`)}`,
    found: [RESERVED, BELONGS],
  },
  {
    what: 'a second attempt of the same number',
    statement: another('reservation', `'id', left('$lost', 28) || '00000001', 'state', 'rejected'`, `id = '$lost'`),
    found: [BELONGS, FACTS],
  },
  {
    what: 'a number that two attempts have, and another that none has',
    statement: `${another('reservation', `'id', left('$lost', 28) || '00000001', 'state', 'rejected'`, `id = '$lost'`)};
      ${another('reservation', `'id', left('$lost', 28) || '00000002', 'state', 'rejected', 'attempt', 3`, `id = '$lost'`)}`,
    found: [BELONGS, FACTS],
  },
  {
    what: 'an attempt that is missing among those of its call',
    statement: "update purser.reservation set attempt = 2 where id = '$lost'",
    found: [BELONGS],
  },
  {
    what: 'an attempt whose call was dropped',
    statement: "delete from purser.call where id = (select call from purser.reservation where id = '$lost')",
    found: [BELONGS],
  },
  {
    what: 'an attempt of a scope that nobody knows',
    statement: "update purser.reservation set scope = 999999 where id = '$lost'",
    found: [BELONGS],
  },
  {
    what: 'an attempt on no budget',
    statement: "update purser.reservation set linked_set = 999999 where id = '$lost'",
    found: [RESERVED, ALL, BELONGS],
  },
  {
    what: 'a line of a price that nobody knows',
    statement: `${UNGUARDED} update purser.receipt set price_ids = '{999999}' where reservation_id = '$settled'`,
    found: [LINES],
  },
  { what: 'a checkpoint that was lowered', statement: 'update purser.checkpoint set spent = spent - 1', found: [SPENT, CHECKPOINT] },
  { what: 'a checkpoint that is lost', statement: 'delete from purser.checkpoint', found: [SPENT, CHECKPOINT] },
  {
    what: 'a dropped attempt that is not kept',
    statement: "delete from purser.dropped_attempt where id = '$dropped'",
    found: [ALL, CHECKPOINT, FACTS],
  },
  {
    what: 'a dropped attempt whose cost was edited',
    statement: "update purser.dropped_attempt set cost = cost - 1 where id = '$dropped'",
    found: [CHECKPOINT, FACTS],
  },
  {
    what: 'a dropped attempt whose amount was edited',
    statement: "update purser.dropped_attempt set amount = amount - 1 where id = '$dropped'",
    found: [ALL],
  },
  {
    what: 'a correction of a dropped attempt that nobody booked',
    statement: "update purser.dropped_attempt set corrected = cost + 1 where id = '$dropped'",
    found: [SPENT, FACTS],
  },
  {
    what: 'a late receipt that nobody booked',
    statement: 'update purser.late_receipt set token = gen_random_uuid()',
    found: [BOOKED, FACTS],
  },
  {
    what: 'a late receipt of a dropped attempt that nobody booked',
    statement:
      "insert into purser.late_receipt (reservation_id, token, cost, is_covered, receipt) select id, token, 0, true, '{}' from purser.dropped_attempt where id = '$dropped'",
    found: [BOOKED],
  },
  {
    what: 'an attempt that the house is said to bear, and that nobody carried there',
    statement: "update purser.linked_set set is_house = true where id = (select linked_set from purser.reservation where id = '$lost')",
    found: [BORNE],
  },
  {
    what: 'a cost that was carried to the house, and stands elsewhere',
    statement:
      "insert into purser.entry (kind, reservation, period_ids, versions, reserved_changes, spent_changes) values ('house', '$lost', '{}', '{}', '{}', '{}')",
    found: [BORNE],
  },
  {
    what: 'a tracked usage that cost something else than its receipt says',
    statement: 'update purser.tracked set cost = cost + 1',
    found: [TRACKED],
  },
  {
    what: 'a tracked usage from before its price',
    statement:
      "update purser.tracked set at = '2025-06-01T00:00:00Z'; update purser.receipt set at = '2025-06-01T00:00:00Z' where answer ->> 'source' = 'tracked'",
    found: [TRACKED],
  },
  {
    what: 'a lost entry that was not in the facts yet',
    statement: "delete from purser.entry where reason = 'tracked: told'",
    found: [FOLD, SPENT, BOOKED, TRACKED, FACTS],
  },
  {
    what: 'a fact that is lost',
    statement: "delete from purser.fact where row_id = '$settled' and token = '$token'",
    found: [STATEMENTS, FACTS, SUMS, VALUES],
  },
  {
    what: 'a fact of a dropped month that is lost',
    statement: "delete from purser.fact where row_id = '$dropped'",
    found: [STATEMENTS, FACTS, SUMS, VALUES],
  },
  {
    what: 'a fact that is there twice',
    statement: another('fact', `'token', gen_random_uuid()`, `r.token = '$token'`),
    found: [STATEMENTS, FACTS, SUMS, VALUES],
  },
  {
    what: 'a fact at another cost',
    statement: "update purser.fact set cost = cost + 1 where token = '$token'",
    found: [STATEMENTS, FACTS, SUMS, VALUES],
  },
  {
    what: 'a fact that counts twice',
    statement: "update purser.fact set calls = 2 where token = '$token'",
    found: [STATEMENTS, FACTS, SUMS, VALUES],
  },
  {
    what: 'entries that were passed and are in no fact',
    statement: 'update purser.rollup_state set (xid, id) = (select xid, id from purser.entry order by xid desc, id desc limit 1)',
    found: [FACTS],
  },
  {
    what: 'a fact of another answer',
    statement: "update purser.fact set token = gen_random_uuid() where token = '$token'",
    found: [FACTS],
  },
  ...[0, 1, 2, 3, 4].map((level) => ({
    what: `a sum of level ${level} that is lost`,
    statement: `delete from purser.rollup where set = 0 and level = ${level} and cost > 0`,
    found: [SUMS, VALUES],
  })),
  {
    what: 'sums that somebody raised',
    statement: 'update purser.rollup set cost = cost + 1 where set = 14 and level = 1',
    found: [SUMS, VALUES],
  },
  {
    what: 'a call that no sum counts',
    statement: 'update purser.rollup set calls = calls - 1 where set = 2 and level = 1',
    found: [SUMS, VALUES],
  },
  {
    what: 'sums of another day',
    statement: "update purser.rollup set since = since + interval '1 day' where set = 1 and level = 1",
    found: [SUMS],
  },
  ...CRIMES_ON_OWNERS,
  ...CRIMES_ON_SUMS,
  {
    what: 'a plan that nobody has booked',
    statement:
      "insert into purser.plan_change (account, plan, begins_at, at, key, reason, asked) select id, 'corporate', now(), now(), 'x', 'x', '{}' from purser.account limit 1",
    found: [PLANNED],
  },
  { what: 'a raise that was forgotten', statement: 'delete from purser.temporary_raise', found: [PLANNED] },
  { what: 'a raise that came back in part', statement: 'update purser.temporary_raise set taken_back = taken_back - 1', found: [PLANNED] },
  {
    what: 'an answer that waits for a person',
    statement: "insert into purser.unbooked (operation, request, reason) values ('settle', '{}', 'test')",
    found: [UNBOOKED],
  },
]

import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { audit } from '../../src/ledger/audit.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { cloneOf } from '../support/database.ts'
import { openTestLedger } from '../support/ledger.ts'

/** A ledger in which everything has happened, and nothing is wrong. */
async function lived() {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '1.00' })
  const team = randomUUID()
  await t.budget({ scope: { team }, cap: '0.50' })
  const call = () => t.call(account, { team })
  const [answered, refused, doubtful, over] = [call(), call(), call(), call()]
  const settled = await answered.sent()
  await answered.settle(settled, eur('0.02'))
  await answered.settle({ ...settled, token: randomUUID() }, eur('0.01'))
  await refused.reject(await refused.sent(), { retryAfterMs: 100 })
  await refused.close()
  const lost = await doubtful.sent()
  await doubtful.inDoubt(lost.reservationId, lost.token)
  await call().reserve()
  await over.settle(await over.sent(), eur('0.05'))
  const clean = await audit(t.ledger)
  await t.disconnect()
  return { url: t.url, settled, lost, clean }
}

const life = await lived()

async function copyOfIt() {
  const database = await cloneOf(life.url)
  const sql = connectSql(database.url, { max: 1 })
  onTestFinished(async () => {
    await sql.end({ timeout: 5 })
    await database.drop()
  })
  return { ledger: { sql }, owner: database.sql }
}

test('a ledger that has lived is clean, and the money in doubt is told', () => {
  expect(life.clean.violations).toEqual([])
  expect(life.clean.held).toEqual({ attempts: 1, nanoEur: eur('0.03') })
})

test('an empty ledger is clean', async () => {
  const t = await openTestLedger()
  onTestFinished(() => t.drop())
  expect(await audit(t.ledger)).toMatchObject({ violations: [], held: { attempts: 0, nanoEur: 0n } })
})

const OVERRUN = 'overrun is exactly what reserved + spent exceed the cap by'
const RESERVED = 'reserved is the sum of the open reservations'
const SPENT = 'spent is the sum of what ended reservations cost, and of entries without a reservation'
const FOLD = 'counters are the fold of the entries, and versions have no gaps'
const ADMITTED = 'no version ever admitted past its cap: only a cost, a cap cut or a hand-on can overrun'
const ALL = 'a reservation stands on all its budgets or on none'
const SETTLED = 'every settled reservation has a receipt, and costs what its receipt says'
const LINES = 'a receipt is the sum of its lines, and every line can be computed again from its price and the pinned rate'
const IN_FORCE = 'every line is charged at the price in force when its request was sent, unless it is flagged unpriced'
const BOOKED = 'every receipt is booked: on its reservation, or as spent without cover'
const ANSWERED = 'an answered call holds no money that was not sent'
const UNBOOKED = 'nothing is left unbooked'

interface Crime {
  readonly what: string
  readonly statement: string
  readonly found: readonly string[]
}

const CRIMES: readonly Crime[] = [
  {
    what: 'a price that was not in force yet',
    statement: `update purser.price set effective_from = '2999-01-01'`,
    found: [IN_FORCE],
  },
  {
    what: 'an overrun that is wrong',
    statement: 'alter table purser.balance drop constraint balance_never_past_its_cap; update purser.balance set overrun = 7',
    found: [OVERRUN],
  },
  { what: 'a counter that lost money', statement: 'update purser.balance set reserved = reserved - 1', found: [RESERVED, FOLD] },
  { what: 'a counter that spent what nobody did', statement: 'update purser.balance set spent = spent + 1', found: [SPENT, FOLD] },
  { what: 'a cap that was edited', statement: 'update purser.balance set cap = cap + 1', found: [FOLD] },
  { what: 'a version without an entry', statement: 'update purser.balance set version = version + 1', found: [FOLD] },
  {
    what: 'a lost entry',
    statement: 'delete from purser.entry_line where version = 2',
    found: [FOLD],
  },
  {
    what: 'a gap in the versions',
    statement: 'update purser.entry_line set version = version + 1 where version = (select max(version) from purser.entry_line)',
    found: [FOLD],
  },
  {
    what: 'an admission past the cap',
    statement: `alter table purser.balance disable trigger all; update purser.entry_line set cap_change = 10000000 where version = 1;
      update purser.balance set cap = 10000000, overrun = reserved + spent - 10000000`,
    found: [ADMITTED],
  },
  {
    what: 'an entry on half of its budgets',
    statement:
      "delete from purser.entry_line l using purser.entry e where e.id = l.entry and e.reservation = '$lost' and budget_period_id = (select max(id) from purser.budget_period)",
    found: [FOLD, ALL],
  },
  {
    what: 'an attempt that was freed behind the counters',
    statement: "update purser.reservation set state = 'rejected' where id = '$lost'",
    found: [RESERVED],
  },
  {
    what: 'an attempt that was settled without a receipt',
    statement: "update purser.reservation set state = 'settled', cost = 0, cost_source = 'answer' where id = '$lost'",
    found: [RESERVED, SETTLED],
  },
  {
    what: 'a reservation that costs less than its receipt',
    statement: "update purser.reservation set cost = cost - 1 where id = '$settled'",
    found: [SPENT, SETTLED],
  },
  {
    what: 'a receipt that was raised',
    statement: "update purser.receipt set cost = cost + 1 where reservation_id = '$settled' and token = '$token'",
    found: [SETTLED, LINES],
  },
  {
    what: 'a receipt that was raised in dollars',
    statement: "update purser.receipt set pico_usd = pico_usd + 1 where token = '$token'",
    found: [LINES],
  },
  { what: 'an answer whose lines are lost', statement: 'delete from purser.cost_line', found: [LINES] },
  {
    what: 'a price that was edited after it had been used',
    statement: "update purser.price set pico_usd_per = 2 where provider = 'test'",
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
      update purser.cost_line set rate_id = (select max(id) from purser.rate)`,
    found: [LINES],
  },
  {
    what: 'a receipt of an attempt in doubt that nobody booked',
    statement:
      "insert into purser.receipt (reservation_id, token, account, cost, pico_usd, usage, response, budget_period_ids) select id, token, account, 0, 0, '[]', '{}', budget_period_ids from purser.reservation where id = '$lost'",
    found: [BOOKED],
  },
  {
    what: 'a second receipt of a settled attempt that nobody booked',
    statement:
      "insert into purser.receipt (reservation_id, token, account, cost, pico_usd, usage, response, budget_period_ids) select id, gen_random_uuid(), account, 0, 0, '[]', '{}', budget_period_ids from purser.reservation where id = '$settled'",
    found: [BOOKED],
  },
  {
    what: 'a call that was answered and still holds money',
    statement: "update purser.call set answered_by = '$settled' where id = (select call from purser.reservation where state = 'reserved')",
    found: [ANSWERED],
  },
  {
    what: 'an answer that waits for a person',
    statement: "insert into purser.unbooked (operation, request, reason) values ('settle', '{}', 'test')",
    found: [UNBOOKED],
  },
]

test.for(CRIMES)('the audit finds $what, and nothing else', async ({ statement, found }) => {
  const { ledger, owner } = await copyOfIt()
  const text = statement
    .replaceAll('$settled', life.settled.reservationId)
    .replaceAll('$lost', life.lost.reservationId)
    .replaceAll('$token', life.settled.token)
  // Whoever may switch the triggers and the foreign keys off can do anything; the audit still sees it.
  await owner.begin(async (sql) => {
    await sql`set local session_replication_role = 'replica'`
    await sql.unsafe(text)
  })
  const invariants = new Set((await audit(ledger)).violations.map((violation) => violation.invariant))
  expect([...invariants].toSorted()).toEqual([...found].toSorted())
})

test('no check of the audit is without its crime', () => {
  expect(new Set(CRIMES.flatMap((crime) => crime.found)).size).toBe(life.clean.checks)
})

import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { rollUp } from '../../src/insight/roll-up.ts'
import { ledgerOver, type Ledger } from '../../src/ledger/ledger.ts'
import { reservationRef } from '../../src/domain/call.ts'
import { approveBill, importBill } from '../../src/ledger/bills.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { endRaises } from '../../src/ledger/end-raises.ts'
import { track } from '../../src/ledger/track.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { cloneOf, type TestDatabase } from '../support/database.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { ago, dropSealed } from '../support/past.ts'
import { takenIn } from '../support/taken-in.ts'
import { until } from '../support/until.ts'
import { CRIMES_WITH_BILLS } from './crimes-with-bills.ts'
import { CRIMES, STATEMENTS } from './crimes.ts'

/** A ledger in which everything has happened, and nothing is wrong. */
async function lived() {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '1.00' })
  const team = randomUUID()
  await t.budget({ scope: { team }, cap: '0.50' })
  const call = () => t.call(account, { team })
  const [answered, refused, doubtful, over, again] = [call(), call(), call(), call(), call()]
  const settled = await answered.sent()
  await answered.settle(settled, eur('0.02'))
  await answered.settle({ ...settled, token: randomUUID() }, eur('0.01'))
  await refused.reject(await refused.sent(), { retryAfterMs: 100 })
  await refused.close()
  const lost = await doubtful.sent()
  await doubtful.inDoubt(lost.reservationId, lost.token)
  await call().reserve()
  await over.settle(await over.sent(), eur('0.05'))
  await planned(t)
  // A second ask goes alone, with an entry of its own.
  await again.reject(await again.sent())
  const alone = await again.sent({ ask: 2, amount: eur('0.30') })
  await again.settle(alone, eur('0.02'))
  const used = (key: string, at: Date) => track(t.ledger, { ...usage(key, account, team), at }, t.cost(eur('0.01')))
  await used('told long ago', ago(6).at)
  const dropped = await droppedMonth(t, account, team)
  // This is in no fact yet.
  await used('told', new Date())
  const clean = await audit(t.ledger)
  await t.disconnect()
  return { url: t.url, settled, lost, alone, dropped, clean }
}

/** An account whose plan will change, and whose raise is over. */
async function planned(t: TestLedger): Promise<void> {
  const { ledger } = t
  const id = await t.accountWith({ cap: '1.00' })
  const terms = { key: 'fair', reason: 'a fair' }
  await changePlan(ledger, { account: id, plan: 'free', ...terms })
  await changeCap(ledger, { of: { account: id }, change: eur('0.10'), until: new Date(Date.now() + 500), ...terms })
  while ((await endRaises(ledger, 100)) === 0) await setTimeout(20)
}

type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

/** Everything is in the facts: also what the transactions of other tests, on the same server, hold back for a while. */
async function allTakenIn({ ledger, owner }: TestLedger): Promise<void> {
  for (let isBehind = true; isBehind;) {
    await rollUp(ledger)
    const [row] = await owner<{ behind: boolean }[]>`
      select exists (select from purser.entry e, purser.rollup_state s where (e.xid, e.id) > (s.xid, s.id)) as behind`
    isBehind = row?.behind ?? false
    if (isBehind) await setTimeout(20)
  }
}

const usage = (key: string, account: string, team: string) => ({
  key,
  scope: { account, team },
  provider: 'test',
  model: 'penny-model',
  endpoint: 'tracked',
  tier: 'standard' as const,
  usage: [{ unit: 'output_text_tokens' as const, quantity: 1 }],
})

/** Calls whose month is dropped by now: one that was answered, one that a bill has named since. */
async function droppedMonth(t: TestLedger, account: string, team: string) {
  const [answered, billed] = [t.call(account, { team }, ago(4).at), t.call(account, { team }, ago(4).at)]
  const settled = await answered.sent()
  await answered.settle(settled, eur('0.02'))
  const corrected = await billed.sent()
  await billed.settle(corrected, eur('0.02'))
  await dropSealed(t, ago(4).name)
  await takenIn(t.ledger, t.owner)
  await adjust(t.ledger, {
    reservationId: corrected.reservationId,
    total: eur('0.01'),
    source: 'bill',
    sourceId: 'line 1',
    why: 'as billed',
  })
  // By another token: without cover.
  await answered.settle({ ...settled, token: randomUUID() }, eur('0.01'))
  // These changes of facts wait.
  await allTakenIn(t)
  return settled
}

/** A ledger with a bill that is booked: it names another cost of a call, and a call that nobody knows. */
async function livedWithBills() {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '1.00' })
  const [call, other] = [t.call(account), t.call(account)]
  const settled = await other.sent()
  await other.settle(settled, eur('0.02'))
  const go = await call.sent()
  await call.settle(go, eur('0.02'))
  const day = new Date().toISOString().slice(0, 10)
  const line = {
    day,
    model: 'penny-model',
    tier: 'standard',
    unit: 'output_text_tokens',
    quantity: 1n,
    picoSlack: 0n,
    nanoEur: null,
    nanoSlack: 0n,
  }
  const { bill } = await importBill(
    t.ledger,
    {
      provider: 'test',
      format: 'purser',
      name: 'bill.jsonl',
      hash: 'a hash',
      currency: 'USD',
      timeZone: 'UTC',
      fromDay: day,
      toDay: day,
      lines: [
        { ...line, row: 1, lineId: 'line 1', picoUsd: 25_000_000_000n, requestId: reservationRef(go.reservationId) },
        { ...line, row: 2, lineId: 'line 2', picoUsd: 1_000_000_000n, requestId: 'nobody' },
      ],
    },
    'test',
  )
  await approveBill(t.ledger, { billId: bill.billId, why: 'looked at', by: 'test' })
  const clean = await audit(t.ledger)
  await t.disconnect()
  return { url: t.url, settled, clean }
}

const [life, bills] = [await lived(), await livedWithBills()]

async function copyOf({ url }: { readonly url: string }) {
  const database = await cloneOf(url)
  const sql = connectSql(database.url, { max: 1 })
  onTestFinished(async () => {
    await sql.end({ timeout: 5 })
    await database.drop()
  })
  return { ledger: ledgerOver(sql), owner: database.sql }
}

test('a ledger that has lived is clean, and the money in doubt is told', () => {
  expect(life.clean.violations).toEqual([])
  expect(bills.clean.violations).toEqual([])
  expect(life.clean.held).toEqual({ attempts: 1, nanoEur: eur('0.03') })
})

test('an empty ledger is clean', async () => {
  const t = await openTestLedger()
  onTestFinished(() => t.drop())
  expect(await audit(t.ledger)).toMatchObject({ violations: [], held: { attempts: 0, nanoEur: 0n } })
})

test.for(CRIMES)('the audit finds $what, and nothing else', async ({ statement, found }) => {
  const { ledger, owner } = await copyOf(life)
  const text = statement
    .replaceAll('$settled', life.settled.reservationId)
    .replaceAll('$lost', life.lost.reservationId)
    .replaceAll('$alone', life.alone.reservationId)
    .replaceAll('$dropped', life.dropped.reservationId)
    .replaceAll('$token', life.settled.token)
  await commit(owner, text)
  expect(await brokenIn(ledger)).toEqual([...found].toSorted())
})

test('a ledger is clean while calls come and are added up', async () => {
  const t = await openTestLedger()
  onTestFinished(() => t.drop())
  const account = await t.accountWith({ cap: '9.00' })
  const over = new AbortController()
  const whileNotOver = async (work: (turn: number) => Promise<unknown>) => {
    for (let turn = 0; !over.signal.aborted; turn += 1) await work(turn)
  }
  const played = async (turn: number) => {
    const call = t.call(account)
    const go = await call.sent({ amount: eur('0.001') })
    await (turn % 3 === 0 ? call.reject(go, { retryAfterMs: 100 }) : call.settle(go, eur('0.0001')))
  }
  const beside = [...times(4, () => whileNotOver(played)), whileNotOver((turn) => rollUp(t.ledger, { limit: 20, all: turn % 2 === 0 }))]
  const found = []
  for (let n = 0; n < 8; n += 1) found.push(...(await audit(t.ledger)).violations)
  over.abort()
  await Promise.all(beside)
  expect(found).toEqual([])
  // What a transaction of somebody else may come before is added up later.
  const { facts, sums } = await until('calls are added up', async () => {
    await rollUp(t.ledger, { all: true })
    const [kept] = await t.owner<[{ facts: number; sums: number }]>`
      select (select count(*) from purser.fact)::int as facts, (select count(*) from purser.rollup)::int as sums`
    return kept.facts > 0 && kept.sums > 0 && kept
  })
  expect([facts > 0, sums > 0]).toEqual([true, true])
})

test.for(CRIMES_WITH_BILLS)('the audit finds $what, and nothing else', async ({ statement, found }) => {
  const { ledger, owner } = await copyOf(bills)
  await commit(owner, statement.replaceAll('$settled', bills.settled.reservationId))
  expect(await brokenIn(ledger)).toEqual([...found].toSorted())
})

/** Whoever may switch the triggers and the foreign keys off can do anything; the audit still sees it. */
const commit = (owner: TestDatabase['sql'], crime: string) =>
  owner.begin(async (sql) => {
    await sql`set local session_replication_role = 'replica'`
    await sql.unsafe(crime)
  })

const brokenIn = async (ledger: Ledger): Promise<string[]> =>
  [...new Set((await audit(ledger)).violations.map((violation) => violation.invariant))].toSorted()

test('no check of the audit is without its crime', () => {
  const found = [...CRIMES, ...CRIMES_WITH_BILLS].flatMap((crime) => crime.found)
  expect(new Set([...found, STATEMENTS]).size).toBe(life.clean.checks)
})

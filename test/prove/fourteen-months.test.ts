/**
 * Fourteen months in simulated time: what statements say is what the ledger has spent, whatever comes late, is corrected, or closed late, twice and at once; and
 * what accounts may spend is what another book says, while their plans change, money is added for good or for a while, and they are suspended, cancelled and back.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur, nano, type Nano } from '../../src/domain/money.ts'
import { month, monthsLater, type Month } from '../../src/domain/period.ts'
import { listStatements, showStatement, verifyStatements, type WholeStatement } from '../../src/insight/statements.ts'
import { ensureAccount, setAccountStatus, showAccount } from '../../src/ledger/accounts.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { cancelAccount } from '../../src/ledger/cancel-account.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { endRaises } from '../../src/ledger/end-raises.ts'
import { sealStatements, unsealedMonths } from '../../src/ledger/statements.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { chance } from '../support/chance.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, type TestCall } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'
import { CapBook } from './caps.ts'
import { inLength } from './length.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const FIRST = month('2027-01')
const MONTHS = 14
/** From twelve hours behind UTC to fourteen before it, and some whose clocks move, by an hour or by half of one. */
const ZONES = ['Etc/GMT+12', 'America/New_York', 'UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Kiritimati']
const A_DAY = 8
/** Of one attempt. */
const AMOUNT = eur('0.03')
const PLANS: Readonly<Record<string, Nano>> = { tiny: eur('0.05'), some: eur('0.150000001'), plenty: eur('2.00') }
const CHANGES = [
  'plan',
  'plan by days',
  'plan next month',
  'top up',
  'raise',
  'suspend',
  'activate',
  'cancel',
  'cancel now',
  'keep',
] as const
type Change = (typeof CHANGES)[number]
const HOUR_MS = 3_600_000

const t = await openTestLedger()
const clock = await putClock(t.owner, new Date('2027-01-01T12:00:00Z'))
afterAll(() => t.drop())

const dice = chance(SEED)
let now = new Date('2027-01-01T12:00:00Z')
const go = (at: Date): Promise<unknown> => clock.set((now = at))
const never = { validUntil: new Date('2031-01-01T00:00:00Z') }
const cost = (): Nano => nano(1_000_000n + BigInt(dice(20_000_000)))

interface Open {
  readonly call: TestCall
  readonly go: Awaited<ReturnType<TestCall['sent']>>
}

const anyOf = <T>(list: readonly T[]): T => {
  const found = list[dice(list.length)]
  if (found === undefined) throw new Error('none of none')
  return found
}
const taken = <T>(list: T[]): T | undefined => (list.length === 0 ? undefined : list.splice(dice(list.length), 1)[0])

/** Where a month begins in a zone, to the millisecond. */
async function beginning(of: Month, zone: string): Promise<Date> {
  const [row] = await t.owner<{ at: Date }[]>`select purser.month_from(${of}, ${zone}) as at`
  if (row === undefined) throw new Error('a month has a beginning')
  return row.at
}

test(`fourteen months of ${ZONES.length} accounts (seed ${SEED})`, { timeout: 600_000 }, async () => {
  for (const [plan, cap] of Object.entries(PLANS))
    await t.owner`insert into purser.plan_version values (${plan}, '2026-01-01T00:00:00Z', ${cap}, 'test')`
  const books = new Map<string, CapBook>()
  for (const timeZone of ZONES) {
    const [id, plan] = [`account-${books.size}`, anyOf(Object.keys(PLANS))]
    await ensureAccount(t.ledger, { id, plan, timeZone })
    books.set(id, new CapBook(PLANS, plan, timeZone, now.getTime()))
  }
  const accounts = [...books.keys()]
  for (const table of ['account', 'budget'] as const) await t.owner`update purser.${t.owner(table)} set created_at = '2027-01-01T12:00:00Z'`
  const open: Open[] = []
  const settled: Open[] = []
  const seen = new Map<string, WholeStatement>()
  const counted = { reserved: 0, refused: 0, stopped: 0 }
  function bookOf(account: string): CapBook {
    const book = books.get(account)
    if (book === undefined) throw new Error(`no book of ${account}`)
    book.passTo(now.getTime())
    return book
  }
  /** Undefined: it is refused, as the other book says. */
  async function begin(account: string): Promise<Open | undefined> {
    const call = t.call(account, { feature: `feature-${dice(3)}`, user: `user-${dice(2)}` }, now)
    const { standing, cap, month: period } = bookOf(account)
    const [row] = await t.owner<{ used: bigint }[]>`
      select v.spent + v.reserved as used from purser.budget b join purser.budget_period p on p.budget_id = b.id and p.period = ${period} join purser.balance v on v.budget_period_id = p.id
       where b.account = ${account} and b.plan is not null`
    const expected = standing !== 'active' ? 'stopped' : cap - (row?.used ?? 0n) >= AMOUNT ? 'reserved' : 'refused'
    const { kind } = await call.reserve({ ...never, amount: AMOUNT })
    expect([account, now.toISOString(), kind]).toEqual([account, now.toISOString(), expected])
    counted[expected] += 1
    return expected === 'reserved' ? { call, go: await call.sent({ ...never, amount: AMOUNT }) } : undefined
  }
  /** What somebody decides for an account: afterwards it is as the other book says. */
  async function change(account: string, what: Change): Promise<void> {
    const book = bookOf(account)
    const terms = { key: randomUUID(), reason: 'a test' }
    const plan = anyOf(Object.keys(PLANS))
    switch (what) {
      case 'plan':
        await changePlan(t.ledger, { account, plan, ...terms })
        if (book.beginsNow(plan)) book.changePlan(plan, 'none')
        else book.changePlanNextMonth(plan)
        break
      case 'plan by days':
        await changePlan(t.ledger, { account, plan, from: 'now', proration: 'days', ...terms })
        book.changePlan(plan, 'days')
        break
      case 'plan next month':
        await changePlan(t.ledger, { account, plan, from: 'next_month', ...terms })
        book.changePlanNextMonth(plan)
        break
      case 'top up':
        await changeCap(t.ledger, { of: { account }, change: AMOUNT, ...terms })
        book.topUp(AMOUNT)
        break
      case 'raise': {
        const until = now.getTime() + 1 + Math.floor(((book.monthsEnd() - now.getTime() - 1) * dice(1_001)) / 1_000)
        await changeCap(t.ledger, { of: { account }, change: AMOUNT, until: new Date(until), ...terms })
        book.topUp(AMOUNT, until)
        break
      }
      case 'suspend':
      case 'activate': {
        const status = what === 'suspend' ? 'suspended' : 'active'
        await setAccountStatus(t.ledger, { id: account, status, ...terms })
        book.setStatus(status)
        break
      }
      case 'cancel':
      case 'cancel now':
      case 'keep': {
        const from = what === 'keep' ? 'never' : what === 'cancel' ? 'next_month' : 'now'
        if (from === 'never' && book.standing === 'cancelled') return
        await cancelAccount(t.ledger, { id: account, from, ...terms })
        book.cancel(from)
        break
      }
    }
    await stands(account)
  }
  async function stands(account: string): Promise<void> {
    const { standing, plan, month: period, cap } = bookOf(account)
    const { status, plan: has, budgets } = await showAccount(t.ledger, account)
    expect([account, now.toISOString(), status, has, budgets[0]?.period, budgets[0]?.cap]).toEqual([
      account,
      now.toISOString(),
      standing,
      plan,
      period,
      cap,
    ])
  }
  async function answered(one: Open | undefined): Promise<void> {
    if (one === undefined) return
    await one.call.settle(one.go, cost())
    settled.push(one)
  }
  async function act(): Promise<void> {
    const what = dice(130)
    const account = anyOf(accounts)
    if (what < 50) await answered(await begin(account))
    else if (what < 70) {
      const begun = await begin(account)
      if (begun !== undefined) open.push(begun)
    } else if (what < 82) await answered(taken(open))
    else if (what < 86) {
      const refused = taken(open)
      if (refused !== undefined) await refused.call.reject(refused.go)
    } else if (what < 94) {
      const wrong = taken(settled)
      if (wrong !== undefined)
        await adjust(t.ledger, {
          reservationId: wrong.go.reservationId,
          total: cost(),
          source: 'bill',
          sourceId: `line ${dice(1e9)}`,
          why: 'as billed',
        })
    } else if (what < 97) {
      await sweep(t.ledger, 100)
      await endRaises(t.ledger, 100)
      // Nobody stays away for long.
    } else await change(account, bookOf(account).standing !== 'active' && dice(3) > 0 ? 'activate' : anyOf(CHANGES))
  }
  /** All that is over, in whatever order somebody runs it; what is sealed never changes again. */
  async function close(until: Month): Promise<void> {
    for (const { month: over } of await unsealedMonths(t.ledger, until)) {
      let after: string | undefined
      for (let isOver = false; !isOver;) {
        const page: Parameters<typeof sealStatements>[1] = { month: over, after, limit: 3, dryRun: false }
        const [sealed] = await Promise.all([sealStatements(t.ledger, page), ...(dice(3) === 0 ? [sealStatements(t.ledger, page)] : [])])
        after = sealed.after
        isOver = after === undefined
        // Between two pages, of accounts that have their statement and of those that wait for it.
        if (!isOver) for (const what of ['cancel now', 'plan by days', 'activate', 'plan'] as const) await change(anyOf(accounts), what)
      }
    }
    for (const account of accounts) await stands(account)
    for (const account of accounts)
      for (const { month: of } of await listStatements(t.ledger, { account, limit: 100 })) {
        const name = `${account} ${of}`
        const known = seen.get(name)
        if (known !== undefined && dice(4) > 0) continue
        const shown = await showStatement(t.ledger, account, of)
        expect(shown).toEqual(known ?? shown)
        seen.set(name, shown)
      }
  }

  for (let index = 0; index < MONTHS; index += 1) {
    const of = monthsLater(FIRST, index)
    const start = Math.max(now.getTime(), (await beginning(of, 'UTC')).getTime())
    const end = (await beginning(monthsLater(of, 1), 'UTC')).getTime()
    const days = inLength(6, 20)
    for (let day = 0; day < days; day += 1) {
      await go(new Date(start + Math.floor(((end - start) * day) / days) + dice(12 * HOUR_MS)))
      for (let n = 0; n < A_DAY; n += 1) await act()
    }
    // The last and the first millisecond of a month, in the account's own zone: a call stays in the month in which it was reserved.
    const edges: { at: Date; account: string; month: Month }[] = []
    for (const [n, zone] of ZONES.entries()) {
      const midnight = (await beginning(monthsLater(of, 1), zone)).getTime()
      const account = accounts[n] ?? ''
      edges.push({ at: new Date(midnight - 1), account, month: of }, { at: new Date(midnight), account, month: monthsLater(of, 1) })
    }
    for (const edge of edges.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
      await go(edge.at)
      const begun = await begin(edge.account)
      if (begun === undefined) continue
      const { call, go: sent } = begun
      const [period] = await t.owner<{ period: string }[]>`
        select p.period from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = any (${`{${sent.budgetPeriods.join(',')}}`}::int[]) and b.plan is not null`
      expect([edge.at.toISOString(), period?.period]).toEqual([edge.at.toISOString(), edge.month])
      if (dice(2) === 0) await answered({ call, go: sent })
      else open.push({ call, go: sent })
    }
    // Closed at once, days late, or not at all this time.
    if (dice(3) > 0) {
      await go(new Date(now.getTime() + 60_000 + dice(3 * 24 * HOUR_MS)))
      await close(of)
    }
  }

  // The end of it: what is open is answered or presumed, and every month is closed.
  for (let left = taken(open); left !== undefined; left = taken(open)) if (dice(2) === 0) await answered(left)
  await go(new Date(now.getTime() + 40 * 24 * HOUR_MS))
  for (let more = true; more;) more = (await sweep(t.ledger, 1_000)).presumed > 0
  await go(new Date(now.getTime() + 70 * 24 * HOUR_MS))
  await takenIn(t.ledger, t.owner)
  await close(monthsLater(FIRST, MONTHS + 3))

  let corrections = 0
  for (const account of accounts) {
    const statements = await listStatements(t.ledger, { account, limit: 100 })
    expect(statements.map(({ month: of }) => of)).toEqual(statements.map((_, n) => monthsLater(FIRST, n)))
    const total = statements.reduce((sum, s) => sum + s.total, 0n)
    expect([account, total]).toEqual([account, (await t.counters(account)).spent])
    const said = statements.map(({ month: of, plan, allowance, capChanges }) => [of, plan, allowance, capChanges])
    expect(said).toEqual(
      bookOf(account)
        .months.slice(0, said.length)
        .map(({ month: of, plan, allowance, cap }) => [of, plan, allowance, cap - allowance]),
    )
    expect((await verifyStatements(t.ledger, account)).flatMap(({ faults }) => faults)).toEqual([])
    for (const { month: of } of statements) {
      const shown = await showStatement(t.ledger, account, of)
      expect(shown).toEqual(seen.get(`${account} ${of}`) ?? shown)
      for (const parts of [shown.features, shown.models, shown.users])
        expect(parts.reduce((sum, part) => sum + part.spent, 0n)).toBe(shown.spent)
      expect(shown.correctionLines.reduce((sum, line) => sum + line.change, 0n)).toBe(shown.corrections)
      corrections += shown.corrected
    }
  }
  expect(corrections).toBeGreaterThan(10)
  expect((await audit(t.ledger)).violations).toEqual([])
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(10)
  console.log(`  seed ${SEED}: ${seen.size} statements, ${corrections} corrections; asks: ${JSON.stringify(counted)}`)
})

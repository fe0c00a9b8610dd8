/** Fourteen months in simulated time: what statements say is what the ledger has spent, whatever comes late, is corrected, or closed late, twice and at once. */
import { afterAll, expect, test } from 'vitest'
import { eur, nano, type Nano } from '../../src/domain/money.ts'
import { month, monthsLater, type Month } from '../../src/domain/period.ts'
import { listStatements, showStatement, verifyStatements, type WholeStatement } from '../../src/insight/statements.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { sealStatements, unsealedMonths } from '../../src/ledger/statements.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { chance } from '../support/chance.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, type TestCall } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'
import { inLength } from './length.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const FIRST = month('2027-01')
const MONTHS = 14
/** From twelve hours behind UTC to fourteen before it, and some whose clocks move, by an hour or by half of one. */
const ZONES = ['Etc/GMT+12', 'America/New_York', 'UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Kiritimati']
const A_DAY = 8
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
  const accounts = await Promise.all(ZONES.map((timeZone) => t.accountWith({ cap: '50.00', timeZone })))
  for (const table of ['account', 'budget'] as const) await t.owner`update purser.${t.owner(table)} set created_at = '2027-01-01T12:00:00Z'`
  const open: Open[] = []
  const settled: Open[] = []
  const seen = new Map<string, WholeStatement>()
  async function begin(account: string): Promise<Open> {
    const call = t.call(account, { feature: `feature-${dice(3)}`, user: `user-${dice(2)}` }, now)
    return { call, go: await call.sent({ ...never, amount: eur('0.03') }) }
  }
  async function answered(one: Open | undefined): Promise<void> {
    if (one === undefined) return
    await one.call.settle(one.go, cost())
    settled.push(one)
  }
  async function act(): Promise<void> {
    const what = dice(100)
    const account = anyOf(accounts)
    if (what < 50) await answered(await begin(account))
    else if (what < 70) open.push(await begin(account))
    else if (what < 82) await answered(taken(open))
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
    } else if (what < 97) await changeCap(t.ledger, { of: { account }, change: eur('1.00'), key: `top-up ${dice(1e9)}`, reason: 'a test' })
    else await sweep(t.ledger, 100)
  }
  /** All that is over, in whatever order somebody runs it; what is sealed never changes again. */
  async function close(until: Month): Promise<void> {
    for (const { month: over } of await unsealedMonths(t.ledger, until)) {
      const page = { month: over, after: undefined, limit: 100, dryRun: false }
      if (dice(3) === 0) await Promise.all([sealStatements(t.ledger, page), sealStatements(t.ledger, page)])
      else await sealStatements(t.ledger, page)
    }
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
      const { call, go: sent } = await begin(edge.account)
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
  console.log(`  seed ${SEED}: ${seen.size} statements, ${corrections} corrections`)
})

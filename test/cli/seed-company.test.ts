import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { monthsUntil } from '../../src/company/usages.ts'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

// A few whole commands, each with an audit: on a busy machine some seconds each.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

interface Sum {
  readonly name: string
  readonly calls: number
  readonly costEur: string
}
interface Summary {
  readonly calls: number
  readonly costEur: string
  readonly booked: number
  readonly failed: number
  readonly months: readonly Sum[]
  readonly features: readonly Sum[]
  readonly audit: { readonly violations: number }
}

const seed = (database: Pick<TestDatabase, 'url'>, ...args: string[]) =>
  purser(['demo', '--seed-company', '--scale', '1', ...args], { DATABASE_URL: database.url })
const sum = (sums: readonly Sum[]): bigint => sums.reduce((total, one) => total + eur(one.costEur), 0n)
const summaryOf = ({ stdout }: { stdout: string }): Summary => objects(stdout).at(-1) as unknown as Summary

// Nothing is in it, not even a ledger: as a newcomer has it.
let company: TestDatabase
let first: Awaited<ReturnType<typeof seed>>
beforeAll(async () => {
  company = await emptyDatabase()
  first = await seed(company, '--json')
})
afterAll(() => company.drop())

test('thirteen months are booked into an empty database, and every invariant holds', async () => {
  expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/\d+ invariants checked, 0 violations/) })
  const { months, calls, booked, failed, audit } = summaryOf(first)
  const [row] = await company.sql<{ now: Date }[]>`select max(booked_at) as now from purser.tracked`
  expect(months.map(({ name }) => name)).toEqual(monthsUntil(row?.now ?? new Date(0)))
  expect(months.slice(0, -1).every((one) => one.calls > 10)).toBe(true)
  expect(booked).toBe(calls)
  expect(calls).toBeGreaterThan(300)
  expect(failed).toBeGreaterThan(0)
  expect(audit).toEqual({ violations: 0 })
  expect(await purser(['audit'], { DATABASE_URL: company.url })).toMatchObject({ code: 0, stdout: expect.stringContaining('0 violations') })
})

test('what was told is what the books have: usages, entries, receipts, and the budget of all', async () => {
  const { calls, costEur, months, features, failed } = summaryOf(first)
  const [books] = await company.sql<{ usages: bigint; tracked: bigint; entries: bigint; receipts: bigint; spent: bigint }[]>`
    select (select count(*) from purser.tracked) as usages, (select sum(cost)::bigint from purser.tracked) as tracked,
           (select sum(spent_changes[1])::bigint from purser.entry where kind = 'uncovered') as entries,
           (select sum(cost)::bigint from purser.receipt) as receipts,
           (select sum(v.spent)::bigint from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
              join purser.budget b on b.id = p.budget_id where b.name = 'demo company') as spent`
  const all = eur(costEur)
  expect(books).toEqual({ usages: BigInt(calls), tracked: all, entries: all, receipts: all, spent: all })
  expect([sum(months), sum(features)]).toEqual([all, all])
  const [log] = await company.sql<{ failed: bigint }[]>`
    select count(*) as failed from purser.call_log where not success and error = '503 the model is overloaded'`
  expect(log?.failed).toBe(BigInt(failed))
})

test('a model changes its price in the middle: both are in the lines, each in its time', async () => {
  const rows = await company.sql<{ price: bigint; first: Date; last: Date }[]>`
    select c.pico_usd_per as price, min(t.at) as first, max(t.at) as last
      from purser.tracked t join purser.cost_line c on c.reservation_id = t.reservation_id and c.token = t.token join purser.price k on k.id = c.price_id
     where k.model = 'house-chat' and c.unit = 'input_text_tokens' group by 1 order by 2`
  const [before, after] = rows
  expect(rows).toHaveLength(2)
  expect(before?.price).toBeGreaterThan(after?.price ?? 0n)
  expect(before?.last.getTime()).toBeLessThan(after?.first.getTime() ?? 0)
  expect(after?.first.toISOString().slice(5)).toMatch(/^(0[6-9]|1[0-2])-/)
})

test('again, nothing is booked twice; another company is refused beside it, and so is one of another size', async () => {
  const again = await seed(company)
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing was new') })
  expect(again.stderr).toContain('Look around:')
  expect(again.stdout).toMatch(/contract-summary +\d/)
  const [other, larger] = await Promise.all([seed(company, '--seed', '2'), seed(company, '--scale', '2')])
  for (const refused of [other, larger])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('go on with it by --seed 1 --scale 1') })
  const [row] = await company.sql<{ usages: bigint }[]>`select count(*) as usages from purser.tracked`
  expect(row?.usages).toBe(BigInt(summaryOf(first).calls))
})

test('the same seed makes the same months in another ledger, also beside the accounts of `purser demo`', async () => {
  const t = await openTestLedger()
  try {
    await ensureAccount(t.ledger, { id: 'demo-paid-0a1b2c', plan: 'paid' })
    const other = await seed(t, '--json')
    expect(other.code).toBe(0)
    // That of now may have gone on meanwhile.
    expect(summaryOf(other).months.slice(0, -1)).toEqual(summaryOf(first).months.slice(0, -1))
  } finally {
    await t.drop()
  }
})

test('where somebody has accounts or budgets, nothing is mixed into his books', async () => {
  const t = await openTestLedger()
  try {
    await ensureAccount(t.ledger, { id: 'acme', plan: 'paid' })
    const books = () => t.owner`
      select (select count(*) from purser.account) as accounts, (select count(*) from purser.budget) as budgets, (select count(*) from purser.price) as prices,
             (select count(*) from purser.plan_version) as plans, (select count(*) from purser.entry) as entries`
    const before = await books()
    expect(await seed(t)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/it has "acme"\. .*PURSER_HOME.*\[conflict\]\n$/),
    })
    expect(await books()).toEqual(before)
  } finally {
    await t.drop()
  }
})

test.for([
  [['demo', '--seed-company', '--seed', '0'], '--seed takes a whole number from 1 to 999999'],
  [['demo', '--seed-company', '--scale', '1.5'], '--scale takes a whole number from 1 to 200'],
  [['demo', '--seed-company', '--live'], '--live says nothing with --seed-company'],
  [['demo', '--scale', '10'], '--scale says nothing without --seed-company'],
] as const)('what says nothing is refused before any effect: %s', async ([args, why]) => {
  expect(await purser([...args])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) })
})

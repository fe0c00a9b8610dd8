/** A month in the form of FOCUS: its rules hold, and its sum is what the ledger has spent. */
import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { eur } from '../../src/domain/money.ts'
import { monthOf, monthsLater, type Month } from '../../src/domain/period.ts'
import { focusCsv } from '../../src/insight/focus.ts'
import { allGroups } from '../../src/insight/report.ts'
import type { Filter } from '../../src/insight/reading.ts'
import { cents } from '../support/flights.ts'
import { openTestLedger } from '../support/ledger.ts'
import { ago, dropSealed } from '../support/past.ts'
import { brokenAmong, brokenRules, FOCUS_RULES, type FocusRow } from './focus-rules.ts'
import { chargesIn } from './charges.ts'
import type { History } from './sums-history.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

let history: History
const now = new Date()
const thisMonth = monthOf(now, 'UTC')

beforeAll(async () => {
  history = await chargesIn(t, 21)
  const old = t.call(history.accounts[1] ?? '', { feature: 'old' }, ago(4).at)
  const sent = await old.sent({ amount: cents(9) })
  await old.settle(sent, cents(3))
  await t.owner`update purser.unbooked set resolved_at = clock_timestamp()`
})

async function rowsOf(month: Month, timeZone = 'UTC', filter: Filter = {}): Promise<FocusRow[]> {
  let csv = ''
  for await (const piece of focusCsv(t.ledger, { month, timeZone, filter })) csv += piece
  return parse(csv, { columns: true })
}
const billed = (rows: readonly FocusRow[]): bigint => rows.reduce((sum, row) => sum + eur(row['BilledCost'] ?? ''), 0n)
async function spent(month: Month, timeZone = 'UTC', filter: Filter = {}): Promise<bigint> {
  const groups = await allGroups(t.ledger, { from: `${month}-01`, to: `${monthsLater(month, 1)}-01`, timeZone, filter, by: [] })
  return groups.reduce((sum, { total }) => sum + total.eur, 0n)
}
const sixMonths = Array.from({ length: 7 }, (_, n) => monthsLater(thisMonth, -n))

const ZONES = [
  ['UTC', sixMonths],
  ['Europe/Berlin', sixMonths.slice(0, 2)],
  ['Asia/Kathmandu', sixMonths.slice(0, 2)],
] as const

async function agrees(): Promise<void> {
  for (const [zone, months] of ZONES)
    for (const month of months) {
      const rows = await rowsOf(month, zone)
      expect({ zone, month, billed: billed(rows) }).toEqual({ zone, month, billed: await spent(month, zone) })
      expect(rows.flatMap(brokenRules)).toEqual([])
      expect(brokenAmong(rows)).toEqual([])
    }
}

test('the sum of BilledCost is what was spent, to the nano-euro, in every month and zone; and every row is as FOCUS asks', async () => {
  await agrees()
  expect(await spent(thisMonth)).toBeGreaterThan(0n)
})

test('the same by account: the customer is the sub-account, and what the house bears is nobody’s', async () => {
  const rows = await rowsOf(thisMonth)
  const groups = await allGroups(t.ledger, {
    from: `${thisMonth}-01`,
    to: `${monthsLater(thisMonth, 1)}-01`,
    timeZone: 'UTC',
    filter: {},
    by: ['account'],
  })
  for (const { names, total } of groups) {
    const own = rows.filter((row) => row['SubAccountId'] === (names[0] ?? ''))
    expect([names[0], billed(own)]).toEqual([names[0], total.eur])
  }
  expect(groups.map(({ names }) => names[0])).toContain(null)
  const [account] = history.accounts
  const own = await rowsOf(thisMonth, 'UTC', { account })
  expect(billed(own)).toBe(await spent(thisMonth, 'UTC', { account }))
  expect(new Set(own.map((row) => row['SubAccountId']))).toEqual(new Set([account]))
})

test('corrections are rows of their own, and so is what is on no line', async () => {
  const rows = (await Promise.all(sixMonths.map((month) => rowsOf(month)))).flat()
  const kinds = Map.groupBy(rows, (row) => `${row['x_CostSource']} ${row['ChargeCategory']} ${row['ChargeClass']}`)
  expect([...kinds.keys()].toSorted()).toEqual([
    'answer Usage ',
    'bill Usage Correction',
    'person Usage Correction',
    'presumption Adjustment ',
  ])
  expect(kinds.get('person Usage Correction')).toMatchObject([
    { BilledCost: '0.050000000', ListUnitPrice: '', SkuId: 'test/penny-model:person' },
  ])
  const units = new Set(rows.map((row) => row['ConsumedUnit']))
  expect(units).toEqual(new Set(['Tokens', 'Hours', '']))
})

test('a price is that of the list: EUR billed, USD priced, a quantity with its digits; and no cell is a formula', async () => {
  const [account] = history.accounts
  const at = new Date(now.getTime() - 60_000)
  await trackUsages(t.ledger, t.ledger, [
    {
      key: randomUUID(),
      scope: { account, feature: '=cmd', user: '@me', labels: { feature: 'x' } },
      provider: 'example',
      model: 'infrastructure',
      endpoint: '+endpoint',
      tier: 'standard',
      usage: [{ unit: 'gpu_hours', quantity: 2_500_000 }],
      at,
    },
  ])
  const rows = await rowsOf(monthOf(at, 'UTC'))
  const row = rows.find((one) => one['x_Endpoint'] === "'+endpoint")
  expect(row).toMatchObject({
    ConsumedQuantity: '2.5',
    PricingUnit: 'Hours',
    PricingCurrency: 'USD',
    BillingCurrency: 'EUR',
    SkuId: 'example/infrastructure:gpu_hours',
    SkuMeter: 'Gpu Hours',
    x_Unit: 'gpu_hours',
    x_Requests: '1',
  })
  expect(JSON.parse(row?.['Tags'] ?? '')).toEqual({ feature: '=cmd', user: '@me', 'label:feature': 'x' })
  const usd = Number(row?.['PricingCurrencyListUnitPrice'])
  expect(usd * 2.5).toBeCloseTo(Number(row?.['PricingCurrencyEffectiveCost']), 9)
  expect(usd / Number(row?.['x_FxRate'])).toBeCloseTo(Number(row?.['ListUnitPrice']), 12)
  expect(Math.abs(Number(row?.['ListCost']) - Number(row?.['BilledCost']))).toBeLessThan(2e-9)
})

test('what is left of a month whose calls are dropped is still in it', async () => {
  const name = ago(4).name
  const before = await spent(thisMonth)
  for (const month of [monthsLater(name, -3), monthsLater(name, -2), monthsLater(name, -1), name])
    await dropSealed(t, month).catch((error: Error) => {
      if (!error.message.includes('no calls')) throw error
    })
  expect(await spent(thisMonth)).toBe(before)
  await agrees()
  const rows = await rowsOf(thisMonth)
  expect(rows.filter((row) => row['x_CostSource'] === 'kept')).toMatchObject([{ ChargeCategory: 'Adjustment', BilledCost: '0.030000000' }])
})

test('columns stand in the order of FOCUS, ours behind them; the table of rules finds what is wrong', async () => {
  const [row] = (await rowsOf(thisMonth)).filter((one) => one['x_CostSource'] === 'answer')
  const names = Object.keys(row ?? {})
  const known = FOCUS_RULES.map(({ column }) => column)
  expect(names.slice(0, known.length)).toEqual(known)
  expect(known).toEqual(known.toSorted())
  expect(names.slice(known.length).filter((name) => !name.startsWith('x_'))).toEqual([])
  const wrong: [Partial<FocusRow>, string][] = [
    [{ BilledCost: '' }, 'BilledCost is null'],
    [{ BilledCost: '1,5' }, 'BilledCost is no decimal: 1,5'],
    [{ ChargeCategory: 'usage' }, 'ChargeCategory may not be usage'],
    [{ ChargePeriodStart: '2026-11-29' }, 'ChargePeriodStart is no datetime: 2026-11-29'],
    [{ SkuPriceId: '' }, 'SkuPriceId is null'],
    [{ ConsumedUnit: '' }, 'ConsumedUnit is null'],
    [{ SubAccountId: '' }, 'SubAccountName is not null'],
    [{ ListUnitPrice: '-1' }, 'ListUnitPrice is below zero'],
    [{ ListCost: '12345' }, 'ListCost is ListUnitPrice times PricingQuantity'],
    [{ BillingPeriodEnd: '2020-01-01T00:00:00Z' }, 'a charge lies within its billing period'],
  ]
  for (const [change, says] of wrong) expect(brokenRules({ ...row, ...change } as FocusRow)).toContain(says)
})

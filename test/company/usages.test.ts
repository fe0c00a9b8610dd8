import { expect, test } from 'vitest'
import { FEATURES } from '../../src/company/features.ts'
import { missingPrices } from '../../src/company/prices.ts'
import { ACCOUNTS } from '../../src/company/terms.ts'
import { keyPrefixOf, monthsUntil, usagesOf } from '../../src/company/usages.ts'
import { month } from '../../src/domain/period.ts'
import type { TrackedUsage } from '../../src/domain/tracked-usage.ts'

const options = { seed: 1, scale: 20 }
const year = monthsUntil(new Date('2026-11-29T06:00:00Z'))
const all = year.map((of) => ({ of, usages: usagesOf(of, options) }))
const usages = all.flatMap((one) => one.usages)

const share = (some: readonly TrackedUsage[], is: (usage: TrackedUsage) => boolean): number => some.filter(is).length / some.length
const inMonth = (of: string): readonly TrackedUsage[] => all.find((one) => one.of === month(of))?.usages ?? []

test('thirteen months end with that of now, in any time of a day and over the end of a year', () => {
  expect(year).toHaveLength(13)
  expect([year[0], year.at(-1)]).toEqual(['2025-11', '2026-11'])
  expect(monthsUntil(new Date('2027-01-01T00:00:00Z')).slice(-2)).toEqual(['2026-12', '2027-01'])
  expect(monthsUntil(new Date('2026-12-31T23:59:59Z')).at(-1)).toBe('2026-12')
})

test('a month is the same wherever and whenever it is made; another seed makes another one', () => {
  expect(usagesOf(month('2026-03'), options)).toEqual(inMonth('2026-03'))
  const other = usagesOf(month('2026-03'), { ...options, seed: 2 })
  expect(other.map(({ at }) => at)).not.toEqual(inMonth('2026-03').map(({ at }) => at))
})

test('each usage lies in its month, in order, under a key of its own, and used whole quantities above zero', () => {
  for (const { of, usages: some } of all) {
    expect(new Set(some.map(({ at }) => at.toISOString().slice(0, 7)))).toEqual(new Set([of]))
    expect(some.map(({ at }) => at.getTime())).toEqual(some.map(({ at }) => at.getTime()).toSorted((a, b) => a - b))
  }
  expect(new Set(usages.map(({ key }) => key)).size).toBe(usages.length)
  expect(usages.filter(({ key }) => !key.startsWith(keyPrefixOf(options)))).toEqual([])
  expect(usages.flatMap(({ usage }) => usage).filter(({ quantity }) => !Number.isSafeInteger(quantity) || quantity < 1)).toEqual([])
  expect(usages.filter(({ usage }) => usage.length === 0)).toEqual([])
})

const seen = (of: (usage: TrackedUsage) => string | undefined): string[] => [...new Set(usages.map((usage) => of(usage) ?? ''))].toSorted()

test('it has every feature, model and account, users and environments, and grows', () => {
  expect(seen(({ scope }) => scope.feature)).toEqual(FEATURES.map(({ name }) => name).toSorted())
  expect(seen(({ model }) => model)).toEqual([...new Set(FEATURES.flatMap(({ models }) => models.map(({ model }) => model)))].toSorted())
  expect(seen(({ scope }) => scope.account)).toEqual(ACCOUNTS.map(({ id }) => id).toSorted())
  expect(seen(({ scope }) => scope.user)).toEqual(ACCOUNTS.flatMap(({ users }) => users).toSorted())
  expect(seen(({ scope }) => scope.environment)).toEqual(['development', 'production', 'staging'])
  expect(inMonth('2026-11').length).toBeGreaterThan(inMonth('2025-11').length * 1.3)
})

const ofFeature = (feature: string): TrackedUsage[] => usages.filter(({ scope }) => scope.feature === feature)

test('people work by day and on weekdays, a batch by night, nobody reviews code at Christmas, and banners are made in autumn', () => {
  expect(share(ofFeature('code-review'), ({ at }) => [0, 6].includes(at.getUTCDay()))).toBeLessThan(0.05)
  expect(share(ofFeature('code-review'), ({ at }) => at.getUTCHours() >= 6 && at.getUTCHours() < 20)).toBeGreaterThan(0.95)
  expect(share(ofFeature('nightly-digest'), ({ at }) => at.getUTCHours() < 5)).toBe(1)
  expect(share(inMonth('2025-12'), ({ at }) => at.getUTCDate() >= 24)).toBeLessThan(0.17)
  const banners = (some: readonly TrackedUsage[]): number => share(some, ({ scope }) => scope.feature === 'banner-maker')
  expect(banners(inMonth('2026-11'))).toBeGreaterThan(banners(inMonth('2026-07')) * 1.3)
})

test('a morning of May has a runaway program; calls fail, most of them on a bad afternoon of October; what failed brought nothing and was read', () => {
  const runaway = usages.filter(({ scope }) => scope.labels?.['incident'] === 'retry-loop')
  expect(new Set(runaway.map(({ at, scope }) => `${at.toISOString().slice(0, 10)} ${scope.user}`))).toEqual(new Set(['2026-05-14 kofi']))
  const may = inMonth('2026-05').filter(({ scope }) => scope.feature === 'contract-summary')
  expect(runaway.length).toBeGreaterThan(may.length / 3)
  const failed = usages.filter(({ error }) => error !== undefined)
  expect(failed.length).toBeGreaterThan(usages.length / 200)
  expect(failed.flatMap(({ usage }) => usage).filter(({ unit }) => !unit.startsWith('input_'))).toEqual([])
  const october = usagesOf(month('2026-10'), { ...options, scale: 100 }).filter(({ error }) => error !== undefined)
  const byDay = Object.entries(Object.groupBy(october, ({ at }) => at.toISOString().slice(0, 10)))
  expect(byDay.toSorted(([, a = []], [, b = []]) => b.length - a.length)[0]?.[0]).toBe('2026-10-08')
})

test('a book that begins later gets the prices of before as they are when it begins, and the own model falls each June; then nothing is missing', () => {
  const key = {
    provider: 'gemini',
    model: 'gemini-2.5-pro',
    unit: 'output_text_tokens',
    tier: 'standard',
    aboveTokens: 0n,
    per: 1n,
  } as const
  const book = [
    { ...key, picoUsdPer: 12n, effectiveFrom: new Date('2026-08-01T00:00:00Z') },
    { ...key, picoUsdPer: 10n, effectiveFrom: new Date('2026-01-01T00:00:00Z') },
    { ...key, model: 'gemini-nobody-uses', picoUsdPer: 10n, effectiveFrom: new Date('2026-01-01T00:00:00Z') },
  ]
  const from = new Date('2025-11-01T00:00:00Z')
  const [before, ...own] = missingPrices(book, from)
  expect(before).toEqual({ ...key, picoUsdPer: 10n, effectiveFrom: from, effectiveUntil: new Date('2026-01-01T00:00:00Z') })
  expect(own.filter(({ unit }) => unit === 'input_text_tokens').slice(0, 3)).toMatchObject([
    { model: 'house-chat', picoUsdPer: 900_000n },
    { picoUsdPer: 600_000n, effectiveFrom: new Date('2026-06-01T00:00:00Z') },
    { picoUsdPer: 450_000n, effectiveFrom: new Date('2027-06-01T00:00:00Z') },
  ])
  const whole = [...book, ...(before === undefined ? [] : [before]), ...own]
  expect(missingPrices(whole, from)).toEqual([])
})

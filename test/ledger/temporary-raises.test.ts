import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount, showAccount } from '../../src/ledger/accounts.ts'
import { changeCap, type CapChange } from '../../src/ledger/budgets.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { endRaises } from '../../src/ledger/end-raises.ts'
import { estimate } from '../../src/ledger/estimate.ts'
import { eventsOf } from '../support/budgets.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'
import type { TestLedger } from '../support/past.ts'

const NOW = new Date('2026-11-16T09:00:00Z')
const FRIDAY = new Date('2026-11-20T09:00:00Z')
const LATER = new Date('2026-11-25T09:00:00Z')
const bounded = (amount: string) => ({ amount: eur(amount), validUntil: new Date('2026-12-31T00:00:00Z') })

describe.for(PATHS)('%s: a raise until an instant', (path) => {
  let t: TestLedger
  let clock: Awaited<ReturnType<typeof putClock>>
  beforeAll(async () => {
    t = await openTestLedger(path)
    clock = await putClock(t.owner, NOW)
  })
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  async function account(): Promise<string> {
    await clock.set(NOW)
    return (await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan: 'paid', timeZone: 'UTC' })).id
  }
  const raise = (id: string, amount: string, over: Partial<CapChange> = {}) =>
    changeCap(t.ledger, { of: { account: id }, change: eur(amount), until: FRIDAY, key: randomUUID(), reason: 'a fair', ...over })
  const spend = async (id: string, amount: string) => {
    const call = t.call(id, {}, NOW)
    await call.settle(await call.sent(bounded(amount)), eur(amount))
  }
  const reserve = async (id: string, amount: string) => (await t.call(id, {}, NOW).reserve(bounded(amount))).kind
  const plan = async (id: string) => (await showAccount(t.ledger, id)).budgets[0]

  test('can be spent until then, and from then on no call starts with it, though nothing ran', async () => {
    const id = await account()
    expect(await raise(id, '0.50')).toMatchObject({ changed: true, cap: eur('1.50'), before: { cap: eur('1.00') } })
    await spend(id, '0.90')
    await clock.set(new Date(FRIDAY.getTime() - 1))
    expect(await reserve(id, '0.30')).toBe('reserved')
    await clock.set(FRIDAY)
    // Nobody has taken it back yet, and nobody is shown it.
    expect(await plan(id)).toMatchObject({ cap: eur('1.00'), remaining: eur('-0.20'), status: 'exceeded' })
    expect(await reserve(id, '0.01')).toBe('refused')
    expect(await t.counters(id)).toEqual({ cap: eur('1.00'), spent: eur('0.90'), reserved: eur('0.30'), overrun: eur('0.20') })
    expect(await eventsOf(t.owner, (await plan(id))?.budgetId ?? 0)).toContain('overrun')
    expect((await t.entriesOf(id)).filter((kind) => ['cap', 'expire'].includes(kind))).toEqual(['cap', 'expire'])
  })

  test('takes back nothing but itself: what is free stays free', async () => {
    const id = await account()
    await raise(id, '0.50')
    await raise(id, '0.20', { until: LATER })
    await raise(id, '0.10', { until: undefined })
    await spend(id, '0.25')
    await clock.set(FRIDAY)
    expect(await reserve(id, '1.06')).toBe('refused')
    expect(await reserve(id, '1.05')).toBe('reserved')
    await clock.set(LATER)
    expect(await endRaises(t.ledger, 100)).toBe(1)
    expect(await endRaises(t.ledger, 100)).toBe(0)
    expect(await t.counters(id)).toMatchObject({ cap: eur('1.10'), overrun: eur('0.20') })
  })

  test('ends for many at once, once: none of them starts with it', async () => {
    const id = await account()
    await raise(id, '0.50')
    await spend(id, '0.95')
    await clock.set(FRIDAY)
    const kinds = await Promise.all(times(20, () => reserve(id, '0.01')))
    expect(kinds.filter((kind) => kind === 'reserved')).toHaveLength(5)
    expect(await t.counters(id)).toEqual({ cap: eur('1.00'), spent: eur('0.95'), reserved: eur('0.05'), overrun: 0n })
    expect((await t.entriesOf(id)).filter((kind) => ['cap', 'expire'].includes(kind))).toEqual(['cap', 'expire'])
  })

  test('of a budget that covers many accounts ends for all of them', async () => {
    const [one, other] = [await account(), await account()]
    const budget = await t.budget({ scope: { feature: 'fair' }, cap: '0.10' })
    await raise('', '0.50', { of: { id: budget } })
    const call = (id: string) => t.call(id, { feature: 'fair' }, NOW).reserve(bounded('0.06'))
    expect((await call(one)).kind).toBe('reserved')
    expect((await call(other)).kind).toBe('reserved')
    await clock.set(FRIDAY)
    expect([(await call(one)).kind, (await call(other)).kind]).toEqual(['refused', 'refused'])
    expect(await t.countersOf(budget)).toMatchObject({ cap: eur('0.10'), reserved: eur('0.12'), overrun: eur('0.02') })
  })

  test('is over for whoever asks what a call would cost, too', async () => {
    const id = await account()
    await raise(id, '0.50')
    const { scope, request } = t.call(id, {}, NOW).request(bounded('1.20'))
    const asked = () => estimate(t.ledger, scope, request, eur('1.20'))
    expect((await asked()).refusal).toBeUndefined()
    await clock.set(FRIDAY)
    expect((await asked()).refusal).toMatchObject({ cap: { amount: '1.000000000' } })
  })

  test('to the period’s end is a top-up; one that ends later, or has ended, is none', async () => {
    const id = await account()
    const end = new Date('2026-12-01T00:00:00Z')
    const key = randomUUID()
    expect(await raise(id, '0.50', { until: end, key })).toMatchObject({ changed: true })
    expect(await raise(id, '0.50', { until: undefined, key })).toMatchObject({ changed: false })
    await clock.set(new Date(end.getTime() - 1))
    expect(await reserve(id, '1.50')).toBe('reserved')
    await clock.set(end)
    expect(await endRaises(t.ledger, 100)).toBe(0)
    expect(await plan(id)).toMatchObject({ period: '2026-12', cap: eur('1.00') })
    expect(await t.counters(id)).toMatchObject({ overrun: 0n })
    for (const [until, message] of [
      [new Date('2027-01-01T00:00:01Z'), 'a raise ends with the period, 2027-01-01T00:00:00Z, at the latest'],
      [end, 'the raise would be over before it begins: name a later moment'],
    ] as const)
      await expect(raise(id, '0.50', { until })).rejects.toMatchObject({ code: 'bad_input', message })
    await expect(raise(id, '-0.50', { until: LATER })).rejects.toMatchObject({ code: 'bad_input' })
  })

  test('is made once; with another end, its key was used for another change', async () => {
    const id = await account()
    const key = randomUUID()
    for (const changed of [true, false]) expect(await raise(id, '0.50', { key })).toMatchObject({ changed, cap: eur('1.50') })
    await expect(raise(id, '0.50', { key, until: LATER })).rejects.toMatchObject({ code: 'conflict' })
    await clock.set(LATER)
    expect(await raise(id, '0.50', { key })).toMatchObject({ changed: false, cap: eur('1.00') })
    expect(await raise(id, '0.20', { until: undefined })).toMatchObject({ cap: eur('1.20'), before: { cap: eur('1.00') } })
  })

  test('of which a cut has taken a part takes back what is there', async () => {
    const id = await account()
    await raise(id, '0.50')
    await changeCap(t.ledger, { of: { account: id }, change: eur('-1.30'), key: randomUUID(), reason: 'a fine' })
    await clock.set(FRIDAY)
    expect(await reserve(id, '0.01')).toBe('refused')
    expect(await t.counters(id)).toMatchObject({ cap: 0n })
    // The next plan is given whole, and nothing of the raise with it.
    expect((await changePlan(t.ledger, { account: id, plan: 'corporate', key: randomUUID(), reason: 'x' })).budgets[0]?.cap).toBe(
      eur('4.00'),
    )
  })
})

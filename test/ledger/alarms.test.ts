/** What needs a person reaches whoever reads the outbox: once, in the commit of what happened, however often that is repeated. */
import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { trackUsage } from '../../src/calls/track-usage.ts'
import { costOf } from '../../src/domain/price.ts'
import type { Unit } from '../../src/domain/usage.ts'
import { listModels, raiseBound, stopViolators } from '../../src/ledger/models.ts'
import { addOutboxConsumer, listEvents, readOutbox, type OutboxEvent } from '../../src/ledger/outbox.ts'
import { tellStaleRate } from '../../src/prices/rates.ts'
import { cents } from '../support/flights.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'
import { OLD, pastLedgers, type TestLedger } from '../support/past.ts'
import { until } from '../support/until.ts'

/** The alarms of one kind, the newest first. */
const told = async <Kind extends OutboxEvent['kind']>({ ledger }: TestLedger, kind: Kind) =>
  (await listEvents(ledger, { kind, limit: 1_000 })) as readonly Extract<OutboxEvent, { kind: Kind }>[]
const detailsOf = async (t: TestLedger, kind: OutboxEvent['kind'], attempt: string) =>
  (await told(t, kind)).map(({ details }) => details).filter((details) => 'attempt' in details && details['attempt'] === attempt)
const nameOf = ({ reservationId }: { readonly reservationId: string }): string => `rsv_${reservationId.replaceAll('-', '')}`

/** An answer whose tokens were of a unit without a price. */
const strange = (t: TestLedger, unit: Unit) => ({
  cost: costOf([{ unit, quantity: 10_000_000 }], [t.penny.price], t.penny.rate),
  usage: [{ unit, quantity: 10_000_000 }],
  flags: ['unpriced'],
})

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('a unit without a price is told with the commit that books it, and by no repeat of it', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }))
    const go = await call.sent()
    const settled = await Promise.all(times(3, () => call.settle(go, cents(1), strange(t, 'output_audio_tokens'))))
    await call.settle(go, cents(1), strange(t, 'output_audio_tokens'))
    expect(settled.map(({ kind }) => kind)).toEqual(['settled', 'settled', 'settled'])
    expect(await detailsOf(t, 'unpriced', nameOf(go))).toEqual([
      { provider: 'test', model: 'penny-model', units: ['output_audio_tokens'], attempt: nameOf(go) },
    ])
    expect((await told(t, 'unpriced'))[0]).toMatchObject({ account: call.scope.account })
  })

  test('a tier without a price is told with its name and everything that was charged', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }))
    const go = await call.sent()
    const response = { ...call.receipt(go, cents(1)).response, tier: 'standard-us' }
    await call.settle(go, cents(1), { flags: ['other_tier', 'unpriced'], response })
    expect(await detailsOf(t, 'unpriced', nameOf(go))).toEqual([
      { provider: 'test', model: 'penny-model', tier: 'standard-us', units: ['output_text_tokens'], attempt: nameOf(go) },
    ])
  })

  test('an ordinary answer is no alarm, not even one that says the word', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }))
    const go = await call.sent()
    const response = { ...call.receipt(go, cents(1)).response, finishReason: 'unpriced' }
    await call.settle(go, cents(1), { response, flags: ['extra_image'] })
    expect([await detailsOf(t, 'unpriced', nameOf(go)), await detailsOf(t, 'bound_violated', nameOf(go))]).toEqual([[], []])
  })

  test('each violated bound is told once, and the stop of its model once', async () => {
    const account = await t.accountWith({ cap: '9.00' })
    const calls = await Promise.all(
      times(3, async () => {
        const call = t.call(account)
        return { call, go: await call.sent() }
      }),
    )
    for (const { call, go } of calls) for (let i = 0; i < 2; i += 1) await call.settle(go, cents(7))
    for (const { go } of calls)
      expect(await detailsOf(t, 'bound_violated', nameOf(go))).toEqual([
        { provider: 'test', model: 'penny-model', attempt: nameOf(go), amount: String(cents(3)), cost: String(cents(7)) },
      ])
    const before = (await told(t, 'model_stopped')).length
    expect(await stopViolators(t.ledger)).toHaveLength(1)
    expect(await stopViolators(t.ledger)).toEqual([])
    const stops = await told(t, 'model_stopped')
    expect(stops.length - before).toBe(1)
    expect(stops[0]).toMatchObject({ details: { provider: 'test', model: 'penny-model', attempt: expect.stringMatching(/^rsv_/) } })
    await raiseBound(t.ledger, { provider: 'test', model: 'penny-model', byPercent: 900, why: 'a test', key: randomUUID() })
    expect((await listModels(t.ledger, new Date(0)))[0]).toMatchObject({ violations: 3, stopped: null })
  })

  test('a stale rate is told once a day, however often and by how many it is looked at', async () => {
    expect((await Promise.all(times(5, () => tellStaleRate(t.ledger, '2026-10-30')))).filter((answer) => answer.told)).toHaveLength(1)
    await t.owner`update purser.outbox set at = at - interval '1 day', key = (key::date - 1)::text where kind = 'rate_stale'`
    expect(await tellStaleRate(t.ledger, undefined)).toEqual({ told: true })
    expect((await told(t, 'rate_stale')).map(({ details }) => details)).toEqual([{ newest: null }, { newest: '2026-10-30' }])
  })

  test('a consumer hears alarms among the events of budgets, in order', async () => {
    const name = `test-${randomUUID()}`
    await addOutboxConsumer(t.ledger, name, 'now')
    const account = await t.accountWith({ cap: '0.04' })
    const call = t.call(account)
    const go = await call.sent()
    await call.settle(go, cents(1), strange(t, 'output_audio_tokens'))
    expect((await t.call(account).reserve({ amount: cents(9) })).kind).toBe('refused')
    const heard = await until('both', async () => {
      const events = (await readOutbox(t.ledger, name, 100)).filter((event) => event.account === account)
      return events.length >= 2 && events
    })
    expect(heard.map(({ kind }) => kind)).toEqual(['unpriced', 'refused'])
    expect(heard[0]).not.toHaveProperty('budgetId')
    expect(heard[1]).toMatchObject({ budget: expect.any(String), budgetId: expect.any(Number), version: expect.any(String) })
  })
})

describe('of what came elsewhere or late', () => {
  let t: TestLedger
  const { drop, freeze, keep } = pastLedgers((opened) => (t = opened))

  test('a tracked usage without a price is told with its key', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const usage = {
      key: 'audio of November',
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_audio_tokens', quantity: 1_000 }],
      at: new Date('2026-11-01T12:00:00Z'),
      scope: { account },
    } as const
    for (let i = 0; i < 2; i += 1) await trackUsage(t.ledger, t.ledger, usage)
    expect((await told(t, 'unpriced')).map(({ details }) => details)).toEqual([
      expect.objectContaining({ trackedAs: 'audio of November', units: ['output_audio_tokens'] }),
    ])
  })

  test('an answer without cover is told when it comes, not again when its month is kept and dropped', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }), {}, OLD.at)
    const go = await call.sent()
    await call.settle(go, cents(1))
    for (let i = 0; i < 2; i += 1) await call.settle({ ...go, token: randomUUID() }, cents(1), strange(t, 'output_audio_tokens'))
    const count = async () => (await told(t, 'unpriced')).length
    expect(await count()).toBe(2)
    await freeze()
    await keep(1_000)
    await drop()
    expect(await count()).toBe(2)
  })

  test('a late answer to a dropped attempt is told once', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }), {}, OLD.at)
    const go = await call.sent()
    await call.reject(go)
    await drop()
    for (let i = 0; i < 2; i += 1) await call.settle(go, cents(1), strange(t, 'output_audio_tokens'))
    expect(await detailsOf(t, 'unpriced', nameOf(go))).toEqual([
      { provider: 'test', model: 'penny-model', units: ['output_audio_tokens'], attempt: nameOf(go) },
    ])
  })
})

import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { noteSavings } from '../../src/calls/note-savings.ts'
import { review } from '../../src/insight/review.ts'
import { sectionsOf } from '../../src/insight/review-sections.ts'
import { exactEur, nano } from '../../src/domain/money.ts'
import { callIdOf } from '../../src/ledger/call-id.ts'
import { putPrepared } from '../../src/ledger/prepared.ts'
import { noteSaving } from '../../src/ledger/savings.ts'
import { openApiStage, type Ask } from '../support/api.ts'
import { MODEL } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

/** The attempt of a call of this account that was prepared, answered and noted. */
let account: string
let bound: Ask
let id: string
const feature = 'chat'

/** A prepared call, answered through the API: the ledger's rows are those of a job's call. */
async function answered(of: string, prepared: boolean): Promise<string> {
  const body = { account: of, model: 'gemini-2.5-flash-lite', max_output_tokens: 500, input_tokens_max: 500, feature }
  const made = await house('POST', '/v1/reservations', { body })
  const name = String(made.body['id'])
  const rows = await stage.db.sql<{ call: string }[]>`select call from purser.reservation where id = ${name.slice(4)}::uuid`
  if (prepared) {
    const decided = {
      askedModel: 'auto',
      provider: 'gemini',
      model: 'gemini-2.5-flash-lite',
      usualProvider: 'gemini',
      usualModel: 'gemini-2.5-flash',
      code: 'size',
      reason: 'simple task: the smallest able model',
      complexity: 'simple',
      cuts: [0, 7],
      removed: [{ rule: 'filler', message: 0, texts: ['please'], characters: 7, tokens: 2 }],
      tokens: 2,
    }
    await stage.db.sql`select purser.put_prepared(${rows[0]?.call ?? ''}, 'of a test', ${stage.db.sql.json(decided)})`
  }
  await house('POST', `/v1/reservations/${name}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  return name
}

beforeAll(async () => {
  account = await stage.account('paid')
  bound = await api.caller({ account })
  id = await answered(account, true)
  const plain = await answered(account, false)
  await house('POST', `/v1/calls/${id}/score`, { body: { quality: '0.8' } })
  await house('POST', `/v1/calls/${plain}/score`, { body: { quality: '0.9' } })
  await stage.db.sql`update purser.prepared_call set look_at = clock_timestamp() where look_at is not null`
  await noteSavings({ ledger: stage.ledger, prices: { sql: stage.sql } })
})

const saved = async (strategy: string): Promise<bigint> => {
  const [row] = await stage.db.sql<{ saved: bigint }[]>`
    select v.saved from purser.saving v join purser.scope s on s.id = v.scope where s.account = ${account} and v.strategy = ${strategy}`
  return row?.saved ?? 0n
}

describe('savings', () => {
  test('are told by strategy and feature, with the quality of calls with and without', async () => {
    const { body } = await house('GET', `/v1/savings?account=${account}`)
    const [route, compress] = [await saved('route'), await saved('compress')]
    expect(route).toBeGreaterThan(0n)
    expect(compress).toBeGreaterThan(0n)
    expect(body).toMatchObject({
      call_count: 2,
      saved: { amount: exactEur((route + compress) as never) },
      tokens_not_sent: 2,
      savings: [
        {
          strategy: 'route',
          feature,
          call_count: 1,
          saved: { amount: exactEur(route as never), currency: 'EUR' },
          tokens_not_sent: 0,
          scored_with: 1,
          quality_with: '0.800',
          scored_without: 1,
          quality_without: '0.900',
        },
        { strategy: 'compress', saved: { amount: exactEur(compress as never) }, tokens_not_sent: 2 },
      ],
    })
  })

  test('are those of a key’s own account, by strategy or feature, of days and months that there are', async () => {
    const other = await api.caller({ account: await stage.account('paid') })
    expect((await other('GET', '/v1/savings')).body).toMatchObject({ call_count: 0, savings: [] })
    expect((await bound('GET', '/v1/savings?by=feature')).body).toMatchObject({
      savings: [{ strategy: null, feature, call_count: 2, quality_with: null }],
    })
    expect((await bound('GET', '/v1/savings?by=strategy')).body).toMatchObject({
      savings: [{ strategy: 'route', feature: null }, { strategy: 'compress' }],
    })
    expect((await bound('GET', '/v1/savings?month=2026-01')).body).toMatchObject({ from: '2026-01-01', to: '2026-01-31', savings: [] })
    expect((await bound('GET', '/v1/savings?from=2026-01-05&to=2026-01-04')).status).toBe(400)
    expect((await bound('GET', '/v1/savings?from=2026-01-05')).status).toBe(400)
  })

  test('stand in the review of the month', async () => {
    const month = new Date().toISOString().slice(0, 7)
    const { body } = await bound('GET', `/v1/review?month=${month}`)
    expect(body['savings']).toMatchObject([
      { strategy: 'route', feature, call_count: 1, quality_with: '0.800' },
      { strategy: 'compress', tokens_not_sent: 2 },
    ])
    const [, , section] = sectionsOf(await review(stage.ledger, { month: month as never, account, timeZone: 'UTC' }))
      .filter(({ title }) => title === 'What the switches saved')
      .flatMap(({ rows }) => rows[0] ?? [])
    expect(section).toBe('1')
  })

  test('leave as CSV', async () => {
    const { body } = await bound('GET', '/v1/exports/savings')
    expect(body['text']).toContain(`route,${feature},1,${exactEur((await saved('route')) as never)},0,1,0.800,1,0.900`)
  })
})

test('a call says which model was chosen and why, and what was not sent; its words stand apart', async () => {
  const { body } = await bound('GET', `/v1/calls/${id}`)
  expect(body).toMatchObject({
    route: {
      asked_model: 'auto',
      usual_model: 'gemini-2.5-flash',
      code: 'size',
      reason: 'simple task: the smallest able model',
      complexity: 'simple',
    },
    compressed: [{ rule: 'filler', characters: 7, tokens: 2 }],
  })
  expect(JSON.stringify(body)).not.toContain('please')
  const preparation = await bound('GET', `/v1/calls/${id}/preparation`)
  expect(preparation.body).toMatchObject({
    id,
    model: 'gemini-2.5-flash-lite',
    tokens_not_sent: 2,
    removed: [{ rule: 'filler', texts: ['please'] }],
  })
})

test('a call that was not prepared has no preparation', async () => {
  const plain = await answered(account, false)
  expect((await bound('GET', `/v1/calls/${plain}`)).body).toMatchObject({ route: null, compressed: [] })
  expect((await bound('GET', `/v1/calls/${plain}/preparation`)).status).toBe(404)
})

const set = (body: Readonly<Record<string, unknown>>) => house('POST', '/v1/saving-switches', { body: { why: 'a test', ...body } })

test('a strategy that is on and saves nothing is told with the calls that it saw; of the cache its hit rate', async () => {
  const [idle, key] = [`idle-${randomUUID().slice(0, 8)}`, randomUUID()]
  const terms = { account, feature: idle, provider: 'gemini', model: MODEL, endpoint: 'generateContent' }
  await set({ feature: idle, compress: { filler: true }, cache: {} })
  const unmoved = {
    askedModel: MODEL,
    provider: 'gemini',
    model: MODEL,
    usualProvider: 'gemini',
    usualModel: MODEL,
    reason: 'x',
    cuts: [],
    removed: [],
    tokens: 0,
  }
  for (let n = 0; n < 2; n += 1) {
    const call = callIdOf({ installation: randomUUID(), workflowId: 'idle', jobStartedAt: new Date().toISOString(), callId: String(n) })
    await putPrepared(stage.ledger, call, 'x', {
      ...unmoved,
      code: 'as_asked',
      complexity: null,
      cache: {},
      saw: ['compress', 'cache'],
      terms,
    })
  }
  await noteSaving(stage.ledger, { key, terms, strategy: 'cache', saved: nano(9n), details: { hits: 3 } })
  await stage.db
    .sql`insert into purser.cache_miss (call, at, scope) select gen_random_uuid(), now(), scope from purser.saving where key = ${key}`
  const told = [
    { strategy: 'cache', feature: idle, effect: 'saved', call_count: 3, seen_count: 4, hit_count: 3, miss_count: 1, hit_rate: '75.00' },
    { strategy: 'compress', feature: idle, effect: 'none', call_count: 0, seen_count: 2, hit_rate: null, saved: { amount: '0.000000000' } },
  ]
  expect((await house('GET', `/v1/savings?feature=${idle}`)).body).toMatchObject({ hit_rate: '75.00', savings: told })
  expect((await bound('GET', `/v1/savings?feature=${idle}`)).body).toMatchObject({ savings: told })
  expect((await bound('GET', `/v1/exports/savings?feature=${idle}`)).body['text']).toContain(',2,0,0,,"on, no effect"')
  // A switch of others' features is no other account's to see.
  const other = await api.caller({ account: await stage.account('paid') })
  expect((await other('GET', `/v1/savings?feature=${idle}`)).body).toMatchObject({ savings: [] })
  // One that was on and met nobody is shown to the house.
  const unmet = `unmet-${idle}`
  await set({ feature: unmet, route: {} })
  await set({ feature: unmet, route: false })
  expect((await house('GET', `/v1/savings?feature=${unmet}`)).body).toMatchObject({
    savings: [{ strategy: 'route', feature: unmet, effect: 'none', seen_count: 0 }],
  })
})

describe('switches', () => {
  test('are set by feature, say who and why, and lose no version', async () => {
    const name = `feature-${randomUUID().slice(0, 8)}`
    const first = await set({
      feature: name,
      route: { floor_eur: '0.05' },
      compress: { filler: true, repeats: 'every_language', history_tokens_max: 800 },
    })
    expect(first).toMatchObject({
      status: 200,
      body: {
        feature: name,
        route: { floor_eur: '0.05' },
        compress: { filler: true, history_tokens_max: 800 },
        cache: null,
        why: 'a test',
      },
    })
    expect((await set({ feature: name, route: { floor_eur: '0.05' } })).body['version']).toBe(first.body['version'])
    expect((await set({ feature: name, route: false, why: 'worse answers' })).body).toMatchObject({
      route: false,
      compress: { filler: true },
    })
    expect((await set({ feature: name, route: null })).body).toMatchObject({ route: null })
    const shown = await house('GET', `/v1/saving-switches/${name}`)
    expect(shown.body).toMatchObject({
      route: null,
      versions: [{ why: 'a test' }, { why: 'worse answers' }, { version: first.body['version'] }],
    })
    expect(shown.body['who']).toMatch(/^key_\d+$/)
    const acts = await stage.db.sql`select from purser.audit_act where act = 'saving_switch.set' and what ->> 'feature' = ${name}`
    expect(acts).toHaveLength(3)
    expect(JSON.stringify((await house('GET', '/v1/saving-switches')).body)).toContain(name)
  })

  test('take `*`, and nothing that is no policy or no rule', async () => {
    expect((await set({ feature: '*', compress: { whitespace: false } })).status).toBe(200)
    expect((await house('GET', '/v1/saving-switches/*')).status).toBe(200)
    expect((await set({ feature: 'x', route: { floor_eur: 'much' } })).status).toBe(400)
    expect((await set({ feature: 'x', compress: { everything: true } })).status).toBe(400)
    expect((await set({ feature: 'x' })).status).toBe(400)
    expect((await house('GET', '/v1/saving-switches/nobody')).status).toBe(404)
    expect((await bound('GET', '/v1/saving-switches')).status).toBe(403)
  })
})

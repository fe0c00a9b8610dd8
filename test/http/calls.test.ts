import { expect, test } from 'vitest'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { setPlan } from '../../src/ledger/plans.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { eur, exactEur, nano } from '../../src/domain/money.ts'
import { allOf, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, nanoOf, termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

const reserve = async (account: string, change: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await house('POST', '/v1/reservations', { body: termsFor(account, change) })
  expect(status).toBe(201)
  return String(body['id'])
}
const settle = (id: string, body: Record<string, unknown>) => house('POST', `/v1/reservations/${id}/settle`, { body })
const call = async (id: string) => (await house('GET', `/v1/calls/${id}`)).body
/** Sent, never answered, and spent in full. */
async function presume(account: string): Promise<void> {
  await stage.db.sql`update purser.reservation r set dispatched_at = dispatched_at - interval '2 hours' from purser.scope s
    where s.id = r.scope and s.account = ${account} and r.state in ('dispatched', 'in_doubt')`
  for (let round = 0; round < 3; round += 1) await sweep(stage.ledger, 100)
}

test('the record of a call has who, what, how much and how long: everything that was known of it, with its lines', async () => {
  const account = await stage.account()
  const scope = { user: 'ada', team: 'red', project: 'p1', feature: 'chat', environment: 'prod', labels: { tenant: 't1' } }
  const id = await reserve(account, scope)
  const settled = await settle(id, {
    usage: { input_text_tokens: 900, input_cached_tokens: 300, output_text_tokens: 200, output_thought_tokens: 100 },
    duration_ms: 1234,
  })
  expect(settled.status).toBe(200)
  const record = await call(id)
  expect(record).toMatchObject({
    id,
    ...scope,
    account,
    provider: 'gemini',
    model: MODEL,
    state: 'settled',
    success: true,
    error: null,
    attempt: 1,
    attempts: 1,
    input_tokens: 1_200,
    output_tokens: 300,
    total_tokens: 1_500,
    cached_tokens: 300,
    reasoning_tokens: 100,
    image_tokens: 0,
    total_cost: settled.body['cost'],
    cost_source: 'answer',
    duration_ms: 1234,
    cache_hit: true,
    quality: null,
    accuracy: null,
    value: null,
  })
  const parts = ['input_cost', 'output_cost', 'other_cost'].map((name) => nanoOf(record[name]))
  expect(exactEur(nano(parts.reduce((sum, part) => sum + part, 0n)))).toBe(exactEur(nano(nanoOf(record['total_cost']))))
  const lines = record['lines'] as { unit: string; cost: unknown }[]
  expect(lines.map(({ unit }) => unit).toSorted()).toEqual([
    'input_cached_tokens',
    'input_text_tokens',
    'output_text_tokens',
    'output_thought_tokens',
  ])
  expect(lines.reduce((sum, { cost }) => sum + nanoOf(cost), 0n)).toBe(nanoOf(settled.body['cost']))
  // Up to the next nano-EUR.
  expect(nanoOf(record['cost_per_1000_tokens'])).toBe((nanoOf(settled.body['cost']) * 1_000n + 1_499n) / 1_500n)
})

test('a call that failed is a call too: with what it is presumed to cost, or none, and why', async () => {
  const account = await stage.account()
  const lost = await reserve(account)
  const freed = await reserve(account)
  const told = await house('POST', `/v1/reservations/${freed}/release`, { body: { because: 'rejected_unbilled', why: '429 slow down' } })
  expect(told.status).toBe(200)
  await presume(account)
  expect(await call(lost)).toMatchObject({ state: 'presumed', success: false, cost_source: 'presumption', lines: [], input_tokens: 0 })
  const record = await call(lost)
  expect(record['total_cost']).toEqual(record['reserved_amount'])
  expect(record['other_cost']).toEqual(record['total_cost'])
  expect(await call(freed)).toMatchObject({ state: 'rejected', success: false, error: expect.stringContaining('429 slow down') })
  const list = async (query: string) => (await allOf(house, `/v1/calls?limit=100&account=${account}${query}`)).ids.toSorted()
  expect(await list('&success=false')).toEqual([lost, freed].toSorted())
  expect(await list('&success=true')).toEqual([])
  const answered = await reserve(account)
  await settle(answered, { usage: { input_tokens: 1 } })
  expect(await list('&success=true')).toEqual([answered])
  expect(await list('')).toEqual([lost, freed, answered].toSorted())
})

test('what was tracked may have failed: it counts as such, with its money', async () => {
  const account = await stage.account()
  const body = { account, model: MODEL, usage: { input_tokens: 5 }, duration_ms: 900, error: '503 overloaded' }
  const { body: tracked } = await house('POST', '/v1/track', { body })
  expect(await call(String(tracked['id']))).toMatchObject({
    success: false,
    error: '503 overloaded',
    duration_ms: 900,
    total_cost: tracked['cost'],
  })
  expect((await allOf(house, `/v1/calls?limit=10&account=${account}&success=false`)).ids).toEqual([tracked['id']])
  for (const [change, field] of [
    [{ duration_ms: -1 }, 'body.duration_ms'],
    [{ error: '' }, 'body.error'],
  ] as const)
    expect((await refusedFor(house, 'POST', '/v1/track', { ...body, ...change }))[0]).toBe(field)
})

test('what the house bears is in no account’s list, and the installation sees it', async () => {
  await setPlan(stage.ledger, { plan: 'kind', cap: eur('1.00'), reason: 'we pay for doubts', presumedBy: 'house', timeZone: 'UTC' })
  const { id: account } = await ensureAccount(stage.ledger, { id: 'acc_kind', plan: 'kind', timeZone: 'UTC' })
  const own = await reserve(account)
  await settle(own, { usage: { input_tokens: 1 } })
  const lost = await reserve(account, { project: 'kind' })
  await presume(account)
  expect((await allOf(house, `/v1/calls?limit=10&account=${account}`)).ids).toEqual([own])
  expect((await allOf(house, '/v1/calls?limit=10&project=kind')).ids).toEqual([lost])
  const bound = await api.caller({ account })
  expect((await bound('GET', `/v1/calls/${own}`)).status).toBe(200)
  expect((await bound('GET', `/v1/calls/${lost}`)).status).toBe(404)
  expect((await bound('POST', `/v1/calls/${lost}/score`, { body: { quality: '1' } })).status).toBe(404)
})

test('a list has every call once, page after page, also what was tracked, by whatever it is filtered', async () => {
  const account = await stage.account('corporate')
  const made: string[] = []
  for (let n = 0; n < 5; n += 1) {
    const id = await reserve(account, { feature: n % 2 === 0 ? 'chat' : 'search', user: `u${n}` })
    await settle(id, { usage: { input_tokens: 10 } })
    made.push(id)
  }
  for (let n = 0; n < 5; n += 1) {
    const { body } = await house('POST', '/v1/track', { body: { account, model: MODEL, usage: { input_tokens: 5 }, feature: 'search' } })
    made.push(String(body['id']))
  }
  const first = await allOf(house, `/v1/calls?limit=3&account=${account}`)
  expect([first.ids.toSorted(), first.pages]).toEqual([made.toSorted(), 4])
  expect((await allOf(house, `/v1/calls?limit=1000&account=${account}`)).ids).toEqual(first.ids)
  for (const [query, count] of [
    ['feature=search', 7],
    ['feature=chat', 3],
    ['user=u3', 1],
    [`model=${MODEL}`, 10],
    ['model=another', 0],
    ['endpoint=tracked', 5],
    ['from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', 0],
    ["team=x'%20or%201=1%20--", 0],
  ] as const)
    expect([query, (await allOf(house, `/v1/calls?limit=100&account=${account}&${query}`)).ids.length]).toEqual([query, count])
  // A cursor is good for its own question alone.
  const { body } = await house('GET', `/v1/calls?limit=3&account=${account}`)
  const other = await stage.account()
  const [field] = await refusedFor(house, 'GET', `/v1/calls?limit=3&account=${other}&cursor=${String(body['next_cursor'])}`, undefined)
  expect(field).toBe('query.cursor')
})

test('the same request has the same hash, which tells nobody what it was', async () => {
  const account = await stage.account()
  const hash = 'a'.repeat(64)
  const ids = [await reserve(account), await reserve(account)]
  await stage.db
    .sql`update purser.reservation r set request_hash = ${hash} from purser.scope s where s.id = r.scope and s.account = ${account}`
  for (const id of ids) await settle(id, { usage: { input_tokens: 1 } })
  const [one, two] = [await call(ids[0] ?? ''), await call(ids[1] ?? '')]
  expect(one['prompt_hash']).toMatch(/^[0-9a-f]{64}$/)
  expect(one['prompt_hash']).toBe(two['prompt_hash'])
  expect(one['prompt_hash']).not.toBe(hash)
})

test('how good an answer was is said whenever it is known: the last word stands, what is left out stays, and a key is needed', async () => {
  const account = await stage.account()
  const id = await reserve(account)
  await settle(id, { usage: { input_tokens: 1 } })
  const say = (body: Record<string, unknown>) => house('POST', `/v1/calls/${id}/score`, { body })
  expect(await say({ quality: '0.95', value: eurOf('2.50') })).toMatchObject({
    status: 200,
    body: { id, quality: '0.950', accuracy: null, value: eurOf('2.500000000') },
  })
  expect(await say({ accuracy: '1' })).toMatchObject({
    status: 200,
    body: { quality: '0.950', accuracy: '1.000', value: eurOf('2.500000000') },
  })
  expect(await say({ quality: '0.1' })).toMatchObject({ body: { quality: '0.100', accuracy: '1.000' } })
  expect(await call(id)).toMatchObject({ quality: '0.100', accuracy: '1.000', value: eurOf('2.500000000') })
  const tracked = await house('POST', '/v1/track', { body: { account, model: MODEL, usage: { input_tokens: 5 } } })
  expect(await house('POST', `/v1/calls/${String(tracked.body['id'])}/score`, { body: { quality: '1' } })).toMatchObject({
    body: { quality: '1.000' },
  })
  for (const [body, field] of [
    [{}, 'body'],
    [{ quality: '1.1' }, 'body.quality'],
    [{ quality: 0.5 }, 'body.quality'],
    [{ accuracy: '-0.1' }, 'body.accuracy'],
    [{ value: eurOf('-1') }, 'body.value'],
  ] as const)
    expect((await refusedFor(house, 'POST', `/v1/calls/${id}/score`, body))[0]).toBe(field)
  const reader = await api.caller({ account, scopes: ['reports:read'] })
  expect(await reader('POST', `/v1/calls/${id}/score`, { body: { quality: '1' } })).toMatchObject({ status: 403 })
})

test('what is no call, or nobody’s, is not found', async () => {
  expect(await house('GET', `/v1/calls/rsv_${'0'.repeat(32)}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect((await refusedFor(house, 'GET', '/v1/calls/12', undefined))[0]).toBe('params.id')
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BudgetExceededError, newKey, purserApi, PurserApiError, type PurserApi, type PurserApiOptions } from '../src/api.ts'
import { camelName, snakeName } from '../src/api/casing.ts'
import { isKey } from '../src/calls/cost-key.ts'
import { createPurser } from '../src/client.ts'
import { eur } from '../src/domain/money.ts'
import { openApiStage } from './support/api.ts'
import { every } from './support/every.ts'
import { MODEL, nanoOf } from './support/reservations.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy.ts'
import { connectTemporal } from './support/temporal.ts'
import { until } from './support/until.ts'

const temporal = await connectTemporal()
// No worker serves them: what these jobs are told to do stays as it was told.
const jobs = await createPurser({ client: temporal.client, taskQueue: 'nobody-here', warn: () => undefined })
const { stage, api } = await openApiStage(jobs)
const { text: key } = await api.caller()
const purser = purserApi({ url: api.url, key })
let proxy: TcpProxy
beforeAll(async () => {
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(api.url).port) })
})
afterAll(() => Promise.all([proxy.close(), temporal.teardown()]))
const through = (options: Partial<PurserApiOptions> = {}): PurserApi =>
  purserApi({ url: `http://127.0.0.1:${proxy.port}`, key, ...options })

const terms = (account: string) => ({ account, model: MODEL, inputTokensMax: 2_000, maxOutputTokens: 1_000, feature: 'chat' })
/** More than a free plan has: 0.10 EUR. */
const dear = (account: string) => ({ ...terms(account), model: 'gemini-2.5-pro', maxOutputTokens: 60_000 })

async function thrown(work: Promise<unknown>): Promise<PurserApiError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof PurserApiError) return error
  throw new Error('it should have thrown a PurserApiError', { cause: error })
}

test('a call is reserved, and settled at what it really cost; the same usage again changes nothing', async () => {
  const account = await stage.account()
  const reservation = await purser.reserve({ ...terms(account), labels: { our_tier: 'gold' } })
  expect(reservation).toMatchObject({ state: 'dispatched', account, provider: 'gemini', cost: null })
  expect((await stage.balance(account)).reserved).toBe(nanoOf(reservation.amount))
  const settled = await reservation.settle({ input_tokens: 1_200, output_tokens: 300 }, { responseId: 'r-1', durationMs: 900 })
  expect(settled).toMatchObject({ state: 'settled', lines: [{ unit: 'input_text_tokens', quantity: '1200' }, { quantity: '300' }] })
  expect(
    await reservation.settle([
      { unit: 'input_text_tokens', quantity: 1_200 },
      { unit: 'output_text_tokens', quantity: 300 },
    ]),
  ).toEqual(settled)
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled.cost) })
  expect(await thrown(reservation.settle({ input_tokens: 5 }))).toMatchObject({ code: 'already_settled', status: 409 })
})

test('what was never sent is given back, with the word for it', async () => {
  const account = await stage.account()
  const reservation = await purser.reserve(terms(account))
  const released = await reservation.release({ because: 'never_sent', why: 'the user left' })
  expect(released).toMatchObject({ state: 'rejected', givenBack: reservation.amount })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('a refusal names the budget, what is needed and what is left, and says what would work', async () => {
  const account = await stage.account('free')
  const held = await purser.reserve(terms(account))
  const error = await thrown(purser.reserve(dear(account)))
  if (!(error instanceof BudgetExceededError)) throw new Error('it should be a BudgetExceededError', { cause: error })
  expect(error).toMatchObject({
    name: 'BudgetExceededError',
    code: 'budget_exceeded',
    status: 402,
    budget: { name: `free plan of ${account}` },
    cap: { amount: '0.100000000', currency: 'EUR' },
    spent: { amount: '0.000000000', currency: 'EUR' },
    reserved: held.amount,
  })
  expect(nanoOf(error.needed)).toBeGreaterThan(eur('0.10'))
  expect(nanoOf(error.remaining)).toBe(eur('0.10') - nanoOf(held.amount))
  expect(error.message).toMatch(
    /^budget "free plan of acc_\w+" cannot pay for this call: 0\.\d+ EUR needed, 0\.09\d+ EUR remaining of 0\.1000 EUR until \d{4}-\d\d-\d\d/,
  )
  expect(Number.isNaN(Date.parse(error.resetsAt ?? ''))).toBe(false)
  const fit = error.wouldWork.find(({ kind }) => kind === 'fit')
  if (fit?.kind !== 'fit') throw new Error('a smaller output should work')
  expect(await purser.canAfford({ ...dear(account), maxOutputTokens: fit.maxOutputTokens })).toBe(true)
  expect(await purser.canAfford({ ...dear(account), maxOutputTokens: fit.maxOutputTokens + 1 })).toBe(false)
  expect((await stage.attempts(account)).length).toBe(1)
})

test('of a budget that covers more than the key’s account, a refusal tells only what is needed', async () => {
  const account = await stage.account('corporate')
  const everyone = await purser.budgets.create({
    name: 'everyone',
    scope: { model: 'gemini-2.5-pro' },
    budgetAmount: { amount: '0.01', currency: 'EUR' },
  })
  const bound = purserApi({ url: api.url, key: (await api.caller({ account, scopes: ['reservations:write'] })).text })
  const error = await thrown(bound.reserve(dear(account)))
  expect(error).toMatchObject({ code: 'budget_exceeded', budget: undefined, cap: undefined, remaining: undefined })
  expect(error.message).toMatch(/^a budget that covers more than this account cannot pay for this call: 0\.\d+ EUR needed/)
  await purser.budgets.archive(everyone.id, { reason: 'the test is over' })
})

test('whether a call is affordable is asked without an effect, in three forms', async () => {
  const account = await stage.account('free')
  const call = { account, model: MODEL, feature: 'chat' }
  expect(await purser.canAfford({ ...call, inputTokens: 2_000, maxOutputTokens: 1_000 })).toBe(true)
  expect(await purser.canAfford({ ...call, estimatedTokens: 3_000 })).toBe(true)
  expect(await purser.canAfford(dear(account))).toBe(false)
  const estimate = await purser.estimate(dear(account))
  expect(estimate).toMatchObject({
    affordable: false,
    remaining: { amount: '0.100000000', currency: 'EUR' },
    refusal: { budget: { name: `free plan of ${account}` }, needed: estimate.bound },
  })
  const stop = await purser.stops.create({ scope: { account }, reason: 'too dear' })
  expect(await purser.canAfford(terms(account))).toBe(false)
  expect(await thrown(purser.reserve(terms(account)))).toMatchObject({ code: 'stopped', status: 409 })
  expect((await every(purser.stops.list({ account }))).map(({ id }) => id)).toEqual([stop.id])
  await purser.stops.resume(stop.id, { reason: 'it is not' })
  expect(await purser.canAfford(terms(account))).toBe(true)
  expect(await stage.attempts(account)).toEqual([])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('what was used elsewhere is booked once per key, one by one or many at once', async () => {
  const account = await stage.account()
  const usage = { key: 'invoice 17 line 3', account, model: MODEL, usage: { input_tokens: 1_500, output_tokens: 500 } }
  const first = await purser.track(usage)
  expect(first).toMatchObject({ key: 'invoice 17 line 3', account, isNew: true })
  const { key: _key, ...other } = usage
  const batch = await purser.trackMany([usage, { ...other, key: 'line 4' }, { ...other, key: 'line 5', model: 'nobody-has-this' }], {
    mode: 'each',
  })
  expect(batch).toMatchObject({ booked: 1, known: 0, failed: 2 })
  const idempotencyKey = newKey()
  expect([await purser.track(other, { idempotencyKey }), await purser.track(other, { idempotencyKey })].map(({ cost }) => cost)).toEqual([
    first.cost,
    first.cost,
  ])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 3n * nanoOf(first.cost) })
})

test('a list is told to its end, page by page', async () => {
  const account = await stage.account()
  const names = ['a', 'b', 'c', 'd'].map((name) => `${name} of ${account}`)
  for (const name of names)
    await purser.budgets.create({ name, scope: { account, feature: name }, budgetAmount: { amount: '0.50', currency: 'EUR' } })
  let requests = 0
  const counting = purserApi({
    url: api.url,
    key,
    fetch: (request) => {
      requests += 1
      return fetch(request)
    },
  })
  const told = await every(counting.budgets.list({ account, pageSize: 2 }))
  expect([told.map(({ name }) => name), requests]).toEqual([[`paid plan of ${account}`, ...names], 3])
})

test('a budget changes for whoever has seen its newest revision, and for nobody else', async () => {
  const account = await stage.account()
  const seen = await purser.budgets.create({
    name: `chat of ${account}`,
    scope: { account, feature: 'chat' },
    budgetAmount: { amount: '0.50', currency: 'EUR' },
  })
  const changed = await purser.budgets.update(seen, { budgetAmount: { amount: '0.75', currency: 'EUR' }, reason: 'a larger order' })
  expect(changed).toMatchObject({ budgetAmount: { amount: '0.750000000' }, revision: 2 })
  const late = await thrown(purser.budgets.update(seen, { kind: 'soft', reason: 'too late' }))
  expect(late).toMatchObject({ code: 'precondition_failed', status: 412, problem: { budget: { revision: 2 } } })
  expect(await purser.budgets.get(seen.id)).toEqual(changed)
  expect(await purser.budgets.archive(seen.id, { reason: 'over' })).toMatchObject({ phase: 'archived' })
})

test('a job is started once, by its own id or by the key; it is looked at, listed and cancelled', async () => {
  const account = await stage.account()
  const brief = { name: 'Ada', headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' }
  const banner = { type: 'banner', account, brief, ledgerMode: 'activity' } as const
  const jobId = `Übung/${account}?`
  const named = await purser.jobs.start({ ...banner, jobId })
  expect(named).toMatchObject({
    id: jobId,
    account,
    state: 'running',
    endedAt: null,
    links: { self: `/v1/jobs/${encodeURIComponent(jobId)}` },
  })
  expect(await purser.jobs.start({ ...banner, jobId })).toEqual(named)
  const idempotencyKey = newKey()
  const own = await purser.jobs.start(banner, { idempotencyKey })
  expect(await purser.jobs.start(banner, { idempotencyKey })).toEqual(own)
  expect(await thrown(purser.jobs.start({ ...banner, jobId, variants: 2 }))).toMatchObject({ code: 'job_conflict', status: 409 })
  expect(await purser.jobs.get(jobId)).toMatchObject({
    id: jobId,
    waitingFor: expect.any(String),
    progress: null,
    result: null,
    error: null,
  })
  const listed = await until('both are listed', async () => {
    const ids = (await every(purser.jobs.list({ account, pageSize: 1 }))).map(({ id }) => id)
    return ids.length === 2 && ids
  })
  expect(listed).toEqual([own.id, jobId])
  expect(await purser.jobs.cancel(jobId)).toMatchObject({ id: jobId, state: 'running' })
  await temporal.client.workflow.getHandle(jobId).terminate('a test')
  expect(await purser.jobs.get(jobId)).toMatchObject({ state: 'terminated', error: { code: 'terminated', refusal: null } })
  expect(await purser.jobs.cancel(jobId)).toMatchObject({ state: 'terminated' })
  expect(await thrown(purser.jobs.get('nothing-of-this-name'))).toMatchObject({ code: 'not_found', status: 404 })
})

test('a batch is a job as a banner is, with lines in the names of TypeScript', async () => {
  const account = await stage.account()
  const line = { callId: 'one', model: 'gemini-2.5-flash-lite', prompt: 'p', maxOutputTokens: 9, labels: { tier_of: 'x' } }
  const batch = { type: 'batch', account, deadline: '2027-01-01T00:00:00Z', onDeadline: 'end', lines: [line] } as const
  const jobId = `batch of ${account}`
  expect(await purser.jobs.start({ ...batch, jobId })).toMatchObject({ id: jobId, type: 'batch', account, state: 'running' })
  expect(await purser.jobs.get(jobId)).toMatchObject({ type: 'batch', outcomes: null, waitingFor: expect.any(String) })
  await temporal.client.workflow.getHandle(jobId).terminate('a test')
})

test('an account is made once, suspended and let go on', async () => {
  const id = `${await stage.account()}-more`
  const made = await purser.accounts.create({ id, plan: 'paid', timeZone: 'Europe/Berlin' })
  expect(made).toMatchObject({ id, plan: 'paid', timeZone: 'Europe/Berlin', status: 'active', budgets: [{ plan: 'paid' }] })
  expect(await purser.accounts.create({ id, plan: 'paid', timeZone: 'Europe/Berlin' })).toMatchObject({ id })
  expect(await purser.accounts.suspend(id, { reason: 'unpaid' })).toMatchObject({ status: 'suspended' })
  expect(await purser.accounts.activate(id, { reason: 'paid' })).toMatchObject({ status: 'active' })
  expect((await every(purser.accounts.list({ pageSize: 1_000 }))).map((account) => account.id)).toContain(id)
})

test('a request whose answer is lost is sent again with its key, and books once', async () => {
  const account = await stage.account()
  const keys: (string | null)[] = []
  const client = through({
    fetch: async (request) => {
      keys.push(request.headers.get('idempotency-key'))
      if (keys.length > 1) return fetch(request)
      // The first arrives, and has its effect; its answer is lost with the connection.
      proxy.mute()
      const answer = fetch(request)
      while ((await stage.attempts(account)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      await proxy.cut()
      await proxy.join()
      return answer
    },
  })
  const reservation = await client.reserve(terms(account))
  expect([keys.length, new Set(keys).size, isKey(keys[0] ?? '')]).toEqual([2, 1, true])
  expect((await stage.attempts(account)).length).toBe(1)
  expect((await stage.balance(account)).reserved).toBe(nanoOf(reservation.amount))
})

test('who hears nothing within the time limit gets the key with which the same call finds out', async () => {
  const account = await stage.account()
  proxy.mute()
  const error = await thrown(through({ timeoutMs: 700 }).reserve(terms(account)))
  expect(error).toMatchObject({ code: 'no_answer', status: undefined, requestId: undefined })
  expect(error.message).toMatch(
    /no answer within 700 ms; whether it had its effect is not known: ask again with the idempotencyKey "[0-9a-f-]{36}"$/,
  )
  await proxy.cut()
  await proxy.join()
  const reservation = await purser.reserve(terms(account), { idempotencyKey: error.idempotencyKey })
  expect((await stage.attempts(account)).length).toBe(1)
  expect((await stage.balance(account)).reserved).toBe(nanoOf(reservation.amount))
})

test('where nobody is, it is tried as often as was said, and then told', async () => {
  await proxy.cut()
  let tries = 0
  const counting: PurserApiOptions['fetch'] = (request) => {
    tries += 1
    return fetch(request)
  }
  for (const [retries, sent] of [
    [3, 4],
    [0, 1],
  ] as const) {
    tries = 0
    const error = await thrown(through({ fetch: counting, retries }).budgets.get('bdg_1'))
    expect([error.code, tries, error.message.includes('ECONNREFUSED')]).toEqual(['no_answer', sent, true])
  }
  await proxy.join()
})

/** Answers the first request with a 503 that says when to come back. */
const busy = (seconds: string) => {
  let left = 1
  return async (request: Request): Promise<Response> => {
    left -= 1
    return left >= 0 ? new Response('{}', { status: 503, headers: { 'retry-after': seconds } }) : fetch(request)
  }
}

test('it comes back when it is told to, not before, and not when that is too late', async () => {
  const account = await stage.account()
  const began = performance.now()
  expect(await through({ fetch: busy('1') }).canAfford(terms(account))).toBe(true)
  expect(performance.now() - began).toBeGreaterThanOrEqual(990)
  expect(await thrown(through({ fetch: busy('60'), timeoutMs: 5_000 }).canAfford(terms(account)))).toMatchObject({ status: 503 })
  expect(performance.now() - began).toBeLessThan(4_000)
  // A proxy may name the moment.
  expect(await through({ fetch: busy(new Date(Date.now() - 1_000).toUTCString()) }).canAfford(terms(account))).toBe(true)
})

test('a caller who stops waiting is not waited for, and hears his own reason', async () => {
  proxy.mute()
  const stop = new AbortController()
  const asked = through().budgets.get('bdg_1', { signal: stop.signal })
  setTimeout(() => stop.abort(new Error('the user left')), 100)
  await expect(asked).rejects.toThrow('the user left')
  await proxy.cut()
  await proxy.join()
})

test('a wrong key, a wrong body and a wrong server are told apart', async () => {
  const account = await stage.account()
  const stranger = purserApi({ url: api.url, key: 'psk_test_nobody' })
  expect(await thrown(stranger.reserve(terms(account)))).toMatchObject({ name: 'PurserApiError', code: 'unauthorized', status: 401 })
  const wrong = await thrown(purser.reserve({ ...terms(account), maxOutputTokens: 0 }))
  expect(wrong).toMatchObject({ code: 'bad_input', status: 400, errors: [{ field: 'body.max_output_tokens' }] })
  expect(wrong.requestId).toMatch(/^req_/)
  const elsewhere = purserApi({ url: api.url, key: 'x', fetch: async () => new Response('<html>', { status: 502 }) })
  expect(await thrown(elsewhere.budgets.get('bdg_1'))).toMatchObject({ code: 'unexpected_answer', status: 502 })
  const portal = purserApi({ url: api.url, key: 'x', fetch: async () => new Response('<html>Sign in', { status: 200 }) })
  expect(await thrown(portal.budgets.get('bdg_1'))).toMatchObject({ code: 'unexpected_answer', status: 200 })
  expect(await thrown(portal.reserve(terms(account)))).toMatchObject({ code: 'unexpected_answer', idempotencyKey: expect.any(String) })
})

test('options that cannot be are refused before anything is sent, in words', () => {
  const right = { url: api.url, key: 'psk_test_x' }
  for (const [wrong, says] of [
    [{ url: 'purser.example' }, 'url is "purser.example"'],
    [{ key: '' }, 'key is no API key'],
    [{ timeoutMs: 0 }, 'timeoutMs is 0'],
    [{ retries: 4 }, 'retries is 4'],
  ] as const)
    expect(() => purserApi({ ...right, ...wrong })).toThrow(says)
})

test('every endpoint is there for whoever needs more, with the same types', async () => {
  const account = await stage.account()
  const { data, error } = await purser.raw.POST('/v1/top-ups', {
    body: { account, amount: { amount: '0.25', currency: 'EUR' }, reason: 'a gift' },
    params: { header: { 'Idempotency-Key': newKey() } },
  })
  expect([data?.budget_amount.amount, error]).toEqual(['1.250000000', undefined])
  // @ts-expect-error there is no such address
  expect((await purser.raw.GET('/v1/nothing')).response.status).toBe(404)
})

test('every name of the API has one in TypeScript, and back; only labels, usage, groups and a policy’s models have names of the caller’s own', () => {
  const document = readFileSync(fileURLToPath(new URL('../openapi.json', import.meta.url)), 'utf8')
  const names = new Set<string>()
  const free = new Set<string>()
  JSON.parse(document, (name, value: unknown) => {
    if (name === 'properties') Object.keys(value as object).forEach((one) => names.add(one))
    if (typeof value === 'object' && value !== null && 'additionalProperties' in value && value.additionalProperties !== false)
      free.add(name)
    return value
  })
  expect(names.size).toBeGreaterThan(100)
  expect([...names].filter((name) => snakeName(camelName(name)) !== name)).toEqual([])
  expect(
    [...free].filter((name) => !/^(labels|usage|group|evidence|what|sizes|can|cannot|Problem|BudgetExceeded|\d+)$/.test(name)),
  ).toEqual([])
})

import { expect, test } from 'vitest'
import { newKey } from '../../src/calls/cost-key.ts'
import { eventText } from '../../src/alerts/event-text.ts'
import { listEvents } from '../../src/ledger/outbox.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { listUnbooked, resolveUnbooked } from '../../src/ledger/unbooked.ts'
import { openApiStage, startApi } from '../support/api.ts'
import { MODEL, nanoOf, reservedBy, termsFor } from '../support/reservations.ts'

const { stage, house } = await openApiStage()

test('a settle that comes again has no effect; another usage is refused, and the first stands', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  const usage = { input_tokens: 100, output_tokens: 50 }
  const first = await house('POST', `${path}/settle`, { body: { usage } })
  const again = await house('POST', `${path}/settle`, { body: { usage } })
  const other = await house('POST', `${path}/settle`, { body: { usage: { ...usage, output_tokens: 51 } } })
  expect([again.status, again.headers.get('idempotent-replayed'), again.body['cost']]).toEqual([200, 'true', first.body['cost']])
  expect(other).toMatchObject({ status: 409, body: { code: 'already_settled', cost: first.body['cost'] } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(first.body['cost']) })
})

test('ten settles at once, of one usage: booked once, and all hear it', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  const body = { usage: { input_tokens: 100, output_tokens: 50 } }
  const answers = await Promise.all(Array.from({ length: 10 }, () => house('POST', `${path}/settle`, { body })))
  expect(new Set(answers.map(({ status, body: told }) => `${status} ${JSON.stringify(told['cost'])}`)).size).toBe(1)
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(answers[0]?.body['cost']) })
})

test('settled through another server, the first usage stands here too; what contradicts it is refused, and waits for a person', async () => {
  const elsewhere = await startApi(stage)
  try {
    const account = await stage.account()
    const path = await reservedBy(house, account)
    const usage = { input_tokens: 100, output_tokens: 50 }
    const first = await (await elsewhere.caller())('POST', `${path}/settle`, { body: { usage } })
    const other = await house('POST', `${path}/settle`, { body: { usage: { ...usage, output_tokens: 51 } } })
    expect(other).toMatchObject({ status: 409, body: { code: 'already_settled', cost: first.body['cost'] } })
    expect(await house('POST', `${path}/settle`, { body: { usage } })).toMatchObject({ status: 200, body: { cost: first.body['cost'] } })
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(first.body['cost']) })
    // Either may be what the provider bills.
    const [contradiction, ...more] = await listUnbooked(stage.ledger, { after: 0, limit: 10 })
    expect({ account: contradiction?.account, more }).toEqual({ account, more: [] })
    await resolveUnbooked(stage.ledger, contradiction?.id ?? 0, 'put_aside', 'a test: the caller was wrong')
  } finally {
    await elsewhere.close()
  }
})

test('a usage may be told in the units of the price book, as a list of them, or not at all: then all of it is booked', async () => {
  const account = await stage.account()
  const units = [
    { input_text_tokens: 900, input_cached_tokens: 300, output_text_tokens: 200, output_thought_tokens: 100 },
    [
      { unit: 'input_text_tokens', quantity: 900 },
      { unit: 'input_cached_tokens', quantity: 300 },
      { unit: 'output_text_tokens', quantity: 200 },
      { unit: 'output_thought_tokens', quantity: 100 },
    ],
  ]
  const costs = []
  for (const usage of units)
    costs.push((await house('POST', `${await reservedBy(house, account)}/settle`, { body: { usage } })).body['cost'])
  expect(costs[0]).toEqual(costs[1])
  const unnamed = await house('POST', `${await reservedBy(house, account)}/settle`, { body: { usage: null } })
  expect(unnamed).toMatchObject({ status: 200, body: { state: 'settled', cost: unnamed.body['amount'], flags: ['usage_missing'] } })
})

test('a usage that cannot be read is refused, and nothing is lost: the money stays set aside until it is told', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  const wrong = [
    {},
    [],
    'many',
    { input_tokens: -1 },
    { input_tokens: 1.5 },
    { input_tokens: '10' },
    { input_tokens: 1e300 },
    { elephants: 1 },
    { input_tokens: 0 },
  ]
  for (const usage of wrong)
    expect(await house('POST', `${path}/settle`, { body: { usage } })).toMatchObject({ status: 422, body: { code: 'usage_unreadable' } })
  expect(await house('GET', path)).toMatchObject({ body: { state: 'dispatched', cost: null } })
  expect(await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 10, output_tokens: 5 } } })).toMatchObject({ status: 200 })
})

test('what answered decides the price, as its response names it', async () => {
  const account = await stage.account()
  const usage = { input_tokens: 1_000, output_tokens: 500 }
  const asAsked = await house('POST', `${await reservedBy(house, account)}/settle`, { body: { usage, model: `${MODEL}-001` } })
  const dearer = await house('POST', `${await reservedBy(house, account)}/settle`, { body: { usage, model: 'gemini-2.5-flash' } })
  expect([asAsked.body['flags'], dearer.body['flags']]).toEqual([[], ['other_model']])
  expect(nanoOf(dearer.body['cost'])).toBeGreaterThan(nanoOf(asAsked.body['cost']))
})

test('who has used more than he said is booked in full, and stopped: he, and nobody else', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  const settled = await house('POST', `${await reservedBy(house, account)}/settle`, {
    body: { usage: { input_tokens: 100_000, output_tokens: 50_000 } },
  })
  expect(nanoOf(settled.body['cost'])).toBeGreaterThan(nanoOf(settled.body['amount']))
  expect(await house('POST', '/v1/reservations', { body: termsFor(account) })).toMatchObject({
    status: 409,
    body: { code: 'stopped', detail: expect.stringContaining(`purser resume --scope account=${account},provider=gemini,model=${MODEL}`) },
  })
  expect(await house('POST', '/v1/reservations', { body: termsFor(other) })).toMatchObject({ status: 201 })
  const [told] = await listEvents(stage.ledger, { limit: 1, kind: 'model_stopped' })
  expect(told === undefined ? '' : eventText(told)).toContain(`is stopped for account "${account}"`)
})

test('what was never sent, or refused without a bill, is given back on the caller’s word, which is kept', async () => {
  const account = await stage.account()
  for (const because of ['never_sent', 'rejected_unbilled']) {
    const path = await reservedBy(house, account)
    const key = newKey()
    const body = { because, why: 'the provider said 429' }
    const released = await house('POST', `${path}/release`, { body, key })
    expect(released).toMatchObject({
      status: 200,
      body: {
        state: 'rejected',
        why: expect.stringContaining('the caller says so: the provider said 429'),
        given_back: released.body['amount'],
      },
    })
    const again = await house('POST', `${path}/release`, { body, key })
    expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([200, 'true', released.body])
    expect(await house('POST', `${path}/release`, { body: { ...body, why: 'another' }, key })).toMatchObject({ status: 422 })
  }
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('a reason is needed to give money back, and what is settled is not given back', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  for (const body of [{}, { because: 'timeout', why: 'x' }, { because: 'never_sent', why: ' ' }, { because: 'never_sent' }])
    expect(await house('POST', `${path}/release`, { body })).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 10 } } })
  expect(await house('POST', `${path}/release`, { body: { because: 'never_sent', why: 'x' } })).toMatchObject({
    status: 409,
    body: { code: 'already_settled' },
  })
})

test('nobody settles: it is presumed spent, and an answer that comes later is booked all the same', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  const id = (await stage.attempts(account))[0]?.id ?? ''
  await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - interval '20 minutes' where id = ${id}`
  for (let round = 0; round < 3; round += 1) await sweep(stage.ledger, 100)
  const presumed = await house('GET', path)
  expect(presumed).toMatchObject({ body: { state: 'presumed', cost: presumed.body['amount'] } })
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  expect(settled).toMatchObject({ status: 200, body: { state: 'settled' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled.body['cost']) })
})

test('an answer that comes after a release is booked: it was paid for', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  await house('POST', `${path}/release`, { body: { because: 'never_sent', why: 'so I thought' } })
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  expect(settled).toMatchObject({ status: 200, body: { state: 'settled' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled.body['cost']) })
})

test('a settle leaves its receipt beside the blobs, so that a restored backup finds it', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100 } } })
  const [attempt] = await stage.attempts(account)
  expect(await stage.receiptFile(attempt?.id ?? '')).toBeDefined()
})

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { actsOf, allOf, doneOnce, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'

const { stage, api, house } = await openApiStage()
const RECEIVER = 'https://receiver.example/hooks/purser?token=hidden'

const create = async (body: Record<string, unknown>) => {
  const made = await house('POST', '/v1/destinations', { body })
  return { id: String(made.body['id']), made }
}
/** Asks for something that has no body, and repeats it. */
async function twice(path: string) {
  const key = randomUUID()
  const answers = [await house('POST', path, { key }), await house('POST', path, { key })] as const
  expect([answers[1].status, answers[1].body, answers[1].headers.get('idempotent-replayed')]).toEqual([200, answers[0].body, 'true'])
  return answers
}
const refused = async (target: string | undefined, kind = 'webhook') =>
  (await create({ name: 'wrong', kind, ...(target === undefined ? {} : { target }) })).made.body
const wrong = (body: unknown) => refusedFor(house, 'POST', '/v1/destinations', body)
const secretsOf = (id: string) =>
  stage.db.sql<
    { secret: string }[]
  >`select secret from purser.destination_secret where destination = ${Number(id.slice(4))} order by version`

test('a webhook is made once, with a secret that is shown to whoever made it, and kept nowhere else', async () => {
  const account = await stage.account()
  const body = { name: 'their hook', kind: 'webhook', target: RECEIVER, types: ['budget.*', 'alert.opened'], account }
  const made = await doneOnce(house, ['POST', '/v1/destinations', body], 'destination.create', { name: 'another' })
  expect(made).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^dst_\d+$/),
      target: 'https://receiver.example/hooks/purser?…',
      types: ['budget.*', 'alert.opened'],
      account,
      secret_version: 1,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      disabled_at: null,
    },
  })
  const { secret, ...shown } = made.body
  const id = String(shown['id'])
  expect(await secretsOf(id)).toEqual([{ secret }])
  expect((await house('GET', `/v1/destinations/${id}`)).body).toEqual(shown)
  const kept = await stage.db.sql`select answer::text from purser.api_request union all select what::text from purser.audit_act`
  expect(JSON.stringify(kept)).not.toMatch(/whsec_|hidden/)
})

test('a secret rotates once per request, with an overlap of a day or as asked; a repeat hears the same secret until there is a newer one', async () => {
  const { id, made } = await create({ name: 'rotated', kind: 'webhook', target: RECEIVER })
  const path = `/v1/destinations/${id}/rotate-secret`
  const rotated = await doneOnce(house, ['POST', path, {}], 'destination.rotate', { overlap_seconds: 5 })
  expect(rotated).toMatchObject({ status: 200, body: { secret_version: 2, secret: expect.stringMatching(/^whsec_/) } })
  expect((await secretsOf(id)).map(({ secret }) => secret)).toEqual([made.body['secret'], rotated.body['secret']])
  const repeated = { key: 'once more', body: { overlap_seconds: 0 } }
  const [first, again] = [await house('POST', path, repeated), await house('POST', path, repeated)]
  expect([first.body['secret'], again.headers.get('idempotent-replayed')]).toEqual([again.body['secret'], 'true'])
  expect((await secretsOf(id)).map(({ secret }) => secret)).toEqual([first.body['secret']])
  await house('POST', path, { body: {} })
  expect((await house('POST', path, repeated)).body).toMatchObject({ secret_version: 3, secret: null })
})

test('what may not be a receiver is refused, in words', async () => {
  expect(await refused('http://receiver.example/')).toMatchObject({
    status: 400,
    code: 'bad_input',
    detail: 'the address must begin with https://',
  })
  expect(await refused('https://169.254.169.254/latest')).toMatchObject({ detail: '169.254.169.254 is refused as a receiver (link-local)' })
  expect(await refused('https://[::1]:8080/')).toMatchObject({ detail: '::1 is refused as a receiver (loopback)' })
  expect(await refused('https://me:secret@receiver.example/')).toMatchObject({ detail: 'the address must hold no user and no password' })
  expect(await refused(undefined)).toMatchObject({ detail: expect.stringContaining('the target is missing') })
  expect(await refused('ops@example.com', 'email')).toMatchObject({
    detail: expect.stringContaining('set PURSER_SMTP_URL and PURSER_MAIL_FROM'),
  })
  expect(await refused('x', 'log')).toMatchObject({ detail: expect.stringContaining('leave the target out') })
  expect((await wrong({ name: 'x', kind: 'pigeon' }))[0]).toBe('body.kind')
  expect((await wrong({ name: 'x', kind: 'log', types: ['Alert!'] }))[0]).toBe('body.types.0')
  expect((await wrong({ name: 'x\ny', kind: 'log' }))[0]).toBe('body.name')
  expect((await create({ name: 'x', kind: 'log', account: 'nobody' })).made).toMatchObject({
    status: 404,
    body: { code: 'unknown_account' },
  })
})

test('a Slack address is a secret: only its host is shown', async () => {
  const { made } = await create({ name: 'slack', kind: 'slack', target: 'https://hooks.slack.example/services/T0/B0/hidden' })
  expect(made.body).toMatchObject({ target: 'https://hooks.slack.example/…', secret: null, secret_version: null })
})

test('a destination is disabled and enabled, once each, and keeps its name only while it is enabled', async () => {
  const { id } = await create({ name: 'moving', kind: 'log' })
  expect((await create({ name: 'moving', kind: 'log' })).made).toMatchObject({ status: 409, body: { code: 'conflict' } })
  const disabled = await doneOnce(house, ['POST', `/v1/destinations/${id}/disable`, { reason: 'it moved' }], 'destination.disable', {
    reason: 'another',
  })
  expect(disabled.body).toMatchObject({ disabled_reason: 'it moved', disabled_at: expect.any(String) })
  const again = await house('POST', `/v1/destinations/${id}/disable`, { body: { reason: 'again' } })
  expect([again.body['disabled_reason'], await actsOf(house, again)]).toEqual(['it moved', []])
  expect(await house('POST', `/v1/destinations/${id}/test`)).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect((await allOf(house, '/v1/destinations')).ids).not.toContain(id)
  expect((await allOf(house, '/v1/destinations?disabled=true')).ids).toContain(id)
  const enabled = await twice(`/v1/destinations/${id}/enable`)
  expect((await actsOf(house, ...enabled)).map(({ act }) => act)).toEqual(['destination.enable'])
  expect(enabled[0].body).toMatchObject({ disabled_at: null, disabled_reason: null })
})

test('a test is a delivery; a dead one is found by its state, and sent again once', async () => {
  const { id } = await create({ name: 'tested', kind: 'log' })
  const repeated = { key: 'a test' }
  const [tested, same] = [
    await house('POST', `/v1/destinations/${id}/test`, repeated),
    await house('POST', `/v1/destinations/${id}/test`, repeated),
  ]
  expect(tested).toMatchObject({ status: 201, body: { state: 'pending', type: 'destination.test', destination: id, attempts: 0 } })
  expect(same.body).toEqual(tested.body)
  const delivery = String(tested.body['id'])
  const resend = `/v1/deliveries/${delivery}/resend`
  expect(await house('POST', resend)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('is still being tried') } })
  await stage.db
    .sql`update purser.delivery set state = 'dead', dead_at = now(), dead_why = 'too long', last_status = 503 where id = ${delivery.slice(4)}`
  expect((await house('GET', `/v1/deliveries/${delivery}`)).body).toMatchObject({
    state: 'dead',
    dead_reason: 'too long',
    last_status: 503,
  })
  const filters = [`state=dead`, `destination=${id}`, `notice=${String(tested.body['notice_id'])}`]
  const found = await Promise.all(filters.map(async (filter) => (await allOf(house, `/v1/deliveries?${filter}`)).ids))
  expect(found).toEqual([[delivery], [delivery], [delivery]])
  const sent = await twice(resend)
  expect((await actsOf(house, ...sent)).map(({ act }) => act)).toEqual(['delivery.resend'])
  expect(sent[0].body).toMatchObject({ state: 'pending', resends: 1, dead_at: null, dead_reason: null })
  expect(await stage.db.sql`select workflow_id from purser.delivery_start where run = 1`).toHaveLength(1)
})

test('a key that is bound to an account has destinations of that account only', async () => {
  const account = await stage.account()
  const theirs = await api.caller({ account })
  const made = await theirs('POST', '/v1/destinations', { body: { name: 'mine', kind: 'webhook', target: RECEIVER } })
  expect(made).toMatchObject({ status: 201, body: { account } })
  expect((await allOf(theirs, '/v1/destinations')).ids).toEqual([made.body['id']])
  for (const [kind, target] of [['log'], ['email', 'victim@example.com']])
    expect((await theirs('POST', '/v1/destinations', { body: { name: 'x', kind, target } })).status).toBe(403)
  const { id } = await create({ name: 'of the house', kind: 'log' })
  expect((await theirs('GET', `/v1/destinations/${id}`)).status).toBe(404)
  const reader = await api.caller({ scopes: ['budgets:write'] })
  expect((await reader('GET', '/v1/destinations')).status).toBe(403)
})

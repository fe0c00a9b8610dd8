import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Resolve } from '../../src/delivery/guard.ts'
import { post, type PostOptions } from '../../src/delivery/post.ts'
import { slackWord } from '../../src/delivery/slack.ts'
import { selfSigned } from '../support/self-signed.ts'
import { startReceiver, withStatus } from '../support/receiver.ts'

const receiver = await startReceiver()
afterAll(() => receiver.close())
beforeEach(() => receiver.answer(undefined))

const at =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: 4 })))
const nobody: Resolve = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
const saying = (text: string): void => receiver.answer((_request, response) => void response.writeHead(400).end(text))
const options = (change: Partial<PostOptions> = {}): PostOptions => ({
  toPrivate: true,
  resolve: at('127.0.0.1'),
  limitMs: 1_000,
  ...change,
})
const posted = (change: Partial<PostOptions> = {}, target = receiver.url) => post(target, { 'x-mine': 'yes' }, '{"a":"ü"}', options(change))
const toSlack = () => post(receiver.url, {}, '{}', options(), slackWord)

test('a body arrives as it was given, with its headers', async () => {
  expect(await posted()).toEqual({ kind: 'delivered', status: 204 })
  expect(receiver.received.at(-1)).toMatchObject({
    path: '/hook',
    body: '{"a":"ü"}',
    headers: { 'x-mine': 'yes', 'content-type': 'application/json', 'content-length': '10', 'user-agent': 'Purser' },
  })
})

test.for([
  [200, { kind: 'delivered', status: 200 }],
  [299, { kind: 'delivered', status: 299 }],
  [410, { kind: 'gone', status: 410, error: 'the receiver answered 410: it wants no more' }],
  [400, { kind: 'failed', status: 400, error: 'the receiver answered 400' }],
  [404, { kind: 'failed', status: 404, error: 'the receiver answered 404' }],
  [500, { kind: 'failed', status: 500, error: 'the receiver answered 500' }],
] as const)('an answer of %s', async ([status, outcome]) => {
  receiver.answer(withStatus(status))
  expect(await posted()).toEqual(outcome)
})

test.for([301, 302, 303, 307, 308])('a redirect (%s) is a failure that says so, and nobody follows it', async (status) => {
  receiver.answer((_request, response, { path }) => void response.writeHead(path === '/hook' ? status : 200, { location: '/inside' }).end())
  const before = receiver.received.length
  expect(await posted()).toMatchObject({ kind: 'failed', status, error: expect.stringContaining('redirects are not followed') })
  expect(receiver.received.slice(before).map(({ path }) => path)).toEqual(['/hook'])
})

test('how long a receiver wants to be left alone is understood, in seconds and as a date', async () => {
  receiver.answer(withStatus(503, { 'retry-after': '120' }))
  expect(await posted()).toMatchObject({ kind: 'failed', status: 503, retryAfterMs: 120_000 })
  receiver.answer(withStatus(429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }))
  const answered = await posted()
  const { retryAfterMs } = answered as { retryAfterMs: number }
  expect([retryAfterMs > 55_000, retryAfterMs <= 60_000]).toEqual([true, true])
  receiver.answer(withStatus(429, { 'retry-after': 'soon' }))
  expect(await posted()).toEqual({ kind: 'failed', status: 429, error: 'the receiver answered 429' })
})

test('no answer is waited for longer than the limit', async () => {
  receiver.answer(() => undefined)
  expect(await posted({ limitMs: 300 })).toEqual({ kind: 'failed', error: 'no answer within 0.3 s' })
  expect(await posted({ limitMs: 300, resolve: () => new Promise(() => undefined) }, 'http://slow.example/')).toEqual({
    kind: 'failed',
    error: 'no answer within 0.3 s',
  })
})

test('of an answer without end only the beginning is read; its status counts', async () => {
  let written = 0
  receiver.answer((_request, response) => {
    response.writeHead(200)
    const chunk = Buffer.alloc(16_384)
    const more = (): void => {
      if (response.destroyed) return
      written += chunk.length
      if (response.write(chunk)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  })
  const began = performance.now()
  expect(await posted({ limitMs: 5_000 })).toEqual({ kind: 'delivered', status: 200 })
  expect(performance.now() - began).toBeLessThan(4_000)
  // What lies in buffers of the system on both sides is on top.
  expect(written).toBeLessThan(20_000_000)
})

test('an answer that stops in the middle, or never ends, counts by its status', async () => {
  receiver.answer((_request, response) => void response.writeHead(200).write('a'))
  expect(await posted({ limitMs: 300 })).toEqual({ kind: 'delivered', status: 200 })
  receiver.answer((_request, response) => void response.writeHead(200).write('a', () => response.destroy()))
  expect(await posted()).toEqual({ kind: 'delivered', status: 200 })
})

test('whoever is not there is tried again, and his address is not told', async () => {
  const gone = await startReceiver()
  await gone.close()
  expect(await posted({}, gone.url)).toEqual({ kind: 'failed', error: 'the receiver could not be reached (ECONNREFUSED)' })
  expect(await posted({ resolve: nobody }, 'http://nobody.example/')).toEqual({
    kind: 'failed',
    error: 'the receiver could not be reached (ENOTFOUND)',
  })
})

test('what the guard refuses is dead at once, and nothing is connected', async () => {
  const before = receiver.received.length
  const refused = await posted({ toPrivate: false, resolve: at('127.0.0.1') }, `https://rebound.example:${receiver.port}/hook`)
  expect(refused).toEqual({ kind: 'dead', error: 'rebound.example is 127.0.0.1, which is refused as a receiver (loopback)' })
  expect(await posted({ toPrivate: false })).toEqual({ kind: 'dead', error: 'the address must begin with https://' })
  expect(receiver.received).toHaveLength(before)
})

test('the connection goes to the address that was looked at, though the name is another one’s a moment later', async () => {
  const other = await startReceiver('127.0.0.2', receiver.port)
  try {
    const answers = ['127.0.0.1', '127.0.0.2']
    let asked = 0
    const rebinding: Resolve = () => at(answers[asked++] ?? '')('')
    const before = receiver.received.length
    expect(await posted({ resolve: rebinding }, `http://rebinding.example:${receiver.port}/hook`)).toEqual({
      kind: 'delivered',
      status: 204,
    })
    expect([asked, receiver.received.length - before, other.received.length]).toEqual([1, 1, 0])
    expect(receiver.received.at(-1)?.headers.host).toBe(`rebinding.example:${receiver.port}`)
  } finally {
    await other.close()
  }
})

test('over TLS a receiver must have a certificate of its name that somebody trusts', async ({ skip }) => {
  const pem = selfSigned()
  if (pem === undefined) return skip('no openssl on this machine')
  const folder = await mkdtemp(join(tmpdir(), 'purser-tls-'))
  const server = createServer({ key: pem, cert: pem }, (_request, response) => void response.writeHead(204).end())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  try {
    expect(await posted({}, `https://127.0.0.1:${port}/`)).toEqual({
      kind: 'failed',
      error: 'the receiver could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)',
    })
    await writeFile(join(folder, 'ca.pem'), pem)
    const program = `import { post } from ${JSON.stringify(new URL('../../src/delivery/post.ts', import.meta.url).href)}
      const options = { toPrivate: true, limitMs: 5000, resolve: async () => [{ address: '127.0.0.1', family: 4 }] }
      for (const host of ['127.0.0.1', 'other.example']) console.log(JSON.stringify(await post('https://' + host + ':${port}/', {}, '{}', options)))`
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env, timeout: 30_000 })
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { kind: 'delivered', status: 204 },
      { kind: 'failed', error: 'the receiver could not be reached (ERR_TLS_CERT_ALTNAME_INVALID)' },
    ])
  } finally {
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('what Slack says is wrong is told, and nothing else of an answer', async () => {
  saying('invalid_payload')
  expect(await toSlack()).toMatchObject({ error: 'the receiver answered 400 invalid_payload' })
  saying('<html>inside of a network</html>')
  expect(await toSlack()).toMatchObject({ error: 'the receiver answered 400' })
})

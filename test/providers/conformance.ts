import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import type { Provider, ProviderReply, SendOptions } from '../../src/providers/provider.ts'
import { startTestEmulator, type TestEmulator, type WishedFault } from '../support/emulator.ts'
import { selfSigned } from '../support/self-signed.ts'

/** What a provider must bring along to be tested. */
export interface Subject {
  readonly provider: (place: { readonly baseUrl: string; readonly apiKey: string }) => Provider
  /** An image request whose prompt holds this text, so that a fault can be meant for it alone. */
  readonly imageRequest: (text: string) => ModelRequest
  readonly goodKey: string
  readonly badKey: string
}

/** How each fault of a provider must be understood. */
const EXPECTED: readonly (readonly [WishedFault, Partial<Record<string, unknown>>])[] = [
  [
    { fault: 'rate_limited', retryAfterSeconds: 7 },
    { kind: 'rejected', proof: 'provider_refused', status: 429, retryAfterMs: 7_000 },
  ],
  [
    { fault: 'rate_limited', retryAfterSeconds: 0 },
    { kind: 'rejected', status: 429, retryAfterMs: 0 },
  ],
  [{ fault: 'unavailable' }, { kind: 'rejected', proof: 'provider_refused', status: 503, retryAfterMs: 5_000 }],
  [
    { fault: 'unavailable', retryAfterSeconds: 2 },
    { kind: 'rejected', status: 503, retryAfterMs: 2_000 },
  ],
  [{ fault: 'internal' }, { kind: 'lost' }],
  [{ fault: 'proxy_unavailable' }, { kind: 'lost' }],
  [{ fault: 'proxy_unavailable', billed: true }, { kind: 'lost' }],
  [{ fault: 'proxy_bad_gateway' }, { kind: 'lost' }],
  [{ fault: 'not_json', billed: true }, { kind: 'lost' }],
  [
    { fault: 'slow', ms: 100 },
    { kind: 'answered', flags: [] },
  ],
  [{ fault: 'cut_before_headers' }, { kind: 'lost' }],
  [{ fault: 'cut_after_headers' }, { kind: 'lost' }],
  [{ fault: 'billed_but_cut' }, { kind: 'lost' }],
  [{ fault: 'no_usage' }, { kind: 'answered', usage: undefined }],
  [{ fault: 'no_image_detail' }, { kind: 'answered', flags: ['image_detail_missing'] }],
  [{ fault: 'prompt_usage_only' }, { kind: 'answered', content: { mimeType: 'image/png' }, flags: ['usage_incomplete'] }],
  [{ fault: 'blocked' }, { kind: 'answered', content: undefined, response: expect.objectContaining({ blocked: 'SAFETY' }) }],
  [{ fault: 'image_safety' }, { kind: 'answered', content: undefined, response: expect.objectContaining({ blocked: 'IMAGE_SAFETY' }) }],
  [{ fault: 'two_images' }, { kind: 'answered', flags: ['extra_image'] }],
  [{ fault: 'usage_above_bound' }, { kind: 'answered', usage: expect.arrayContaining([{ unit: 'output_image_tokens', quantity: 4_000 }]) }],
  [
    { fault: 'other_model_version' },
    { kind: 'answered', response: expect.objectContaining({ modelVersion: expect.stringContaining('-preview-other') }) },
  ],
]

const always = (): boolean => true
let sends = 0
const options = (change: Partial<SendOptions> = {}): SendOptions => ({
  timeoutMs: 5_000,
  clientRequestId: `rsv_test_${++sends}`,
  maySend: always,
  ...change,
})

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const ownBody = (status: number, message = 'no') => ({ error: { code: status, message, status: 'SOME_STATUS' } })

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Sends to a server that answers as told, and counts what arrives. */
async function sendToServer(subject: Subject, answer: Answer) {
  let arrived = 0
  const bodies: string[] = []
  const server = createServer((request, response) => {
    arrived += 1
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const provider = subject.provider({ baseUrl: `http://127.0.0.1:${port}`, apiKey: subject.goodKey })
    const reply = await provider.send(subject.imageRequest('im Übrigen: 你好'), options({ timeoutMs: 2_000 }))
    return { reply, arrived, body: bodies[0] ?? '' }
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Sends to this server on 127.0.0.1, and closes it. */
async function sendTo(subject: Subject, server: Server, scheme: 'http' | 'https'): Promise<ProviderReply> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const baseUrl = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    return await subject.provider({ baseUrl, apiKey: subject.goodKey }).send(subject.imageRequest('behind a door'), options())
  } finally {
    server.close()
  }
}

/** Ends every connection at the first bytes that come. */
const hangingUp = (): Server => createTcpServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.destroy()))

/** One suite for all providers: exactly one physical request per attempt, and every ending understood for what it proves about the bill. */
export function describeProvider(providerName: string, subject: Subject): void {
  describe(`${providerName}, as every provider`, () => {
    let emulator: TestEmulator
    beforeAll(async () => void (emulator = await startTestEmulator()))
    afterAll(() => emulator.stop())

    /** Sends under one fault and checks that it was one physical request, counted on both sides. */
    async function sendUnder(fault: WishedFault | undefined, change: Partial<SendOptions> = {}): Promise<ProviderReply> {
      const name = `only-${++sends}-end`
      if (fault !== undefined) await emulator.fault({ ...fault, promptIncludes: name })
      const send = options(change)
      const reply = await subject.provider({ baseUrl: emulator.url, apiKey: subject.goodKey }).send(subject.imageRequest(name), send)
      const seen = (await emulator.requests()).filter((r) => r.clientRequestId === send.clientRequestId)
      expect({ seen: seen.length, counted: reply.requests }).toEqual({ seen: 1, counted: 1 })
      return reply
    }

    test('an answer brings the picture, its usage and the facts of the response', async () => {
      const reply = await sendUnder(undefined)
      expect(reply).toMatchObject({ kind: 'answered', content: { mimeType: 'image/png' }, flags: [], requests: 1 })
      if (reply.kind !== 'answered') throw new Error('not answered')
      expect(
        Buffer.from(reply.content?.bytes ?? [])
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG')
      expect(reply.usage).toEqual([
        { unit: 'input_text_tokens', quantity: expect.any(Number) },
        { unit: 'output_image_tokens', quantity: 1290 },
      ])
      expect(reply.response).toMatchObject({ finishReason: 'STOP', blocked: undefined, responseId: expect.any(String) })
      expect(reply.durationMs).toBeGreaterThan(0)
    })

    test.each(EXPECTED)('one request, understood rightly: %j', async (fault, expected) => {
      expect(await sendUnder(fault)).toMatchObject(expected)
    })

    test('a provider that never answers is left at our own time-out, and that is lost, not free', async () => {
      const startedAt = performance.now()
      const reply = await sendUnder({ fault: 'hang' }, { timeoutMs: 300 })
      expect(reply).toMatchObject({ kind: 'lost', message: 'no answer within 0.3 s' })
      expect(performance.now() - startedAt).toBeLessThan(2_000)
      expect(reply.durationMs).toBeGreaterThanOrEqual(290)
    })

    test('a wrong key is refused with proof, not retryable, and never shown', async () => {
      const provider = subject.provider({ baseUrl: emulator.url, apiKey: subject.badKey })
      const reply = await provider.send(subject.imageRequest('a wrong key'), options())
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'provider_refused', retryAfterMs: undefined, requests: 1 })
      expect(JSON.stringify(reply)).not.toContain(subject.badKey)
    })

    test('an unknown model is refused with proof, not retryable', async () => {
      const provider = subject.provider({ baseUrl: emulator.url, apiKey: subject.goodKey })
      const reply = await provider.send({ ...subject.imageRequest('no such model'), model: 'no-such-model' }, options())
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'provider_refused', status: 404, retryAfterMs: undefined })
    })

    test('when it may not send any more, nothing is sent', async () => {
      const before = (await emulator.requests()).length
      const provider = subject.provider({ baseUrl: emulator.url, apiKey: subject.goodKey })
      const reply = await provider.send(subject.imageRequest('too late'), options({ maySend: () => false }))
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'never_sent', requests: 0, retryAfterMs: 0 })
      expect(await emulator.requests()).toHaveLength(before)
    })

    test('a refused connection is proof that nothing was sent', async () => {
      const gone = await startTestEmulator()
      await gone.stop()
      const provider = subject.provider({ baseUrl: gone.url, apiKey: subject.goodKey })
      const reply = await provider.send(subject.imageRequest('nobody there'), options())
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'connect_failed', retryAfterMs: 5_000 })
    })

    test('a name that does not exist is proof that nothing was sent', async () => {
      const provider = subject.provider({ baseUrl: 'http://provider.invalid', apiKey: subject.goodKey })
      const reply = await provider.send(subject.imageRequest('nowhere'), options())
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'connect_failed', retryAfterMs: 5_000 })
    })

    test('a port that Node’s fetch never connects to is proof that nothing was sent', async () => {
      const provider = subject.provider({ baseUrl: 'http://127.0.0.1:6000', apiKey: subject.goodKey })
      const reply = await provider.send(subject.imageRequest('a bad port'), options())
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'connect_failed', message: expect.stringContaining('bad port') })
    })

    test('a server whose certificate nobody vouches for is sent nothing: proof', async (context) => {
      const made = selfSigned()
      if (made === undefined) return context.skip('no openssl on this machine')
      let arrived = 0
      const server = createTlsServer({ key: made, cert: made }, (request, response) => {
        arrived += 1
        request.resume()
        response.end()
      })
      expect(await sendTo(subject, server, 'https')).toMatchObject({
        kind: 'rejected',
        proof: 'connect_failed',
        retryAfterMs: 5_000,
        requests: 1,
      })
      expect(arrived).toBe(0)
    })

    test('a connection that ends before its encryption begins is proof; one that ends when a request may be on it is none', async () => {
      expect(await sendTo(subject, hangingUp(), 'https')).toMatchObject({ kind: 'rejected', proof: 'connect_failed' })
      expect(await sendTo(subject, hangingUp(), 'http')).toMatchObject({ kind: 'lost', requests: 1 })
    })

    test('twenty at once are twenty requests, each under its own name', async () => {
      const provider = subject.provider({ baseUrl: emulator.url, apiKey: subject.goodKey })
      const each = Array.from({ length: 20 }, () => options())
      const replies = await Promise.all(each.map((o) => provider.send(subject.imageRequest('twenty at once'), o)))
      expect(replies.map((r) => [r.kind, r.requests])).toEqual(each.map(() => ['answered', 1]))
      const seen = (await emulator.requests()).map((r) => r.clientRequestId)
      expect(each.map((o) => seen.filter((id) => id === o.clientRequestId).length)).toEqual(each.map(() => 1))
    })
  })

  describe(`${providerName}, behind whatever stands between us and the provider`, () => {
    test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed: that would be a second request', async (status) => {
      const { reply, arrived } = await sendToServer(subject, (request, response) =>
        request.url === '/elsewhere' ? void response.end('{}') : void response.writeHead(status, { location: '/elsewhere' }).end(),
      )
      expect(reply).toMatchObject({ kind: 'lost', requests: 1 })
      expect(arrived).toBe(1)
    })

    test('421 Misdirected Request is not sent again on another connection', async () => {
      const { reply, arrived } = await sendToServer(subject, json(421, {}))
      expect(reply).toMatchObject({ kind: 'lost', requests: 1 })
      expect(arrived).toBe(1)
    })

    test('the request arrives whole, with its length', async () => {
      let headers: IncomingMessage['headers'] = {}
      const { body } = await sendToServer(subject, (request, response) => {
        headers = request.headers
        json(400, ownBody(400))(request, response)
      })
      expect(JSON.parse(body)).toMatchObject({ generationConfig: { candidateCount: 1, maxOutputTokens: 2048 } })
      expect(body).toContain('你好')
      expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
      expect(headers['transfer-encoding']).toBeUndefined()
    })

    test.each([400, 401, 403, 404])("the provider's own %i is proof, and final", async (status) => {
      const { reply } = await sendToServer(subject, json(status, ownBody(status)))
      expect(reply).toMatchObject({ kind: 'rejected', proof: 'provider_refused', status, retryAfterMs: undefined })
    })

    test.each([402, 405, 408, 409, 413, 451, 499, 500, 502, 504, 529])("the provider's own %i proves nothing", async (status) => {
      expect((await sendToServer(subject, json(status, ownBody(status)))).reply).toMatchObject({ kind: 'lost', requests: 1 })
    })

    test.each([
      ['no JSON', 'Service Unavailable'],
      ['another shape', { message: 'overloaded' }],
      ['null', null],
      ['another status inside', ownBody(429)],
    ])('a 503 with a body that is not the provider’s (%s) proves nothing', async (_, body) => {
      expect((await sendToServer(subject, json(503, body))).reply).toMatchObject({ kind: 'lost' })
    })

    test.each([
      ['a date', () => new Date(Date.now() + 60_000).toUTCString(), 58_000, 60_000],
      ['a date in the past', () => new Date(0).toUTCString(), 0, 0],
      ['a date in a thousand years', () => 'Fri, 01 Jan 3027 00:00:00 GMT', 86_400_000, 86_400_000],
      ['a number beyond sense', () => '99999999999', 86_400_000, 86_400_000],
      ['rubbish', () => 'soon', 5_000, 5_000],
    ])('Retry-After as %s', async (_, header, least, most) => {
      const { reply } = await sendToServer(subject, json(429, ownBody(429), { 'retry-after': header() }))
      if (reply.kind !== 'rejected') throw new Error(reply.kind)
      expect(reply.retryAfterMs).toBeGreaterThanOrEqual(0)
      expect(reply.retryAfterMs).toBeGreaterThanOrEqual(least)
      expect(reply.retryAfterMs).toBeLessThanOrEqual(most)
    })

    test('what it says is short and can be stored: no NUL, no half characters', async () => {
      const { reply } = await sendToServer(subject, json(400, ownBody(400, `a\0b${'x'.repeat(280)}${'😀'.repeat(50)}`)))
      if (reply.kind !== 'rejected') throw new Error(reply.kind)
      expect(reply.message.isWellFormed()).toBe(true)
      expect(reply.message).not.toContain('\0')
      expect(reply.message.length).toBeLessThan(400)
    })

    test('an error body that never ends is lost at our time-out', async () => {
      const { reply } = await sendToServer(
        subject,
        (_, response) => void response.writeHead(429, { 'content-type': 'application/json' }).write('{"error":'),
      )
      expect(reply).toMatchObject({ kind: 'lost', message: 'no answer within 2 s' })
    })

    test('an empty 200 without usage is an answer without usage: the bound will be booked', async () => {
      expect((await sendToServer(subject, json(200, {}))).reply).toMatchObject({ kind: 'answered', usage: undefined, content: undefined })
    })

    test('facts of a strange answer can be stored', async () => {
      const body = {
        responseId: 'a\0b',
        modelVersion: 7,
        candidates: [{ finishReason: `STOP${'😀'.repeat(200)}`, content: { parts: [{ text: 'hello' }] } }],
      }
      const { reply } = await sendToServer(subject, json(200, body))
      if (reply.kind !== 'answered') throw new Error(reply.kind)
      expect(reply.response).toMatchObject({ responseId: 'ab', modelVersion: undefined })
      expect(reply.response.finishReason?.isWellFormed()).toBe(true)
      expect(reply.content?.mimeType).toContain('text/plain')
    })
  })
}

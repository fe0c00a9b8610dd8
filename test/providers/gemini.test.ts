import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { bannerRequest } from '../../src/domain/banner-request.ts'
import type { PurserError } from '../../src/domain/errors.ts'
import { checkKey, geminiProvider } from '../../src/providers/gemini.ts'
import { usageOf, type ContentKind } from '../../src/providers/gemini-answer.ts'
import { startTestEmulator } from '../support/emulator.ts'
import { failureOf } from '../../src/providers/gemini-wire.ts'
import { describeProvider } from './conformance.ts'

const imageRequest = (text: string) =>
  bannerRequest(
    { name: text, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' },
    'gemini-2.5-flash-image',
    1,
    1,
  )

describeProvider('gemini', {
  provider: ({ baseUrl, apiKey }) => geminiProvider({ baseUrl, apiKey }),
  imageRequest,
  goodKey: 'emulator-good-key',
  badKey: 'some-other-key-1234567',
})

afterEach(() => void vi.unstubAllEnvs())

test('no environment variable of Google’s SDK can send the request elsewhere, or under another key', async () => {
  const emulator = await startTestEmulator({ apiKeys: ['emulator-the-key'] })
  try {
    for (const [name, value] of Object.entries({
      GOOGLE_API_KEY: 'emulator-another-key',
      GEMINI_API_KEY: 'emulator-a-third-key',
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9',
      GOOGLE_VERTEX_BASE_URL: 'http://127.0.0.1:9',
      GOOGLE_GENAI_USE_VERTEXAI: 'true',
      GOOGLE_GENAI_USE_ENTERPRISE: 'true',
      GOOGLE_GENAI_API_VERSION: 'v9',
      GOOGLE_CLOUD_PROJECT: 'a-project',
      GOOGLE_CLOUD_LOCATION: 'europe-west1',
    }))
      vi.stubEnv(name, value)
    const provider = geminiProvider({ apiKey: 'emulator-the-key', baseUrl: emulator.url })
    const reply = await provider.send(imageRequest('environment'), { timeoutMs: 5_000, clientRequestId: 'rsv_env', maySend: () => true })
    expect(reply).toMatchObject({ kind: 'answered', requests: 1 })
    expect((await emulator.requests()).map((r) => r.clientRequestId)).toEqual(['rsv_env'])
  } finally {
    await emulator.stop()
  }
})

test.for([
  ['standard', undefined],
  ['flex', 'flex'],
  ['priority', 'priority'],
] as const)('what is priced as %s is asked for as such', async ([tier, sent]) => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString())).once('end', () => response.writeHead(200).end('{}'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const provider = geminiProvider({ apiKey: 'emulator-the-key', baseUrl })
    await provider.send({ ...imageRequest('tier'), tier }, { timeoutMs: 5_000, clientRequestId: 'rsv_tier', maySend: () => true })
    expect((JSON.parse(bodies.join('')) as { serviceTier?: string }).serviceTier).toBe(sent)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test.each([
  ['a part that is null', [null]],
  ['a picture whose type is a number', [{ inlineData: { mimeType: 7, data: 'AAAA' } }]],
  ['parts that are no list', 'x'],
])('content that cannot be read does not hide the usage: %s', async (_, parts) => {
  const usageMetadata = {
    promptTokenCount: 5,
    candidatesTokenCount: 1290,
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
  }
  const body = JSON.stringify({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata })
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const provider = geminiProvider({ apiKey: 'emulator-the-key', baseUrl })
    const reply = await provider.send(imageRequest('odd'), { timeoutMs: 5_000, clientRequestId: 'rsv_odd', maySend: () => true })
    expect(reply).toMatchObject({
      kind: 'answered',
      content: undefined,
      usage: [
        { unit: 'input_text_tokens', quantity: 5 },
        { unit: 'output_image_tokens', quantity: 1290 },
      ],
      flags: ['response_lost'],
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test.each([
  [undefined, 'key_missing'],
  ['', 'key_missing'],
  ['   ', 'key_missing'],
  ['short', 'key_invalid'],
  ['has a space in it', 'key_invalid'],
  ['has-a-line-end\n', 'key_invalid'],
  ['schlüssel-mit-umlaut', 'key_invalid'],
  ['x'.repeat(201), 'key_invalid'],
])('a key that cannot be one is refused before anything is sent: %j', (key, code) => {
  const refusal = (() => {
    try {
      return checkKey(key)
    } catch (error) {
      return error as PurserError
    }
  })()
  expect(refusal).toMatchObject({ name: 'PurserError', code })
  expect((refusal as PurserError).message).not.toContain(key?.trim() === '' ? 'undefined' : String(key))
})

const counted = (raw: unknown, output: 'image' | 'text', content: ContentKind = 'none') => {
  const { usage, flags } = usageOf(raw, output, content)
  return { ...Object.fromEntries((usage ?? [{ unit: 'none', quantity: 0 }]).map((q) => [q.unit, q.quantity])), flags }
}

test.each<[string, unknown, 'image' | 'text', Record<string, unknown>]>([
  [
    'an image with all details',
    {
      promptTokenCount: 5,
      candidatesTokenCount: 1290,
      totalTokenCount: 1295,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    },
    'image',
    { input_text_tokens: 5, output_image_tokens: 1290, flags: [] },
  ],
  [
    'an image without details: all at the image price',
    { promptTokenCount: 5, candidatesTokenCount: 1290, totalTokenCount: 1295 },
    'image',
    { input_text_tokens: 5, output_image_tokens: 1290, flags: ['image_detail_missing'] },
  ],
  [
    'an image with words beside it',
    {
      promptTokenCount: 5,
      candidatesTokenCount: 1300,
      candidatesTokensDetails: [
        { modality: 'TEXT', tokenCount: 10 },
        { modality: 'IMAGE', tokenCount: 1290 },
      ],
    },
    'image',
    { input_text_tokens: 5, output_text_tokens: 10, output_image_tokens: 1290, flags: [] },
  ],
  [
    'details that name less than the count: the rest is image',
    { promptTokenCount: 5, candidatesTokenCount: 1300, candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 10 }] },
    'image',
    { input_text_tokens: 5, output_text_tokens: 10, output_image_tokens: 1290, flags: [] },
  ],
  [
    'details that name more than the count: the details win, and nobody trusts them',
    { promptTokenCount: 5, candidatesTokenCount: 10, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] },
    'image',
    { input_text_tokens: 5, output_image_tokens: 1290, flags: ['usage_incomplete'] },
  ],
  [
    'details without a count: they stand',
    { promptTokenCount: 5, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] },
    'image',
    { input_text_tokens: 5, output_image_tokens: 1290, flags: [] },
  ],
  [
    'details that are all there is',
    { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] },
    'image',
    { output_image_tokens: 1290, flags: ['usage_incomplete'] },
  ],
  [
    'an image that nobody asked for is charged as one',
    { promptTokenCount: 5, candidatesTokenCount: 1300, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] },
    'text',
    { input_text_tokens: 5, output_text_tokens: 10, output_image_tokens: 1290, flags: [] },
  ],
  [
    'a total that names what its parts leave out, on an image request',
    { promptTokenCount: 5, totalTokenCount: 1295 },
    'image',
    { input_text_tokens: 5, output_image_tokens: 1290, flags: ['usage_inconsistent'] },
  ],
  [
    'a modality that nobody knows is charged as image',
    { promptTokenCount: 5, candidatesTokenCount: 40, candidatesTokensDetails: [{ modality: 'HOLOGRAM', tokenCount: 40 }] },
    'image',
    { input_text_tokens: 5, output_image_tokens: 40, flags: [] },
  ],
  [
    'thoughts are beside the candidates',
    { promptTokenCount: 5, candidatesTokenCount: 10, thoughtsTokenCount: 173, totalTokenCount: 188 },
    'text',
    { input_text_tokens: 5, output_text_tokens: 10, output_thought_tokens: 173, flags: [] },
  ],
  [
    'a total beyond its parts is output too',
    { promptTokenCount: 5, candidatesTokenCount: 10, totalTokenCount: 115 },
    'text',
    { input_text_tokens: 5, output_text_tokens: 110, flags: ['usage_inconsistent'] },
  ],
  [
    'a total below its parts changes nothing',
    { promptTokenCount: 5, candidatesTokenCount: 10, totalTokenCount: 1 },
    'text',
    { input_text_tokens: 5, output_text_tokens: 10, flags: [] },
  ],
  [
    'tool use is input; cached tokens are part of the prompt, and counted once',
    { promptTokenCount: 50, cachedContentTokenCount: 40, toolUsePromptTokenCount: 7, candidatesTokenCount: 1, totalTokenCount: 58 },
    'text',
    { input_text_tokens: 17, input_cached_tokens: 40, output_text_tokens: 1, flags: [] },
  ],
  [
    'sound, pictures and a film, partly cached',
    {
      promptTokenCount: 1000,
      promptTokensDetails: [
        { modality: 'AUDIO', tokenCount: 300 },
        { modality: 'IMAGE', tokenCount: 258 },
        { modality: 'VIDEO', tokenCount: 142 },
        { modality: 'TEXT', tokenCount: 300 },
      ],
      cachedContentTokenCount: 500,
      cacheTokensDetails: [
        { modality: 'AUDIO', tokenCount: 100 },
        { modality: 'TEXT', tokenCount: 400 },
      ],
      candidatesTokenCount: 1,
    },
    'text',
    {
      input_image_tokens: 158,
      input_audio_tokens: 200,
      input_video_tokens: 142,
      input_cached_tokens: 400,
      input_cached_audio_tokens: 100,
      output_text_tokens: 1,
      flags: [],
    },
  ],
  [
    'more cached tokens than the prompt has: charged in full, and nobody trusts them',
    { promptTokenCount: 50, cachedContentTokenCount: 51, candidatesTokenCount: 1 },
    'text',
    { input_text_tokens: 50, output_text_tokens: 1, flags: ['usage_incomplete'] },
  ],
  [
    'a prompt of a kind that nobody knows: it has no price, and is charged at the dearest',
    { promptTokenCount: 50, promptTokensDetails: [{ modality: 'HOLOGRAM', tokenCount: 40 }], candidatesTokenCount: 1 },
    'text',
    { input_text_tokens: 10, input_other_tokens: 40, output_text_tokens: 1, flags: [] },
  ],
  [
    'images in the prompt',
    { promptTokenCount: 300, promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 258 }], candidatesTokenCount: 1 },
    'text',
    { input_text_tokens: 42, input_image_tokens: 258, output_text_tokens: 1, flags: [] },
  ],
  [
    'more image tokens than prompt tokens: the details win, and nobody trusts them',
    { promptTokenCount: 100, promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 258 }] },
    'text',
    { input_image_tokens: 258, flags: ['usage_incomplete'] },
  ],
  ['a blocked prompt costs its input', { promptTokenCount: 276, totalTokenCount: 276 }, 'image', { input_text_tokens: 276, flags: [] }],
  [
    'an image withheld after thinking',
    { promptTokenCount: 276, candidatesTokenCount: 0, thoughtsTokenCount: 173, totalTokenCount: 449 },
    'image',
    { input_text_tokens: 276, output_thought_tokens: 173, flags: [] },
  ],
  ['no usage', undefined, 'image', { none: 0, flags: [] }],
  ['null', null, 'image', { none: 0, flags: [] }],
  ['an empty usage', {}, 'image', { none: 0, flags: [] }],
  [
    'a count that is no count: the others stand',
    { promptTokenCount: -1, candidatesTokenCount: 10 },
    'image',
    { output_image_tokens: 10, flags: ['usage_incomplete', 'image_detail_missing'] },
  ],
  [
    'details that are null: the counts stand, at the dearest',
    { promptTokenCount: 50, candidatesTokenCount: 5_000_000, totalTokenCount: 5_000_050, candidatesTokensDetails: null },
    'image',
    { input_text_tokens: 50, output_image_tokens: 5_000_000, flags: ['image_detail_missing'] },
  ],
  [
    'no prompt count: the rest stands',
    { candidatesTokenCount: 5_000_000, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 5_000_000 }] },
    'image',
    { output_image_tokens: 5_000_000, flags: ['usage_incomplete'] },
  ],
  ['a prompt of nothing', { promptTokenCount: 0, totalTokenCount: 0 }, 'image', { flags: ['usage_incomplete'] }],
  [
    'details that are no counts: nobody trusts what is left of them',
    { promptTokenCount: 5, candidatesTokenCount: 1300, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290.5 }] },
    'text',
    { input_text_tokens: 5, output_text_tokens: 1300, flags: ['usage_incomplete'] },
  ],
  [
    'details that are no list',
    { promptTokenCount: 5, candidatesTokenCount: 9, promptTokensDetails: 'TEXT' },
    'text',
    { input_text_tokens: 5, output_text_tokens: 9, flags: ['usage_incomplete'] },
  ],
  [
    'more tokens than any model has: not booked on anybody',
    { promptTokenCount: 5, candidatesTokenCount: 1_000_000_001 },
    'text',
    { input_text_tokens: 5, flags: ['usage_incomplete'] },
  ],
  ['half tokens', { promptTokenCount: 1.5 }, 'image', { none: 0, flags: [] }],
  ['a count beyond every whole number', { promptTokenCount: 1e300 }, 'image', { none: 0, flags: [] }],
])('usage: %s', (_, raw, output, expected) => {
  expect(counted(raw, output)).toEqual(expected)
})

test.each<[string, unknown, 'image' | 'text', ContentKind, boolean]>([
  ['an image, and no count', { promptTokenCount: 276, totalTokenCount: 276 }, 'image', 'image', false],
  ['an image, and a count that is null', { promptTokenCount: 276, candidatesTokenCount: null }, 'image', 'image', false],
  ['an image, and a count of zero', { promptTokenCount: 276, candidatesTokenCount: 0, thoughtsTokenCount: 173 }, 'image', 'image', false],
  [
    'an image, and only words counted',
    { promptTokenCount: 276, candidatesTokenCount: 9, candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 9 }] },
    'image',
    'image',
    false,
  ],
  ['an image, and a total that names it', { promptTokenCount: 276, totalTokenCount: 1566 }, 'image', 'image', false],
  ['words, and no count', { promptTokenCount: 276 }, 'text', 'text', false],
  ['something unreadable, and no count', { promptTokenCount: 276 }, 'image', 'unreadable', false],
  ['nothing, and no count', { promptTokenCount: 276 }, 'image', 'none', true],
  ['an image, counted without details', { promptTokenCount: 276, candidatesTokenCount: 1290 }, 'image', 'image', true],
  ['words, counted', { promptTokenCount: 276, candidatesTokenCount: 9 }, 'image', 'text', true],
])('what came must have been counted: %s', (_, raw, output, content, isComplete) => {
  expect(counted(raw, output, content).flags.includes('usage_incomplete')).toBe(!isComplete)
})

const seen = (fields: object): Error => Object.assign(new Error('seen on the wire'), fields)
test.each<[string, Error, 'rejected' | 'lost']>([
  ['a connect that the system gave up', seen({ syscall: 'connect', code: 'ETIMEDOUT' }), 'rejected'],
  ['a connect that the system had no address for', seen({ syscall: 'connect', code: 'EADDRNOTAVAIL' }), 'rejected'],
  ['a connect that a firewall forbade', seen({ syscall: 'connect', code: 'EPERM' }), 'rejected'],
  ['a name server that failed', seen({ syscall: 'getaddrinfo', code: 'EAI_FAIL' }), 'rejected'],
  ['a connect that took too long', seen({ code: 'UND_ERR_CONNECT_TIMEOUT' }), 'rejected'],
  ['a certificate that has expired', seen({ code: 'CERT_HAS_EXPIRED' }), 'rejected'],
  [
    'every address refused',
    new AggregateError([seen({ syscall: 'connect', code: 'ECONNREFUSED' }), seen({ syscall: 'connect', code: 'ETIMEDOUT' })]),
    'rejected',
  ],
  [
    'one address refused, the other cut while it read',
    new AggregateError([seen({ syscall: 'connect', code: 'ECONNREFUSED' }), seen({ syscall: 'read', code: 'ECONNRESET' })]),
    'lost',
  ],
  ['no address at all named', new AggregateError([]), 'lost'],
  ['a cut while it read', seen({ syscall: 'read', code: 'ETIMEDOUT' }), 'lost'],
  ['a cut while it wrote', seen({ syscall: 'write', code: 'EPIPE' }), 'lost'],
  ['a socket that the other side closed', seen({ code: 'UND_ERR_SOCKET' }), 'lost'],
  ['a broken encryption, which may come at any time', seen({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'lost'],
])('%s: what it proves about the bill', (_, cause, kind) => {
  const wire = { requests: 1, sent: true, response: undefined }
  expect(failureOf(new TypeError('fetch failed', { cause }), wire, undefined)).toMatchObject({ kind })
})

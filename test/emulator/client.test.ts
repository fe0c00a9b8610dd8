import { ApiError, FinishReason, GoogleGenAI } from '@google/genai'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { started, type StartedEmulator } from './started.ts'

const clientOf = (emulator: StartedEmulator, apiKey = 'emulator-test', apiVersion = 'v1'): GoogleGenAI =>
  new GoogleGenAI({ apiKey, vertexai: false, apiVersion, httpOptions: { baseUrl: emulator.url } })

const image = (aspectRatio: string) => ({
  responseModalities: ['IMAGE'],
  imageConfig: { aspectRatio },
  maxOutputTokens: 2_000,
  automaticContinuation: false,
})

test.for([
  ['gemini-2.5-flash-image', '21:9', 1536, 672],
  ['gemini-2.5-flash-image', '1:1', 1024, 1024],
  ['gemini-2.5-flash-image', '16:9', 1344, 768],
  ['gemini-nano-banana-2.1', '4:1', 2048, 512],
  ['gemini-3.1-flash-lite-image', '21:9', 1584, 672],
] as const)('the real client gets a picture from %s at %s of %i × %i pixels', async ([model, ratio, widthPx, heightPx]) => {
  const emulator = await started({ pictures: 'drawn' })
  const response = await clientOf(emulator).models.generateContent({ model, contents: 'Name: Ada Lovelace', config: image(ratio) })
  const png = Buffer.from(response.data ?? '', 'base64')
  const { format, width, height } = await sharp(png).metadata()
  expect({ format, width, height }).toEqual({ format: 'png', width: widthPx, height: heightPx })
  expect(response.modelVersion).toBe(model)
  expect(response.candidates?.[0]?.finishReason).toBe(FinishReason.STOP)
})

test('usage is Google’s: 1,290 image tokens, details by modality, and a total that adds up', async () => {
  const emulator = await started()
  const request = { model: 'gemini-2.5-flash-image', contents: 'x'.repeat(40), config: image('21:9') }
  const { usageMetadata } = await clientOf(emulator).models.generateContent(request)
  expect(usageMetadata).toEqual({
    promptTokenCount: 10,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 10 }],
    candidatesTokenCount: 1290,
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    totalTokenCount: 1300,
  })
})

test('the stream’s last chunk has the picture and the whole usage', async () => {
  const emulator = await started()
  const config = { ...image('21:9'), responseModalities: ['TEXT', 'IMAGE'] }
  const stream = await clientOf(emulator).models.generateContentStream({ model: 'gemini-nano-banana-2.1', contents: 'Name: Ada', config })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  const totals = chunks.map((chunk) => chunk.usageMetadata?.totalTokenCount ?? 0)
  expect(totals).toEqual(totals.toSorted((a, b) => a - b))
  const parts = chunks.map((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
  expect(parts.map((each) => each.map((part) => part.text ?? '').join('')).join('')).toBe('Here is the image you asked for.')
  expect(parts.map((each) => each.filter((part) => part.inlineData).length)).toEqual([...chunks.slice(1).map(() => 0), 1])
  expect(chunks.at(-1)?.usageMetadata).toMatchObject({ candidatesTokenCount: 1128, thoughtsTokenCount: 240 })
  expect(new Set(chunks.map((chunk) => chunk.responseId)).size).toBe(1)
})

test('events of a stream are separated by CRLF', async () => {
  const emulator = await started()
  const response = await emulator.ask({ method: 'streamGenerateContent?alt=sse' })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect((await response.text()).match(/^data: .*\r\n\r\n/gm)?.length).toBe(2)
})

const wish = (tokens: number) => ({ httpOptions: { headers: { 'x-emulator-output-tokens': String(tokens) } } })

test('a text model stops at its cap, and a wished number of tokens is met exactly', async () => {
  const emulator = await started()
  const { models } = clientOf(emulator)
  const ask = (config: object) => models.generateContent({ model: 'gemini-2.5-flash-lite', contents: 'Hello', config })
  const capped = await ask({ maxOutputTokens: 7 })
  expect([capped.usageMetadata?.candidatesTokenCount, capped.candidates?.[0]?.finishReason]).toEqual([7, 'MAX_TOKENS'])
  const wished = await ask({ maxOutputTokens: 500, ...wish(321) })
  expect([wished.usageMetadata?.candidatesTokenCount, wished.candidates?.[0]?.finishReason]).toEqual([321, 'STOP'])
  const both = await ask({ maxOutputTokens: 50, ...wish(321) })
  expect(both.usageMetadata?.candidatesTokenCount).toBe(50)
  const counted = await models.countTokens({ model: 'gemini-2.5-flash-lite', contents: wished.text ?? '' })
  expect(counted.totalTokens).toBe(321)
})

test('thinking counts against the cap and is its own figure', async () => {
  const emulator = await started()
  const response = await clientOf(emulator).models.generateContent({
    model: 'gemini-2.5-flash',
    contents: 'Hello',
    config: { maxOutputTokens: 150 },
  })
  expect(response.usageMetadata).toMatchObject({ thoughtsTokenCount: 120, candidatesTokenCount: 30 })
})

test('an image model whose cap is below one image is billed up to the cap and draws nothing', async () => {
  const emulator = await started()
  const config = { ...image('21:9'), maxOutputTokens: 1_000 }
  const response = await clientOf(emulator).models.generateContent({ model: 'gemini-2.5-flash-image', contents: 'Ada', config })
  expect([response.candidates?.[0]?.finishReason, response.data]).toEqual(['MAX_TOKENS', undefined])
  const [entry] = await emulator.bill()
  expect(entry?.lines.find((line) => line.unit === 'output_image_tokens')?.quantity).toBe(1_000)
})

test('models are listed with their limits, on v1 and on v1beta', async () => {
  const emulator = await started()
  const beta = clientOf(emulator, 'emulator-test', 'v1beta')
  expect(await beta.models.get({ model: 'gemini-3.1-flash-lite-image' })).toMatchObject({
    inputTokenLimit: 65_536,
    outputTokenLimit: 4_096,
  })
  const names = []
  for await (const model of await clientOf(emulator).models.list()) names.push(model.name)
  expect(names).toContain('models/gemini-2.5-flash-image')
})

test.for([
  ['a wrong key', { apiKey: 'wrong' }, 400, 'INVALID_ARGUMENT'],
  ['an unknown model', { model: 'gemini-0' }, 404, 'NOT_FOUND'],
  ['an unknown aspect ratio', { ratio: '7:3' }, 400, 'INVALID_ARGUMENT'],
] as const)('%s is refused in the words of the provider', async ([, wrong, code, status]) => {
  const emulator = await started()
  const {
    apiKey = 'emulator-test',
    model = 'gemini-2.5-flash-image',
    ratio = '1:1',
  } = { apiKey: undefined, model: undefined, ratio: undefined, ...wrong }
  const refused = clientOf(emulator, apiKey).models.generateContent({ model, contents: 'Ada', config: image(ratio) })
  const error = await refused.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: code })
  expect(JSON.parse((error as ApiError).message)).toMatchObject({ error: { code, status } })
  expect(await emulator.bill()).toEqual([])
})

test('keys: none is 403, an unknown one 400 with its reason, and only listed ones pass when there is a list', async () => {
  const emulator = await started({ apiKeys: ['emulator-only'] })
  const none = await emulator.ask({ headers: { 'x-goog-api-key': '' } })
  expect([none.status, (await none.json()).error.status]).toEqual([403, 'PERMISSION_DENIED'])
  const unknown = await emulator.ask({ headers: { 'x-goog-api-key': 'emulator-other' } })
  const body = await unknown.json()
  expect([unknown.status, body.error.message]).toEqual([400, 'API key not valid. Please pass a valid API key.'])
  expect(body.error.details[0]).toMatchObject({ reason: 'API_KEY_INVALID' })
  expect((await emulator.ask({ headers: { 'x-goog-api-key': 'emulator-only' } })).status).toBe(200)
})

test.for([
  ['no JSON', '{"contents":'],
  ['no contents', '{}'],
  ['empty contents', '{"contents":[]}'],
  ['contents that are text', '{"contents":"hi"}'],
  ['a role that nobody has', '{"contents":[{"role":"assistant","parts":[{"text":"hi"}]}]}'],
  ['a body that is too large', `{"contents":[{"parts":[{"text":"${'x'.repeat(21 * 1024 * 1024)}"}]}]}`],
])('%s is 400 INVALID_ARGUMENT', async ([, body]) => {
  const emulator = await started()
  const url = `${emulator.url}/v1beta/models/gemini-2.5-flash:generateContent`
  const response = await fetch(url, { method: 'POST', headers: { 'x-goog-api-key': 'emulator-test' }, body: body ?? '' })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: { code: 400, message: expect.any(String), status: 'INVALID_ARGUMENT' } })
})

test('all turns of a conversation are counted and billed, and what the system says', async () => {
  const emulator = await started()
  const contents = [
    { role: 'user', parts: [{ text: 'x'.repeat(40) }] },
    { role: 'model', parts: [{ text: 'y'.repeat(80) }] },
    { role: 'user', parts: [{ text: 'z'.repeat(120) }] },
  ]
  const config = { maxOutputTokens: 10, systemInstruction: { parts: [{ text: 's'.repeat(16) }, { text: 't'.repeat(16) }] } }
  const response = await clientOf(emulator).models.generateContent({ model: 'gemini-2.5-flash-lite', contents, config })
  expect(response.usageMetadata?.promptTokenCount).toBe(10 + 20 + 30 + 4 + 4)
  const [entry] = await emulator.bill()
  expect(entry?.lines.find(({ unit }) => unit === 'input_text_tokens')?.quantity).toBe(68)
})

test('input pictures are counted and billed at the model’s figure', async () => {
  const emulator = await started()
  const contents = [{ text: 'Same, but blue.' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }]
  await clientOf(emulator).models.generateContent({ model: 'gemini-2.5-flash-image', contents, config: image('1:1') })
  const [entry] = await emulator.bill()
  expect(entry?.lines).toContainEqual({ unit: 'input_image_tokens', quantity: 258, picoUsdEach: '300000', picoUsd: '77400000' })
})

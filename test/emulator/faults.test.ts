import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { faultMeanings } from '../../src/emulator/faults.ts'
import { started, type StartedEmulator } from './started.ts'

const withFault = (fault: string): { headers: Record<string, string> } => ({ headers: { 'x-emulator-fault': fault } })

const billedUnits = async (emulator: StartedEmulator): Promise<Record<string, number>> => {
  const [entry] = await emulator.bill()
  return Object.fromEntries(entry?.lines.map((line) => [line.unit, line.quantity]) ?? [])
}

test('rate_limited is 429 with Retry-After and RetryInfo, and not billed', async () => {
  const emulator = await started()
  const response = await emulator.ask(withFault('rate_limited;retryAfterSeconds=3'))
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3'])
  const { error } = await response.json()
  expect(error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '3s' }] })
  expect(await emulator.bill()).toEqual([])
})

test('unavailable and internal are the provider’s own JSON, and not billed', async () => {
  const emulator = await started()
  const unavailable = await emulator.ask(withFault('unavailable'))
  expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, null])
  expect(await unavailable.json()).toEqual({ error: { code: 503, message: expect.any(String), status: 'UNAVAILABLE' } })
  expect((await emulator.ask(withFault('unavailable;retryAfterSeconds=2'))).headers.get('retry-after')).toBe('2')
  const internal = await emulator.ask(withFault('internal'))
  expect(await internal.json()).toMatchObject({ error: { code: 500, status: 'INTERNAL' } })
  expect(await emulator.bill()).toEqual([])
})

test.for([
  ['proxy_unavailable', 503],
  ['proxy_bad_gateway', 502],
  ['not_json', 200],
] as const)('%s is HTML with status %i, billed only when asked for', async ([fault, status]) => {
  const emulator = await started()
  const response = await emulator.ask(withFault(fault))
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html'])
  expect(await response.text()).toContain('<html>')
  expect(await emulator.bill()).toEqual([])
  await (await emulator.ask(withFault(`${fault};billed=true`))).text()
  expect(await emulator.bill()).toMatchObject([{ fault, answered: false }])
})

test('slow answers late, and as usual', async () => {
  const emulator = await started()
  const before = performance.now()
  const response = await emulator.ask(withFault('slow;ms=300'))
  expect(performance.now() - before).toBeGreaterThanOrEqual(295)
  expect((await response.json()).usageMetadata.candidatesTokenCount).toBe(1290)
})

test('a client that left a slow answer is billed all the same, and the bill says that it was not answered', async () => {
  const emulator = await started()
  await expect(emulator.ask({ ...withFault('slow;ms=200'), signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')
  await expect.poll(() => emulator.bill()).toMatchObject([{ fault: 'slow', answered: false }])
})

test.for([
  ['hang', 1],
  ['hang;billed=false', 0],
] as const)('%s never answers and leaves %i bill lines', async ([fault, lines]) => {
  const emulator = await started()
  await expect(emulator.ask({ ...withFault(fault), signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout')
  expect(await emulator.bill()).toHaveLength(lines)
})

/** Sends one request over a raw socket and gives every byte that came back before the end. */
async function bytesBack(emulator: StartedEmulator, fault: string, path = ':generateContent'): Promise<string> {
  const body = '{"contents":[{"parts":[{"text":"Ada"}]}]}'
  const socket = connect(emulator.port, '127.0.0.1')
  const headers = `host: x\r\nx-goog-api-key: emulator-1\r\nx-emulator-fault: ${fault}\r\ncontent-length: ${body.length}`
  socket.write(`POST /v1/models/gemini-2.5-flash-image${path} HTTP/1.1\r\n${headers}\r\n\r\n${body}`)
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (part) => (text += part))
  await once(socket, 'close')
  return text
}

test.for([
  ['cut_before_headers', 0],
  ['cut_before_headers;billed=true', 1],
  ['billed_but_cut', 1],
] as const)('%s sends no byte and leaves %i bill lines', async ([fault, lines]) => {
  const emulator = await started()
  expect(await bytesBack(emulator, fault)).toBe('')
  expect(await emulator.bill()).toHaveLength(lines)
})

test.for([
  ['cut_after_headers', 0],
  ['cut_after_headers;billed=true', 1],
] as const)('%s sends the headers and half of the body, and leaves %i bill lines', async ([fault, lines]) => {
  const emulator = await started()
  const [head = '', body = ''] = (await bytesBack(emulator, fault)).split('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
  expect(head).toMatch(/^HTTP\/1.1 200 OK/)
  expect(body.length).toBe(Math.floor(length / 2))
  expect(await emulator.bill()).toHaveLength(lines)
})

test('a stream can be cut in the middle, too', async () => {
  const emulator = await started()
  const text = await bytesBack(emulator, 'cut_after_headers', ':streamGenerateContent?alt=sse')
  expect(text).toContain('data: {')
  expect(text).not.toContain('\r\n0\r\n')
})

test('no_usage, no_image_detail and prompt_usage_only leave out what they say, and are billed in full', async () => {
  const emulator = await started()
  const without = await (await emulator.ask(withFault('no_usage'))).json()
  expect(without).not.toHaveProperty('usageMetadata')
  const coarse = await (await emulator.ask(withFault('no_image_detail'))).json()
  expect(coarse.usageMetadata.candidatesTokenCount).toBe(1290)
  expect(coarse.usageMetadata).not.toHaveProperty('candidatesTokensDetails')
  const { candidates, usageMetadata } = await (await emulator.ask(withFault('prompt_usage_only'))).json()
  expect(candidates[0].content.parts).toHaveLength(1)
  expect(Object.keys(usageMetadata)).toEqual(['promptTokenCount', 'promptTokensDetails', 'totalTokenCount'])
  const [first, second, third] = await emulator.bill()
  expect([second?.lines, third?.lines]).toEqual([first?.lines, first?.lines])
})

test('blocked has a reason and no candidate, and bills the input only', async () => {
  const emulator = await started()
  const body = await (await emulator.ask(withFault('blocked'))).json()
  expect(body.promptFeedback).toEqual({ blockReason: 'SAFETY' })
  expect(body).not.toHaveProperty('candidates')
  expect(Object.keys(body.usageMetadata)).toEqual(['promptTokenCount', 'promptTokensDetails', 'totalTokenCount'])
  expect(Object.keys(await billedUnits(emulator))).toEqual(['input_text_tokens'])
})

test('image_safety has no image, and bills input and thoughts', async () => {
  const emulator = await started()
  const body = await (await emulator.ask(withFault('image_safety'))).json()
  expect(body.candidates).toEqual([{ finishReason: 'IMAGE_SAFETY', index: 0 }])
  expect(body.usageMetadata).toMatchObject({ candidatesTokenCount: 0, thoughtsTokenCount: 173 })
  expect(await billedUnits(emulator)).toEqual({ input_text_tokens: expect.any(Number), output_thought_tokens: 173 })
})

test('two_images are two parts, both billed', async () => {
  const emulator = await started({ pictures: 'drawn' })
  const body = await (await emulator.ask(withFault('two_images'))).json()
  const [one, two] = body.candidates[0].content.parts
  expect(one.inlineData.data).not.toBe(two.inlineData.data)
  expect(await billedUnits(emulator)).toMatchObject({ output_image_tokens: 2580 })
})

test.for([
  ['usage_above_bound', 4000],
  ['usage_above_bound;tokens=9000', 9000],
] as const)('%s reports and bills %i image tokens', async ([fault, tokens]) => {
  const emulator = await started()
  const body = await (await emulator.ask(withFault(fault))).json()
  expect(body.usageMetadata.candidatesTokenCount).toBe(tokens)
  expect(await billedUnits(emulator)).toMatchObject({ output_image_tokens: tokens })
})

test('other_model_version answers under another name', async () => {
  const emulator = await started()
  const body = await (await emulator.ask(withFault('other_model_version'))).json()
  expect(body.modelVersion).not.toBe('gemini-2.5-flash-image')
  expect(await emulator.bill()).toMatchObject([{ model: 'gemini-2.5-flash-image' }])
})

test.for(['no_such_fault', 'slow;minutes=2', 'slow;ms=soon'])('the fault "%s" is 400 and the names are listed', async (fault) => {
  const emulator = await started()
  const response = await emulator.ask(withFault(fault))
  expect(response.status).toBe(400)
  const { error } = await response.json()
  for (const name of Object.keys(faultMeanings)) expect(error.message).toContain(name)
})

test('queued faults are used up in order, by the requests that they match', async () => {
  const emulator = await started()
  await emulator.admin('POST', 'faults', { fault: 'unavailable', times: 2, match: { promptIncludes: 'Grace' } })
  await emulator.admin('POST', 'faults', { fault: 'rate_limited', match: { model: 'gemini-2.5-flash-image' } })
  const statusOf = async (prompt: string): Promise<number> => (await emulator.ask({ prompt })).status
  const statuses = []
  for (const prompt of ['Grace', 'Ada', 'Ada', 'Grace', 'Grace']) statuses.push(await statusOf(prompt))
  expect(statuses).toEqual([503, 429, 200, 503, 200])
})

test('faults can be listed and taken back, and unknown ones are refused', async () => {
  const emulator = await started()
  await emulator.admin('POST', 'faults', { fault: 'hang' })
  expect((await (await emulator.admin('GET', 'faults')).json()).faults).toEqual([{ fault: 'hang', times: 1, match: {} }])
  await emulator.admin('DELETE', 'faults')
  expect((await emulator.ask()).status).toBe(200)
  expect((await emulator.admin('POST', 'faults', { fault: 'nothing' })).status).toBe(400)
})

test('every physical request is counted, newest first, whether it was billed or not', async () => {
  const emulator = await started()
  const asking = [{ 'x-emulator-fault': 'unavailable' }, {}, { 'x-goog-api-key': 'wrong' }]
  for (const [index, headers] of asking.entries()) {
    await (await emulator.ask({ headers: { 'x-client-request-id': `request-${index}`, ...headers } })).text()
  }
  const { count, requests } = await (await emulator.admin('GET', 'requests?limit=2')).json()
  expect(count).toBe(3)
  expect(requests).toMatchObject([
    { clientRequestId: 'request-2', httpStatus: 400, billed: false },
    { clientRequestId: 'request-1', httpStatus: 200, billed: true, model: 'gemini-2.5-flash-image' },
  ])
})

test('stop ends requests that hang or are slow, and frees the port', async () => {
  const emulator = await started()
  const hanging = [emulator.ask(withFault('hang')), emulator.ask(withFault('slow;ms=60000'))].map((asked) =>
    expect(asked).rejects.toThrow('fetch failed'),
  )
  await expect.poll(async () => (await (await emulator.admin('GET', 'requests')).json()).count).toBe(2)
  await emulator.stop()
  await Promise.all(hanging)
  const next = await started({ port: emulator.port })
  expect((await next.ask()).status).toBe(200)
})

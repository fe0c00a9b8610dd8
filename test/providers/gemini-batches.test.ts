import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BatchRequest } from '../../src/domain/model-request.ts'
import type { BatchProvider } from '../../src/providers/batch-provider.ts'
import { geminiBatches } from '../../src/providers/gemini-batches.ts'
import { handedIn, takeMs } from '../support/batches.ts'
import { startTestEmulator, type TestEmulator, type WishedFault } from '../support/emulator.ts'
import { until } from '../support/until.ts'

let emulator: TestEmulator
let provider: BatchProvider
beforeAll(async () => {
  emulator = await startTestEmulator({ batchMs: 50 })
  provider = geminiBatches({ apiKey: 'emulator-good-key', baseUrl: emulator.url })
})
afterAll(() => emulator.stop())

let names = 0
const newName = (): string => `purser-${(names += 1)}-end`
const long = new Date(0)

const request = (prompt: string, image = false): BatchRequest => ({
  provider: 'gemini',
  model: image ? 'gemini-2.5-flash-image' : 'gemini-2.5-flash-lite',
  endpoint: 'batchGenerateContent',
  tier: 'batch',
  prompt,
  output: image ? { kind: 'image', aspectRatio: '21:9' } : { kind: 'text' },
  maxOutputTokens: 2_000,
})

/** Hands in two lines whose prompts hold the batch's name. */
const submit = (displayName: string, { image = false, maySend = true } = {}) =>
  provider.submit(
    {
      displayName,
      lines: ['a', 'b'].map((line) => ({ key: `${displayName}.${line}`, request: request(`${line} of ${displayName}`, image) })),
    },
    { timeoutMs: 2_000, clientRequestId: displayName, maySend: () => maySend },
  )
const outputsOf = (displayName: string, output: 'image' | 'text' = 'text') =>
  new Map([`${displayName}.a`, `${displayName}.b`].map((key) => [key, output] as const))

async function taken(displayName: string, image = false): Promise<string> {
  const reply = await submit(displayName, { image })
  if (reply.kind !== 'taken') throw new Error(`not taken: ${JSON.stringify(reply)}`)
  return reply.name
}
const over = (name: string, displayName: string, output: 'image' | 'text' = 'text') =>
  until('it is over', async () => {
    const state = await provider.state(name, outputsOf(displayName, output))
    return state.kind === 'over' ? state : undefined
  })
const timesHandedIn = async (displayName: string): Promise<number> =>
  (await handedIn(emulator)).filter((batch) => batch.displayName === displayName).length

test('each line comes back under its key, as an answer that comes by itself does', async () => {
  const name = newName()
  const batch = await taken(name, true)
  const { lines, ending, isWhole } = await over(batch, name, 'image')
  expect({ ending, isWhole }).toEqual({ ending: 'succeeded', isWhole: true })
  expect([...lines.keys()]).toEqual([`${name}.a`, `${name}.b`])
  expect(lines.get(`${name}.a`)).toMatchObject({
    kind: 'answered',
    content: { mimeType: 'image/png' },
    usage: [
      { unit: 'input_text_tokens', quantity: expect.any(Number) },
      { unit: 'output_image_tokens', quantity: 1290 },
    ],
    flags: [],
  })
})

describe('handing in', () => {
  test.each<[WishedFault, object]>([
    [
      { fault: 'rate_limited', retryAfterSeconds: 7 },
      { kind: 'rejected', proof: 'provider_refused', status: 429, retryAfterMs: 7_000 },
    ],
    [{ fault: 'unavailable' }, { kind: 'rejected', status: 503 }],
    [{ fault: 'internal' }, { kind: 'lost' }],
    [{ fault: 'proxy_bad_gateway' }, { kind: 'lost' }],
    [{ fault: 'cut_before_headers' }, { kind: 'lost' }],
    [{ fault: 'hang' }, { kind: 'lost' }],
  ])('%o is understood for what it proves', async (fault, expected) => {
    const name = newName()
    await emulator.fault({ ...fault, promptIncludes: name })
    expect(await submit(name)).toMatchObject(expected)
    expect(await timesHandedIn(name)).toBe(0)
  })

  test('without permission sends nothing', async () => {
    const name = newName()
    expect(await submit(name, { maySend: false })).toMatchObject({ kind: 'rejected', proof: 'never_sent' })
    expect(await timesHandedIn(name)).toBe(0)
  })

  test('whose answer is lost is one batch, which is found by its name', async () => {
    const name = newName()
    await emulator.fault({ fault: 'batch_submit_lost', promptIncludes: name })
    expect(await submit(name)).toMatchObject({ kind: 'lost' })
    const found = await provider.find(name, long)
    expect(found).toMatchObject({ kind: 'taken', name: expect.stringMatching(/^batches\//) })
    expect(await timesHandedIn(name)).toBe(1)
  })
})

describe('looking', () => {
  test('goes through all pages, back to a moment', async () => {
    const first = newName()
    const batch = await taken(first)
    for (let i = 0; i < 25; i += 1) await taken(newName())
    expect(await provider.find(first, long)).toEqual({ kind: 'taken', name: batch })
    expect(await provider.find('nobody', long)).toEqual({ kind: 'absent' })
    expect(await provider.find(first, new Date(Date.now() + 60_000))).toEqual({ kind: 'absent' })
  })

  test('is no proof of anything while the provider does not answer', async () => {
    await emulator.fault({ fault: 'batch_list_fails' })
    expect(await provider.find('nobody', long)).toMatchObject({ kind: 'unknown', message: expect.stringContaining('503') })
    const name = newName()
    const batch = await taken(name)
    await emulator.fault({ fault: 'batch_poll_fails', promptIncludes: name })
    expect(await provider.state(batch, outputsOf(name))).toMatchObject({ kind: 'unknown' })
  })
})

describe('a batch that is over', () => {
  test('tells of a line that failed', async () => {
    const name = newName()
    await emulator.fault({ fault: 'batch_line_fails', promptIncludes: `a of ${name}` })
    const { lines } = await over(await taken(name), name)
    expect(lines.get(`${name}.a`)).toMatchObject({ kind: 'unbilled', message: expect.stringContaining('13') })
    expect(lines.get(`${name}.b`)).toMatchObject({ kind: 'answered' })
  })

  test('cancelled, has what was answered by then, and is whole', async () => {
    await takeMs(emulator, 1_000)
    const name = newName()
    const batch = await taken(name)
    await until('a line is billed', async () => (await emulator.bill()).some((entry) => entry.clientRequestId === `${name}.a`))
    expect(await provider.cancel(batch)).toBe(true)
    const { ending, lines, isWhole } = await over(batch, name)
    expect({ ending, keys: [...lines.keys()], isWhole }).toEqual({ ending: 'cancelled', keys: [`${name}.a`], isWhole: true })
    await takeMs(emulator, 50)
  })

  test.each(['batch_fails', 'batch_expires'] as const)('%s: without results', async (fault) => {
    const name = newName()
    await emulator.fault({ fault, promptIncludes: name })
    expect(await over(await taken(name), name)).toMatchObject({ lines: new Map(), isWhole: true })
  })
})

const withLines = (lines: readonly object[]) => ({ output: { inlinedResponses: { inlinedResponses: lines } } })

/** What a provider that answers so is taken to say. */
const stateFrom = async (metadata: object) => {
  const server = createServer((_, response) => response.writeHead(200).end(JSON.stringify({ name: 'batches/one', metadata, done: true })))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return await geminiBatches({ apiKey: 'emulator-good-key', baseUrl }).state('batches/one', outputsOf('mine'))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('a provider that says less than it should', () => {
  const answered = { metadata: { key: 'mine.a' }, response: { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 } } }

  test.each([
    ['without counts', {}],
    ['that counts more than it brings', { batchStats: { requestCount: '2', successfulRequestCount: '2' } }],
    ['whose counts cannot be read', { batchStats: { successfulRequestCount: 'many' } }],
  ])('%s: what is missing may have been billed', async (_, stats) => {
    const state = await stateFrom({ state: 'BATCH_STATE_CANCELLED', ...stats, ...withLines([answered]) })
    expect(state).toMatchObject({ kind: 'over', isWhole: false })
  })

  test('a state that nobody knows is not the end', async () => {
    expect(await stateFrom({ state: 'BATCH_STATE_THINKING' })).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('THINKING'),
    })
    expect(await stateFrom({})).toMatchObject({ kind: 'unknown' })
  })

  test('how a line says that it was served does not change its price', async () => {
    const line = { ...answered, response: { usageMetadata: { ...answered.response.usageMetadata, trafficType: 'ON_DEMAND' } } }
    const state = await stateFrom({ state: 'BATCH_STATE_SUCCEEDED', batchStats: { successfulRequestCount: '1' }, ...withLines([line]) })
    expect(state).toMatchObject({ kind: 'over', isWhole: true })
    expect(state.kind === 'over' && state.lines.get('mine.a')).toMatchObject({ kind: 'answered', tier: undefined })
  })
})

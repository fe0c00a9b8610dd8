import { GoogleGenAI, JobState } from '@google/genai'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { started, type StartedEmulator } from './started.ts'

const model = 'gemini-2.5-flash-lite'
const clientOf = (emulator: StartedEmulator) =>
  new GoogleGenAI({ apiKey: 'emulator-test', vertexai: false, apiVersion: 'v1', httpOptions: { baseUrl: emulator.url } })

const lines = (count: number, text = 'a line') =>
  Array.from({ length: count }, (_, i) => ({
    contents: [{ role: 'user', parts: [{ text: `${text} ${i}` }] }],
    config: { maxOutputTokens: 200 },
    metadata: { key: `line-${i}` },
  }))

const handIn = (emulator: StartedEmulator, displayName: string, src = lines(3)) =>
  clientOf(emulator).batches.create({ model, src: { inlinedRequests: src }, config: { displayName } })

const ended = (emulator: StartedEmulator, name: string) =>
  until('the batch is over', async () => {
    const job = await clientOf(emulator).batches.get({ name })
    return job.endTime === undefined ? undefined : job
  })

test('the real client hands a batch in, and gets a line’s answer under the key that it gave', async () => {
  const emulator = await started({ batchMs: 100 })
  const job = await handIn(emulator, 'mine')
  expect(job).toMatchObject({ name: expect.stringMatching(/^batches\/\w+$/), displayName: 'mine', state: JobState.JOB_STATE_PENDING })
  expect(await emulator.bill()).toEqual([])
  const { state, dest } = await ended(emulator, job.name ?? '')
  expect(state).toBe(JobState.JOB_STATE_SUCCEEDED)
  expect(dest?.inlinedResponses?.map(({ metadata }) => metadata)).toEqual([{ key: 'line-0' }, { key: 'line-1' }, { key: 'line-2' }])
  expect(dest?.inlinedResponses?.[0]?.response?.usageMetadata?.totalTokenCount).toBeGreaterThan(0)
})

test('each answered line is billed once, at half the price; one that failed is not', async () => {
  const emulator = await started({ batchMs: 50 })
  await emulator.admin('POST', 'faults', { fault: 'batch_line_fails', match: { promptIncludes: 'a line 1' } })
  const job = await handIn(emulator, 'half')
  const { dest } = await ended(emulator, job.name ?? '')
  expect(dest?.inlinedResponses?.[1]).toMatchObject({ error: { code: 13 } })
  const bill = await emulator.bill()
  expect(bill.map((entry) => [entry.clientRequestId, entry.tier])).toEqual([
    ['line-0', 'batch'],
    ['line-2', 'batch'],
  ])
  expect(bill[0]?.lines.map((line) => [line.unit, line.picoUsdEach])).toEqual(
    expect.arrayContaining([
      ['input_text_tokens', '50000'],
      ['output_text_tokens', '200000'],
    ]),
  )
})

test('a batch that is cancelled bills what was answered by then, and says how many lines were not', async () => {
  const emulator = await started({ batchMs: 1_000 })
  const job = await handIn(emulator, 'cancelled', lines(8))
  await until('a line is answered', async () => (await emulator.bill()).length > 0)
  await clientOf(emulator).batches.cancel({ name: job.name ?? '' })
  const { state, dest } = await ended(emulator, job.name ?? '')
  expect(state).toBe(JobState.JOB_STATE_CANCELLED)
  const answered = dest?.inlinedResponses?.length ?? 0
  expect(await emulator.bill()).toHaveLength(answered)
  const raw = await fetch(`${emulator.url}/v1/${job.name}`, { headers: { 'x-goog-api-key': 'emulator-test' } })
  expect(await raw.json()).toMatchObject({ metadata: { batchStats: { requestCount: '8', pendingRequestCount: String(8 - answered) } } })
})

test('a batch whose submit was not answered is in the list, newest first, by its name', async () => {
  const emulator = await started({ batchMs: 50 })
  for (const name of ['first', 'second']) await handIn(emulator, name)
  await emulator.admin('POST', 'faults', { fault: 'batch_submit_lost', ms: 300 })
  await expect(handIn(emulator, 'third')).rejects.toThrow('fetch failed')
  const names = async () => {
    const found: (string | undefined)[] = []
    for await (const job of await clientOf(emulator).batches.list({ config: { pageSize: 2 } })) found.push(job.displayName)
    return found
  }
  expect(await names()).toEqual(['second', 'first'])
  await until('it is listed', async () => (await names()).length === 3)
  expect(await names()).toEqual(['third', 'second', 'first'])
})

test.for([
  ['batch_fails', JobState.JOB_STATE_FAILED],
  ['batch_expires', JobState.JOB_STATE_EXPIRED],
] as const)('%s: it ends so, without results and without a bill', async ([fault, state]) => {
  const emulator = await started({ batchMs: 50 })
  await emulator.admin('POST', 'faults', { fault })
  const job = await handIn(emulator, fault)
  expect(await ended(emulator, job.name ?? '')).toMatchObject({ state })
  expect(await emulator.bill()).toEqual([])
})

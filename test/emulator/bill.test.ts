import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { openBill, readBill, type BillEntry } from '../../src/emulator/bill.ts'
import { ownDirectory, started } from './started.ts'

test('a billed image is one line, exact to the last pico-USD', async () => {
  const emulator = await started()
  const response = await emulator.ask({ prompt: 'x'.repeat(400), headers: { 'x-client-request-id': 'call-1/attempt-1' } })
  const { responseId } = await response.json()
  expect(await emulator.bill()).toEqual([
    {
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      responseId,
      model: 'gemini-2.5-flash-image',
      method: 'generateContent',
      clientRequestId: 'call-1/attempt-1',
      fault: null,
      answered: true,
      lines: [
        { unit: 'input_text_tokens', quantity: 100, picoUsdEach: '300000', picoUsd: '30000000' },
        { unit: 'output_image_tokens', quantity: 1290, picoUsdEach: '30000000', picoUsd: '38700000000' },
      ],
      picoUsd: '38730000000',
    },
  ])
})

test.for([
  ['gemini-nano-banana-2.1', { input_text_tokens: '1500000', output_thought_tokens: '7500000', output_image_tokens: '30000000' }],
  ['gemini-3.1-flash-lite-image', { input_text_tokens: '250000', output_thought_tokens: '1500000', output_image_tokens: '30000000' }],
  ['gemini-2.5-flash', { input_text_tokens: '300000', output_thought_tokens: '2500000', output_text_tokens: '2500000' }],
  ['gemini-2.5-flash-lite', { input_text_tokens: '100000', output_text_tokens: '400000' }],
] as const)('%s is billed at its own prices', async ([model, each]) => {
  const emulator = await started()
  const modality = model.includes('image') || model.includes('banana') ? 'IMAGE' : 'TEXT'
  await (await emulator.ask({ model, config: { responseModalities: [modality] } })).text()
  const [entry] = await emulator.bill()
  expect(Object.fromEntries(entry?.lines.map((line) => [line.unit, line.picoUsdEach]) ?? [])).toEqual(each)
  const sum = entry?.lines.reduce((total, line) => total + BigInt(line.quantity) * BigInt(line.picoUsdEach), 0n)
  expect(entry?.picoUsd).toBe(String(sum))
})

/** The emulator as a program of its own, which can be killed. The shell may limit it. */
async function spawned(billFile: string, shell = 'exec "$@"'): Promise<{ url: string; kill: (signal: NodeJS.Signals) => Promise<void> }> {
  const main = new URL('../../src/emulator/main.ts', import.meta.url).pathname
  const command = [process.execPath, main, '--port', '0', '--bill', billFile, '--flat']
  const child = spawn('sh', ['-c', shell, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  const [url] = await once(createInterface(child.stdout), 'line')
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exit
  }
  return { url, kill }
}

const generate = (url: string, fault: string): Promise<Response> =>
  fetch(`${url}/v1/models/gemini-2.5-flash-image:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'emulator-test', 'x-emulator-fault': fault },
    body: '{"contents":[{"parts":[{"text":"Ada"}]}]}',
  })

test('the line is on disk before the first byte of the answer: an emulator killed at that moment has billed', async () => {
  const billFile = join(await ownDirectory(), 'bill.jsonl')
  const emulator = await spawned(billFile)
  await generate(emulator.url, 'slow;ms=1')
  await emulator.kill('SIGKILL')
  expect(await readBill(billFile)).toMatchObject([{ fault: 'slow', answered: true }])
})

test('a billed answer that is cut is on disk when the client sees the cut', async () => {
  const billFile = join(await ownDirectory(), 'bill.jsonl')
  const emulator = await spawned(billFile)
  await expect(generate(emulator.url, 'billed_but_cut')).rejects.toThrow('fetch failed')
  await emulator.kill('SIGKILL')
  expect(await readBill(billFile)).toMatchObject([{ fault: 'billed_but_cut', answered: false }])
})

test('SIGTERM stops the program, and the next one goes on with the same bill', async () => {
  const billFile = join(await ownDirectory(), 'bill.jsonl')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const emulator = await spawned(billFile)
    await (await generate(emulator.url, 'slow;ms=1')).text()
    await emulator.kill(signal)
  }
  expect(await readBill(billFile)).toHaveLength(2)
})

const entry = (responseId: string): BillEntry => ({
  at: '2026-11-01T00:00:00.000Z',
  responseId,
  model: 'gemini-2.5-flash',
  method: 'generateContent',
  clientRequestId: null,
  fault: null,
  answered: true,
  lines: [],
  picoUsd: '0',
})

test('a line that a crash has torn is no entry, and the next one does not stick to it', async () => {
  const file = join(await ownDirectory(), 'bill.jsonl')
  const before = await openBill(file)
  await before.append(entry('one'))
  await before.close()
  await appendFile(file, '{"at":"2026-')
  expect(await readBill(file)).toHaveLength(1)
  const after = await openBill(file)
  await after.append(entry('two'))
  await after.close()
  expect((await readBill(file)).map((each) => each.responseId)).toEqual(['one', 'two'])
})

test('a bill whose folder is away refuses the requests of that time, and goes on when it is back', async () => {
  const folder = await ownDirectory()
  const file = join(folder, 'bills', 'bill.jsonl')
  await mkdir(dirname(file))
  const emulator = await started({ billFile: file })
  const idOf = async (): Promise<string> => ((await (await emulator.ask()).json()) as { responseId: string }).responseId
  const before = [await idOf(), await idOf()]
  await rename(dirname(file), join(folder, 'away'))
  const refused = await Promise.all([emulator.ask(), emulator.ask()])
  expect(refused.map((response) => response.status)).toEqual([500, 500])
  await rename(join(folder, 'away'), dirname(file))
  const after = [await idOf(), await idOf()]
  expect((await readBill(file)).map((each) => each.responseId)).toEqual([...before, ...after])
})

test('a disk that fills up in the middle of a line leaves no half of it: the bill is what was answered', async () => {
  const billFile = join(await ownDirectory(), 'bill.jsonl')
  const emulator = await spawned(billFile, 'ulimit -f 2 && exec "$@"')
  const answered: string[] = []
  let response = await generate(emulator.url, 'slow;ms=1')
  while (response.ok) {
    answered.push((await response.json()).responseId)
    response = await generate(emulator.url, 'slow;ms=1')
  }
  expect(answered.length).toBeGreaterThan(0)
  expect((await generate(emulator.url, 'slow;ms=1')).status).toBe(500)
  expect((await readFile(billFile, 'utf8')).endsWith('}\n')).toBe(true)
  expect((await readBill(billFile)).map((each) => each.responseId)).toEqual(answered)
})

test('a hundred requests at once are a hundred lines', async () => {
  const emulator = await started()
  const responses = await Promise.all(Array.from({ length: 100 }, () => emulator.ask()))
  const ids = await Promise.all(responses.map(async (response) => (await response.json()).responseId))
  const billed = (await emulator.bill()).map((each) => each.responseId)
  expect(billed).toHaveLength(100)
  expect(new Set(billed)).toEqual(new Set(ids))
  const shown = await (await emulator.admin('GET', 'bill?limit=1')).json()
  expect([shown.count, shown.entries.length]).toEqual([100, 1])
  const total = (await emulator.bill()).reduce((sum, each) => sum + BigInt(each.picoUsd), 0n)
  expect(shown.picoUsd).toBe(String(total))
})

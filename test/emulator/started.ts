import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readBill, type BillEntry } from '../../src/emulator/bill.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/server.ts'

/** An emulator of one test, gone with its bill when the test ends. */
export interface StartedEmulator extends Emulator {
  readonly billFile: string
  bill(): Promise<BillEntry[]>
  /** Sends one raw request for a banner and gives the response as it is. */
  ask(options?: Ask): Promise<Response>
  /** An admin call with a JSON body. */
  admin(method: string, path: string, body?: unknown): Promise<Response>
}

/** What a raw request may differ in. */
interface Ask {
  readonly model?: string
  readonly method?: string
  readonly prompt?: string
  readonly headers?: Record<string, string>
  readonly config?: Record<string, unknown>
  readonly signal?: AbortSignal
}

const prompt = 'Name: Ada Lovelace\nHeadline: Machines that think\nColours: #0b1b3a, #4b2bbd, #ff7a59'

/** A directory of one test's own. */
export async function ownDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Starts an emulator for one test. Pictures are flat unless the test is about them. */
export async function started(options: Partial<EmulatorOptions> = {}): Promise<StartedEmulator> {
  const billFile = join(await ownDirectory(), 'bill.jsonl')
  const emulator = await startEmulator({ billFile, pictures: 'flat', ...options })
  onTestFinished(() => emulator.stop())
  return {
    ...emulator,
    billFile,
    bill: () => readBill(billFile),
    ask: (ask = {}) =>
      fetch(`${emulator.url}/v1/models/${ask.model ?? 'gemini-2.5-flash-image'}:${ask.method ?? 'generateContent'}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-goog-api-key': 'emulator-test', ...ask.headers },
        body: JSON.stringify({
          contents: [{ role: 'user', parts: [{ text: ask.prompt ?? prompt }] }],
          generationConfig: ask.config ?? { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '21:9' } },
        }),
        signal: ask.signal ?? null,
      }),
    admin: (method, path, body) =>
      fetch(`${emulator.url}/admin/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  }
}

import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Model } from './models.ts'
import type { Usage } from './usage.ts'

/** What a bill line counts. */
type BillUnit = 'input_text_tokens' | 'input_image_tokens' | 'output_text_tokens' | 'output_image_tokens' | 'output_thought_tokens'

/** One unit of a billed request. Amounts are whole pico-USD as decimal strings: JSON numbers would lose digits. */
interface BillLine {
  readonly unit: BillUnit
  readonly quantity: number
  readonly picoUsdEach: string
  readonly picoUsd: string
}

/** One billed request: one line of the bill file. `answered` says whether the emulator set out to send the whole answer. */
export interface BillEntry {
  readonly at: string
  readonly responseId: string
  readonly model: string
  readonly method: string
  /** `batch`: half the price. Absent: standard. */
  readonly tier?: 'batch'
  readonly clientRequestId: string | null
  readonly fault: string | null
  readonly answered: boolean
  readonly lines: readonly BillLine[]
  readonly picoUsd: string
}

/** The bill of one emulator. `append` resolves when the entry is on disk; when it rejects, the entry is not on the bill, and later ones may be. */
export interface Bill {
  readonly file: string
  append(entry: BillEntry): Promise<void>
  /** Waits for what is being written. */
  close(): Promise<void>
}

/** USD per million tokens is pico-USD per token times 10⁻⁶: at most six decimals, so always a whole number. */
function picoUsdPerToken(usdPerMillion: string): bigint {
  const [whole = '0', fraction = ''] = usdPerMillion.split('.')
  return BigInt(whole + fraction.padEnd(6, '0'))
}

/** The cost of a usage at the model's prices, or at half of them. Units without tokens have no line. */
export function priced(model: Model, usage: Usage, tier: 'standard' | 'batch' = 'standard'): Pick<BillEntry, 'lines' | 'picoUsd'> {
  const { input, outputText, outputImage } = model.prices
  const counted: readonly (readonly [BillUnit, number, string])[] = [
    ['input_text_tokens', usage.inputTextTokens, input],
    ['input_image_tokens', usage.inputImageTokens, input],
    ['output_text_tokens', usage.outputTextTokens, outputText],
    ['output_image_tokens', usage.outputImageTokens, outputImage ?? outputText],
    ['output_thought_tokens', usage.thoughtTokens, outputText],
  ]
  let total = 0n
  const lines = counted
    .filter(([, quantity]) => quantity > 0)
    .map(([unit, quantity, price]): BillLine => {
      const each = picoUsdPerToken(price) / (tier === 'batch' ? 2n : 1n)
      const amount = each * BigInt(quantity)
      total += amount
      return { unit, quantity, picoUsdEach: String(each), picoUsd: String(amount) }
    })
  return { lines, picoUsd: String(total) }
}

/** A crash can leave half a line at the end. Its answer was never sent, so it was never billed: cut it off. */
async function dropTornLine(file: string): Promise<void> {
  const text = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  const whole = text.lastIndexOf(0x0a) + 1
  if (whole === text.length) return
  const handle = await open(file, 'r+')
  await handle.truncate(whole)
  await handle.close()
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  await handle.sync()
  await handle.close()
}

/** Appends a text so that it is on disk, or throws and leaves the file as it was. */
async function appendDurably(file: string, text: string): Promise<void> {
  // Opened anew each time: a handle of a file whose folder was taken away writes happily into nothing.
  const handle = await open(file, 'a')
  try {
    const { size } = await handle.stat()
    try {
      await handle.appendFile(text)
      await handle.sync()
    } catch (error) {
      // A full disk takes half a line: what nobody was answered for must not be on the bill.
      await handle.truncate(size)
      throw error
    }
    if (size === 0) await syncDirectory(dirname(file))
  } finally {
    await handle.close()
  }
}

/** Opens (or begins) the bill in this file. Entries that arrive during a sync share the next one; a write that fails fails only its own entries. */
export async function openBill(file: string): Promise<Bill> {
  await dropTornLine(file)
  await appendDurably(file, '')
  let waiting = ''
  let next: Promise<void> | null = null
  let last: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    const text = waiting
    waiting = ''
    next = null
    await appendDurably(file, text)
  }
  return {
    file,
    append(entry) {
      waiting += `${JSON.stringify(entry)}\n`
      next ??= last = last.catch(() => undefined).then(write)
      return next
    },
    async close() {
      await last.catch(() => undefined)
    },
  }
}

/** Every entry of a bill file, oldest first. A torn last line is no entry; a missing file is an empty bill. */
export async function readBill(file: string): Promise<BillEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BillEntry)
}

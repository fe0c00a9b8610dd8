/** What was asked of the ledger and what was heard, one line each, so that a checker can judge it later. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { PurserError } from '../../../src/domain/errors.ts'
import { PASSING } from '../passing.ts'

export interface Scope {
  readonly account: string
  readonly team: string
  readonly feature: string
}

/** One request to the ledger, with all that is needed to repeat it. Amounts are nano-EUR as text, a call is named by its job and by its id. */
export type Asked =
  | {
      readonly do: 'reserve'
      readonly job: string
      readonly call: string
      readonly run: string
      readonly ask: number
      readonly amount: string
      readonly scope: Scope
      readonly hash: string
    }
  | {
      readonly do: 'dispatch'
      readonly job: string
      readonly call: string
      readonly run: string
      readonly ask: number
      readonly account: string
      readonly token: string
    }
  | {
      readonly do: 'settle'
      readonly call: string
      readonly reservation: string
      readonly token: string
      readonly cost: string
      readonly account: string
      readonly scopeId: number
      readonly periods: readonly number[]
    }
  | { readonly do: 'reject'; readonly call: string; readonly reservation: string; readonly token: string; readonly retry: boolean }
  | { readonly do: 'mark'; readonly call: string; readonly reservation: string; readonly token: string }
  | { readonly do: 'close'; readonly job: string; readonly call: string; readonly run: string }
  | { readonly do: 'cap'; readonly budget: number; readonly change: string; readonly key: string }
  | { readonly do: 'look'; readonly budget: number }

/** An answer, put into one form: its kind, and what it names. */
export interface Heard {
  readonly kind: string
  readonly reservation?: string
  readonly amount?: string
  readonly cost?: string
  /** Of a `go`: what a settle must name. */
  readonly scopeId?: number
  readonly periods?: readonly number[]
  /** Of a refusal or a look: the budget, and its figures. */
  readonly budget?: number
  readonly figures?: Figures
  readonly needed?: string
  readonly handedOn?: boolean
  readonly released?: string
  readonly changed?: boolean
}

export interface Figures {
  readonly cap: string
  readonly reserved: string
  readonly spent: string
}

/** `fail`: the ledger says that nothing happened. `unknown`: nobody said anything, so it may have happened. */
export type Outcome =
  | { readonly kind: 'heard'; readonly heard: Heard; readonly at: number }
  | { readonly kind: 'fail'; readonly code: string; readonly at: number }
  | { readonly kind: 'unknown'; readonly code: string; readonly at?: number }

/** One request as it was played. Times are microseconds of the machine's monotonic clock, which all processes share. */
export interface Operation {
  readonly id: string
  readonly asked: Asked
  readonly invokedAt: number
  readonly outcome: Outcome
}

type Line = { readonly op: string; readonly at: number } & (
  { readonly asked: Asked } | { readonly heard: Heard } | { readonly fail: string } | { readonly unknown: string }
)

export interface Log {
  write(line: Line): void
}

/** A history in a file, written before the next step is done: what a killed process had heard is there. */
export function fileLog(path: string): Log & { close(): void } {
  const file = openSync(path, 'a')
  return { write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`), close: () => closeSync(file) }
}

/** A history in memory; `heard` counts the answers so far. */
export function memoryLog(): Log & { readonly lines: readonly Line[]; heard(): number } {
  const lines: Line[] = []
  let heard = 0
  return {
    lines,
    heard: () => heard,
    write(line) {
      lines.push(line)
      if ('heard' in line) heard += 1
    },
  }
}

/** The last line of a killed process may be cut off: then it has not heard it. */
export async function readLog(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

/** Lines of all processes → operations. What has no end has an unknown one. */
export function operationsOf(lines: readonly Line[]): Operation[] {
  const operations = new Map<string, Operation>()
  for (const line of lines) {
    if ('asked' in line) {
      operations.set(line.op, { id: line.op, asked: line.asked, invokedAt: line.at, outcome: { kind: 'unknown', code: 'killed' } })
      continue
    }
    const begun = operations.get(line.op)
    if (begun === undefined) throw new Error(`${line.op} ended and never began`)
    operations.set(line.op, { ...begun, outcome: outcomeOf(line) })
  }
  return [...operations.values()]
}

function outcomeOf(line: Exclude<Line, { asked: Asked }>): Outcome {
  if ('heard' in line) return { kind: 'heard', heard: line.heard, at: line.at }
  return 'fail' in line ? { kind: 'fail', code: line.fail, at: line.at } : { kind: 'unknown', code: line.unknown, at: line.at }
}

/** Rounded so that an interval never looks shorter than it was. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n)

/** Writes down what is asked, asks, and writes down what was heard. */
export function recorder(log: Log, name: string) {
  let count = 0
  return async (asked: Asked, perform: (asked: Asked) => Promise<Heard>): Promise<Outcome> => {
    const op = `${name}.${(count += 1)}`
    log.write({ op, at: nowUs(), asked })
    try {
      const heard = await perform(asked)
      const at = nowUs() + 1
      log.write({ op, at, heard })
      return { kind: 'heard', heard, at }
    } catch (error) {
      const at = nowUs() + 1
      const code = codeOf(error)
      // What the ledger calls impossible, and what it did not take because too many wait, has not happened. All else may have.
      if (error instanceof PurserError || code === 'ledger_busy') {
        log.write({ op, at, fail: code })
        return { kind: 'fail', code, at }
      }
      log.write({ op, at, unknown: code })
      return { kind: 'unknown', code, at }
    }
  }
}

/** What may be heard is told by its code; anything else with what it says, and of what. */
function codeOf(error: unknown): string {
  const { code, message, where } = error as { code?: string; message: string; where?: string }
  if (code === undefined) return message
  return error instanceof PurserError || PASSING.test(code) ? code : [code, message, where].filter((part) => part !== undefined).join(': ')
}

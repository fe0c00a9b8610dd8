import postgres from 'postgres'
import { impossibleRequest, PurserError } from '../domain/errors.ts'
import { money, nano, type Money, type Nano } from '../domain/money.ts'

/** Above every limit of server and wire, the longest of which is a report's: who has no answer by then has been forgotten on this side. */
const ANSWER_LIMIT_MS = 90_000

/** Waits for an answer of the ledger, but not for ever. What was asked may have happened all the same: the same keys find out. */
export async function inTime<T>(query: PromiseLike<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the ledger did not answer within ${ANSWER_LIMIT_MS / 1000} s`)), ANSWER_LIMIT_MS)
  try {
    return await Promise.race([query, late])
  } finally {
    clearTimeout(timer)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Two who waited for each other, and this one was ended; a period that ended, or a month that was made, under it. Nothing has happened, and the same keys may be asked again at once. */
const AGAIN = ['40P01', '40001', 'PU002']
/** Where Postgres finds no table for a row. A month that has been made this very moment is not yet known to everybody. */
const FINDS_TABLE = 'ExecFindPartition'
/** Then the caller hears it: somebody holds what is needed for long. */
const TRIES_MAX = 4
const PAUSE_MS = 10

/**
 * Runs one ledger function. Asks again where Postgres or the ledger has taken everything back: each function is one transaction, and safe to repeat by its
 * key. Turns what the ledger calls impossible into a PurserError; everything else may pass and be tried again.
 */
export async function asked<T>(query: () => PromiseLike<readonly { answer: T }[]>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      const [row] = await inTime(query())
      if (row === undefined) throw new Error('broken promise: a ledger function answered nothing')
      return row.answer
    } catch (error) {
      if (tries === TRIES_MAX || !mayPass(error)) throw inOurWords(error)
    }
    await pause(PAUSE_MS * tries)
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && (AGAIN.includes(error.code) || error.routine === FINDS_TABLE)

function inOurWords(error: unknown): unknown {
  const impossible = impossibleRequest(error)
  if (impossible !== undefined) return impossible
  // A value that Postgres cannot take (class 22) will not become one by asking again.
  return error instanceof postgres.PostgresError && error.code.startsWith('22')
    ? new PurserError('bad_input', `the ledger cannot take one of these values: ${error.message}`)
    : error
}

/** nano-EUR, as the ledger's functions write it into JSON. */
export const nanoOf = (text: string): Nano => nano(BigInt(text))
export const moneyOf = (text: string): Money => money(nanoOf(text))

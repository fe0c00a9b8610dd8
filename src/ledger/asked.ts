import postgres from 'postgres'
import { PurserError, type ErrorCode } from '../domain/errors.ts'
import { money, nano, type Money, type Nano } from '../domain/money.ts'

/** The SQLSTATE of an impossible request; its DETAIL is one of our error codes. */
const IMPOSSIBLE_REQUEST = 'PU001'

/** Runs one ledger function. Turns what the ledger calls impossible into a PurserError; everything else may pass and be tried again. */
export async function asked<T>(query: Promise<readonly { answer: T }[]>): Promise<T> {
  try {
    const [row] = await query
    if (row === undefined) throw new Error('broken promise: a ledger function answered nothing')
    return row.answer
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === IMPOSSIBLE_REQUEST) {
      throw new PurserError((error.detail ?? 'bad_input') as ErrorCode, error.message)
    }
    // A value that Postgres cannot take (class 22) will not become one by asking again.
    if (error instanceof postgres.PostgresError && error.code.startsWith('22'))
      throw new PurserError('bad_input', `the ledger cannot take one of these values: ${error.message}`)
    throw error
  }
}

/** nano-EUR, as the ledger's functions write it into JSON. */
export const nanoOf = (text: string): Nano => nano(BigInt(text))
export const moneyOf = (text: string): Money => money(nanoOf(text))

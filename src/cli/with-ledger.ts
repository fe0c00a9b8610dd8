import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { eur, type Nano } from '../domain/money.ts'
import { PurserError } from '../domain/errors.ts'
import type { BudgetName } from '../ledger/budgets.ts'
import type { CliContext } from './context.ts'

/** Opens the ledger for one command, and closes it whatever happens. */
export async function withLedger<T>(
  opening: ReturnType<CliContext['openLedger']>,
  work: (ledger: Awaited<typeof opening>['ledger']) => Promise<T>,
): Promise<T> {
  const { ledger, close } = await opening
  try {
    return await work(ledger)
  } finally {
    await close()
  }
}

/** How to show it. */
export interface Show {
  exact?: boolean
  json?: boolean
}

/** The two options of every command that shows money. */
export const shown = (command: Command, what: 'account' | 'attempt' | 'budget' | 'item' | 'model' | 'plan' = 'account'): Command =>
  command.option('--exact', 'all nine digits of an amount').option('--json', `one JSON object per ${what}`)

/** Far below where the ledger's counters end, also as a sum of some. */
const EUR_MAX = 1_000_000_000

/** An amount as it is typed. Throws PurserError `bad_input`. */
export function amountOf(text: string): Nano {
  let amount: Nano
  try {
    amount = eur(text)
  } catch (error) {
    throw new PurserError('bad_input', (error as Error).message)
  }
  if (amount > eur(String(EUR_MAX)) || amount < eur(`-${EUR_MAX}`))
    throw new PurserError('bad_input', `an amount of ${text.trim()} EUR is too much: ${EUR_MAX} at most`)
  return amount
}

/** The key under which a person's word is kept, so that the same word twice counts once: their note's, or made of what they say. */
export const noteOf = ({ note, why }: { readonly note?: string; readonly why: string }, said: string): string =>
  note ?? `said ${createHash('sha256').update(`${said} ${why}`).digest('hex').slice(0, 16)}`

/** The two options of a list. */
export const paged = (command: Command, after: string): Command =>
  command
    .option('--after <id>', `continue after this ${after} (default: from the first)`)
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')

/** The ledger's ids are of four bytes. */
export const ID_MAX = 2_147_483_647

/** A number is an id, everything else a name. */
export const budgetName = (text = ''): BudgetName => (/^\d+$/.test(text) && Number(text) <= ID_MAX ? { id: Number(text) } : { name: text })

/** The id behind which a page begins, as it is typed. Throws PurserError `bad_input`. */
export function afterOf(text: string | undefined, what: string): number {
  const after = Number(text ?? 0)
  if (!Number.isInteger(after) || after < 0 || after > ID_MAX) throw new PurserError('bad_input', `--after takes the id of a ${what}`)
  return after
}

/** The place behind which a page of a queue begins, as it is typed. Throws PurserError `bad_input`. */
export function placeOf(text = '0'): string {
  if (!/^\d{1,18}$/.test(text)) throw new PurserError('bad_input', '--after takes a place in the line')
  return text
}

/** A page size as it is typed. Throws PurserError `bad_input`. */
export function limitOf(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new PurserError('bad_input', '--limit takes a whole number from 1 to 1000')
  return limit
}

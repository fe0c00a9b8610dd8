import { nano, picoUsd, type Nano, type PicoUsd } from '../domain/money.ts'
import { month, type Month } from '../domain/period.ts'
import { functionAnswer } from '../prices/function-answer.ts'
import type { Reading } from './reading.ts'

/** An account's month. Sealed, it never changes: what becomes known later is a correction on a later one. Amounts are nano-EUR. */
export interface Statement {
  readonly account: string
  readonly month: Month
  readonly timeZone: string
  readonly startsAt: string
  readonly endsAt: string
  readonly plan: string
  /** What the plan allowed when the month began; undefined: the account had no plan's budget. */
  readonly allowance: Nano | undefined
  /** Top-ups, cuts and changes of the plan, in all. */
  readonly capChanges: Nano
  /** What the plan's budget had counted as spent when this was sealed, an opening amount included; undefined: nothing opened its period. */
  readonly counted: Nano | undefined
  readonly calls: number
  readonly failed: number
  /** The calls that were reserved in the month. */
  readonly spent: Nano
  readonly picoUsd: PicoUsd
  /** By the providers' caches. */
  readonly saved: Nano
  /** Of what was spent: presumed, when this was sealed. */
  readonly presumed: Nano
  /** What became known of calls on earlier statements, and in how many lines. */
  readonly corrections: Nano
  readonly corrected: number
  /** Spent and corrections. */
  readonly total: Nano
  /** Still reserved when this was sealed. */
  readonly open: Nano
  readonly overrun: Nano
  readonly refusals: number
  /** The account's other budgets. */
  readonly budgets: readonly StatementBudget[]
  /** The hash of the statement before; null: this is the first. */
  readonly previous: string | null
  /** SHA-256, hexadecimal; null while it is provisional. */
  readonly hash: string | null
  readonly sealedAt: string | null
  readonly state: 'provisional' | 'sealed'
}

export interface StatementBudget {
  readonly budgetId: number
  readonly name: string
  readonly period: string
  readonly cap: Nano
  readonly spent: Nano
  readonly reserved: Nano
  readonly overrun: Nano
}

/** What a feature, a model or a user spent. */
export interface StatementPart {
  /** Null: of calls that have none. */
  readonly name: string | null
  readonly calls: number
  readonly spent: Nano
}

export interface CorrectionLine {
  /** The attempt, or what was tracked. */
  readonly rowId: string
  /** Of the statement that it corrects. */
  readonly month: Month
  readonly at: string
  readonly change: Nano
  readonly knownAt: string
}

/** A statement with its lines: 1000 of each list at most, the dearest first; corrections in the order in which they became known. */
export interface WholeStatement extends Statement {
  readonly features: readonly StatementPart[]
  readonly models: readonly StatementPart[]
  readonly users: readonly StatementPart[]
  readonly correctionLines: readonly CorrectionLine[]
}

const AMOUNTS = ['allowance', 'capChanges', 'counted', 'spent', 'saved', 'presumed', 'corrections', 'total', 'open', 'overrun'] as const
type Raw<T> = { [K in keyof T]: T[K] extends Nano | PicoUsd ? string : T[K] extends readonly (infer E)[] ? Raw<E>[] : T[K] }
type RawStatement = Omit<Raw<Statement>, 'allowance' | 'counted'> & { allowance: string | null; counted: string | null }

/** A month of an account with its lines: sealed, or as it would be now. Throws PurserError `unknown_account`, `bad_input` (no month, or one to come). */
export async function showStatement({ sql }: Reading, account: string, of: Month): Promise<WholeStatement> {
  const raw = await functionAnswer(
    sql<{ answer: RawStatement & Raw<Omit<WholeStatement, keyof Statement>> }[]>`select purser.show_statement(${account}, ${of}) as answer`,
  )
  const parts = (list: readonly Raw<StatementPart>[]): StatementPart[] => list.map((part) => ({ ...part, spent: nanoOf(part.spent) }))
  return {
    ...statementOf(raw),
    features: parts(raw.features),
    models: parts(raw.models),
    users: parts(raw.users),
    correctionLines: raw.correctionLines.map((line) => ({ ...line, month: month(line.month), change: nanoOf(line.change) })),
  }
}

/** Sealed statements of an account, of a month, or of both, by month and account, behind a place. Throws PurserError `bad_input`. */
export async function listStatements(
  { sql }: Reading,
  of: {
    readonly account?: string | undefined
    readonly month?: Month | undefined
    readonly after?: { readonly month: string; readonly account: string } | undefined
    readonly limit: number
  },
): Promise<Statement[]> {
  const raw = await functionAnswer(sql<{ answer: RawStatement[] }[]>`
    select purser.list_statements(${of.account ?? null}, ${of.month ?? null}, ${of.after?.month ?? null}, ${of.after?.account ?? null}, ${of.limit}) as answer`)
  return raw.map(statementOf)
}

export interface VerifiedStatement {
  readonly month: Month
  readonly hash: string
  readonly total: Nano
  /** What it is wrong in; none: the facts are as they were sealed. */
  readonly faults: readonly string[]
}

/** Reckons every sealed statement of an account anew, oldest first, from the facts. Throws PurserError `unknown_account`. */
export async function verifyStatements({ sql }: Reading, account: string): Promise<VerifiedStatement[]> {
  const raw = await functionAnswer(
    sql<{ answer: (Omit<VerifiedStatement, 'total'> & { total: string })[] }[]>`select purser.verify_statements(${account}) as answer`,
  )
  return raw.map((one) => ({ ...one, total: nanoOf(one.total) }))
}

/** nano-EUR, as the ledger's functions write it into JSON. */
export const nanoOf = (text: string): Nano => nano(BigInt(text))

function statementOf(raw: RawStatement): Statement {
  const amounts = Object.fromEntries(
    AMOUNTS.map((name) => {
      const amount = raw[name]
      return [name, amount === null ? undefined : nanoOf(amount)]
    }),
  ) as Pick<Statement, (typeof AMOUNTS)[number]>
  const budgets = raw.budgets.map(({ cap, spent, reserved, overrun, ...budget }) => ({
    ...budget,
    cap: nanoOf(cap),
    spent: nanoOf(spent),
    reserved: nanoOf(reserved),
    overrun: nanoOf(overrun),
  }))
  return { ...raw, month: month(raw.month), ...amounts, picoUsd: picoUsd(BigInt(raw.picoUsd)), budgets }
}

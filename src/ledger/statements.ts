import type { Nano, PicoUsd } from '../domain/money.ts'
import { picoUsd } from '../domain/money.ts'
import { month, type Month } from '../domain/period.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** An account's month, sealed: it never changes. What becomes known later is a correction on a later one. Amounts are nano-EUR. */
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
  /** SHA-256, hexadecimal, of the statement before; null: this is the first. */
  readonly previous: string | null
  readonly hash: string
  readonly sealedAt: string
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

/** A month in which accounts still have a statement to come, and how many. */
export interface UnsealedMonth {
  readonly month: Month
  readonly accounts: number
}

/** Oldest first and until `until`; of accounts in whose time zone the month is over, and a minute more. Throws PurserError `bad_input`. */
export const unsealedMonths = ({ sql }: Pick<Ledger, 'sql'>, until: Month): Promise<readonly UnsealedMonth[]> =>
  asked(() => sql`select purser.unsealed_months(${until}) as answer`)

export interface SealedPage {
  /** Accounts that were looked at; those that had their statement, too. */
  readonly seen: number
  readonly sealed: number
  /** The totals of those that were sealed. */
  readonly total: Nano
  /** Where to go on; undefined: that was all. */
  readonly after: string | undefined
  /** Sums have very much to take in first: nothing was sealed. */
  readonly isBehind: boolean
}

/**
 * Seals the statements of a page of accounts for a month that is over, in one commit. Again, or by two at once: no effect. A dry run seals nothing, and
 * tells what it would. Throws PurserError `bad_input`.
 */
export async function sealStatements(
  { sql }: Pick<Ledger, 'sql'>,
  page: { readonly month: Month; readonly after: string | undefined; readonly limit: number; readonly dryRun: boolean },
): Promise<SealedPage> {
  const raw = await asked<{ seen: number; sealed: number; spent: string; after: string | null; behind: boolean }>(
    () => sql`select purser.seal_statements(${page.month}, ${page.after ?? null}, ${page.limit}, ${page.dryRun}) as answer`,
  )
  return { seen: raw.seen, sealed: raw.sealed, total: nanoOf(raw.spent), after: raw.after ?? undefined, isBehind: raw.behind }
}

/** A sealed statement with its lines; undefined: it is not sealed. Throws PurserError `unknown_account`, `bad_input`. */
export async function showStatement({ sql }: Pick<Ledger, 'sql'>, account: string, of: Month): Promise<WholeStatement | undefined> {
  const raw = await asked<(RawStatement & Raw<Omit<WholeStatement, keyof Statement>>) | null>(
    () => sql`select purser.show_statement(${account}, ${of}) as answer`,
  )
  if (raw === null) return undefined
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
  { sql }: Pick<Ledger, 'sql'>,
  of: {
    readonly account?: string | undefined
    readonly month?: Month | undefined
    readonly after?: { readonly month: string; readonly account: string } | undefined
    readonly limit: number
  },
): Promise<Statement[]> {
  const raw = await asked<RawStatement[]>(
    () => sql`
    select purser.list_statements(${of.account ?? null}, ${of.month ?? null}, ${of.after?.month ?? null}, ${of.after?.account ?? null}, ${of.limit}) as answer`,
  )
  return raw.map(statementOf)
}

export interface VerifiedStatement {
  readonly month: Month
  readonly hash: string
  readonly total: Nano
  /** What it is wrong in; none: the facts are as they were sealed. */
  readonly faults: readonly string[]
}

/** Reckons every statement of an account anew, oldest first, from the facts. Throws PurserError `unknown_account`. */
export async function verifyStatements({ sql }: Pick<Ledger, 'sql'>, account: string): Promise<VerifiedStatement[]> {
  const raw = await asked<(Omit<VerifiedStatement, 'total'> & { total: string })[]>(
    () => sql`select purser.verify_statements(${account}) as answer`,
  )
  return raw.map((one) => ({ ...one, total: nanoOf(one.total) }))
}

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

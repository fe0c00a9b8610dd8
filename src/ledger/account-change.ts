import { exactEur, type Nano } from '../domain/money.ts'
import { nanoOf } from './asked.ts'

/** How a budget stands in a period. */
export interface Figures {
  readonly cap: Nano
  readonly spent: Nano
  readonly reserved: Nano
  /** Below zero when it is exceeded. */
  readonly remaining: Nano
}

/** What becomes of a budget in a period. */
export interface BudgetOutlook {
  readonly budgetId: number
  readonly name: string
  readonly isHard: boolean
  readonly period: string
  readonly before: Figures
  readonly after: Figures
}

/** What a change makes of an account. A dry run was made and taken back whole, so it says what the change would have said. */
export interface AccountChange {
  readonly dryRun: boolean
  /** False: it was so already, or a repeat. */
  readonly changed: boolean
  /** Its budgets in their periods of now; and its plan's in the next month, if that becomes another. */
  readonly budgets: readonly BudgetOutlook[]
  readonly refused: {
    /** From then on every call. Null: none for this alone. */
    readonly everythingFrom: string | null
    /** Now, calls whose bound is above this: what the tightest hard budget that names the account has left. Null: it has none. */
    readonly above: Nano | null
    /** What is reserved and, with this, not sent any more. */
    readonly waiting: { readonly attempts: number; readonly amount: Nano }
  }
}

export type RawFigures = Record<keyof Figures, string>
export type RawAccountChange = Omit<AccountChange, 'budgets' | 'refused'> & {
  budgets: (Omit<BudgetOutlook, 'before' | 'after'> & { before: RawFigures; after: RawFigures })[]
  refused: { everythingFrom: string | null; above: string | null; waiting: { attempts: number; amount: string } }
}

export const figuresOf = ({ cap, spent, reserved, remaining }: RawFigures): Figures => ({
  cap: nanoOf(cap),
  spent: nanoOf(spent),
  reserved: nanoOf(reserved),
  remaining: nanoOf(remaining),
})

export const changeOf = ({ dryRun, changed, budgets, refused }: RawAccountChange): AccountChange => ({
  dryRun,
  changed,
  budgets: budgets.map((b) => ({ ...b, before: figuresOf(b.before), after: figuresOf(b.after) })),
  refused: {
    everythingFrom: refused.everythingFrom,
    above: refused.above === null ? null : nanoOf(refused.above),
    waiting: { attempts: refused.waiting.attempts, amount: nanoOf(refused.waiting.amount) },
  },
})

export const figuresJson = ({ cap, spent, reserved, remaining }: Figures): Record<string, unknown> => ({
  capEur: exactEur(cap),
  spentEur: exactEur(spent),
  reservedEur: exactEur(reserved),
  remainingEur: exactEur(remaining),
})

/** The change for `--json`: amounts with nine digits. */
export const changeJson = ({ dryRun, changed, budgets, refused }: AccountChange): Record<string, unknown> => ({
  dryRun,
  changed,
  budgets: budgets.map(({ before, after, ...b }) => ({ ...b, before: figuresJson(before), after: figuresJson(after) })),
  refused: {
    everythingFrom: refused.everythingFrom,
    aboveEur: refused.above === null ? null : exactEur(refused.above),
    waiting: { attempts: refused.waiting.attempts, amountEur: exactEur(refused.waiting.amount) },
  },
})

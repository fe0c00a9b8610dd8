import type { CallScope } from '../domain/call.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import type { Nano } from '../domain/money.ts'
import type { StoredRefusal } from '../domain/refusal.ts'
import { answerOf, type RawAnswer } from './answers.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'
import { termsOf } from './scope.ts'

/** Whether the budgets that cover a call could pay for it at this moment. */
export interface Estimate {
  /** Which budget would refuse it; undefined when none would. */
  readonly refusal: StoredRefusal | undefined
  /** Why nothing of its scope may start; undefined when it may. */
  readonly stopped: string | undefined
  /** Every one that covers it. */
  readonly budgets: readonly EstimatedBudget[]
}

export interface EstimatedBudget {
  readonly id: number
  readonly name: string
  /** Null: it is not of one account. */
  readonly account: string | null
  readonly isHard: boolean
  readonly period: string
  readonly remaining: Nano
}

interface Raw {
  readonly refusal: RawAnswer | null
  readonly stopped: string | null
  readonly budgets: readonly (Omit<EstimatedBudget, 'remaining'> & { readonly remaining: string })[]
}

/** Asks without an effect: nothing is set aside. Throws PurserError `unknown_account`, `no_budget`. */
export async function estimate(
  { sql }: Ledger,
  scope: CallScope,
  request: Pick<PricedRequest, 'provider' | 'model' | 'endpoint'>,
  amount: Nano,
): Promise<Estimate> {
  const raw = await asked<Raw>(() => sql`select purser.estimate(${sql.json(termsOf(scope, request) as never)}, ${amount}) as answer`)
  const answer = raw.refusal === null ? undefined : answerOf(raw.refusal)
  if (answer !== undefined && answer.kind !== 'refused') throw new Error('broken promise: an estimate is a refusal or nothing')
  return {
    refusal: answer,
    stopped: raw.stopped ?? undefined,
    budgets: raw.budgets.map((budget) => ({ ...budget, remaining: nanoOf(budget.remaining) })),
  }
}

import type { Ability } from './ability.ts'
import type { CallScope } from './call.ts'
import type { ModelRequest } from './model-request.ts'
import type { Money } from './money.ts'

/** What a call may be downgraded to: a model of the same provider that can do what it needs. */
export interface CheaperModel {
  readonly model: string
  /** What the request would cost on it at the most: its bound. */
  readonly atMost: Money
}

/** A call that its budgets cannot pay for. */
export interface TooDear {
  readonly scope: CallScope
  readonly request: ModelRequest
  /** What the model must be able to do, besides what the output says. */
  readonly needs?: readonly Ability[] | undefined
}

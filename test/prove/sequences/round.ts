/** What several do at once: planned so that they meet. */
import fc from 'fast-check'
import type { Ledger } from '../model/ledger.ts'
import type { Said } from '../model/step.ts'
import { stepOf, type Cast } from './meaning.ts'
import { plans, type Plan } from './plan.ts'

/** Where they meet: at one attempt, at one call, at budgets that all share, or wherever chance has it. */
type Aim = 'attempt' | 'call' | 'budget' | 'anything'

/** Steps one by one, which make something to meet at, and then some at once. */
export interface Round {
  readonly aim: Aim
  readonly alone: readonly Plan[]
  readonly together: readonly Plan[]
  /** The same program asks for all of them, so that they go in one batch. */
  readonly isOneBatch: boolean
}

/** What is asked at once; time goes by between rounds. */
export interface Asked {
  readonly client: number
  readonly step: Said
}

export function rounds(clients: number): fc.Arbitrary<Round> {
  const several = (without: Parameters<typeof plans>[1]) =>
    fc.array(plans(clients, ['wait', ...(without ?? [])]), { minLength: 2, maxLength: 4 })
  const alone = fc.array(plans(clients), { maxLength: 4 })
  const isOneBatch = fc.constantFrom(false, false, false, false, true)
  const aimed = (aim: Aim, without: Parameters<typeof plans>[1] = []) =>
    fc.record({ aim: fc.constant(aim), alone, together: several(without), isOneBatch })
  return fc.oneof(
    { weight: 4, arbitrary: aimed('attempt', ['reserve', 'change cap', 'stop', 'resume']) },
    { weight: 3, arbitrary: aimed('call', ['change cap', 'stop', 'resume']) },
    { weight: 2, arbitrary: aimed('budget', ['mark in doubt', 'stop', 'resume']) },
    { weight: 1, arbitrary: aimed('anything') },
  )
}

/** The steps that a round means in a given state, each by a client of its own, or all by one. */
export function askedIn({ aim, together, isOneBatch }: Round, ledger: Ledger, cast: Cast, clients: number): Asked[] {
  const [first] = together
  const met = first?.do === 'wait' || first === undefined ? undefined : stepOf(first, ledger, cast)
  const call = met !== undefined && 'call' in met ? met.call : (first?.call ?? 0) % cast.calls.length
  return together.flatMap((plan, i) => {
    if (plan.do === 'wait') return []
    const step = stepOf(aimedAt(plan, aim, call), ledger, cast)
    return step === undefined ? [] : [{ client: isOneBatch ? 0 : ((first?.client ?? 0) + i) % clients, step }]
  })
}

function aimedAt(plan: Exclude<Plan, { do: 'wait' }>, aim: Aim, call: number): Exclude<Plan, { do: 'wait' }> {
  if (aim === 'anything' || aim === 'budget') return plan
  const there = { ...plan, call, isAnywhere: true }
  return aim === 'attempt' && 'attempt' in there && there.attempt !== 'unknown' ? { ...there, attempt: 0 } : there
}

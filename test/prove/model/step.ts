/** Everything that can happen to a ledger, and the one function that says what then is. */
import { adjust, changeCap, resume, stop, type Adjust, type ChangeCap, type Stop } from './administration.ts'
import { close, dispatch, reserve, type Close, type Dispatch, type Reserve } from './asking.ts'
import { markInDoubt, reject, settle, sweep, type MarkInDoubt, type Reject, type Settle, type Sweep } from './booking.ts'
import { at, say, type Counters, type Ledger, type Outcome } from './ledger.ts'
import { DESIGN, type Rules } from './rules.ts'

/** Time goes by. */
export interface Wait {
  readonly do: 'wait'
  readonly for: number
}

/** The month (or day) of these budgets ends, and their next one begins with a cap of its own. */
export interface PeriodEnds {
  readonly do: 'period ends'
  readonly budgets: readonly number[]
}

/** What somebody says to the ledger. */
export type Said = Reserve | Dispatch | Settle | Reject | MarkInDoubt | Close | Sweep | Adjust | ChangeCap | Stop
export type Step = Said | Wait | PeriodEnds

export function play(ledger: Ledger, step: Step, rules: Rules = DESIGN): Outcome {
  switch (step.do) {
    case 'reserve':
      return reserve(ledger, step, rules)
    case 'dispatch':
      return dispatch(ledger, step, rules)
    case 'settle':
      return settle(ledger, step, rules)
    case 'reject':
      return reject(ledger, step, rules)
    case 'mark in doubt':
      return markInDoubt(ledger, step, rules)
    case 'close':
      return close(ledger, step, rules)
    case 'sweep':
      return sweep(ledger, step, rules)
    case 'adjust':
      return adjust(ledger, step, rules)
    case 'change cap':
      return changeCap(ledger, step)
    case 'stop':
      return stop(ledger, step)
    case 'resume':
      return resume(ledger, step)
    case 'wait':
      return say({ ...ledger, now: ledger.now + step.for }, 'waited')
    case 'period ends':
      return say(
        { ...ledger, periods: ledger.periods.map((list, b) => (step.budgets.includes(b) ? [...list, newPeriod(ledger, b)] : list)) },
        'ended',
      )
  }
}

const newPeriod = (ledger: Ledger, budget: number): Counters => ({ cap: at(ledger.budgets, budget).cap, reserved: 0n, spent: 0n })

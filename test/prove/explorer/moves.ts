/** What must hold of every move: from one state to the next, by one message. */
import { canonical } from '../model/canonical.ts'
import {
  at,
  contains,
  countersOf,
  firstAnswer,
  held,
  isStopped,
  overrun,
  type Answer,
  type Attempt,
  type Ledger,
  type State,
} from '../model/ledger.ts'
import type { Rules } from '../model/rules.ts'
import { play, type Step } from '../model/step.ts'
import { type Move, type World } from './world.ts'

interface Made {
  readonly before: Ledger
  readonly step: Step
  readonly after: Ledger
  /** Attempts that were there before, and are another now. */
  readonly changes: readonly (readonly [was: Attempt, is: Attempt])[]
  /** The attempt that was not there before. */
  readonly added: Attempt | undefined
}
type Promised = readonly [promise: string, holds: (move: Made) => boolean]

const MOVES: Record<State, readonly State[]> = {
  reserved: ['dispatched', 'released'],
  dispatched: ['settled', 'rejected', 'in_doubt'],
  in_doubt: ['settled', 'rejected', 'presumed'],
  presumed: ['settled', 'rejected'],
  released: ['settled'],
  rejected: ['settled'],
  settled: [],
}

const PROMISES: readonly Promised[] = [
  [
    '1: no reserve leads a budget past its cap',
    ({ step, added, after }) =>
      step.do !== 'reserve' || added === undefined || added.on.every((place) => overrun(countersOf(after, place)) === 0n),
  ],
  [
    '1: an overrun grows only by a cost or by a cut',
    ({ before, step, after }) =>
      step.do === 'settle' ||
      step.do === 'adjust' ||
      step.do === 'change cap' ||
      before.periods.every((list, b) => list.every((counters, p) => overrun(at(at(after.periods, b), p)) <= overrun(counters))),
  ],
  [
    '4: an attempt makes only the moves that there are',
    ({ changes }) => changes.every(([was, is]) => was.state === is.state || MOVES[was.state].includes(is.state)),
  ],
  [
    '5: a reservation stands on every budget that covers its call',
    ({ step, added, after }) =>
      step.do !== 'reserve' ||
      added === undefined ||
      added.on.length === after.budgets.filter(({ scope }) => contains(step.scope, scope)).length,
  ],
  [
    '5: a reservation keeps its amount and its budget periods to the end',
    ({ changes }) => changes.every(([was, is]) => was.amount === is.amount && was.on === is.on),
  ],
  [
    '6: what was sent comes back only by its sender’s proof or by somebody who names its cost, and "it cost nothing" is not believed of what may still be answered',
    ({ step, changes }) =>
      changes.every(([was, is]) => {
        const isFreed = held(was) + (was.cost ?? 0n) > held(is) + (is.cost ?? 0n)
        if (!isFreed || was.token === undefined || step.do === 'settle') return true
        if (step.do === 'reject') return step.token === was.token
        return step.do === 'adjust' && (step.source === 'bill' || (was.state !== 'dispatched' && was.state !== 'in_doubt'))
      }),
  ],
  [
    '7: a period that has ended takes no new reservation',
    ({ step, added, after }) =>
      step.do !== 'reserve' || (added?.on ?? []).every(({ budget, period }) => period === at(after.periods, budget).length - 1),
  ],
  [
    'a refusal is final',
    ({ before, after, added }) =>
      added === undefined ||
      !before.calls.some((call, i) => call !== after.calls[i] && call.asks.some((a) => a.ask === added.ask && a.isRefused)),
  ],
  [
    'the first answer is the answer for ever',
    ({ before, after }) =>
      before.calls.every(
        (call, i) => (firstAnswer(call)?.number ?? firstAnswer(at(after.calls, i))?.number) === firstAnswer(at(after.calls, i))?.number,
      ),
  ],
  [
    'only the newest run may send, until it is closed, while the money is held, unless the call is answered or stopped',
    ({ step, changes, after }) => {
      const sent = changes.find(([was, is]) => was.state !== 'dispatched' && is.state === 'dispatched')?.[1]
      if (step.do !== 'dispatch' || sent === undefined) return true
      const call = at(after.calls, step.call)
      const isNewest = call.runs.at(-1)?.id === step.run.id && !call.closedRuns.includes(step.run.id)
      return isNewest && after.now <= sent.heldUntil && firstAnswer(call) === undefined && !isStopped(after, { account: step.account })
    },
  ],
  [
    'a run that began earlier never takes the call from its successor',
    ({ before, after }) =>
      before.calls.every((call, i) => (call.runs.at(-1)?.startedAt ?? 0) <= (at(after.calls, i).runs.at(-1)?.startedAt ?? 0)),
  ],
  [
    'the close of an older run takes nothing from a newer one',
    ({ step, changes, after }) => step.do !== 'close' || changes.length === 0 || at(after.calls, step.call).runs.at(-1)?.id === step.run.id,
  ],
]

/** Which promise this move breaks, if any. */
export function brokenBy(before: World, move: Move, after: World, answer: Answer, rules: Rules): string | undefined {
  if (!('say' in move)) return undefined
  const step = move.say
  if (answer.kind === 'go' && (move.isLate || !isYoung(after.ledger, step)))
    return 'go is told only while the money is held and the dispatch is young'
  if (after.ledger === before.ledger) return undefined
  const made = { before: before.ledger, step, after: after.ledger, ...changesIn(before.ledger, after.ledger) }
  const broken = PROMISES.find(([, holds]) => !holds(made))?.[0]
  return broken ?? (hasNoFurtherEffect(step, after.ledger, rules) ? undefined : 'a message that comes twice in a row has one effect')
}

function isYoung(ledger: Ledger, step: Step): boolean {
  if (step.do !== 'dispatch') return true
  const attempt = at(ledger.calls, step.call).attempts.find(({ token }) => token === step.token)
  return attempt !== undefined && ledger.now < attempt.dispatchedAt + ledger.durations.go
}

function changesIn({ calls: before }: Ledger, { calls: after }: Ledger): Pick<Made, 'changes' | 'added'> {
  const changes: [Attempt, Attempt][] = []
  let added: Attempt | undefined
  for (const [index, call] of after.entries()) {
    const known = at(before, index)
    if (call === known) continue
    for (const [i, is] of call.attempts.entries()) {
      const was = known.attempts[i]
      if (was === undefined) added = is
      else if (was !== is) changes.push([was, is])
    }
  }
  return { changes, added }
}

/** Time, the end of a period and a sweep are no messages: each goes one step further. */
function hasNoFurtherEffect(step: Step, after: Ledger, rules: Rules): boolean {
  if (step.do === 'wait' || step.do === 'period ends' || step.do === 'sweep') return true
  const { ledger } = play(after, step, rules)
  return ledger === after || canonical(ledger).join('|') === canonical(after).join('|')
}

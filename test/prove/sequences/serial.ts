/** What was done at once must be explained by some order in which it was done one after the other: Herlihy and Wing call that linearizable. */
import { dueIn } from '../model/booking.ts'
import type { Answer, Ledger, Outcome } from '../model/ledger.ts'
import { DESIGN } from '../model/rules.ts'
import { play, type Said } from '../model/step.ts'

/** A step, and what it was answered. */
export interface Done {
  readonly step: Said
  readonly answer: Answer
}

/** The model after some order of these steps that explains every answer and is accepted; undefined when there is none. */
export function inSomeOrder(model: Ledger, done: readonly Done[], isAccepted: (after: Ledger) => boolean): Ledger | undefined {
  if (done.length === 0) return isAccepted(model) ? model : undefined
  for (const [i, { step, answer }] of done.entries()) {
    for (const outcome of outcomesOf(model, step)) {
      if (!isSame(outcome.answer, answer)) continue
      const after = inSomeOrder(outcome.ledger, done.toSpliced(i, 1), isAccepted)
      if (after !== undefined) return after
    }
  }
  return undefined
}

/** A sweep leaves alone what somebody else is just moving, so it may do any part of what is due. */
function outcomesOf(model: Ledger, step: Said): Outcome[] {
  if (step.do !== 'sweep') return [play(model, step)]
  return partsOf(dueIn(model, DESIGN)).map((only) => play(model, { do: 'sweep', only }))
}

/** The whole first. */
const partsOf = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((parts, item) => [...parts.map((part) => [...part, item]), ...parts], [[]])

const isSame = (a: Answer, b: Answer): boolean => textOf(a) === textOf(b)
const textOf = (answer: Answer): string =>
  Object.entries(answer)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join()

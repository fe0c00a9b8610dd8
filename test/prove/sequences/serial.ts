/** What was done at once must be explained by some order in which it was done one after the other: Herlihy and Wing call that linearizable. */
import { dueIn } from '../model/booking.ts'
import { canonical } from '../model/canonical.ts'
import type { Answer, Ledger, Outcome } from '../model/ledger.ts'
import { DESIGN } from '../model/rules.ts'
import { play, type Said } from '../model/step.ts'

/** A step, who asked for it, and what he was answered. */
export interface Done {
  readonly client: number
  readonly step: Said
  readonly answer: Answer
}

/** What is wrong with a ledger as the end of a round, or undefined. */
type Judge = (after: Ledger) => string | undefined

/**
 * Every ledger that may be there after a round. Orders that nothing tells apart now may be told apart by a later answer (whose run came last decides
 * whether money is handed on), so all of them are kept until then.
 */
export function explained(before: readonly Ledger[], done: readonly Done[], judge: Judge): Ledger[] {
  const ends = new Map<string, Ledger>()
  const go = (ledger: Ledger, left: readonly Done[]): void => {
    if (left.length === 0 && judge(ledger) === undefined) ends.set(canonical(ledger).join('\n'), ledger)
    for (const [i, { step, answer }] of left.entries())
      for (const outcome of outcomesOf(ledger, step)) if (isSame(outcome.answer, answer)) go(outcome.ledger, left.toSpliced(i, 1))
  }
  for (const ledger of before) go(ledger, done)
  return [...ends.values()]
}

/** For each order of a round that nothing explains, how far it goes: the first answer that is another, or what else is held in the end. */
export function whyNot(before: readonly Ledger[], done: readonly Done[], judge: Judge): string[] {
  const named = [...done.entries()].map(([i, d]) => ({ ...d, name: `${i + 1}` }))
  return before.flatMap((ledger, world) =>
    ordersOf(named).map((order) => {
      const worlds = before.length > 1 ? `from ledger ${world + 1} of ${before.length}, ` : ''
      return `${worlds}${order.map(({ name }) => name).join(' ')}: ${firstDifference(ledger, order, judge).what}`
    }),
  )
}

interface Difference {
  readonly after: number
  readonly what: string
}

/** Where a sweep may do this or that, the way that goes furthest. */
function firstDifference(ledger: Ledger, order: readonly (Done & { readonly name: string })[], judge: Judge): Difference {
  const [next, ...rest] = order
  if (next === undefined) return { after: 0, what: judge(ledger) ?? 'nothing' }
  const ways = outcomesOf(ledger, next.step).map((outcome): Difference => {
    if (!isSame(outcome.answer, next.answer)) return { after: 0, what: `${next.name} would hear ${textOf(outcome.answer)}` }
    const further = firstDifference(outcome.ledger, rest, judge)
    return { ...further, after: further.after + 1 }
  })
  return ways.reduce((best, way) => (way.after > best.after ? way : best), { after: -1, what: '' })
}

/** A sweep leaves alone what somebody else is just moving, so it may do any part of what is due. */
function outcomesOf(model: Ledger, step: Said): Outcome[] {
  if (step.do !== 'sweep') return [play(model, step)]
  return partsOf(dueIn(model, DESIGN)).map((only) => play(model, { do: 'sweep', only }))
}

/** The whole first. */
const partsOf = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((parts, item) => [...parts.map((part) => [...part, item]), ...parts], [[]])

const ordersOf = <T>(all: readonly T[]): T[][] =>
  all.length === 0 ? [[]] : all.flatMap((first, i) => ordersOf(all.toSpliced(i, 1)).map((rest) => [first, ...rest]))

const isSame = (a: Answer, b: Answer): boolean => textOf(a) === textOf(b)

/** Whatever the order of its figures. */
export const textOf = (answer: Answer): string =>
  Object.entries(answer)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(' ')

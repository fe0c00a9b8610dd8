import type { WorldOptions } from './world.ts'

/**
 * Two calls, two budgets; two attempts and (where a month ends) two periods of each. With amounts of 2 in caps of 4 and 5, what is asked often
 * meets somebody else's money. All that may happen, in one world, would be more states than fit: so there are several, each explored completely.
 */
export const SMALL: WorldOptions = { name: '', caps: [4n, 5n], amount: 2n, costs: [1n], attempts: [2, 2], runs: [1, 1], monthEnds: [] }
const TOGETHER = [[0, 1]]
const ONE_AFTER_THE_OTHER = [[0], [1]]

export const SHORT: readonly WorldOptions[] = [
  { ...SMALL, name: 'a month ends', attempts: [2, 1], monthEnds: TOGETHER },
  { ...SMALL, name: 'a month ends for one budget before it does for the other', attempts: [1, 1], monthEnds: ONE_AFTER_THE_OTHER },
  { ...SMALL, name: 'a job starts again, and money is handed on', attempts: [2, 1], runs: [2, 1], handsOn: true },
  { ...SMALL, name: 'costs above their bound, and the bill', attempts: [1, 1], costs: [1n, 3n], bills: true },
  { ...SMALL, name: 'a person says that it cost nothing', attempts: [1, 1], person: true },
  { ...SMALL, name: 'the panic switch', attempts: [2, 1], stops: true, handsOn: true },
  { ...SMALL, name: 'a top-up and a cut', attempts: [1, 1], capChanges: [2n, -1n] },
  { ...SMALL, name: 'an answer from another worker', attempts: [2, 1], strayFor: 1 },
  { ...SMALL, name: 'an answer to what a restored backup forgot', attempts: [1, 1], strayFor: 9 },
]

export const LONG: readonly WorldOptions[] = [
  { ...SMALL, name: 'a month ends', monthEnds: TOGETHER },
  {
    ...SMALL,
    name: 'a month ends for one budget before it does for the other',
    caps: [3n, 3n],
    attempts: [2, 1],
    monthEnds: ONE_AFTER_THE_OTHER,
  },
  { ...SMALL, name: 'a job starts again, and money is handed on', runs: [2, 1], handsOn: true },
  { ...SMALL, name: 'costs above their bound, and the bill', costs: [1n, 3n], bills: true },
  { ...SMALL, name: 'a person says that it cost nothing, and then the bill comes', attempts: [2, 1], person: true, bills: true },
  { ...SMALL, name: 'the panic switch', stops: true, handsOn: true },
  { ...SMALL, name: 'a top-up and a cut', attempts: [2, 1], capChanges: [2n, -1n] },
  { ...SMALL, name: 'an answer from another worker', attempts: [2, 1], runs: [2, 1], strayFor: 1, handsOn: true },
  { ...SMALL, name: 'an answer to what a restored backup forgot', attempts: [2, 1], strayFor: 9, handsOn: true },
]

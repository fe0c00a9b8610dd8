import { functionAnswer } from '../prices/function-answer.ts'
import { untilStopped, type Running } from '../until-stopped.ts'
import type { Reading } from './reading.ts'

/** Requests that one step adds up, or hardly more: some tens of milliseconds. */
const PAGE = 1000

export interface RolledUp {
  readonly requests: number
  /** There is more to do at once. */
  readonly more: boolean
  /** What is next was booked so long ago; 0 when nothing is. */
  readonly behindMs: number
}

/**
 * One step of what keeps the sums: takes in what was booked since the last one, adds up what has waited, makes a block of days. Any number may try: null while another
 * one is at it. What is not added up yet is in every answer all the same, only more slowly. `all`: even what has hardly waited is added up.
 */
export const rollUp = ({ sql }: Reading, { limit = PAGE, all = false } = {}): Promise<RolledUp | null> =>
  functionAnswer(sql<{ answer: RolledUp | null }[]>`select purser.roll_up(${limit}, p_all => ${all}) as answer`)

/** Until nothing waits, or another one is at it. */
export async function rollUpAll(reading: Reading): Promise<void> {
  while ((await rollUp(reading, { all: true }))?.more === true);
}

const PAUSE_MS = 1_000
/** So many times as long as it works, it leaves the machine to those who call; until it is so far behind that questions would notice. */
const REST = 9
const BEHIND_MAX_MS = 10_000

/** Keeps the sums: a step a second, or sooner while there is more to do, in a tenth of its time at most unless it is ten seconds behind. */
export const keepRolledUp = (reading: Reading, warn: (line: string) => void): Running =>
  untilStopped(
    async () => {
      const started = performance.now()
      const step = await rollUp(reading)
      if (step?.more !== true) return PAUSE_MS
      return step.behindMs < BEHIND_MAX_MS ? (performance.now() - started) * REST : 0
    },
    (error) => warn(`the sums of what was spent are not up to date, so reports are slow: ${String(error)}`),
  )

import { patched } from '@temporalio/workflow'

/** The turn that was taken last, until it ends. Each workflow has its own: the SDK keeps modules apart. */
let last: Promise<void> | undefined

/**
 * Runs local activities one at a time. What ends together in the first execution the SDK hands to the workflow in the order in which it ended, and in a replay
 * in another, or in other groups (temporalio/sdk-python#1578, #1881), so a job whose calls asked side by side could not be replayed on another worker when a
 * later one was answered first. Jobs that began before this rule go on as they began.
 */
export async function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const before = last
  const { promise: turn, resolve: end } = Promise.withResolvers<void>()
  last = turn
  try {
    if (before !== undefined && patched('local-activities-in-turn')) await before
    return await ask()
  } finally {
    end()
    if (last === turn) last = undefined
  }
}

/**
 * The ledger in Postgres does what its model does: sequences of steps, chosen by chance, by several clients with batchers of their own, over tiny
 * budgets, month ends and everything that comes twice, late or with other terms.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inLength } from './length.ts'
import { plans } from './sequences/plan.ts'
import { playOneByOne } from './sequences/sequence.ts'
import { stagesFor, type Stage } from './sequences/stage.ts'
import { newTally, refusedShare, tellOf, type Tally } from './sequences/tally.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const CLIENTS = ['plain', 'plain', 'careful'] as const
/** Databases, and so sequences, side by side. */
const LANES = 2

interface Extent {
  readonly sequencesMax: number
  /** On a slow machine fewer fit into the time; with fewer than this it proves nothing. */
  readonly sequencesMin: number
  readonly timeMs: number
}

/** Plays as many as fit. A failure is made as small as the time allows. */
async function playMany<T>(
  things: fc.Arbitrary<T>,
  play: (stage: Stage, thing: T, tally: Tally) => Promise<void>,
  extent: Extent,
): Promise<Tally> {
  const tally = newTally()
  const until = performance.now() + extent.timeMs
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const stages = stagesFor(CLIENTS)
    const playOne = async (thing: T): Promise<void> => {
      if (performance.now() < until) await stages.on((stage) => play(stage, thing, tally))
    }
    try {
      await fc.assert(fc.asyncProperty(things, playOne), { seed: SEED + lane, numRuns: Math.ceil(extent.sequencesMax / LANES) })
    } finally {
      await stages.close()
    }
  })
  const ended = await Promise.allSettled(lanes)
  console.log(`  seed ${SEED}: ${tellOf(tally)}`)
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
  expect(tally.sequences).toBeGreaterThanOrEqual(extent.sequencesMin)
  return tally
}

const sequence = fc.array(plans(CLIENTS.length), { minLength: 20, maxLength: 80, size: 'max' })

test('whatever clients do one after the other, the ledger answers and holds what its model does', { timeout: 900_000 }, async () => {
  const tally = await playMany(
    sequence,
    playOneByOne,
    inLength({ sequencesMax: 150, sequencesMin: 20, timeMs: 30_000 }, { sequencesMax: 2_500, sequencesMin: 500, timeMs: 400_000 }),
  )
  // Tiny budgets: about every third new ask meets one that cannot pay.
  expect(refusedShare(tally)).toBeGreaterThan(0.3)
  expect(refusedShare(tally)).toBeLessThan(0.5)
})

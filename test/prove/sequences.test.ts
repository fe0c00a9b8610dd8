/**
 * The ledger in Postgres does what its model does: sequences of steps, chosen by chance, by several clients with batchers of their own, over tiny
 * budgets, month ends and everything that comes twice, late or with other terms.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Path } from '../support/ledger.ts'
import { inLength } from './length.ts'
import { playAtOnce, Unexplained } from './sequences/at-once.ts'
import { plans } from './sequences/plan.ts'
import { rounds } from './sequences/round.ts'
import { playOneByOne } from './sequences/sequence.ts'
import { stagesFor, type Stage } from './sequences/stage.ts'
import { newTally, refusedShare, tellOf, type Tally } from './sequences/tally.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const CLIENTS = ['plain', 'plain', 'careful'] as const
/** As many as a round has steps. */
const CLIENTS_AT_ONCE = ['plain', 'careful', 'plain', 'plain'] as const
/** Databases, and so sequences, side by side. */
const LANES = 2

interface Extent {
  readonly sequencesMax: number
  /** With fewer than this it proves nothing: a slow machine takes up to twice the time for them. */
  readonly sequencesMin: number
  readonly timeMs: number
}

interface Manner<T> {
  readonly play: (stage: Stage, thing: T, tally: Tally) => Promise<void>
  readonly clients: readonly Path[]
  /** How often a smaller form of a counterexample is played before it counts as none: a race may need a few tries. */
  readonly tries: number
  readonly lingers: boolean
}

/** So long a counterexample may be made smaller. */
const SHRINKING_MS = 90_000

/** Plays as many as fit. A failure is made as small as the time allows, and the smallest is told. */
async function playMany<T>(things: fc.Arbitrary<T>, { play, clients, tries, lingers }: Manner<T>, extent: Extent): Promise<Tally> {
  const tally = newTally()
  const startedAt = performance.now()
  const isOver = (): boolean => {
    const playedMs = performance.now() - startedAt
    return playedMs > extent.timeMs && (tally.sequences >= extent.sequencesMin || playedMs > 2 * extent.timeMs)
  }
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const stages = stagesFor(clients, lingers)
    let smallest: Unexplained | undefined
    let failedAt: number | undefined
    const playOne = async (thing: T): Promise<void> => {
      for (let i = 0; i < (failedAt === undefined ? 1 : tries); i += 1) {
        if (failedAt === undefined ? isOver() : performance.now() > failedAt + SHRINKING_MS) return
        try {
          await stages.on((stage) => play(stage, thing, tally))
        } catch (error) {
          failedAt ??= performance.now()
          if (error instanceof Unexplained && error.steps < (smallest?.steps ?? Infinity)) smallest = error
          throw error
        }
      }
    }
    try {
      // Without bias, the first sequences are like all others, however few a slow machine plays.
      await fc.assert(fc.asyncProperty(fc.noBias(things), playOne), { seed: SEED + lane, numRuns: Math.ceil(extent.sequencesMax / LANES) })
    } catch (error) {
      throw smallest ?? error
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
    { play: playOneByOne, clients: CLIENTS, tries: 1, lingers: false },
    inLength({ sequencesMax: 150, sequencesMin: 20, timeMs: 30_000 }, { sequencesMax: 2_500, sequencesMin: 500, timeMs: 400_000 }),
  )
  // Tiny budgets: about every third new ask meets one that cannot pay.
  expect(refusedShare(tally)).toBeGreaterThan(0.3)
  expect(refusedShare(tally)).toBeLessThan(0.5)
})

test('whatever clients do at once, some order of it explains what each was answered and what is held', { timeout: 900_000 }, async () => {
  const tally = await playMany(
    fc.array(rounds(CLIENTS_AT_ONCE.length), { minLength: 8, maxLength: 30, size: 'max' }),
    { play: playAtOnce, clients: CLIENTS_AT_ONCE, tries: 10, lingers: true },
    inLength({ sequencesMax: 100, sequencesMin: 10, timeMs: 22_000 }, { sequencesMax: 5_000, sequencesMin: 100, timeMs: 280_000 }),
  )
  expect(tally.rounds).toBeGreaterThan(tally.sequences)
})

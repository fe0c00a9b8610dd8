/** Rounds of steps at once on the real ledger: some order of each round must explain what everybody was answered, and what is held after it. */
import { expect } from 'vitest'
import type { Answer, Ledger } from '../model/ledger.ts'
import { play } from '../model/step.ts'
import { stepOf } from './meaning.ts'
import { perform } from './perform.ts'
import type { Plan } from './plan.ts'
import { askedIn, type Asked, type Round } from './round.ts'
import { explained, textOf, whyNot, type Done } from './serial.ts'
import { LONG_AFTER, type RealRun, type Stage } from './stage.ts'
import { differenceOf, find, heldBy, isAnythingOpen, type Found, type Held } from './state.ts'
import { note, type Tally } from './tally.ts'

/** Orders that nothing tells apart are few: calls are not many, and each answer tells some apart. */
const WORLDS_MAX = 500

/** A round that no order explains, told so that it can be thought through: in a race it may never come again. */
export class Unexplained extends Error {
  override readonly name = 'Unexplained'
  /** Steps up to here, those of the round among them. */
  readonly steps: number

  constructor(message: string, steps: number) {
    super(message)
    this.steps = steps
  }
}

export async function playAtOnce(stage: Stage, rounds: readonly Round[], tally: Tally): Promise<void> {
  const both = await begin(stage, tally)
  for (const round of rounds) {
    for (const plan of round.alone) await both.alone(plan)
    await both.together(round)
  }
  await both.end()
}

async function begin(stage: Stage, tally: Tally) {
  const run = await stage.begin()
  let found = await find(stage, run)
  // Every ledger that would have answered all this.
  let worlds: readonly Ledger[] = [run.model]
  let steps = 0
  tally.sequences += 1
  const one = (): Ledger => firstOf(worlds, run)

  async function wait(time: number): Promise<void> {
    worlds = worlds.map((ledger) => play(ledger, { do: 'wait', for: time }).ledger)
    const budgets = await stage.moveTo(run, one().now)
    if (budgets.length > 0) worlds = worlds.map((ledger) => play(ledger, { do: 'period ends', budgets }).ledger)
  }

  async function ask(asked: readonly Asked[]): Promise<void> {
    if (asked.length === 0) return
    const done = await Promise.all(asked.map(async (a): Promise<Done> => ({ ...a, answer: await answerTo(stage, run, found, a) })))
    const before = worlds
    found = await find(stage, run)
    const judge = (ledger: Ledger): string | undefined => differenceOf(heldBy(ledger, run, found.held), found.held)
    steps += done.length
    worlds = explained(before, done, judge)
    if (worlds.length === 0)
      throw new Unexplained(
        [
          ...done.map(
            ({ client, step, answer }, i) => `${i + 1} by client ${client}: ${JSON.stringify(step, plain)}\n    → ${textOf(answer)}`,
          ),
          'before',
          ...linesOf(heldBy(firstOf(before, run), run, found.held)),
          'after',
          ...linesOf(found.held),
          'orders',
          ...whyNot(before, done, judge).map((line) => `  ${line}`),
        ].join('\n'),
        steps,
      )
    expect(worlds.length).toBeLessThan(WORLDS_MAX)
    for (const { step, answer } of done) note(tally, step, answer, firstOf(before, run))
    if (done.length > 1) {
      tally.rounds += 1
      if (worlds.length > 1) tally.ambiguous += 1
    }
  }

  async function alone(plan: Plan): Promise<void> {
    if (plan.do === 'wait') return wait(plan.for)
    const step = stepOf(plan, one(), run.cast)
    if (step !== undefined) await ask([{ client: plan.client, step }])
  }

  /** Time and sweeps alone end whatever is open; and no invariant of the ledger is broken. */
  async function end(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await wait(LONG_AFTER)
      await ask([{ client: 0, step: { do: 'sweep' } }])
    }
    expect(worlds.some(isAnythingOpen)).toBe(false)
    expect(await stage.audited()).toEqual([])
  }

  return { alone, end, together: (round: Round) => ask(askedIn(round, one(), run.cast, stage.clients.length)) }
}

const firstOf = (worlds: readonly Ledger[], run: RealRun): Ledger => worlds[0] ?? run.model

/** Whatever reaches the caller is an answer, also an error that no order explains: a deadlock, say. */
async function answerTo(stage: Stage, run: RealRun, found: Found, { client, step }: Asked): Promise<Answer> {
  try {
    return await perform(stage, run, found, step, client)
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    return { kind: `error ${code} ${message}` }
  }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

const linesOf = ({ attempts, counters, calls, unbooked }: Held): string[] => [
  ...[attempts, counters, calls].flatMap((part) => Object.entries(part).map(([name, text]) => `  ${name}: ${text}`)),
  `  unbooked: ${unbooked}`,
]

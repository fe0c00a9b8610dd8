/** A sequence on the model and on the real ledger: what is answered and what is held must be the same. */
import { expect } from 'vitest'
import type { Ledger } from '../model/ledger.ts'
import { play } from '../model/step.ts'
import { stepOf } from './meaning.ts'
import { perform } from './perform.ts'
import type { Plan } from './plan.ts'
import { LONG_AFTER, type Stage } from './stage.ts'
import { find, heldBy, isAnythingOpen } from './state.ts'
import { note, type Tally } from './tally.ts'

/** One step after the other: each answer, and what is held after it, must be the model’s. */
export async function playOneByOne(stage: Stage, sequence: readonly Plan[], tally: Tally): Promise<void> {
  const both = await begin(stage, tally)
  for (const plan of sequence) await both.oneByOne(plan)
  await both.end()
}

async function begin(stage: Stage, tally: Tally) {
  const run = await stage.begin()
  let model: Ledger = run.model
  let found = await find(stage, run)
  tally.sequences += 1

  async function wait(time: number): Promise<void> {
    model = play(model, { do: 'wait', for: time }).ledger
    const budgets = await stage.moveTo(run, model.now)
    if (budgets.length > 0) model = play(model, { do: 'period ends', budgets }).ledger
  }

  async function oneByOne(plan: Plan): Promise<void> {
    if (plan.do === 'wait') return wait(plan.for)
    const step = stepOf(plan, model, run.cast)
    if (step === undefined) return
    const expected = play(model, step)
    const answer = await perform(stage, run, found, step, plan.client)
    found = await find(stage, run)
    expect({ step, answer, ...found.held }).toEqual({ step, answer: expected.answer, ...heldBy(expected.ledger, run, found.held) })
    note(tally, step, answer, model)
    model = expected.ledger
  }

  /** Time and sweeps alone end whatever is open; and no invariant of the ledger is broken. */
  async function end(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await wait(LONG_AFTER)
      await oneByOne({ do: 'sweep', client: 0, call: 0, isAnywhere: true })
    }
    expect(isAnythingOpen(model)).toBe(false)
    expect(await stage.audited()).toEqual([])
  }

  return { oneByOne, end }
}

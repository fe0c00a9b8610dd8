import type { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Ask } from '../../src/activities/budget.ts'
import type { CallAnswer } from '../../src/domain/call.ts'
import { activitiesOf } from '../../src/worker.ts'
import type { WishedFault } from '../support/emulator.ts'
import { EMULATOR_KEY, openStage, type Attempt, type Stage } from '../support/stage.ts'
import { askFor, newJob, runIn, type Job } from './activity.ts'

/** A job with money set aside for its call. */
export interface Ready {
  readonly job: Job
  readonly ask: Ask
  readonly account: string
  readonly execution: MockActivityEnvironment
}

/** What callModel answered or threw. */
export type Outcome = CallAnswer | Error

/** The stage of one test file, and how its calls are played. Every invariant of the ledger is checked after each test. */
export function callStage() {
  let stage: Stage
  let activities: ReturnType<typeof activitiesOf>
  beforeAll(async () => {
    stage = await openStage()
    activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
  })
  afterEach(() => stage.intact())
  afterAll(() => stage.close())

  /** A new job of a new account, reserved, whose next request meets this fault. */
  async function reserved(fault?: WishedFault, plan = 'paid', model?: string): Promise<Ready> {
    const account = await stage.account(plan)
    const job = newJob()
    const usual = askFor(account, `meets ${account}`)
    const ask = model === undefined ? usual : { ...usual, request: { ...usual.request, model } }
    if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
    const answer = await job.run(activities, 'reserveBudget', ask)
    if (answer.kind !== 'reserved') throw new Error(`not reserved: ${answer.kind}`)
    return { job, ask, account, execution: job.execution() }
  }

  const call = ({ execution, ask }: Pick<Ready, 'execution' | 'ask'>): Promise<Outcome> =>
    runIn(execution, activities, 'callModel', ask).catch((error: unknown) => error as Error)

  return {
    stage: () => stage,
    activities: () => activities,
    reserved,
    call,
    async play(fault?: WishedFault, plan?: string, model?: string): Promise<Ready & { readonly outcome: Outcome }> {
      const ready = await reserved(fault, plan, model)
      return { ...ready, outcome: await call(ready) }
    },
    /** The account's only attempt. */
    async only(account: string): Promise<Attempt> {
      const [attempt, ...others] = await stage.attempts(account)
      if (attempt === undefined || others.length > 0) throw new Error(`${others.length + 1} attempts`)
      return attempt
    },
  }
}

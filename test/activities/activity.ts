import { randomUUID } from 'node:crypto'
import type { Info } from '@temporalio/activity'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import type { Ask } from '../../src/activities/budget.ts'
import { bannerRequest } from '../../src/domain/banner-request.ts'

type Activities = Readonly<Record<string, (input: never) => Promise<unknown>>>
type Input<Activity extends (input: never) => unknown> = Parameters<Activity>[0]

/** Runs one activity in an execution that the test can listen to and cancel. */
export const runIn = <A extends Activities, Name extends keyof A>(
  execution: MockActivityEnvironment,
  activities: A,
  name: Name,
  input: Input<A[Name]>,
): ReturnType<A[Name]> =>
  execution.run((given: Input<A[Name]>) => activities[name]?.(given as never) as Promise<unknown>, input) as ReturnType<A[Name]>

/** A job as its activities see it, with everything that they logged. */
export interface Job {
  readonly workflowId: string
  readonly runId: string
  readonly logged: { readonly level: string; readonly message: string; readonly meta: Record<string, unknown> }[]
  /** A new execution of an activity of this job. */
  execution(runId?: string): MockActivityEnvironment
  /** One execution from begin to end. */
  run<A extends Activities, Name extends keyof A>(activities: A, name: Name, input: Input<A[Name]>): ReturnType<A[Name]>
}

export function newJob(workflowId = `job-${randomUUID().slice(0, 8)}`): Job {
  const runId = randomUUID()
  const logged: Job['logged'] = []
  const logger = new DefaultLogger('TRACE', ({ level, message, meta }) => void logged.push({ level, message, meta: { ...meta } }))
  const execution = (run = runId): MockActivityEnvironment => {
    const info: Partial<Info> = { workflowExecution: { workflowId, runId: run } }
    return new MockActivityEnvironment(info, { logger })
  }
  return { workflowId, runId, logged, execution, run: (activities, name, input) => runIn(execution(), activities, name, input) }
}

/** When the jobs of this file started. */
const JOB_STARTED_AT = new Date().toISOString()
/** The call of `askFor`. */
export const BANNER_1 = { callId: 'banner-1', jobStartedAt: JOB_STARTED_AT } as const

/** An ask for one banner. The name is in the prompt, so that a fault can be meant for it. */
export function askFor(account: string, name: string, change: Partial<Ask> = {}): Ask {
  const brief = { name, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' }
  return {
    ...BANNER_1,
    ask: 1,
    scope: { account, feature: 'banner', user: 'ada' },
    request: bannerRequest(brief, 'gemini-2.5-flash-image', 1, 1),
    ...change,
  }
}

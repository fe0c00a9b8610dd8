/** A job of Temporal, whatever it does: started once, waited for, looked at, and ended. */
import { createHash } from 'node:crypto'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type Workflow,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  type WorkflowResultType,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { PurserError } from './domain/errors.ts'
import { SEARCH_ATTRIBUTES } from './domain/search-attributes.ts'
import { namesSearchAttribute, stateOf, textIn, type JobState } from './job-list.ts'

/** How a job stands; `result()` tells what came of it. */
export interface JobStatus {
  readonly state: JobState
}

/** A job that did not succeed. `code` is stable; for `budget_exceeded` the details are the refusal. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed'
  readonly workflowId: string
  readonly code: string
  readonly details: unknown

  constructor(workflowId: string, code: string, message: string, details: unknown) {
    super(message)
    this.workflowId = workflowId
    this.code = code
    this.details = details
  }
}

/** A job that was started, now or before. */
export interface Job<Result> {
  readonly workflowId: string
  /** Waits for the end. Throws JobFailed. */
  result(): Promise<Result>
  status(): Promise<JobStatus>
  /** What a running job waits for, in words: its pending activities, their last failures (unless false) and what they do now, money, or a worker. */
  waitingFor(options?: { readonly failures: boolean }): Promise<string>
  /** Asks the job to end. A request that was sent is waited for, and booked. No effect on a job that has ended. */
  cancel(): Promise<void>
}

/** What a job is started with. */
export interface JobStart {
  readonly type: string
  readonly jobId: string
  readonly taskQueue: string
  /** As it was checked: another one under the same id is a conflict. */
  readonly input: object
  /** Where all of its calls have one: lists know the job by it. */
  readonly account: string | undefined
  readonly feature: string
  readonly summary: string
  readonly details: string
  /** Its argument; it may say whether it runs with search attributes. */
  readonly argument: (searchAttributes: boolean) => object
}

/** Starts it, once per job id, whether it still runs or not. `warn` hears that it runs without search attributes. Throws PurserError `job_conflict`. */
export async function startOnce<T extends Workflow>(
  client: Client,
  job: JobStart,
  warn: (line: string) => void,
): Promise<{ readonly handle: WorkflowHandle<T>; readonly isNew: boolean }> {
  const { type, jobId, taskQueue, account, feature } = job
  const inputHash = sha256(job.input)
  const start = (searchAttributes: boolean): Promise<WorkflowHandle<T>> =>
    client.workflow.start(type, {
      taskQueue,
      workflowId: jobId,
      // A job id is used once, whether its job still runs or not.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // Lists show the memo, also where no search attribute is registered.
      memo: { inputHash, ...(account === undefined ? {} : { account }) },
      staticSummary: job.summary,
      staticDetails: job.details,
      ...(searchAttributes
        ? {
            typedSearchAttributes: [
              ...(account === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.account, value: account }]),
              { key: SEARCH_ATTRIBUTES.feature, value: feature },
            ],
          }
        : {}),
      args: [job.argument(searchAttributes)],
    })
  const startOrFind = async (searchAttributes: boolean) => {
    try {
      return { handle: await start(searchAttributes), isNew: true }
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return { handle: await sameJob<T>(client, jobId, inputHash), isNew: false }
      throw error
    }
  }
  try {
    return await startOrFind(true)
  } catch (error) {
    if (!namesSearchAttribute(error)) throw error
    warn('The job runs without search attributes: register them with `purser setup`.')
    return startOrFind(false)
  }
}

async function sameJob<T extends Workflow>(client: Client, jobId: string, inputHash: string): Promise<WorkflowHandle<T>> {
  const handle = client.workflow.getHandle<T>(jobId)
  const { memo } = await handle.describe()
  if (memo?.['inputHash'] !== inputHash) {
    throw new PurserError('job_conflict', `job "${jobId}" was started with another input: use another job id`)
  }
  return handle
}

/** `resting`: what a job waits for of which no worker has anything to do. */
export function jobOf<T extends Workflow>(handle: WorkflowHandle<T>, resting: () => Promise<string>): Job<WorkflowResultType<T>> {
  return {
    workflowId: handle.workflowId,
    result: () => outcome(handle.workflowId, () => handle.result()),
    async status() {
      return { state: stateOf((await handle.describe()).status.code) }
    },
    async waitingFor({ failures } = { failures: true }) {
      const { pendingActivities, pendingWorkflowTask } = (await handle.describe()).raw
      const activities = (pendingActivities ?? []).map((a) => {
        const failure = failures ? a.lastFailure?.message : undefined
        const stage = Number(a.state) === ACTIVITY_STARTED ? stageOf(a.heartbeatDetails) : undefined
        return `${a.activityType?.name ?? 'an activity'} (attempt ${a.attempt}${failure ? `, after: ${failure}` : ''}${stage === undefined ? '' : `, now: ${stage}`})`
      })
      if (activities.length > 0) return activities.join('; ')
      if (!pendingWorkflowTask) return resting()
      const tries = pendingWorkflowTask.attempt ?? 0
      return tries > 1
        ? `its workflow code, which failed ${tries - 1} times: see the worker's log`
        : 'a worker: is one running on this task queue?'
    },
    async cancel() {
      try {
        await handle.cancel()
      } catch (error) {
        // Temporal says the same of a job that has ended.
        if (!(error instanceof WorkflowNotFoundError)) throw error
        await handle.describe()
      }
    },
  }
}

/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API: it runs, and does not wait for its next attempt. */
const ACTIVITY_STARTED = 2

type RawDetails = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]['heartbeatDetails']

/** What a pending activity last said it does. Undefined where nothing was said, or it is not for us to read (encrypted payloads). */
function stageOf(details: RawDetails): string | undefined {
  const [payload] = details?.payloads ?? []
  return textIn(payload)
}

/** Throws JobFailed. */
export async function outcome<T>(workflowId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    const cause = deepestApplicationFailure(error)
    throw new JobFailed(workflowId, cause?.type ?? endingOf(error.cause), cause?.message ?? error.message, cause?.details?.[0])
  }
}

/** A job that was ended from outside. */
const endingOf = (cause: unknown): string =>
  cause instanceof CancelledFailure
    ? 'cancelled'
    : cause instanceof TerminatedFailure
      ? 'terminated'
      : cause instanceof TimeoutFailure
        ? 'timed_out'
        : 'failed'

function deepestApplicationFailure(error: Error): ApplicationFailure | undefined {
  const below = error.cause instanceof Error ? deepestApplicationFailure(error.cause) : undefined
  return below ?? (error instanceof ApplicationFailure ? error : undefined)
}

/** The same for the same input. */
export const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** The typed door for app backends: they reach Temporal, not the ledger's database. */
import { createHash } from 'node:crypto'
import {
  Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type Connection,
  type WorkflowHandle,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { AccountStatus } from './activities/accounts.ts'
import { PurserError } from './domain/errors.ts'
import type { Refusal } from './domain/refusal.ts'
import { SEARCH_ATTRIBUTES } from './domain/search-attributes.ts'
import {
  BANNER,
  findJob,
  listJobs,
  namesSearchAttribute,
  rootError,
  stateOf,
  textIn,
  type JobsPage,
  type JobsQuery,
  type JobState,
  type JobSummary,
} from './job-list.ts'
import { accountInputSchema, type AccountInput } from './schema/account-input.ts'
import { bannerInputSchema, type BannerInput } from './schema/banner-input.ts'
import { jobIdSchema } from './schema/job-id.ts'
import { accountId } from './schema/names.ts'
import { parsed } from './schema/parsed.ts'
import { monthSchema } from './schema/reset-page.ts'
import { openTemporalConnection } from './temporal-connection.ts'
import type { VariantStory } from './workflows/banner-story.ts'
import type { banner, BannerResult } from './workflows/banner.ts'
import type { ensureAccount } from './workflows/ensure-account.ts'
import type { closeMonths, CloseMonthsResult, CloseProgress } from './workflows/close-months.ts'
import type { monthlyReset, MonthlyResetResult } from './workflows/monthly-reset.ts'

export type { AccountInput, AccountStatus, BannerInput, BannerResult, MonthlyResetResult, Refusal, VariantStory }
export type { CloseMonthsResult, CloseProgress, JobState, JobSummary }
export { JOB_STATES } from './job-list.ts'
export { PurserError }

export interface PurserOptions {
  /** An existing Temporal client; without it one is made from TEMPORAL_* variables or the profile file. */
  readonly client?: Client | undefined
  readonly taskQueue?: string | undefined
  /** Hears, once, that jobs run without search attributes. Default: console.warn. */
  readonly warn?: ((line: string) => void) | undefined
}

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

export interface BannerJob {
  readonly workflowId: string
  /** Waits for the end. Throws JobFailed. */
  result(): Promise<BannerResult>
  status(): Promise<JobStatus>
  /** Where each variant stands, with its money. */
  progress(): Promise<readonly VariantStory[]>
  /** What a running job waits for, in words: its pending activities, their last failures (unless false) and what they do now, money, or a worker. */
  waitingFor(options?: { readonly failures: boolean }): Promise<string>
  /** Asks the job to end. A request that was sent is waited for, and booked. No effect on a job that has ended. */
  cancel(): Promise<void>
}

export interface Purser {
  readonly accounts: {
    /** Makes an account on a plan. Again with the same plan: no effect. Throws JobFailed `account_conflict` for another plan, `unknown_plan`. */
    ensure(input: AccountInput): Promise<AccountStatus>
  }
  readonly banner: {
    /** Starts a job, once per job id (one line, 1 to 200 characters): the same id again finds the same job; with another input it is a PurserError `job_conflict`. */
    start(input: BannerInput & { readonly jobId: string }): Promise<BannerJob & { readonly isNew: boolean }>
    /** A job that was started before. Throws PurserError `bad_input` for what cannot be a job id. */
    job(jobId: string): BannerJob
  }
  readonly jobs: {
    /** Undefined: there is none of this id, or no more. Throws PurserError `bad_input` for what cannot be a job id. */
    find(jobId: string): Promise<JobSummary | undefined>
    /**
     * A page of jobs: those that run first, newest first, then those that have ended, the last one first. Temporal lists a job within a second or so of its
     * start. Where jobs run without search attributes those of an account are looked for among all: then a page may hold fewer, and there may be more.
     */
    list(query: JobsQuery): Promise<JobsPage>
  }
  /** What `work` asks of Temporal is given up after so long, or when Temporal is away: PurserError `temporal_unreachable`. What was asked may have happened. */
  within<T>(limitMs: number, work: () => Promise<T>): Promise<T>
  /** Opens the budget periods of a month (default: this one). Idempotent. Throws PurserError `bad_input` for what is no month. */
  reset(month?: string): Promise<MonthlyResetResult>
  /**
   * Seals the statements of a month that is over, and of those before it that still have some to come; waits for the end. Idempotent: one that runs already is waited for.
   * `dryRun`: nothing is sealed. `told` hears how far it is, about once a second. Throws PurserError `bad_input` for what is no month.
   */
  closeMonth(
    month: string,
    options?: { readonly dryRun?: boolean; readonly told?: (progress: CloseProgress) => void },
  ): Promise<CloseMonthsResult>
  close(): Promise<void>
}

/** Connects to Temporal. Throws PurserError `temporal_unreachable` when no server answers within ten seconds. */
export async function createPurser(options: PurserOptions = {}): Promise<Purser> {
  const client = options.client ?? (await connect())
  const taskQueue = options.taskQueue ?? 'purser'
  const warn = options.warn ?? console.warn
  return {
    accounts: {
      async ensure(input) {
        const account = parsed(accountInputSchema, input, 'account')
        return outcome(account.id, () =>
          client.workflow.execute<typeof ensureAccount>('ensureAccount', {
            taskQueue,
            workflowId: `purser-account/${account.id}/${sha256(account).slice(0, 8)}`,
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
            args: [account],
          }),
        )
      },
    },
    banner: {
      async start({ jobId, ...input }) {
        const id = parsed(jobIdSchema, jobId, 'job id')
        const { handle, isNew } = await startBanner(client, taskQueue, id, parsed(bannerInputSchema, input, 'banner job'), warn)
        return { ...jobOf(handle), isNew }
      },
      job: (jobId) => jobOf(client.workflow.getHandle<typeof banner>(parsed(jobIdSchema, jobId, 'job id'))),
    },
    jobs: {
      find: (jobId) => findJob(client, parsed(jobIdSchema, jobId, 'job id')),
      list: ({ account, ...query }) => listJobs(client, { ...query, account: parsed(accountId.optional(), account, 'account') }),
    },
    within: (limitMs, work) => within(client, limitMs, work),
    async reset(text) {
      const month = parsed(monthSchema.optional(), text, 'month')
      return outcome('reset', () =>
        client.workflow.execute<typeof monthlyReset>('monthlyReset', {
          taskQueue,
          workflowId: `purser-monthly-reset/${month ?? 'now'}`,
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [{ month }],
        }),
      )
    },
    async closeMonth(text, { dryRun = false, told } = {}) {
      const until = parsed(monthSchema, text, 'month')
      return outcome('close', async () => {
        const handle = await client.workflow.start<typeof closeMonths>('closeMonths', {
          taskQueue,
          workflowId: `purser-close/${taskQueue}${dryRun ? '/dry-run' : ''}`,
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [{ until, dryRun }],
        })
        const watching =
          told === undefined
            ? undefined
            : setInterval(() => void handle.query<CloseProgress>('closeProgress').then(told, () => undefined), PROGRESS_MS)
        try {
          return await handle.result()
        } finally {
          clearInterval(watching)
        }
      })
    },
    async close() {
      if (options.client === undefined) await client.connection.close()
    },
  }
}

const PROGRESS_MS = 1_000

async function connect(): Promise<Client> {
  // The namespace comes with the connection; forgetting it would silently mean `default`.
  const { connectionOptions, namespace } = loadClientConnectConfig()
  const connection = await openTemporalConnection(connectionOptions).catch((error: unknown) => {
    throw unreachable(connectionOptions.address ?? 'localhost:7233', error)
  })
  return new Client({ connection, ...(namespace === undefined ? {} : { namespace }) })
}

function unreachable(address: string, error: unknown): PurserError {
  const why = error instanceof Error ? error.message : String(error)
  return new PurserError(
    'temporal_unreachable',
    `Temporal does not answer at ${address} (${why}): check TEMPORAL_ADDRESS, TLS and API key (TEMPORAL_TLS, TEMPORAL_API_KEY), and that the server runs`,
    { address },
  )
}

/** Of gRPC: CANCELLED (the connection was closed), DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const AWAY: readonly number[] = [1, 4, 8, 14]

async function within<T>(client: Client, limitMs: number, work: () => Promise<T>): Promise<T> {
  const address = (client.connection as Connection).options.address
  const { promise: late, reject } = Promise.withResolvers<never>()
  // The SDK repeats what fails for some seconds, also past the deadline.
  const timer = setTimeout(() => reject(unreachable(address, `no answer after ${limitMs / 1000} s`)), limitMs)
  try {
    return await Promise.race([client.withDeadline(Date.now() + limitMs, work), late])
  } catch (error) {
    const root = rootError(error)
    throw isGrpcServiceError(root) && AWAY.includes(root.code) ? unreachable(address, root) : error
  } finally {
    clearTimeout(timer)
  }
}

type Checked = ReturnType<typeof bannerInputSchema.parse>

interface Started {
  readonly handle: WorkflowHandle<typeof banner>
  /** False: it was started before. */
  readonly isNew: boolean
}

async function startBanner(
  client: Client,
  taskQueue: string,
  jobId: string,
  input: Checked,
  warn: (line: string) => void,
): Promise<Started> {
  const inputHash = sha256(input)
  const start = (searchAttributes: boolean) =>
    client.workflow.start<typeof banner>(BANNER, {
      taskQueue,
      workflowId: jobId,
      // A job id is used once, whether its job still runs or not.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // Lists show the memo, also where no search attribute is registered.
      memo: { inputHash, account: input.account },
      staticSummary: `LinkedIn banner for ${input.brief.name} · ${input.account}`,
      staticDetails: `**${input.brief.headline}**, ${input.brief.company}. Mood: ${input.brief.mood}. Variants: ${input.variants}.`,
      ...(searchAttributes
        ? {
            typedSearchAttributes: [
              { key: SEARCH_ATTRIBUTES.account, value: input.account },
              { key: SEARCH_ATTRIBUTES.feature, value: input.feature ?? 'banner' },
            ],
          }
        : {}),
      args: [{ ...input, searchAttributes }],
    })
  const startOrFind = async (searchAttributes: boolean): Promise<Started> => {
    try {
      return { handle: await start(searchAttributes), isNew: true }
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return { handle: await sameJob(client, jobId, inputHash), isNew: false }
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

async function sameJob(client: Client, jobId: string, inputHash: string): Promise<WorkflowHandle<typeof banner>> {
  const handle = client.workflow.getHandle<typeof banner>(jobId)
  const { memo } = await handle.describe()
  if (memo?.['inputHash'] !== inputHash) {
    throw new PurserError('job_conflict', `job "${jobId}" was started with another input: use another job id`)
  }
  return handle
}

function jobOf(handle: WorkflowHandle<typeof banner>): BannerJob {
  return {
    workflowId: handle.workflowId,
    result: () => outcome(handle.workflowId, () => handle.result()),
    async status() {
      return { state: stateOf((await handle.describe()).status.code) }
    },
    progress: () => handle.query<readonly VariantStory[]>('progress'),
    async waitingFor({ failures } = { failures: true }) {
      const { pendingActivities, pendingWorkflowTask } = (await handle.describe()).raw
      const activities = (pendingActivities ?? []).map((a) => {
        const failure = failures ? a.lastFailure?.message : undefined
        const stage = Number(a.state) === ACTIVITY_STARTED ? stageOf(a.heartbeatDetails) : undefined
        return `${a.activityType?.name ?? 'an activity'} (attempt ${a.attempt}${failure ? `, after: ${failure}` : ''}${stage === undefined ? '' : `, now: ${stage}`})`
      })
      if (activities.length > 0) return activities.join('; ')
      if (!pendingWorkflowTask) return waitingSteps(await handle.query<readonly VariantStory[]>('progress').catch(() => []))
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

async function outcome<T>(workflowId: string, work: () => Promise<T>): Promise<T> {
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

const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** No worker has anything to do for it: it waits for a time, or a signal, and its story says why. */
const waitingSteps = (stories: readonly VariantStory[]): string =>
  stories.length === 0
    ? 'a time, or a signal, of its workflow'
    : stories.map(({ variant, step }) => `banner ${variant}: ${step}`).join('; ')

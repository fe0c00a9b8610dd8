/** The typed door for app backends: they reach Temporal, not the ledger's database. */
import { createHash } from 'node:crypto'
import {
  Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, defaultPayloadConverter, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { AccountStatus } from './activities/accounts.ts'
import { PurserError } from './domain/errors.ts'
import type { Refusal } from './domain/refusal.ts'
import { SEARCH_ATTRIBUTES } from './domain/search-attributes.ts'
import { accountInputSchema, type AccountInput } from './schema/account-input.ts'
import { bannerInputSchema, type BannerInput } from './schema/banner-input.ts'
import { jobIdSchema } from './schema/job-id.ts'
import { parsed } from './schema/parsed.ts'
import { monthSchema } from './schema/reset-page.ts'
import { openTemporalConnection } from './temporal-connection.ts'
import type { VariantStory } from './workflows/banner-story.ts'
import type { banner, BannerResult } from './workflows/banner.ts'
import type { ensureAccount } from './workflows/ensure-account.ts'
import type { monthlyReset, MonthlyResetResult } from './workflows/monthly-reset.ts'

export type { AccountInput, AccountStatus, BannerInput, BannerResult, MonthlyResetResult, Refusal }
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
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out'
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
  /** What a running job waits for, in words: its pending activities, their last failures and what they do now, or a worker. */
  waitingFor(): Promise<string>
  /** Asks the job to end. A request that was sent is waited for, and booked. */
  cancel(): Promise<void>
}

export interface Purser {
  readonly accounts: {
    /** Makes an account on a plan. Again with the same plan: no effect. Throws JobFailed `account_conflict` for another plan, `unknown_plan`. */
    ensure(input: AccountInput): Promise<AccountStatus>
  }
  readonly banner: {
    /** Starts a job, once per job id (one line, 1 to 200 characters): the same id again finds the same job; with another input it is a PurserError `job_conflict`. */
    start(input: BannerInput & { readonly jobId: string }): Promise<BannerJob>
    /** A job that was started before. Throws PurserError `bad_input` for what cannot be a job id. */
    job(jobId: string): BannerJob
  }
  /** Opens the budget periods of a month (default: this one). Idempotent. Throws PurserError `bad_input` for what is no month. */
  reset(month?: string): Promise<MonthlyResetResult>
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
        return jobOf(await startBanner(client, taskQueue, id, parsed(bannerInputSchema, input, 'banner job'), warn))
      },
      job: (jobId) => jobOf(client.workflow.getHandle<typeof banner>(parsed(jobIdSchema, jobId, 'job id'))),
    },
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
    async close() {
      if (options.client === undefined) await client.connection.close()
    },
  }
}

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

type Checked = ReturnType<typeof bannerInputSchema.parse>

async function startBanner(
  client: Client,
  taskQueue: string,
  jobId: string,
  input: Checked,
  warn: (line: string) => void,
): Promise<WorkflowHandle<typeof banner>> {
  const inputHash = sha256(input)
  const start = (searchAttributes: boolean) =>
    client.workflow.start<typeof banner>('banner', {
      taskQueue,
      workflowId: jobId,
      // A job id is used once, whether its job still runs or not.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      memo: { inputHash },
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
  const startOrFind = async (searchAttributes: boolean): Promise<WorkflowHandle<typeof banner>> => {
    try {
      return await start(searchAttributes)
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return sameJob(client, jobId, inputHash)
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

/** gRPC INVALID_ARGUMENT that speaks of a search attribute: it is not registered in this namespace. */
const namesSearchAttribute = (error: unknown): boolean =>
  isGrpcServiceError(rootError(error)) && /search attribute/i.test((rootError(error) as Error).message)

const rootError = (error: unknown): unknown => (error instanceof Error && error.cause !== undefined ? rootError(error.cause) : error)

function jobOf(handle: WorkflowHandle<typeof banner>): BannerJob {
  return {
    workflowId: handle.workflowId,
    result: () => outcome(handle.workflowId, () => handle.result()),
    async status() {
      const { status } = await handle.describe()
      const names = {
        COMPLETED: 'completed',
        FAILED: 'failed',
        CANCELLED: 'cancelled',
        TERMINATED: 'terminated',
        TIMED_OUT: 'timed_out',
      } as const
      return { state: names[status.name as keyof typeof names] ?? 'running' }
    },
    progress: () => handle.query<readonly VariantStory[]>('progress'),
    async waitingFor() {
      const { pendingActivities, pendingWorkflowTask } = (await handle.describe()).raw
      const activities = (pendingActivities ?? []).map((a) => {
        const failure = a.lastFailure?.message
        const stage = Number(a.state) === ACTIVITY_STARTED ? stageOf(a.heartbeatDetails) : undefined
        return `${a.activityType?.name ?? 'an activity'} (attempt ${a.attempt}${failure ? `, after: ${failure}` : ''}${stage === undefined ? '' : `, now: ${stage}`})`
      })
      if (activities.length > 0) return activities.join('; ')
      const tries = pendingWorkflowTask?.attempt ?? 0
      return tries > 1
        ? `its workflow code, which failed ${tries - 1} times: see the worker's log`
        : 'a worker: is one running on this task queue?'
    },
    async cancel() {
      await handle.cancel()
    },
  }
}

/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API: it runs, and does not wait for its next attempt. */
const ACTIVITY_STARTED = 2

type RawDetails = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]['heartbeatDetails']

/** What a pending activity last said it does. Undefined where nothing was said, or it is not for us to read (encrypted payloads). */
function stageOf(details: RawDetails): string | undefined {
  const [payload] = details?.payloads ?? []
  try {
    const said = payload && defaultPayloadConverter.fromPayload<unknown>(payload)
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
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

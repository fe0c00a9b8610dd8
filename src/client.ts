/** The typed door for app backends: they reach Temporal, not the ledger's database. */
import { Client, isGrpcServiceError, type Connection, type WorkflowHandle } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { z } from 'zod'
import type { AccountStatus } from './activities/accounts.ts'
import { PurserError } from './domain/errors.ts'
import type { Refusal } from './domain/refusal.ts'
import { jobOf, outcome, sha256, startOnce, type Job, type JobStatus } from './job.ts'
import { findJob, listJobs, rootError, WORKFLOWS, type JobsPage, type JobsQuery, type JobState, type JobSummary } from './job-list.ts'
import { accountInputSchema, type AccountInput } from './schema/account-input.ts'
import { bannerInputSchema, type BannerInput } from './schema/banner-input.ts'
import { batchCallsInputSchema, type BatchInput } from './schema/batch-input.ts'
import { jobIdSchema } from './schema/job-id.ts'
import { accountId } from './schema/names.ts'
import { parsed } from './schema/parsed.ts'
import { monthSchema } from './schema/reset-page.ts'
import { openTemporalConnection } from './temporal-connection.ts'
import type { VariantStory } from './workflows/banner-story.ts'
import type { banner, BannerResult } from './workflows/banner.ts'
import type { batchCalls, BatchProgress, LineOutcome } from './workflows/batch-calls.ts'
import type { ensureAccount } from './workflows/ensure-account.ts'
import type { closeMonths, CloseMonthsResult, CloseProgress } from './workflows/close-months.ts'
import type { monthlyReset, MonthlyResetResult } from './workflows/monthly-reset.ts'

export type { AccountInput, AccountStatus, BannerInput, BannerResult, MonthlyResetResult, Refusal, VariantStory }
export type { BatchInput, BatchProgress, CloseMonthsResult, CloseProgress, Job, JobState, JobStatus, JobSummary, LineOutcome }
export { JobFailed } from './job.ts'
export { JOB_STATES, JOB_TYPES } from './job-list.ts'
export { PurserError }

export interface PurserOptions {
  /** An existing Temporal client; without it one is made from TEMPORAL_* variables or the profile file. */
  readonly client?: Client | undefined
  readonly taskQueue?: string | undefined
  /** Hears, once, that jobs run without search attributes. Default: console.warn. */
  readonly warn?: ((line: string) => void) | undefined
}

export interface BannerJob extends Job<BannerResult> {
  /** Where each variant stands, with its money. */
  progress(): Promise<readonly VariantStory[]>
}

export interface BatchJob extends Job<readonly LineOutcome[]> {
  /** Where it stands, in words. */
  progress(): Promise<BatchProgress>
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
  readonly batch: {
    /** Hands in calls that may wait, at half the price. Once per job id, as a banner is. The result has an outcome for each line, in their order; what was refused is one, too. */
    start(input: BatchInput & { readonly jobId: string }): Promise<BatchJob & { readonly isNew: boolean }>
    /** A job that was started before. Throws PurserError `bad_input` for what cannot be a job id. */
    job(jobId: string): BatchJob
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

type Checked<Schema extends z.ZodType> = z.output<Schema>
type Warn = (line: string) => void

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
    banner: bannersOf(client, taskQueue, warn),
    batch: batchesOf(client, taskQueue, warn),
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

const bannersOf = (client: Client, taskQueue: string, warn: Warn): Purser['banner'] => ({
  async start({ jobId, ...input }) {
    const id = parsed(jobIdSchema, jobId, 'job id')
    const { handle, isNew } = await startBanner(client, taskQueue, id, parsed(bannerInputSchema, input, 'banner job'), warn)
    return { ...bannerJobOf(handle), isNew }
  },
  job: (jobId) => bannerJobOf(client.workflow.getHandle<typeof banner>(parsed(jobIdSchema, jobId, 'job id'))),
})

const startBanner = (client: Client, taskQueue: string, jobId: string, input: Checked<typeof bannerInputSchema>, warn: Warn) =>
  startOnce<typeof banner>(
    client,
    {
      type: WORKFLOWS.banner,
      jobId,
      taskQueue,
      input,
      account: input.account,
      feature: input.feature ?? 'banner',
      summary: `LinkedIn banner for ${input.brief.name} · ${input.account}`,
      details: `**${input.brief.headline}**, ${input.brief.company}. Mood: ${input.brief.mood}. Variants: ${input.variants}.`,
      argument: (searchAttributes) => ({ ...input, searchAttributes }),
    },
    warn,
  )

function bannerJobOf(handle: WorkflowHandle<typeof banner>): BannerJob {
  const progress = () => handle.query<readonly VariantStory[]>('progress')
  return { ...jobOf(handle, async () => waitingSteps(await progress().catch(() => []))), progress }
}

const batchesOf = (client: Client, taskQueue: string, warn: Warn): Purser['batch'] => ({
  async start({ jobId, ...input }) {
    const id = parsed(jobIdSchema, jobId, 'job id')
    const { handle, isNew } = await startBatch(client, taskQueue, id, parsed(batchCallsInputSchema, input, 'batch'), warn)
    return { ...batchJobOf(handle), isNew }
  },
  job: (jobId) => batchJobOf(client.workflow.getHandle<typeof batchCalls>(parsed(jobIdSchema, jobId, 'job id'))),
})

function startBatch(client: Client, taskQueue: string, jobId: string, input: Checked<typeof batchCallsInputSchema>, warn: Warn) {
  const { lines, deadline, label = 'Batch' } = input
  const [account, ...others] = new Set(lines.map((line) => line.account))
  const whose = others.length === 0 ? account : `${others.length + 1} accounts`
  return startOnce<typeof batchCalls>(
    client,
    {
      type: WORKFLOWS.batch,
      jobId,
      taskQueue,
      input,
      account: others.length === 0 ? account : undefined,
      feature: WORKFLOWS.batch,
      summary: `${label.slice(0, 80)} of ${lines.length} lines · ${whose}`,
      details: `**${lines.length} lines** for ${lines[0]?.model}, answered by ${deadline}.`,
      argument: () => input,
    },
    warn,
  )
}

function batchJobOf(handle: WorkflowHandle<typeof batchCalls>): BatchJob {
  const progress = () => handle.query<BatchProgress>('progress')
  const resting = () =>
    progress().then(
      ({ where }) => where,
      () => 'a time, or an answer, of its workflow',
    )
  return { ...jobOf(handle, resting), progress }
}

/** No worker has anything to do for it: it waits for a time, or a signal, and its story says why. */
const waitingSteps = (stories: readonly VariantStory[]): string =>
  stories.length === 0
    ? 'a time, or a signal, of its workflow'
    : stories.map(({ variant, step }) => `banner ${variant}: ${step}`).join('; ')

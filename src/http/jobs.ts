import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { JOB_STATES, JobFailed, type BannerResult, type JobSummary, type LineOutcome, type Refusal, type VariantStory } from '../client.ts'
import { PurserError } from '../domain/errors.ts'
import { showAccount } from '../ledger/accounts.ts'
import { showBudget } from '../ledger/budgets.ts'
import { jobHasCalls } from '../ledger/job-calls.ts'
import { bannerInputSchema } from '../schema/banner-input.ts'
import { jobIdSchema } from '../schema/job-id.ts'
import { accountId } from '../schema/names.ts'
import { reused, type Access, type Jobs, type Reach } from './access.ts'
import { batchInputOf, batchWanted, outcomeBody } from './batch-body.ts'
import { spaceOf } from './call-key.ts'
import { endpoint } from './endpoint.ts'
import { errorBody, jobSchema, jobSummarySchema, progressBody, refusalIn, resultBody, summaryBody } from './job-body.ts'
import { listSchema, pageQuery, USUAL_LIMIT } from './list.ts'
import { payer } from './ids.ts'
import { Problem, RETRY } from './problem.ts'
import type { Viewer } from './refused.ts'

/** For all that one request asks of Temporal: below a request's limit, so that its caller hears who is away. */
const TEMPORAL_LIMIT_MS = 5_000
/** A worker answers it, and may be away; everything else of a job is told without it. */
const PROGRESS_LIMIT_MS = 2_000

const jobId = jobIdSchema.clone().openapi({ type: 'string', minLength: 1, maxLength: 200, example: 'job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d' })
const byId = z.object({ id: jobId })

const {
  account: _,
  searchAttributes: __,
  ledgerMode,
  onInDoubt,
  onLost,
  onRefused,
  waitAtMostMs,
  downgradeTo,
  ...wanted
} = bannerInputSchema.shape

const ownName = jobId
  .refine((id) => !/^(job_|purser-|api\/)/.test(id), 'must not begin with job_, purser- or api/, which are Purser’s own')
  .refine((id) => !/^\.{1,2}$/.test(id), 'must not be one or two dots, which an address cannot hold')
  .optional()
  .openapi({
    example: 'acme-banner-1',
    description:
      'Your name for it, of the whole installation: used once. Not beginning with `job_`, `purser-` or `api/`. Left out: it is made from the Idempotency-Key',
  })

const bannerBody = z.strictObject({
  type: z.literal('banner'),
  job_id: ownName,
  account: payer,
  ...wanted,
  ledger_mode: ledgerMode.clone().openapi({ description: '`activity` shows each reservation as a row of its own in Temporal UI' }),
  on_in_doubt: onInDoubt.clone().openapi({ description: 'When an answer is lost: `again` sends once more, and both may be billed' }),
  on_lost: onLost.clone().openapi({ description: 'When a worker is lost: `wait` for its answer, or `retry` early' }),
  on_refused: onRefused.clone().openapi({
    description:
      'When the budgets cannot pay: `fail`, `wait` for its turn (money that comes back or is added, a plan, a new month), or `downgrade` to the next cheaper model that can be paid for. `fit` asks for fewer output tokens',
  }),
  wait_at_most_ms: waitAtMostMs
    .clone()
    .openapi({ description: 'With `wait`: then it ends refused. Left out: forty days', example: 86_400_000 }),
  downgrade_to: downgradeTo.clone().openapi({
    description:
      'With `downgrade`: models of the same provider, in the order in which they are tried. Left out: those that are able and cost less, the dearest that fits first',
  }),
})

const batchBody = z.strictObject({ type: z.literal('batch'), job_id: ownName, ...batchWanted })

const startBody = z.discriminatedUnion('type', [bannerBody, batchBody])

const start = endpoint({
  method: 'post',
  path: '/v1/jobs',
  name: 'startJob',
  resource: 'jobs',
  summary: 'Start a job under an account’s budget',
  description:
    '`banner`: a brief becomes one to four LinkedIn banners. `batch`: calls that may wait for up to a day are handed in together, at half the price. The same Idempotency-Key, or the same `job_id`, with the same body finds the job that it has started, whether it still runs or not, and starts none. A `job_id` that was started with another input is a 409.',
  scope: 'jobs:write',
  body: startBody,
  answers: { 201: { what: 'Started, now or before', schema: jobSummarySchema } },
  problems: ['job_conflict', 'too_old', 'unknown_account'],
  async run(access, { body }) {
    const work = workOf(access, body)
    const { accounts, start: begin } = work
    const [account] = accounts.length === 1 ? accounts : []
    const { jobs, ledger } = temporalOf(access.reach(account))
    const id = body.job_id ?? ownId(access)
    // First, and by itself, what the key stands for: no transaction waits for Temporal, where the id says once more that a job starts once.
    await access.once(account, async (reach) => {
      for (const one of accounts) await showAccount(reach.ledger, one)
      return { status: 201, body: { type: body.type, id } }
    })
    const hasCalls = await jobHasCalls(ledger, id)
    return withTemporal(jobs, async ({ purser }) => {
      // Temporal forgets what has ended, and would start it anew.
      if (hasCalls && (await purser.jobs.find(id)) === undefined) throw noMore(id)
      const { isNew } = await begin(purser, id).catch((error: unknown) => {
        if (body.job_id === undefined && error instanceof PurserError && error.code === 'job_conflict')
          throw reused(access.repeatable?.key ?? '')
        throw error
      })
      return { status: 201, body: summaryBody(jobs, await startedJob(jobs, id)), replayed: !isNew }
    })
  },
})

/** Who pays for a job, and how it is started. */
interface Work {
  readonly accounts: readonly string[]
  readonly start: (purser: Jobs['purser'], id: string) => Promise<{ readonly isNew: boolean }>
}

/** Throws Problem `bad_input` where nobody is named who pays, `not_permitted` for another account than the key's own. */
function workOf(access: Access, body: z.output<typeof startBody>): Work {
  const { account } = access.reach(body.account)
  if (body.type === 'batch') {
    const [first, ...more] = body.lines.flatMap((line, i) => ((line.account ?? account) === undefined ? [`body.lines.${i}.account`] : []))
    if (first !== undefined) throw missing(first, ...more)
    const input = batchInputOf(body, account)
    const accounts = [...new Set(input.lines.map((line) => line.account))]
    for (const one of accounts) access.reach(one)
    return { accounts, start: (purser, id) => purser.batch.start({ jobId: id, ...input }) }
  }
  if (account === undefined) throw missing('body.account')
  const { type: _type, job_id: _id, ledger_mode, on_in_doubt, on_lost, on_refused, wait_at_most_ms, downgrade_to, ...rest } = body
  const input = {
    ...rest,
    account,
    ledgerMode: ledger_mode,
    onInDoubt: on_in_doubt,
    onLost: on_lost,
    onRefused: on_refused,
    waitAtMostMs: wait_at_most_ms,
    downgradeTo: downgrade_to,
  }
  return { accounts: [account], start: (purser, id) => purser.banner.start({ jobId: id, ...input }) }
}

const missing = (...fields: readonly [string, ...string[]]): Problem =>
  new Problem('bad_input', `${fields[0]}: is missing`, { errors: fields.map((field) => ({ field, message: 'is missing' })) })

const noMore = (id: string): PurserError =>
  new PurserError(
    'too_old',
    `job "${id}" has ended, and Temporal has it no more: for a new job, take a new Idempotency-Key or another job_id`,
  )

/** The same key, the same job, in every process; keys of one account never meet those of another. */
function ownId(access: Access): string {
  if (access.repeatable === undefined) throw new Error('broken promise: a job without an Idempotency-Key')
  const text = JSON.stringify([spaceOf(access), access.repeatable.key])
  return `job_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

async function startedJob({ purser }: Jobs, id: string): Promise<JobSummary> {
  const job = await purser.jobs.find(id)
  if (job === undefined) throw new Error('broken promise: a job was started that is not there')
  return job
}

const list = endpoint({
  method: 'get',
  path: '/v1/jobs',
  name: 'listJobs',
  resource: 'jobs',
  summary: 'Jobs: those that run first, newest first, then those that have ended, the last one first',
  description:
    'Temporal lists a job within a second or so of its start, and for as long as it keeps it. Where its search attributes are not registered, a page may hold fewer than `limit` while there are more.',
  scope: 'jobs:write',
  query: z.strictObject({
    ...pageQuery,
    // Temporal's own word for where a page ends is in it. As many characters of any kind still fit into a request's address.
    cursor: z.string().min(1).max(800).optional().openapi({ description: '`next_cursor` of the page before' }),
    account: accountId.optional(),
    state: z.enum(JOB_STATES).optional(),
  }),
  answers: { 200: { what: 'A page of jobs', schema: listSchema(jobSummarySchema, 'Job') } },
  async run(access, { query: { limit = USUAL_LIMIT, cursor, ...filters } }) {
    const { account, jobs } = temporalOf(access.reach(filters.account))
    const after = cursor === undefined ? undefined : access.cursors.read(cursor, filters)
    const page = await withTemporal(jobs, ({ purser }) => purser.jobs.list({ account, state: filters.state, limit, after }))
    const next = page.next === undefined ? null : access.cursors.write(page.next, filters)
    const data = page.jobs.map((job) => summaryBody(jobs, job))
    return { status: 200, body: { data, has_more: next !== null, next_cursor: next } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/jobs/{id}',
  name: 'getJob',
  resource: 'jobs',
  summary: 'A job: how it stands, what it waits for, what came of it, and its money',
  scope: 'jobs:write',
  params: byId,
  answers: { 200: { what: 'The job', schema: jobSchema } },
  async run(access, { params }) {
    const { job, reach } = await find(access, params.id)
    const { jobs } = temporalOf(reach)
    const { progress, waitingFor, result, outcomes, failed } = await withTemporal(jobs, () => look(jobs, job, access.key.account !== null))
    const refusals = [...(result?.refused ?? []), ...(outcomes ?? []).flatMap((one) => (one.kind === 'refused' ? [one] : []))]
    const viewer = await viewerOf(access, reach, [...refusals, ...(failed === undefined ? [] : [refusalIn(failed)])])
    return {
      status: 200,
      body: {
        ...summaryBody(jobs, job),
        progress: progress?.map((story) => progressBody(story, viewer)) ?? null,
        waiting_for: waitingFor ?? null,
        result: result === undefined ? null : resultBody(result, viewer),
        outcomes: outcomes?.map((outcome) => outcomeBody(outcome, viewer)) ?? null,
        error: failed === undefined ? null : errorBody(failed, viewer),
      } satisfies z.input<typeof jobSchema>,
    }
  },
})

interface Looked {
  readonly progress?: readonly VariantStory[] | undefined
  readonly waitingFor?: string | undefined
  readonly result?: BannerResult | undefined
  readonly outcomes?: readonly LineOutcome[] | undefined
  readonly failed?: JobFailed | undefined
}

/** What an attempt failed of is the installation's: a key that is bound to an account hears only that it is tried again. */
async function look({ purser }: Jobs, { jobId: id, state, type }: JobSummary, isBound: boolean): Promise<Looked> {
  const isRunning = state === 'running'
  const isBatch = type === 'batch'
  const [banner, batch] = [purser.banner.job(id), purser.batch.job(id)]
  const [progress, waitingFor, ended] = await Promise.all([
    isBatch ? undefined : purser.within(PROGRESS_LIMIT_MS, () => banner.progress()).catch(() => undefined),
    isRunning ? (isBatch ? batch : banner).waitingFor({ failures: !isBound }) : undefined,
    isRunning ? {} : endOf(isBatch ? batch.result().then((outcomes) => ({ outcomes })) : banner.result().then((result) => ({ result }))),
  ])
  return { progress, waitingFor, ...ended }
}

async function endOf(ended: Promise<Looked>): Promise<Looked> {
  try {
    return await ended
  } catch (error) {
    if (error instanceof JobFailed) return { failed: error }
    throw error
  }
}

/** Which of the budgets that have refused are not of the key's account. */
async function viewerOf({ key }: Access, { ledger }: Reach, refusals: readonly (Refusal | undefined)[]): Promise<Viewer> {
  if (key.account === null) return { isBound: false, isForeign: () => false }
  const ids = [...new Set(refusals.flatMap((refusal) => refusal?.budget.id ?? []))]
  const budgets = await Promise.all(ids.map((id) => showBudget(ledger, { id })))
  const own = budgets.filter(({ scope }) => scope.account === key.account).map(({ budgetId }) => budgetId)
  return { isBound: true, isForeign: ({ budget }) => !own.includes(budget.id) }
}

const cancel = endpoint({
  method: 'post',
  path: '/v1/jobs/{id}/cancel',
  name: 'cancelJob',
  resource: 'jobs',
  summary: 'Ask a job to end',
  description: 'A request that was sent is waited for, and booked; what was not sent is given back. No effect on a job that has ended.',
  scope: 'jobs:write',
  params: byId,
  answers: { 200: { what: 'It has ended', schema: jobSummarySchema }, 202: { what: 'It is asked to end', schema: jobSummarySchema } },
  async run(access, { params }) {
    const { job, reach } = await find(access, params.id)
    const { jobs } = temporalOf(reach)
    const { replayed } = await access.once(job.account, () => Promise.resolve({ status: 202, body: { id: params.id } }))
    const after = await withTemporal(jobs, async ({ purser }) => {
      if (job.state === 'running') await purser.banner.job(params.id).cancel()
      return startedJob(jobs, params.id)
    })
    return { status: after.state === 'running' ? 202 : 200, body: summaryBody(jobs, after), replayed }
  },
})

/** By id; to a key that is bound, one of another account is not there, nor one that names none. */
async function find(access: Access, id: string): Promise<{ readonly job: JobSummary; readonly reach: Reach }> {
  const { found, reach } = await access.find('job', async (outside) => {
    const job = await withTemporal(temporalOf(outside).jobs, ({ purser }) => purser.jobs.find(id))
    return job === undefined ? undefined : { job, account: job.account ?? null }
  })
  return { job: found.job, reach }
}

function temporalOf(reach: Reach): Reach & { readonly jobs: Jobs } {
  const { jobs } = reach
  if (jobs === undefined) throw new Problem('unavailable', 'this server has no Temporal, so it starts no jobs and shows none')
  return { ...reach, jobs }
}

/** Throws Problem `unavailable` when Temporal does not answer in time: what was asked may have happened, and the same key finds out. */
async function withTemporal<T>(jobs: Jobs, work: (jobs: Jobs) => Promise<T>): Promise<T> {
  try {
    return await jobs.purser.within(TEMPORAL_LIMIT_MS, () => work(jobs))
  } catch (error) {
    if (!(error instanceof PurserError) || error.code !== 'temporal_unreachable') throw error
    throw new Problem('unavailable', 'Temporal does not answer now: ask again with the same Idempotency-Key', RETRY)
  }
}

export const JOBS = [start, list, show, cancel]

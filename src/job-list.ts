/** Which jobs there are, as Temporal lists them. */
import {
  defaultPayloadConverter,
  isGrpcServiceError,
  WorkflowNotFoundError,
  type Client,
  type RawWorkflowExecutionInfo,
} from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from './domain/search-attributes.ts'

export const JOB_STATES = ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out'] as const
export type JobState = (typeof JOB_STATES)[number]

/** A job as a list has it. */
export interface JobSummary {
  readonly jobId: string
  readonly type: JobType
  /** Undefined: a batch of several accounts, or started by hand, without naming it where a list can see it. */
  readonly account: string | undefined
  readonly state: JobState
  readonly startedAt: Date
  readonly endedAt: Date | undefined
}

export interface JobsQuery {
  /** Of all accounts, if left out. */
  readonly account?: string | undefined
  readonly state?: JobState | undefined
  /** So many at most, 1 to 1000. */
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string | undefined
}

export interface JobsPage {
  readonly jobs: readonly JobSummary[]
  /** Undefined: there are no more. */
  readonly next: string | undefined
}

/** The workflow type of each kind of job. */
export const WORKFLOWS = { banner: 'banner', batch: 'batchCalls' } as const
export type JobType = keyof typeof WORKFLOWS
export const JOB_TYPES = Object.keys(WORKFLOWS) as JobType[]
const typeOf = (workflow: string | null | undefined): JobType | undefined => JOB_TYPES.find((type) => WORKFLOWS[type] === workflow)

/** WORKFLOW_EXECUTION_STATUS_* of Temporal's API, and its words for them in a query. What goes on in any other way still runs. */
const STATUSES: Readonly<Record<JobState, { readonly code: number; readonly word: string }>> = {
  running: { code: 1, word: 'Running' },
  completed: { code: 2, word: 'Completed' },
  failed: { code: 3, word: 'Failed' },
  cancelled: { code: 4, word: 'Canceled' },
  terminated: { code: 5, word: 'Terminated' },
  timed_out: { code: 7, word: 'TimedOut' },
}

export const stateOf = (code: number | null | undefined): JobState => JOB_STATES.find((state) => STATUSES[state].code === code) ?? 'running'

/** Undefined: there is no job of this id, or no more. */
export async function findJob(client: Client, jobId: string): Promise<JobSummary | undefined> {
  try {
    const { raw } = await client.workflow.getHandle(jobId).describe()
    return summaryOf(raw.workflowExecutionInfo ?? {})
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

/** A page of them; `Purser.jobs` says in which order. */
export async function listJobs(client: Client, { account, state, limit, after }: JobsQuery): Promise<JobsPage> {
  const types = Object.values(WORKFLOWS).map((workflow) => `'${workflow}'`)
  const query = [
    `WorkflowType IN (${types.join(', ')})`,
    ...(state === undefined ? [] : [`ExecutionStatus = '${STATUSES[state].word}'`]),
  ].join(' AND ')
  if (account === undefined) return pageOf(client, query, { limit, after, isWanted: () => true })
  const isWanted = (job: JobSummary): boolean => job.account === account
  const { name } = SEARCH_ATTRIBUTES.account
  try {
    // Some may be older than the attribute. An account's id holds no quotes.
    return await pageOf(client, `${query} AND (${name} = '${account}' OR ${name} IS NULL)`, { limit, after, isWanted })
  } catch (error) {
    if (!namesSearchAttribute(error)) throw error
    return pageOf(client, query, { limit, after, isWanted })
  }
}

/** So often at least, and for so long, Temporal is asked for one page, when it lists jobs that are not wanted. Then the page is shorter than it may be. */
const ROUNDS_MIN = 20
const ASKED_FOR_MS = 3_000

interface PageTerms {
  readonly limit: number
  readonly after: string | undefined
  readonly isWanted: (job: JobSummary) => boolean
}

async function pageOf(client: Client, query: string, { limit, after, isWanted }: PageTerms): Promise<JobsPage> {
  const { namespace } = client.options
  const jobs: JobSummary[] = []
  let next = after === undefined ? undefined : Buffer.from(after, 'base64')
  const ask = async (pageSize: number): Promise<readonly RawWorkflowExecutionInfo[]> => {
    const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize,
      ...(next === undefined ? {} : { nextPageToken: next }),
    })
    next = nextPageToken && nextPageToken.length > 0 ? Buffer.from(nextPageToken) : undefined
    return executions ?? []
  }
  // A token stands behind the last job of its page, so no more are asked for than the page still takes.
  const until = Date.now() + ASKED_FOR_MS
  for (let round = 0; jobs.length < limit && (round < ROUNDS_MIN || Date.now() < until); round += 1) {
    jobs.push(...(await ask(limit - jobs.length)).flatMap((execution) => summaryOf(execution) ?? []).filter(isWanted))
    if (next === undefined) return { jobs, next }
  }
  const token = next?.toString('base64')
  // A full page has a token, also when nothing comes after it.
  return { jobs, next: (await ask(1)).length > 0 ? token : undefined }
}

type Timestamp = RawWorkflowExecutionInfo['startTime']

const dateOf = (at: Timestamp): Date | undefined =>
  at ? new Date(Number(at.seconds ?? 0) * 1000 + Math.floor((at.nanos ?? 0) / 1e6)) : undefined

/** Undefined of what is no job. */
function summaryOf(info: RawWorkflowExecutionInfo): JobSummary | undefined {
  const { execution, status, startTime, closeTime, searchAttributes, memo } = info
  const type = typeOf(info.type?.name)
  if (type === undefined) return undefined
  const attribute = searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.account.name]
  return {
    jobId: execution?.workflowId ?? '',
    type,
    account: textIn(attribute) ?? textIn(memo?.fields?.['account']),
    state: stateOf(status),
    startedAt: dateOf(startTime) ?? new Date(0),
    endedAt: dateOf(closeTime),
  }
}

/** Undefined where it is no text, or not for us to read. */
export function textIn(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined): string | undefined {
  try {
    const said = payload && defaultPayloadConverter.fromPayload<unknown>(payload)
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
}

/** gRPC INVALID_ARGUMENT that speaks of a search attribute: it is not registered in this namespace. */
export const namesSearchAttribute = (error: unknown): boolean =>
  isGrpcServiceError(rootError(error)) && /search attribute/i.test((rootError(error) as Error).message)

/** What an error of the SDK, or of a job, came from. */
export const rootError = (error: unknown): unknown => (error instanceof Error && error.cause !== undefined ? rootError(error.cause) : error)

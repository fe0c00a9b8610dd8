import { answerOf, effect, itemsOf, type CallOptions, type Raw } from './asking.ts'
import { snake } from './casing.ts'
import { queryOf, reading, type Filters, type Reading } from './reading.ts'
import { by, type BodyOf, type Input, type Shown } from './reservations.ts'

export type JobTerms = Input<'startJob'>
/** How a job stands, with the money of each variant; when it is over, its `result` or its `error`. */
export type Job = Shown<'Job'>
export type JobSummary = Shown<'JobSummary'>

/** Work of Purser's own workers, each call of it under the account's budgets. */
export interface Jobs {
  /** Once per `jobId`, or per idempotencyKey where you name none: again, it finds the same job, whether it still runs or not. */
  start(terms: JobTerms, options?: CallOptions): Promise<JobSummary>
  get(id: string, options?: Reading): Promise<Job>
  /** Asks it to end: what was sent is waited for, and booked. No effect on a job that has ended. */
  cancel(id: string, options?: CallOptions): Promise<JobSummary>
  /** Those that run first, newest first, then those that have ended. A job is listed within a second or so of its start. */
  list(filters?: Filters<'listJobs'>, options?: Reading): AsyncIterable<JobSummary>
}

export const jobs = (raw: Raw): Jobs => ({
  async start(terms, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/jobs', { body: snake(terms) as BodyOf<'startJob'>, ...init }), key)
  },
  get: (id, options) => answerOf(raw.GET('/v1/jobs/{id}', { params: { path: { id } }, ...reading(options) })),
  async cancel(id, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/jobs/{id}/cancel', by(id, init)), key)
  },
  list: (filters, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/jobs', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) }))),
})

import { afterAll, afterEach, beforeAll } from 'vitest'
import type { CallAnswer } from '../../src/domain/call.ts'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import type { CacheAnswer, CachedAnswer, CacheTerms, Flight } from '../../src/domain/response-cache.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { activitiesOf } from '../../src/worker.ts'
import { newJob, type Job } from '../activities/activity.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'

const STARTED_AT = new Date()
type Activities = ReturnType<typeof activitiesOf>

/** Another name for the same call, another account, another way to use the cache. */
export interface Question {
  readonly account: string
  readonly text: string
  readonly feature?: string
  readonly cache?: CacheTerms
  /** What differs from a plain question; `messages` in place of its text. */
  readonly request?: Partial<Omit<ModelRequest, 'prompt'>>
  readonly job?: Job
  readonly alone?: boolean
  readonly startedAt?: Date
}

const termsOf = ({ account, text, feature = 'faq', request: { messages, ...request } = {}, startedAt = STARTED_AT }: Question) => ({
  callId: 'one',
  jobStartedAt: startedAt.toISOString(),
  scope: { account, feature },
  request: {
    provider: 'gemini',
    model: 'gemini-2.5-flash-lite',
    endpoint: 'generateContent',
    tier: 'standard',
    ...(messages === undefined ? { prompt: text } : { messages }),
    output: { kind: 'text' },
    maxOutputTokens: 1_000,
    ...request,
  } satisfies ModelRequest,
})

/** The stage of one test file, and its cache as activities see it. Every invariant of the ledger is checked after each test. */
export function cacheStage(requestTimeoutMs = 5_000) {
  let stage: Stage
  let activities: Activities
  const pools: PurserSql[] = []
  beforeAll(async () => {
    stage = await openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: String(requestTimeoutMs) } })
    activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
  })
  afterEach(() => stage.intact())
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end({ timeout: 5 })))
    await stage.close()
  })

  const ask = ({ job = newJob(), cache = {}, alone = false, ...question }: Question, by = activities): Promise<CacheAnswer> =>
    job.run(by, 'askCache', { ...termsOf(question), cache, ...(alone ? { alone } : {}) })

  /** Sends the call's request, as who leads does, or as one that has no cache. */
  async function make({ job = newJob(), ...question }: Question, flight?: Flight, by = activities): Promise<CallAnswer> {
    const call = { ...termsOf(question), ask: 1 }
    const reserved = await job.run(by, 'reserveBudget', call)
    if (reserved.kind === 'paced') throw new Error('broken promise: there is no rate limit here')
    if (reserved.kind !== 'reserved' && reserved.kind !== 'in_flight') return reserved
    return job.run(by, 'callModel', { ...call, ...(flight === undefined ? {} : { flight }) })
  }

  /** As a workflow plays it. */
  async function play(question: Question, by = activities): Promise<CallAnswer | CachedAnswer> {
    const one = { ...question, job: question.job ?? newJob() }
    const until = performance.now() + requestTimeoutMs
    for (;;) {
      const heard = await ask({ ...one, alone: performance.now() >= until }, by)
      if (heard.kind === 'hit') return heard.answer
      if (heard.kind !== 'follow') return make(one, heard.kind === 'lead' ? heard.flight : undefined, by)
      await new Promise((done) => setTimeout(done, 50))
    }
  }

  return {
    stage: () => stage,
    activities: () => activities,
    ask,
    make,
    play,
    /** The activities of another process. */
    other(): Activities {
      const pool = connectSql(stage.db.url)
      pools.push(pool)
      return activitiesOf(stage.config, EMULATOR_KEY, pool, stage.installation)
    },
    async lead(question: Question): Promise<Flight> {
      const heard = await ask(question)
      if (heard.kind !== 'lead') throw new Error(`it does not lead: ${heard.kind}`)
      return heard.flight
    },
    kinds: async (...questions: Question[]): Promise<string[]> =>
      Promise.all(questions.map(async (question) => (await ask(question)).kind)),
  }
}

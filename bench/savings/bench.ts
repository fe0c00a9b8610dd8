/**
 * The recorded workload with no strategy, with each alone, and with all: what it costs, how many requests go out, how long a call takes, and whether anybody heard an
 * answer that was not theirs. Calls are played as their workflows play them, activity by activity, without Temporal, against the emulator over HTTP.
 */
import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchAsk } from '../../src/activities/batch.ts'
import type { PreparedCall } from '../../src/activities/prepare.ts'
import type { Answer, CallAnswer, Paced, ReserveAnswer } from '../../src/domain/call.ts'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { eur, exactEur, nano, ofMoney } from '../../src/domain/money.ts'
import type { CacheAnswer, CacheTerms } from '../../src/domain/response-cache.ts'
import type { Switches } from '../../src/domain/saving-switch.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { setSwitches } from '../../src/ledger/switches.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { quantile, type BenchOptions } from '../measure.ts'
import { withPostgres } from '../server.ts'
import { benchHitPath, ROUNDS } from './hit-path.ts'
import { jobOf, withStage, type Activities } from './stage.ts'
import { FEATURES, keyOf, readWorkload, type RecordedCall } from './workload.ts'

const SETTINGS = { shared_buffers: '512MB', max_wal_size: '2GB', max_connections: '100' }
const AT_ONCE = 32
/** Who waits for another's answer asks for itself after so long. */
const FOLLOW_MS = 60_000
const BATCH_LINES = 100
/** What apps use that do not choose: one model for everything. */
const MODEL = 'gemini-2.5-flash'
const PICTURES = 'gemini-2.5-flash-image'

const ROUTE = { allow: ['gemini-2.5-flash-lite', MODEL] } as const
const COMPRESS = { whitespace: true, filler: true, repeats: 'every_language' } as const
/** Of older turns nothing is sent when a conversation is longer: cheaper, and the model knows less. */
const HISTORY_TOKENS = 800

interface Strategy extends Switches {
  readonly batch?: true
}
const STRATEGIES = {
  none: {},
  cache: { cache: {} },
  route: { route: ROUTE },
  compress: { compress: COMPRESS },
  window: { compress: { ...COMPRESS, historyTokensMax: HISTORY_TOKENS } },
  batch: { batch: true },
  all: { cache: {}, route: ROUTE, compress: COMPRESS, batch: true },
} as const satisfies Record<string, Strategy>
type Name = keyof typeof STRATEGIES

/** What one way came to. */
interface Played {
  readonly cost: bigint
  /** Of calls whose answers are words. */
  readonly textCost: bigint
  /** Of words, as the provider counted and charged them. */
  readonly inputTokens: bigint
  readonly requests: number
  readonly refused: number
  readonly hits: number
  /** Of calls that were not made as a batch, in milliseconds. */
  readonly latencies: readonly number[]
  /** The sha256 of each call's answer. */
  readonly answers: ReadonlyMap<string, string>
  /** Of something else than what was sent. */
  readonly wrongHits: number
  /** Of what was written otherwise, and is the same request when it is made shorter. */
  readonly likenedHits: number
}

/** And what a hit costs beside a call. */
export async function benchSavings(options: BenchOptions): Promise<Record<string, unknown>> {
  const measured = await withPostgres(SETTINGS, (server) => measure(server, options))
  return { ...measured, hitPath: await benchHitPath(ROUNDS, options.print) }
}

async function measure(server: RunningPostgres, { scale, say, print }: BenchOptions): Promise<Record<string, unknown>> {
  return withStage(server, async ({ ledger, activities }) => {
    const workload = readWorkload()
    const calls = workload.slice(0, Math.min(workload.length, Math.max(200, Math.round(workload.length * scale))))
    const played = {} as Record<Name, Played>
    for (const name of Object.keys(STRATEGIES) as Name[]) {
      const started = performance.now()
      await openAccounts(ledger, name, calls)
      played[name] = await playAll(activities, name, calls)
      const { cost, requests, hits } = played[name]
      say(
        `  ${name.padEnd(9)} ${exactEur(nano(cost))} EUR, ${requests} requests, ${hits} from the cache, after ${((performance.now() - started) / 1000).toFixed(0)} s`,
      )
    }
    return reported(played, calls.length, print)
  })
}

function reported(played: Record<Name, Played>, calls: number, print: (line: string) => void): Record<string, unknown> {
  const { none } = played
  print(
    `\n${calls} calls          cost EUR   saved  of texts  input tokens  not sent  requests  refused  hits   p50 ms   p95 ms  answers changed`,
  )
  const ratios: Record<string, number> = {}
  const inputTokens: Record<string, number> = {}
  for (const [name, p] of Object.entries(played)) {
    const changed = [...p.answers].filter(([id, sha]) => none.answers.get(id) !== sha).length
    inputTokens[name] = Number(p.inputTokens)
    print(
      `  ${name.padEnd(10)} ${exactEur(nano(p.cost)).padStart(15)} ${less(p.cost, none.cost).padStart(7)} ${less(p.textCost, none.textCost).padStart(9)} ` +
        `${String(p.inputTokens).padStart(13)} ${less(p.inputTokens, none.inputTokens).padStart(9)} ${String(p.requests).padStart(9)} ${String(p.refused).padStart(8)} ${String(p.hits).padStart(5)} ` +
        `${quantile(p.latencies, 0.5).toFixed(1).padStart(8)} ${quantile(p.latencies, 0.95).toFixed(1).padStart(8)} ${String(changed).padStart(16)}`,
    )
    if (name !== 'none') ratios[name] = Math.round((Number(none.cost) / Number(p.cost)) * 100) / 100
  }
  const wrongExactHits = Object.values(played).reduce((sum, p) => sum + p.wrongHits, 0)
  const likenedHits = Object.values(played).reduce((sum, p) => sum + p.likenedHits, 0)
  print(
    `cost without over cost with: ${Object.entries(ratios)
      .map(([name, ratio]) => `${name} ${ratio}`)
      .join(', ')}; wrong hits: ${wrongExactHits}; of what only shortening made the same: ${likenedHits}`,
  )
  return { calls, ratios, wrongExactHits, likenedHits, inputTokens }
}

const less = (now: bigint, before: bigint): string => `${((1 - Number(now) / Number(before)) * 100).toFixed(1)} %`

const named = (name: Name, what: string): string => `${name}-${what}`

async function openAccounts(ledger: Ledger, name: Name, calls: readonly RecordedCall[]): Promise<void> {
  const { batch: _, ...said } = STRATEGIES[name] as Strategy
  for (const feature of FEATURES)
    if (Object.keys(said).length > 0) await setSwitches(ledger, { feature: named(name, feature), ...said, who: 'bench', why: 'a bench' })
  for (const account of new Set(calls.map((call) => named(name, call.account)))) {
    await ensureAccount(ledger, { id: account, plan: 'corporate', timeZone: 'UTC' })
    await changeCap(ledger, { of: { account }, change: eur('100'), key: account, reason: 'a bench that measures cost, not refusals' })
  }
}

/** A call's messages as they are. What the answer depends on besides, and a request of Purser's has no place for, makes a few letters before them, which say nothing of the task. */
function requestOf(call: RecordedCall): ModelRequest {
  const isPicture = call.output === 'image'
  return {
    provider: 'gemini',
    model: isPicture ? PICTURES : MODEL,
    endpoint: 'generateContent',
    tier: 'standard',
    messages: [{ role: 'system', text: `[${termsKey(call)}]` }, ...call.messages],
    output: isPicture ? { kind: 'image', aspectRatio: '21:9' } : { kind: 'text' },
    maxOutputTokens: Math.max(call.maxOutputTokens, isPicture ? 2_000 : 1),
  }
}

const termsKey = ({ feature, needs, images, temperature }: RecordedCall): string =>
  hash('sha256', JSON.stringify([feature, needs, images, temperature]), 'hex').slice(0, 6)

const jobStartedAt = new Date().toISOString()

/** One way to play the calls, and what it has come to so far. */
interface Playing {
  readonly activities: Activities
  readonly name: Name
  /** A switch of a feature holds, so calls are prepared first. */
  readonly saves: boolean
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  readonly sum: { cost: bigint; textCost: bigint; inputTokens: bigint; requests: number; refused: number }
  readonly latencies: number[]
  readonly answers: Map<string, string>
  readonly hits: { readonly question: Question; readonly responseId: string }[]
  /** By the provider’s id of its answer: a hit must be of an equal question of the same account. */
  readonly questions: Map<string, Question>
}

async function playAll(activities: Activities, name: Name, calls: readonly RecordedCall[]): Promise<Played> {
  const strategy: Strategy = STRATEGIES[name]
  const playing: Playing = {
    activities,
    name,
    saves: strategy.cache !== undefined || strategy.route !== undefined || strategy.compress !== undefined,
    run: jobOf(`bench-${name}`),
    sum: { cost: 0n, textCost: 0n, inputTokens: 0n, requests: 0, refused: 0 },
    latencies: [],
    answers: new Map(),
    hits: [],
    questions: new Map(),
  }
  const isForBatch = (call: RecordedCall): boolean => strategy.batch === true && call.mayWait && call.output === 'text'
  const live = calls.filter((call) => !isForBatch(call)).values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const call of live) await timed(playing, call)
    }),
  )
  const waiting = calls.filter(isForBatch)
  for (let n = 0; n < waiting.length; n += BATCH_LINES) await playBatch(playing, waiting.slice(n, n + BATCH_LINES))
  const { sum, hits, questions, latencies, answers } = playing
  const heard = hits.map(({ question, responseId }) => ({ question, made: questions.get(responseId) }))
  const wrongHits = heard.filter(({ question, made }) => question.sent !== made?.sent).length
  const likenedHits = heard.filter(({ question, made }) => question.sent === made?.sent && question.written !== made.written).length
  return { ...sum, hits: hits.length, wrongHits, likenedHits, latencies, answers }
}

/** What a call asks, as it is labelled, and as it is sent. */
interface Question {
  readonly written: string
  readonly sent: string
}

const questionOf = (call: RecordedCall, { model, messages = [] }: ModelRequest): Question => ({
  written: `${call.account} ${keyOf(call)}`,
  sent: `${call.account} ${model} ${keyOf({ ...call, messages })}`,
})

const termsOf = (name: Name, call: RecordedCall) => ({
  callId: call.id,
  jobStartedAt,
  scope: { account: named(name, call.account), user: call.user, feature: named(name, call.feature) },
  request: requestOf(call),
})

async function timed(playing: Playing, call: RecordedCall): Promise<void> {
  const started = performance.now()
  await playLive(playing, call)
  playing.latencies.push(performance.now() - started)
}

async function playLive(playing: Playing, call: RecordedCall): Promise<void> {
  const { activities, run, name, hits, questions } = playing
  const asked = termsOf(name, call)
  const { request, cache } = await prepared(playing, asked)
  const ask = { ...asked, request }
  const heard = cache === undefined ? undefined : await askedCache(playing, ask, cache)
  if (heard?.kind === 'hit') {
    note(playing, call, { ...heard.answer, requests: 0 })
    hits.push({ question: questionOf(call, request), responseId: heard.answer.response.responseId ?? '' })
    return
  }
  const flight = heard?.kind === 'lead' ? { flight: heard.flight } : {}
  const reserved = await run(() => activities.reserveBudget({ ...ask, ask: 1 }))
  if (reserved.kind !== 'reserved') {
    note(playing, call, reserved)
    return
  }
  const answer = await run(() => activities.callModel({ ...ask, ask: 1, ...flight }))
  note(playing, call, answer)
  if (answer.kind === 'answered') questions.set(answer.response.responseId ?? 'none', questionOf(call, request))
}

type Terms = ReturnType<typeof termsOf>

const prepared = async ({ activities, run, saves }: Playing, asked: Terms): Promise<Pick<PreparedCall, 'request' | 'cache'>> =>
  saves ? run(() => activities.prepareCall({ ...asked, complexity: undefined, needs: undefined })) : asked

/** As its workflow does, until somebody's answer is there, or it is to ask for itself. */
async function askedCache({ activities, run }: Playing, ask: Terms, cache: CacheTerms): Promise<CacheAnswer> {
  const until = performance.now() + FOLLOW_MS
  for (;;) {
    const heard = await run(() => activities.askCache({ ...ask, cache, ...(performance.now() > until ? { alone: true } : {}) }))
    if (heard.kind !== 'follow') return heard
    await sleep(20)
  }
}

function note({ sum, answers }: Playing, call: RecordedCall, answer: Answer | Exclude<ReserveAnswer | CallAnswer | Paced, Answer>): void {
  if (answer.kind === 'refused') sum.refused += 1
  if (answer.kind !== 'answered') return
  sum.cost += ofMoney(answer.cost)
  if (call.output === 'text') sum.textCost += ofMoney(answer.cost)
  for (const { unit, quantity } of answer.usage) if (unit === 'input_text_tokens') sum.inputTokens += BigInt(quantity)
  sum.requests += answer.requests
  if (answer.blob !== undefined) answers.set(call.id, answer.blob.sha256)
}

/** So many lines, a batch for each model. */
async function playBatch(playing: Playing, calls: readonly RecordedCall[]): Promise<void> {
  const lines = await Promise.all(
    calls.map(async (call) => {
      const asked = termsOf(playing.name, call)
      const { request } = await prepared(playing, asked)
      return {
        call,
        line: { callId: call.id, scope: asked.scope, request: { ...request, endpoint: 'batchGenerateContent', tier: 'batch' } as const },
      }
    }),
  )
  for (const ofModel of Map.groupBy(lines, ({ line }) => line.request.model).values()) await playLines(playing, ofModel)
}

async function playLines(
  playing: Playing,
  lines: readonly { readonly call: RecordedCall; readonly line: BatchAsk['lines'][number] }[],
): Promise<void> {
  const { activities, run, name } = playing
  const all: BatchAsk = { name: `${name}-${lines[0]?.call.id ?? ''}`, ask: 1, jobStartedAt, lines: lines.map(({ line }) => line) }
  const reserved = await run(() => activities.reserveBatch(all))
  reserved.forEach((answer, n) => note(playing, lines[n]?.call as RecordedCall, answer))
  const ask = { ...all, lines: all.lines.filter((_, n) => reserved[n]?.kind === 'reserved') }
  if (ask.lines.length === 0) return
  const handed = await run(() => activities.handInBatch(ask))
  if (handed.kind !== 'handed_in') throw new Error(`the batch was not handed in: ${JSON.stringify(handed)}`)
  for (;;) {
    const heard = await run(() => activities.collectBatch({ ask, handedIn: { batch: handed.batch, sent: handed.sent } }))
    if (heard.kind === 'over') {
      for (const { callId, answer } of heard.outcomes)
        note(playing, lines.find(({ call }) => call.id === callId)?.call as RecordedCall, answer)
      return
    }
    await sleep(200)
  }
}

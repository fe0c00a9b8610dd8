import { createHash, randomUUID } from 'node:crypto'
import { ApplicationFailure, Context, log } from '@temporalio/activity'
import { bookLine, type LineBooking } from '../calls/book-line.ts'
import { reservationRef, type CallAnswer, type CallScope, type Paced, type ReserveAnswer } from '../domain/call.ts'
import { assert, PurserError } from '../domain/errors.ts'
import { providerMaxMs, type BatchRequest, type Wordless } from '../domain/model-request.ts'
import { withoutBound } from '../domain/refusal.ts'
import { callIdOf } from '../ledger/call-id.ts'
import { closeCall } from '../ledger/close.ts'
import { MAY_SEND_MS } from '../ledger/dispatch.ts'
import { dispatchBatch, openLines, sinceDispatch, type DispatchedBatch, type SentLine } from '../ledger/dispatch-batch.ts'
import { markInDoubt } from '../ledger/mark-in-doubt.ts'
import { paceLines } from '../ledger/rate-limits.ts'
import { reject } from '../ledger/reject.ts'
import { termsOf } from '../ledger/scope.ts'
import { priceOf } from '../prices/price-request.ts'
import type { BatchProvider } from '../providers/batch-provider.ts'
import { batchInputSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { createBudgetActivities, hashOf, keyOf } from './budget.ts'
import { typed } from './failure.ts'
import type { CallDependencies } from './model.ts'
import { persist, persistUnsent, withHeartbeat, type Say } from './persist.ts'
import { sideBySide } from './side-by-side.ts'
import { thisJob } from './this-job.ts'

/** One call of a batch. */
export interface LineAsk {
  readonly callId: string
  readonly scope: CallScope
  readonly request: BatchRequest
}

/** One ask of all calls of a batch. `name`: of the whole batch in its job, the same in all its asks. */
export interface BatchAsk {
  readonly name: string
  readonly ask: number
  readonly jobStartedAt: string
  /** One line that may not go now holds them all back. */
  readonly allOrNone?: boolean | undefined
  readonly lines: readonly LineAsk[]
}

/** An ask that was made: what its lines say was handed over once, and would fill the job's history if each look carried it. */
export interface AskedBatch extends Pick<BatchAsk, 'name' | 'ask' | 'jobStartedAt'> {
  readonly lines: readonly (Omit<LineAsk, 'request'> & { readonly request: Wordless<BatchRequest> })[]
}

/** Calls of a batch whose run ends, and how many asks a run may make. */
export interface ClosingBatch extends Pick<BatchAsk, 'name' | 'jobStartedAt'> {
  readonly callIds: readonly string[]
  readonly asks: number
}

export interface OpenBatch {
  readonly ask: number
  readonly sent: readonly SentLine[]
}

/** What became of a line. `again`: nothing was billed, and another ask may be answered. */
export interface EndedLine {
  readonly callId: string
  readonly answer: CallAnswer
  readonly again: boolean
}

/** A batch that the provider has, by the provider's name of it. */
export interface HandedIn {
  readonly batch: string
  readonly sent: readonly SentLine[]
}

/**
 * `over`: nothing of it is at the provider; `retryAfterMs`: when it may take the next. `unsure`: whether the provider has it is not known yet; `lookAgainMs`: when to
 * look again. `outcomes` are the lines that are not with it.
 */
export type HandInAnswer = { readonly outcomes: readonly EndedLine[] } & (
  | ({ readonly kind: 'handed_in' } & HandedIn)
  | { readonly kind: 'over'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'unsure'; readonly sent: readonly SentLine[]; readonly message: string; readonly lookAgainMs: number }
)

export type CollectAnswer =
  | { readonly kind: 'waiting' | 'unknown'; readonly message: string }
  | { readonly kind: 'over'; readonly ending: string; readonly outcomes: readonly EndedLine[] }

export interface BatchDependencies extends CallDependencies {
  readonly batchProviders: ReadonlyMap<string, BatchProvider>
  /** So long after it was handed in a batch may be missing in the provider's list. */
  readonly listedWithinMs?: number | undefined
}

const LISTED_WITHIN_MS = 10 * 60_000
/** The provider's clock may be so far behind ours. */
const CLOCKS_APART_MS = 3_600_000
/** It is looked for again after as long as it is old: soon at first. */
const LOOK_AGAIN_MS = { first: 1_000, longest: 30_000 } as const

export type BatchActivities = ReturnType<typeof createBatchActivities>

export function createBatchActivities(deps: BatchDependencies) {
  const budget = createBudgetActivities(deps)
  const reserveLine = async (line: LineAsk, ask: BatchAsk): Promise<ReserveAnswer> => {
    // What a provider answers within a day is none of the requests of a minute: it takes no turn. Its pace is asked for all lines at once.
    const asked = budget.reserveBudget({ ...line, ask: ask.ask, jobStartedAt: ask.jobStartedAt, isItsTurn: true })
    const answer = await asked.catch(pastAsk(ask))
    assert(answer.kind !== 'paced', 'a line of a batch was told to wait for its turn')
    return answer
  }
  return {
    /** Sets the worst cost of each line aside, all of them in one round trip where their budgets allow it. Refusals are values, and so is a pace, which comes first: nothing is held meanwhile. */
    async reserveBatch(ask: BatchAsk): Promise<(ReserveAnswer | Paced)[]> {
      return typed(async () => {
        // Any workflow may ask. Checked, and taken as it is.
        parsed(batchInputSchema, ask, 'batch')
        const paces = await pacesOf(deps, ask)
        return Promise.all(ask.lines.map(async (line, i) => paces[i] ?? reserveLine(line, ask)))
      })
    },

    /**
     * Dispatches all lines (one commit), and hands the batch in: one request, by the execution that made the commit, or never. Every other execution looks for it as
     * `lookForBatch` does.
     */
    async handInBatch(ask: BatchAsk): Promise<HandInAnswer> {
      return typed(() => withHeartbeat((say) => handIn(deps, ask, say)))
    },

    /** Looks for a batch that may be at the provider, by its name; takes it for never sent only when it cannot appear in the list any more. `outcomes`: of its lines. */
    async lookForBatch({ ask, sent }: { readonly ask: AskedBatch; readonly sent: readonly SentLine[] }): Promise<HandInAnswer> {
      return typed(() =>
        withHeartbeat(async (say) => {
          const [first] = sent
          assert(first !== undefined, 'a batch without lines was to be looked for')
          const ageMs = await persistUnsent(say, 'age', () => sinceDispatch(deps.ledger, first))
          return look(deps, { provider: providerOf(deps, ask), displayName: displayNameOf(deps, ask), sent, ageMs, outcomes: [], say })
        }),
      )
    },

    /** Asks how a batch is; when it is over, books what was answered and gives back what was not billed, line by line. Safe to repeat. */
    async collectBatch({ ask, handedIn }: { readonly ask: AskedBatch; readonly handedIn: HandedIn }): Promise<CollectAnswer> {
      return typed(() => withHeartbeat((say) => collect(deps, ask, handedIn, say)))
    },

    /** Asks the provider to stop; `collectBatch` says what became of the lines. False: the provider did not answer. */
    async cancelBatch({ ask, handedIn }: { readonly ask: AskedBatch; readonly handedIn: HandedIn }): Promise<boolean> {
      return typed(() => providerOf(deps, ask).cancel(handedIn.batch))
    },

    /** What became of these lines is not known, and will not be asked any more: their money stays held. */
    async doubtBatch({ sent, why }: { readonly sent: readonly SentLine[]; readonly why: string }): Promise<EndedLine[]> {
      return typed(() => withHeartbeat((say) => eachLine(sent, (line) => doubt(deps, line, why, say))))
    },

    /** The run ends: gives back what was not dispatched of these calls. Answers what an earlier run has handed in and this one has not heard of, by ask. */
    async closeBatch({ name, jobStartedAt, callIds, asks }: ClosingBatch): Promise<{ readonly open: readonly OpenBatch[] }> {
      return typed(async () => {
        await eachLine(callIds, (callId) => closeCall(deps.ledger, keyOf(deps.installation, { callId, jobStartedAt }), thisJob().runId))
        const named = new Map(Array.from({ length: asks }, (_, i) => [displayNameOf(deps, { name, ask: i + 1, jobStartedAt }), i + 1]))
        const open = await openLines(deps.ledger, [...named.keys()])
        return { open: [...open].map(([displayName, sent]) => ({ ask: named.get(displayName) ?? 0, sent })) }
      })
    },
  }
}

/** What is asked of the ledger at once goes there in one commit, where it may; and a batch leaves connections to others. */
const LINES_AT_ONCE = 20

const eachLine = <T, R>(lines: readonly T[], work: (line: T) => Promise<R>): Promise<R[]> => sideBySide(lines, LINES_AT_ONCE, work)

/** What a pace holds back, of each line. */
async function pacesOf({ ledger, prices, installation }: BatchDependencies, ask: BatchAsk): Promise<(Paced | undefined)[]> {
  const lines = await Promise.all(
    ask.lines.map(async ({ callId, scope, request }) => ({
      call: callIdOf(keyOf(installation, { callId, jobStartedAt: ask.jobStartedAt })),
      ask: ask.ask,
      terms: termsOf(scope, request),
      amount: (await priceOf(prices, request)).bound.amount,
    })),
  )
  const paces = (await paceLines(ledger, lines, ask)).map((turn) => turn && ({ kind: 'paced', ...turn, limit: turn.limit ?? '' } as const))
  const first = paces.find((pace) => pace !== undefined)
  return ask.allOrNone === true ? paces.map(() => first) : paces
}

/** An earlier run of the job went on to a later ask of this call: this one is over. Of a first ask a conflict may also be the caller's: the same name for another line. */
const pastAsk =
  ({ ask }: BatchAsk) =>
  (error: unknown): ReserveAnswer => {
    const isConflict = error instanceof ApplicationFailure && error.type === 'conflict'
    if (isConflict && (ask > 1 || error.message.endsWith(` is past ask ${ask}`))) return { kind: 'lapsed' }
    throw error
  }

function providerOf({ batchProviders }: BatchDependencies, { lines }: AskedBatch): BatchProvider {
  const name = lines[0]?.request.provider ?? ''
  const provider = batchProviders.get(name)
  if (provider === undefined) throw new PurserError('bad_input', `this worker has no batches of provider "${name}" (is its key set?)`)
  return provider
}

/** What the provider knows it by: the same for the same job, batch and ask, whichever run or worker asks. */
function displayNameOf({ installation }: BatchDependencies, { name, ask, jobStartedAt }: Omit<AskedBatch, 'lines'>): string {
  const parts = JSON.stringify([installation, thisJob().workflowId, jobStartedAt, name, ask])
  return `purser-${createHash('sha256').update(parts).digest('hex').slice(0, 40)}`
}

async function handIn(deps: BatchDependencies, ask: BatchAsk, say: Say): Promise<HandInAnswer> {
  const provider = providerOf(deps, ask)
  const displayName = displayNameOf(deps, ask)
  const token = randomUUID()
  const askedAtMs = performance.now()
  const calls = ask.lines.map(({ callId, scope, request }) => ({
    key: keyOf(deps.installation, { callId, jobStartedAt: ask.jobStartedAt }),
    ask: ask.ask,
    account: scope.account,
    requestHash: hashOf(request),
  }))
  const limitMs = providerMaxMs('batch')
  const { runId } = thisJob()
  const dispatched = await persistUnsent(say, 'dispatch', () =>
    dispatchBatch(deps.ledger, { name: displayName, token, runId, calls, requestTimeoutMs: limitMs, providerMaxMs: limitMs }),
  )
  const requests = new Map(ask.lines.map(({ callId, request }) => [callId, request]))
  // What an earlier run of the job has the answer of is not asked for any more.
  const batch = { ...dispatched, sent: dispatched.sent.filter(({ callId }) => requests.has(callId)) }
  const outcomes = batch.unsent.map(({ callId, answer }): EndedLine => ({ callId, ...endedAs(answer) }))
  if (batch.sent.length === 0) return { kind: 'over', outcomes, retryAfterMs: 0 }
  if (!batch.mayHandIn) return look(deps, { provider, displayName, ...batch, outcomes, say })
  say('handing the batch in')
  const reply = await provider.submit(
    {
      displayName,
      lines: batch.sent.flatMap(({ callId, go }) => {
        const request = requests.get(callId)
        return request === undefined ? [] : [{ key: reservationRef(go.reservationId), request }]
      }),
    },
    {
      timeoutMs: deps.requestTimeoutMs,
      clientRequestId: displayName,
      maySend: () => performance.now() - askedAtMs < MAY_SEND_MS && !Context.current().cancellationSignal.aborted,
    },
  )
  switch (reply.kind) {
    case 'taken':
      return { kind: 'handed_in', batch: reply.name, sent: batch.sent, outcomes }
    case 'lost':
      log.warn('the answer to a batch that was handed in is lost; it is looked for by its name', { displayName, why: reply.message })
      return look(deps, { provider, displayName, ...batch, outcomes, say })
    case 'rejected': {
      const again = reply.retryAfterMs !== undefined
      const given = await eachLine(batch.sent, (line) => giveBack(deps, line, { proof: reply.proof, why: reply.message, again }, say))
      return { kind: 'over', outcomes: [...outcomes, ...given], retryAfterMs: reply.retryAfterMs }
    }
  }
}

/** A line that was not dispatched. A refusal was heard at the reserve already. */
function endedAs(answer: DispatchedBatch['unsent'][number]['answer']): Pick<EndedLine, 'answer' | 'again'> {
  switch (answer.kind) {
    case 'refused':
      return { answer: withoutBound(answer), again: false }
    case 'reserved':
    case 'in_flight':
      // Another ask of the call is on its way, by another run: this one ends without it.
      return { answer: { kind: 'closed' }, again: false }
    case 'rejected':
    case 'lapsed':
    case 'too_late':
      return { answer, again: true }
    case 'answered':
    case 'in_doubt':
    case 'closed':
    case 'stopped':
      return { answer, again: false }
  }
}

interface Looking extends Pick<DispatchedBatch, 'sent' | 'ageMs'> {
  readonly provider: BatchProvider
  readonly displayName: string
  readonly outcomes: readonly EndedLine[]
  readonly say: Say
}

/** Never hands in: only the execution that dispatched may, and it is too late for that. */
async function look(deps: BatchDependencies, { provider, displayName, sent, ageMs, outcomes, say }: Looking): Promise<HandInAnswer> {
  say('looking for the batch at the provider')
  const [first] = sent
  assert(first !== undefined, 'a batch without lines was to be looked for')
  // By the ledger's clock: a worker's may be wrong.
  const found = await provider.find(displayName, new Date(Date.parse(first.go.dispatchedAt) - CLOCKS_APART_MS))
  if (found.kind === 'taken') return { kind: 'handed_in', batch: found.name, sent, outcomes }
  const lookAgainMs = Math.min(LOOK_AGAIN_MS.longest, Math.max(LOOK_AGAIN_MS.first, ageMs))
  if (found.kind === 'unknown') return { kind: 'unsure', sent, outcomes, message: found.message, lookAgainMs }
  // The last moment at which it may have been sent, as long as that may take, and as long as the list may not know of it.
  const certainMs = MAY_SEND_MS + deps.requestTimeoutMs + (deps.listedWithinMs ?? LISTED_WITHIN_MS)
  if (ageMs < certainMs)
    return {
      kind: 'unsure',
      sent,
      outcomes,
      message: 'the provider does not list it yet',
      lookAgainMs: Math.min(lookAgainMs, certainMs - ageMs + 100),
    }
  const why = `the provider does not list the batch ${Math.round(ageMs / 1000)} s after it may have been handed in`
  const given = await eachLine(sent, (line) => giveBack(deps, line, { proof: 'never_sent', why, again: true }, say))
  return { kind: 'over', outcomes: [...outcomes, ...given], retryAfterMs: 0 }
}

interface Proof {
  readonly proof: 'provider_refused' | 'connect_failed' | 'never_sent'
  readonly why: string
  readonly again: boolean
}

/** The money goes back, with proof in hand; the next ask reserves anew. */
async function giveBack(
  deps: BatchDependencies,
  { callId, token, go }: SentLine,
  { proof, why, again }: Proof,
  say: Say,
): Promise<EndedLine> {
  const { reservationId } = go
  const given = { reservationId, token, proof, why, retryAfterMs: undefined, durationMs: undefined }
  const answer = await persist(say, 'reject', () => reject(deps.ledger, given))
  return answer.kind === 'rejected'
    ? { callId, answer: { kind: 'rejected', reservationId, reason: why }, again }
    : { callId, answer, again: false }
}

async function doubt(deps: BatchDependencies, { callId, token, go }: SentLine, why: string, say: Say): Promise<EndedLine> {
  const { reservationId } = go
  const state = await persist(say, 'mark in doubt', () => markInDoubt(deps.ledger, { reservationId, token, why, durationMs: undefined }))
  return { callId, ...endedAs(state) }
}

async function collect(deps: BatchDependencies, ask: AskedBatch, { batch, sent }: HandedIn, say: Say): Promise<CollectAnswer> {
  say('asking the provider')
  const lines = new Map(ask.lines.map((line) => [line.callId, line]))
  const outputs = new Map(
    sent.map(({ callId, go }) => [reservationRef(go.reservationId), lines.get(callId)?.request.output.kind ?? 'text']),
  )
  const state = await providerOf(deps, ask).state(batch, outputs)
  if (state.kind === 'waiting') return { kind: 'waiting', message: state.state }
  if (state.kind === 'unknown') return state
  say(`booking ${sent.length} lines`)
  const outcomes = await eachLine(sent, async (one): Promise<EndedLine> => {
    const line = lines.get(one.callId)
    assert(line !== undefined, 'a line was sent that nobody asked for')
    const reply = state.lines.get(reservationRef(one.go.reservationId))
    if (reply?.kind === 'answered')
      return { callId: one.callId, answer: await bookLine(bookingOf(deps, ask, line, one, say), reply), again: false }
    if (reply?.kind === 'unbilled') return giveBack(deps, one, { proof: 'provider_refused', why: reply.message, again: false }, say)
    const ended = `the batch ${state.ending}${state.message === undefined ? '' : ` (${state.message})`}`
    if (state.isWhole)
      return giveBack(deps, one, { proof: 'provider_refused', why: `${ended} before this line was answered`, again: true }, say)
    return doubt(deps, one, `${ended}, and the provider does not say what became of this line`, say)
  })
  return { kind: 'over', ending: state.ending, outcomes }
}

const bookingOf = (
  deps: BatchDependencies,
  { jobStartedAt }: AskedBatch,
  { callId, scope, request }: AskedBatch['lines'][number],
  { go, token }: SentLine,
  say: Say,
): LineBooking => ({
  ledger: deps.ledger,
  prices: deps.prices,
  blobs: deps.blobs,
  key: keyOf(deps.installation, { callId, jobStartedAt }),
  terms: termsOf(scope, request),
  request,
  go,
  token,
  say,
  log,
})

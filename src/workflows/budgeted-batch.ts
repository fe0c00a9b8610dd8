import { ApplicationFailure, CancellationScope, patched, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow'
import type { BatchActivities, BatchAsk, LineAsk, OpenBatch } from '../activities/batch.ts'
import type { CallAnswer, Paced, Rejected, ReserveAnswer } from '../domain/call.ts'
import { fingerprint } from '../domain/fingerprint.ts'
import {
  BATCH_SAYS_TOO_MUCH,
  BATCH_WORDS_BYTES_MAX,
  wordsBytes,
  type BatchRequest,
  type ModelRequest,
  type Words,
} from '../domain/model-request.ts'
import { withinJson } from '../domain/text.ts'
import { letGo, playRound } from './batch-round.ts'
import { preparedCall, requestOf, textOf, type BudgetedCallTerms, type BudgetedOutcome, type Saved } from './budgeted-call.ts'
import { onQueue } from './by-mode.ts'
import { callOf } from './call-of.ts'
import { jobStartedAt, LEDGER_OPTIONS, modelCall, turnedAway, type CallUnderBudget } from './model-call.ts'
import { typed } from './typed.ts'

/** One line of a batch: a call of its own, with its own account, reservation and answer. No cache is asked. */
export type BatchLine = Words &
  Omit<BudgetedCallTerms, 'ledgerMode' | 'taskQueue' | 'onRefused' | 'waitAtMostMs' | 'fitAtLeast' | 'downgradeTo' | 'cache'>

export interface BatchOptions extends Pick<BudgetedCallTerms, 'ledgerMode' | 'taskQueue'> {
  /** ISO 8601. Until then (less `cancelBeforeMs`) the batch is waited for; a day ahead is what a provider may need. Lines that go on by themselves (`onDeadline: 'live'`) may end later. */
  readonly deadline: string
  /** What becomes of lines that the batch has not answered in time and that were not billed. `live` (default): they are asked by themselves, at the standard price. `end`: they end rejected. */
  readonly onDeadline?: 'live' | 'end' | undefined
  /** So long before the deadline the batch is cancelled. Default: a tenth of the time until then, at most ten minutes. */
  readonly cancelBeforeMs?: number | undefined
  /** One line that is refused or stopped stops them all, before anything is sent; one that a pace holds back holds them all back. Then all are for one model. */
  readonly allOrNone?: boolean | undefined
  /** What people see in Temporal UI. Default: `batch`. */
  readonly label?: string | undefined
  /** Hears where the batch stands, in words. */
  readonly tell?: ((where: string) => void) | undefined
}

/** So many batches are tried of which nothing came (not taken, expired, failed). A line by itself begins with the ask after these, whatever was tried before. */
const BATCH_ASKS_MAX = 24
/** Temporal ends a job whose history has 50 MB, and each ask carries all that its lines say. Then what is open is asked by itself. */
const HISTORY_BYTES_MAX = 20_000_000
/** Between two of them; the provider may ask for more. Together eight hours. */
const PAUSE_MS = { first: 2_000, longest: 30 * 60_000 } as const
const CANCEL_BEFORE_MAX_MS = 10 * 60_000

const activities = proxyActivities<BatchActivities>(LEDGER_OPTIONS)

/**
 * reserve all → hand in once → wait → settle each line → close. The batch costs half, and takes up to a day; no worker is held meanwhile. Answers in the order of the lines; an
 * expected ending is a value. Lines of several models go as a batch of each, side by side. Throws ApplicationFailure as `budgetedCall` does.
 */
export const budgetedBatch = (lines: readonly BatchLine[], options: BatchOptions): Promise<BudgetedOutcome[]> =>
  typed(async () => {
    const terms = termsOf(options)
    const given = linesOf(lines, options)
    // A cancelled job must still know its batches by name: an earlier run may have handed them in.
    const calls = await CancellationScope.nonCancellable(() => Promise.all(given.map(prepared)))
    const answers = await answersOfAll(batchesOf(calls, terms))
    let bytes = 0
    const outcomes = await Promise.all(
      calls.map(async (call): Promise<BudgetedOutcome> => {
        const answer = answers.get(call.callId) ?? { kind: 'lapsed' as const }
        if (answer.kind !== 'answered') return { ...answer, ...call.saved }
        bytes += answer.blob?.bytes ?? 0
        return { ...answer, text: bytes > TEXTS_MAX_BYTES ? undefined : await textOf(call, answer), ...call.saved }
      }),
    )
    return withinJson(TEXTS_MAX_BYTES, outcomes)
  })

/** Of all lines together, as JSON: more would not pass through Temporal. What comes behind is in the blobs. */
const TEXTS_MAX_BYTES = 1_000_000

interface Line extends CallUnderBudget<BatchRequest> {
  /** What is sent when it is asked by itself. */
  readonly live: ModelRequest
  readonly saved: Saved
}

/** How long, and what then: of all batches of a job. */
interface Terms {
  readonly untilMs: number
  readonly deadlineMs: number
  readonly goesLive: boolean
  readonly allOrNone: boolean
  readonly label: string
  readonly taskQueue: string | undefined
  readonly tell: (where: string) => void
  /** Batches of one job reserve one after the other: a pace counts what the one before has set aside. */
  readonly inOrder: <T>(work: () => Promise<T>) => Promise<T>
}

/** Lines of one model. */
interface Batch extends Terms {
  readonly calls: readonly Line[]
  /** The same in every run of the job. */
  readonly name: string
}

function termsOf(options: BatchOptions): Terms {
  const { onDeadline = 'live', allOrNone = false, label = 'batch', taskQueue, tell = () => undefined } = options
  const deadlineMs = Date.parse(options.deadline)
  if (Number.isNaN(deadlineMs)) throw badInput(`"${options.deadline}" is no moment: write it like 2026-11-30T12:00:00Z`)
  const { cancelBeforeMs = Math.min(CANCEL_BEFORE_MAX_MS, Math.max(0, (deadlineMs - Date.now()) / 10)) } = options
  return {
    untilMs: deadlineMs - cancelBeforeMs,
    deadlineMs,
    goesLive: onDeadline === 'live',
    allOrNone,
    label,
    taskQueue,
    tell,
    inOrder: oneByOne(),
  }
}

function oneByOne(): Terms['inOrder'] {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const now = last.then(work)
    last = now.catch(() => undefined)
    return now
  }
}

interface GivenLine {
  readonly given: BatchLine
  readonly asked: CallUnderBudget<ModelRequest>
}

/** The lines as calls by themselves. */
function linesOf(lines: readonly BatchLine[], { taskQueue, ledgerMode }: BatchOptions): GivenLine[] {
  if (lines.length === 0) throw badInput('a batch has at least one line')
  const calls = lines.map((given) => ({ given, asked: callOf({ ...given, taskQueue, ledgerMode }, requestOf(given)) }))
  if (new Set(calls.map(({ asked }) => asked.callId)).size < calls.length) throw badInput('each line needs a callId of its own')
  if (calls.reduce((sum, { asked }) => sum + wordsBytes(asked.request), 0) > BATCH_WORDS_BYTES_MAX) throw badInput(BATCH_SAYS_TOO_MUCH)
  return calls
}

/** As its feature's switches say, where the line wants that: decided once for the batch and for the call by itself. */
async function prepared({ given, asked }: GivenLine): Promise<Line> {
  const { request: live, saved, modelWhy } = await preparedCall(given, asked, true)
  return { ...asked, request: { ...live, endpoint: 'batchGenerateContent', tier: 'batch' }, live, saved, modelWhy }
}

function batchesOf(calls: readonly Line[], terms: Terms): Batch[] {
  const groups = [...Map.groupBy(calls, ({ request: { provider, model } }) => JSON.stringify([provider, model])).values()]
  if (groups.length > 1 && terms.allOrNone)
    throw badInput(`with allOrNone all lines are for one model, and these are for ${groups.map(modelOf).join(', ')}: make a batch of each`)
  return groups.map((group) => {
    const { label, tell } = terms
    // Who has one batch need not hear its model each time.
    const own =
      groups.length === 1 ? {} : { label: `${label}, ${modelOf(group)}`, tell: (where: string) => tell(`${modelOf(group)}: ${where}`) }
    return { ...terms, ...own, calls: group, name: fingerprint(JSON.stringify(group.map(({ callId }) => callId))) }
  })
}

const modelOf = ([first]: readonly Line[]): string => first?.request.model ?? ''
const badInput = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'bad_input')

/** What one batch fails with does not stop the others, which are paid for. */
async function answersOfAll(batches: readonly Batch[]): Promise<ReadonlyMap<string, CallAnswer>> {
  const ended = await Promise.allSettled(batches.map(answersOf))
  return new Map(
    ended.flatMap((one) => {
      if (one.status === 'rejected') throw one.reason
      return [...one.value]
    }),
  )
}

async function answersOf(batch: Batch): Promise<ReadonlyMap<string, CallAnswer>> {
  const answers = new Map<string, CallAnswer>()
  try {
    const open = await asBatches(batch, answers)
    if (batch.goesLive && open.length > 0) {
      batch.tell(`asking for ${open.length} of ${batch.calls.length} by themselves`)
      // What one fails with does not stop the others, which are paid for.
      const ended = await Promise.allSettled(open.map(async (line) => answers.set(line.callId, await live(line).catch(endedTurnedAway))))
      for (const one of ended) if (one.status === 'rejected') throw one.reason
    }
    return answers
  } finally {
    const unanswered = batch.calls.map(({ callId }) => callId).filter((callId) => answers.get(callId)?.kind !== 'answered')
    // A cancelled reserve may still have committed; and cancelling the job must not cancel the book-keeping.
    if (unanswered.length > 0) await CancellationScope.nonCancellable(() => closed(batch, unanswered))
  }
}

/** Also what an earlier run of the job has handed in, where this one ends before it has heard of that. */
async function closed(batch: Batch, callIds: readonly string[]): Promise<void> {
  const closing = { name: batch.name, jobStartedAt: jobStartedAt(), callIds, asks: BATCH_ASKS_MAX }
  const heard = await activities.closeBatch.executeWithOptions({ summary: `${batch.label}: close`, ...onQueue(batch) }, [closing])
  await Promise.all(openIn(heard).map(({ ask, sent }) => letGo({ ...batch, ask: askOf(batch, batch.calls, ask) }, sent)))
}

/** A worker of an earlier version answers nothing. */
const openIn = (heard: { readonly open: readonly OpenBatch[] } | null | undefined): readonly OpenBatch[] => heard?.open ?? []

/** Asks as a batch, and again for what came to nothing while there is time, and room. The lines that may still be answered. */
async function asBatches(batch: Batch, answers: Map<string, CallAnswer>): Promise<readonly Line[]> {
  let open = batch.calls
  // An earlier run of the job may have gone on with these to the next ask: what became of that is heard, however late it is.
  let passed = open
  const left: Line[] = []
  for (let [number, looks] = [1, 0]; number <= BATCH_ASKS_MAX;) {
    if (Date.now() >= batch.untilMs || workflowInfo().historySize > HISTORY_BYTES_MAX) {
      left.push(...open.filter((line) => !passed.includes(line)))
      open = passed
    }
    if (open.length === 0) break
    const { going, over, again, paced } = await oneAsk(batch, askOf(batch, open, number), answers)
    if (batch.allOrNone && isStoppedBy(answers)) return []
    const waits = going.length === 0 && again.size === 0 && paced.size > 0
    looks = waits ? looks + 1 : 0
    if (waits) await keepPace(batch, [...paced.values()], looks)
    // Of an ask that nobody has made nothing is known: it is made later.
    if (!waits) number += 1
    open = open.filter(({ callId }) => again.has(callId) || paced.has(callId))
    passed = passedOn(open, over, going)
  }
  return [...left, ...open]
}

/** Of the open lines those whose ask was over before this run came to it. Who began before goes on with all or none. */
function passedOn(open: readonly Line[], over: ReadonlySet<string>, going: readonly LineAsk[]): readonly Line[] {
  if (over.size === 0) return []
  if (patched('each-line-is-heard')) return open.filter(({ callId }) => over.has(callId))
  return going.length === 0 ? open : []
}

/** Reserves, hands in what is to go, and waits for its end; then until the next ask may be made. `again`: the lines that may be asked again then. */
async function oneAsk(
  batch: Batch,
  ask: BatchAsk,
  answers: Map<string, CallAnswer>,
): Promise<ToldApart & { readonly again: ReadonlySet<string> }> {
  const lines = toldApart(ask, await reserved(batch, ask), answers)
  const { going, over } = lines
  const again = new Set(over)
  if (going.length === 0 || (batch.allOrNone && isStoppedBy(answers))) return { ...lines, again }
  const { outcomes, retryAfterMs } = await playRound({ ...batch, ask: { ...ask, lines: going } })
  for (const outcome of outcomes) {
    answers.set(outcome.callId, outcome.answer)
    if (outcome.again) again.add(outcome.callId)
  }
  // Who began before pauses after the last one, too.
  const isLast = ask.ask === BATCH_ASKS_MAX && patched('no-pause-after-the-last-batch')
  if (again.size > 0 && !isLast) await pauseAfter(batch, ask.ask, retryAfterMs)
  return { ...lines, again }
}

const reserved = ({ label, taskQueue, tell, inOrder }: Batch, ask: BatchAsk): Promise<(ReserveAnswer | Paced)[]> => {
  const what = `the worst cost of ${ask.lines.length} lines`
  tell(`reserving ${what}`)
  return inOrder(() =>
    activities.reserveBatch.executeWithOptions({ summary: `${label}: reserve ${what}`, ...onQueue({ taskQueue }) }, [ask]),
  )
}

interface ToldApart {
  readonly going: readonly LineAsk[]
  readonly over: ReadonlySet<string>
  readonly paced: ReadonlyMap<string, Paced>
}

/** Which lines go now, of which this ask is over and the next may be made, and which a pace holds back; of all others the outcome is put among the answers. */
function toldApart(ask: BatchAsk, asked: readonly (ReserveAnswer | Paced)[], answers: Map<string, CallAnswer>): ToldApart {
  const going: LineAsk[] = []
  const over = new Set<string>()
  const paced = new Map<string, Paced>()
  for (const [i, answer] of asked.entries()) {
    const line = ask.lines[i]
    if (line === undefined) continue
    if (answer.kind === 'paced') {
      paced.set(line.callId, answer)
      continue
    }
    const heard = heardOf(answer)
    if (heard === undefined) going.push(line)
    else answers.set(line.callId, heard.answer)
    if (heard?.again === true) over.add(line.callId)
  }
  return { going, over, paced }
}

/** A pace is over when the day is, or when somebody lifts it. */
const LOOK_MS = { first: 15 * 60_000, longest: 4 * 3_600_000 } as const

/** No line may go now. Ends when the first may, when it is time to look again, or when the deadline nears. */
async function keepPace({ untilMs, label, tell }: Batch, paced: readonly Paced[], looks: number): Promise<void> {
  const [next] = paced.toSorted((a, b) => a.waitMs - b.waitMs)
  if (next === undefined) return
  const lookMs = Math.min(LOOK_MS.longest, LOOK_MS.first * 2 ** (looks - 1)) * (1 + Math.random() / 4)
  const pauseMs = Math.ceil(Math.min(next.waitMs, lookMs, untilMs - Date.now()))
  const why = `rate limit "${next.limit}" (${next.why})`
  tell(`waiting for ${why}`)
  if (pauseMs > 0) await sleep(pauseMs, { summary: `${label}: waits for ${why}` })
}

/** Nothing came of a batch. Ends when the deadline nears. */
async function pauseAfter({ untilMs, label, tell }: Batch, number: number, retryAfterMs: number): Promise<void> {
  const ownMs = Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** (number - 1))
  const pauseMs = Math.min(Math.max(ownMs, retryAfterMs), untilMs - Date.now())
  if (pauseMs <= 0) return
  tell('nothing came of the batch; waiting for the next')
  await sleep(pauseMs, { summary: `${label}: until it is handed in anew` })
}

const askOf = ({ name, allOrNone }: Batch, lines: readonly Line[], ask: number): BatchAsk => ({
  name,
  ask,
  jobStartedAt: jobStartedAt(),
  ...(allOrNone ? { allOrNone } : {}),
  lines: lines.map(({ callId, scope, request }) => ({ callId, scope, request })),
})

/** What is reserved, or on its way since an earlier run of the job, goes with the batch; of all else this is the outcome. */
function heardOf(answer: ReserveAnswer): { readonly answer: CallAnswer; readonly again: boolean } | undefined {
  switch (answer.kind) {
    case 'reserved':
    case 'in_flight':
    case 'in_doubt':
      return undefined
    case 'rejected':
    case 'lapsed':
    case 'too_late':
      return { answer, again: true }
    case 'answered':
    case 'refused':
    case 'closed':
    case 'stopped':
      return { answer, again: false }
  }
}

const isStoppedBy = (answers: ReadonlyMap<string, CallAnswer>): boolean =>
  [...answers.values()].some(({ kind }) => kind === 'refused' || kind === 'stopped')

/** By itself, at the standard price, within what its budgets hold now. */
const live = (line: Line): Promise<CallAnswer> =>
  modelCall({ ...line, label: `${line.label}, by itself`, request: line.live, firstAsk: BATCH_ASKS_MAX + 1 })

/** The provider did not take it, as often as it was tried: that is the line's outcome, and the job's others are heard. */
function endedTurnedAway(error: unknown): Rejected {
  const rejected = turnedAway(error)
  if (rejected === undefined) throw error
  return rejected
}

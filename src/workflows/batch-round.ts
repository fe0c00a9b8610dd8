import { CancellationScope, isCancellation, patched, proxyActivities, sleep } from '@temporalio/workflow'
import type { AskedBatch, BatchActivities, BatchAsk, HandedIn, HandInAnswer, EndedLine, OpenBatch } from '../activities/batch.ts'
import { onQueue } from './by-mode.ts'
import { SENDING_OPTIONS } from './model-call.ts'

/** One ask of a batch, from its hand-in to its last line. */
export interface Round {
  readonly ask: BatchAsk
  readonly label: string
  readonly taskQueue: string | undefined
  /** Until then the answers are waited for (milliseconds since 1970); then the batch is cancelled. */
  readonly untilMs: number
  /** By then, or half a minute after `untilMs` if that is later, every line has an outcome. */
  readonly deadlineMs: number
  readonly tell: (where: string) => void
}

/** Nothing here sends twice, however often it is run: the ledger decides who hands in, and each line is booked once. So a lost worker is not counted. */
const activities = proxyActivities<BatchActivities>({
  ...SENDING_OPTIONS,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

type Unsure = Extract<HandInAnswer, { kind: 'unsure' }>

const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 10 * 60_000
/** So long a batch that was cancelled may take to stop: until the deadline, within these. One whose provider does not answer is in doubt then. */
const STOPS_WITHIN_MS = { least: 30_000, most: 10 * 60_000 } as const

/** Hands the batch in, and waits for its answers without a worker. Every line has an outcome in the end; `again` of those that a next ask may try, after `retryAfterMs` at the earliest. */
export async function playRound(round: Round): Promise<{ readonly outcomes: readonly EndedLine[]; readonly retryAfterMs: number }> {
  const handed = await handIn(round)
  if (handed.kind === 'over') return { outcomes: handed.outcomes, retryAfterMs: handed.retryAfterMs ?? 0 }
  const outcomes = await (handed.kind === 'unsure' ? doubted(round, handed) : follow(round, handed))
  return { outcomes: [...handed.outcomes, ...outcomes], retryAfterMs: 0 }
}

/** Until it is known whether the provider has it. A cancelled job looks once more. */
async function handIn(round: Round): Promise<HandInAnswer> {
  const { ask, label } = round
  // Who began before looks for it as it was handed in, and says all its words each time.
  const looksByName = patched('looks-by-name')
  const lookedFor = async (unsure: Unsure): Promise<HandInAnswer> => {
    if (!looksByName) return handedInAt(round)
    const options = { summary: `${label}: look for it`, ...onQueue(round) }
    const found = await activities.lookForBatch.executeWithOptions(options, [{ ask: asked(ask), sent: unsure.sent }])
    return { ...found, outcomes: [...unsure.outcomes, ...found.outcomes] }
  }
  for (let answer = await handedInAt(round); ;) {
    const leftMs = round.untilMs - Date.now()
    if (answer.kind !== 'unsure' || leftMs <= 0) return answer
    const unsure = answer
    round.tell(`looking for the batch at the provider: ${unsure.message}`)
    try {
      await sleep(Math.min(unsure.lookAgainMs, leftMs), { summary: `${label}: until it is looked for again` })
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(async () => givenUp(round, await lookedFor(unsure), lookedFor))
      throw error
    }
    answer = await lookedFor(unsure)
  }
}

const handedInAt = (round: Round): Promise<HandInAnswer> => {
  const { ask, label } = round
  const count = `${ask.lines.length} ${ask.lines.length === 1 ? 'line' : 'lines'}`
  const summary = `${label}: hand in ${count} of ${ask.lines[0]?.request.model ?? ''}`
  return activities.handInBatch.executeWithOptions({ summary, ...onQueue(round) }, [ask])
}

/** Without what its lines say: it is asked about often, and a job's history has room for so much only. */
const asked = ({ name, ask, jobStartedAt, lines }: BatchAsk): AskedBatch => ({
  name,
  ask,
  jobStartedAt,
  lines: lines.map((line) => {
    const { prompt: _, messages: __, ...request } = line.request
    return { ...line, request }
  }),
})

/** An earlier run has handed it in, and this one ends without it: what was answered by then is billed, and is booked. */
export async function letGo(round: Round, sent: OpenBatch['sent']): Promise<void> {
  const options = { summary: `${round.label}: look for what an earlier run handed in`, ...onQueue(round) }
  const lookedFor = ({ sent: lines }: Pick<Unsure, 'sent'>): Promise<HandInAnswer> =>
    activities.lookForBatch.executeWithOptions(options, [{ ask: asked(round.ask), sent: lines }])
  await givenUp(round, await lookedFor({ sent }), lookedFor)
}

/** The job ends, and this was heard last. What the provider has taken and does not list yet is billed: it is looked for as long as a batch is given to stop. */
async function givenUp(round: Round, last: HandInAnswer, lookedFor: (unsure: Unsure) => Promise<HandInAnswer>): Promise<void> {
  const endsAtMs = stopsByMs(round)
  let answer = last
  while (answer.kind === 'unsure' && Date.now() < endsAtMs && patched('looks-on')) {
    const summary = `${round.label}: until it is looked for again, to cancel it`
    await sleep(Math.min(answer.lookAgainMs, endsAtMs - Date.now()), { summary })
    answer = await lookedFor(answer)
  }
  if (answer.kind === 'handed_in') await abandon(round, answer)
  else if (answer.kind === 'unsure') await doubted(round, answer)
}

const doubted = (round: Round, { sent, message }: Unsure): Promise<readonly EndedLine[]> =>
  activities.doubtBatch.executeWithOptions({ summary: `${round.label}: whether the provider has it is not known`, ...onQueue(round) }, [
    { sent, why: `whether the provider has the batch is not known: ${message}` },
  ])

async function follow(round: Round, handedIn: HandedIn): Promise<readonly EndedLine[]> {
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const leftMs = round.untilMs - Date.now()
      if (leftMs <= 0) break
      round.tell(`waiting for ${handedIn.batch}`)
      await sleep(Math.min(pauseMs, leftMs), { summary: `${round.label}: until ${handedIn.batch} is looked at again` })
      const outcomes = await collected(round, handedIn)
      if (outcomes !== undefined) return outcomes
    }
  } catch (error) {
    // What was answered is billed, and must be booked, also of a job that is cancelled.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => abandon(round, handedIn))
    throw error
  }
  return abandon(round, handedIn)
}

async function collected(round: Round, handedIn: HandedIn): Promise<readonly EndedLine[] | undefined> {
  const answer = await activities.collectBatch.executeWithOptions({ summary: `${round.label}: ${handedIn.batch}`, ...onQueue(round) }, [
    { ask: asked(round.ask), handedIn },
  ])
  round.tell(answer.kind === 'over' ? `${handedIn.batch} ${answer.ending}` : `${handedIn.batch}: ${answer.message}`)
  return answer.kind === 'over' ? answer.outcomes : undefined
}

function stopsByMs({ deadlineMs }: Round): number {
  const now = Date.now()
  return Math.min(now + STOPS_WITHIN_MS.most, Math.max(now + STOPS_WITHIN_MS.least, deadlineMs))
}

/** Nobody waits any longer: the provider stops, and says what it has answered by then. What it does not say stays in doubt. */
async function abandon(round: Round, handedIn: HandedIn): Promise<readonly EndedLine[]> {
  const endsAtMs = stopsByMs(round)
  for (let pauseMs = 500; Date.now() < endsAtMs; pauseMs = Math.min(pauseMs * 2, 30_000)) {
    await activities.cancelBatch.executeWithOptions({ summary: `${round.label}: cancel ${handedIn.batch}`, ...onQueue(round) }, [
      { ask: asked(round.ask), handedIn },
    ])
    await sleep(pauseMs, { summary: `${round.label}: until ${handedIn.batch} has stopped` })
    const outcomes = await collected(round, handedIn)
    if (outcomes !== undefined) return outcomes
  }
  return activities.doubtBatch.executeWithOptions({ summary: `${round.label}: the provider does not stop`, ...onQueue(round) }, [
    { sent: handedIn.sent, why: `the provider did not say in time what became of ${handedIn.batch}` },
  ])
}

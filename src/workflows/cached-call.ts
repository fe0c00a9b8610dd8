import { CancellationScope, proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow'
import type { CacheActivities } from '../activities/cache.ts'
import type { Answer, CallAnswer } from '../domain/call.ts'
import type { CacheAnswer, CachedAnswer, CacheTerms, Flight } from '../domain/response-cache.ts'
import { byMode, onQueue } from './by-mode.ts'
import { jobStartedAt, LEDGER_OPTIONS, modelCall, type ModelCall } from './model-call.ts'

const asActivity = proxyActivities<CacheActivities>(LEDGER_OPTIONS)
const asking = { local: proxyLocalActivities<CacheActivities>(LEDGER_OPTIONS).askCache, regular: asActivity.askCache }

/** Whoever waits looks again after so long, then after half as long again each time. No worker is held meanwhile. */
const FIRST_LOOK_MS = 250
const LAST_LOOK_MS = 5_000

/**
 * Asks the cache before anything is reserved. A hit ends the call; else it is made, once for all that ask the same now. Who follows waits for the answer at
 * most as long as a request may take, then asks for itself.
 */
export async function cachedCall(call: ModelCall, cache: CacheTerms): Promise<CallAnswer | CachedAnswer> {
  const heard = await askOrWait(call, cache)
  if (heard.kind === 'hit') return heard.answer
  return heard.kind === 'lead' ? lead(call, heard.flight) : modelCall(call)
}

async function askOrWait(call: ModelCall, cache: CacheTerms): Promise<Exclude<CacheAnswer, { kind: 'follow' }>> {
  let until: number | undefined
  let lookMs = FIRST_LOOK_MS
  for (;;) {
    const alone = until !== undefined && Date.now() >= until
    const heard = await ask(call, cache, alone)
    if (heard.kind !== 'follow') return heard
    until ??= Date.now() + heard.waitAtMostMs
    const restMs = Math.min(Math.max(until - Date.now(), 1), Math.round(lookMs * (0.75 + Math.random() / 2)))
    await sleep(restMs, { summary: `${call.label}: another call asks the same; waits for its answer` })
    lookMs = Math.min(Math.round(lookMs * 1.5), LAST_LOOK_MS)
  }
}

function ask(call: ModelCall, cache: CacheTerms, alone: boolean): Promise<CacheAnswer> {
  const { callId, scope, request, label } = call
  const question = { callId, jobStartedAt: jobStartedAt(), scope, request, cache, ...(alone ? { alone } : {}) }
  return byMode(call, `${label}: is the answer in the cache?`, asking, [question])
}

/** The activity that books the answer puts it into the cache. However else the call ends, others need not wait for it. */
async function lead(call: ModelCall, flight: Flight): Promise<CallAnswer> {
  let isTold = false
  let answer: Answer | undefined
  try {
    const outcome = await modelCall(call, {}, { flight, onSent: (tells) => void (isTold = tells) })
    if (outcome.kind === 'answered') answer = outcome
    return outcome
  } finally {
    if (answer === undefined || !isTold) await CancellationScope.nonCancellable(() => end(call, { flight, answer }))
  }
}

/** If it fails, the flight's lease ends. */
async function end(call: ModelCall, ended: { readonly flight: Flight; readonly answer: Answer | undefined }): Promise<void> {
  const summary = `${call.label}: nobody waits for this call any more`
  const ending = asActivity.endFlight.executeWithOptions({ summary, ...onQueue(call) }, [ended])
  await ending.catch(() => undefined)
}

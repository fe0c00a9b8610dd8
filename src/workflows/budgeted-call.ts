import { ApplicationFailure, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { TextActivities } from '../activities/text.ts'
import type { PrepareActivities } from '../activities/prepare.ts'
import type { Ability } from '../domain/ability.ts'
import type { Answer, CallAnswer } from '../domain/call.ts'
import type { Complexity } from '../domain/complexity.ts'
import type { SentMessage } from '../domain/message.ts'
import { SAYS_ONCE, SAYS_TOO_MUCH, WORDS_BYTES_MAX, wordsBytes, type ModelRequest, type Words } from '../domain/model-request.ts'
import { AUTO, type Savings } from '../domain/prepared-call.ts'
import type { CachedFacts, CacheTerms } from '../domain/response-cache.ts'
import { cachedCall } from './cached-call.ts'
import { callOf, type CallTerms } from './call-of.ts'
import { byMode, type CallMode } from './by-mode.ts'
import { jobStartedAt, LEDGER_OPTIONS, modelCall, type CallUnderBudget, type ModelCall } from './model-call.ts'
import { typed } from './typed.ts'

/** Of a call that Purser sends for an app's own workflow: all but what it says. */
export interface BudgetedCallTerms extends CallTerms {
  /** Default: `gemini`. */
  readonly provider?: string | undefined
  /** With `savings` it may be `auto`: the feature's policy chooses. */
  readonly model: string
  /** Always sent to the provider: the worst cost is computed from it. Thoughts count. */
  readonly maxOutputTokens: number
  /** Default: text. */
  readonly image?: { readonly aspectRatio: string } | undefined
  /** The switches of the call's feature hold: which model answers, what is not sent of its words. Default: false, and the call is sent as it is. */
  readonly savings?: boolean | undefined
  /** With `savings`: how hard the task is; else it is judged. */
  readonly complexity?: Complexity | undefined
  /** What another model that is chosen (`savings`, `downgrade`) must be able to do, besides what the output says. */
  readonly needs?: readonly Ability[] | undefined
  /** The same question was answered before: that answer, at no cost. Default: with `savings` as the feature's switch says, else every call is made. */
  readonly cache?: boolean | CacheTerms | undefined
}

/** One call that Purser sends for an app's own workflow: with a `prompt`, or with the `messages` of a conversation. */
export type BudgetedCall = BudgetedCallTerms & Words

/** With `savings`, whatever became of the call: the model that was chosen, why, and what of its words was not sent. */
export interface Saved {
  readonly savings?: Savings
}
/** An answer, and its text where it is one of at most a million bytes (longer: in the blob). From the cache it says when it was made, and what it saved. */
export type BudgetedAnswer = Answer & Saved & Partial<CachedFacts> & { readonly text: string | undefined }
/** What became of a call: an expected answer is a value. `orFail` turns all but an answer into a failure of the workflow. */
export type BudgetedOutcome = BudgetedAnswer | (Exclude<CallAnswer, Answer> & Saved)

const READING = {
  // A file, or an object of a store.
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200ms', maximumInterval: '10 seconds', maximumAttempts: 20 },
} as const
const reading = {
  local: proxyLocalActivities<TextActivities>(READING).readText,
  regular: proxyActivities<TextActivities>(READING).readText,
}

// Some short questions to the ledger, and a prompt that is read. Repeats are safe: what was decided first is found again.
const PREPARING = { ...LEDGER_OPTIONS, startToCloseTimeout: '30 seconds' } as const
const preparing = {
  local: proxyLocalActivities<PrepareActivities>(PREPARING).prepareCall,
  regular: proxyActivities<PrepareActivities>(PREPARING).prepareCall,
}

/**
 * reserve → call → close: nothing is sent that the budgets cannot pay for, and what was billed is booked, whatever is killed, cancelled, reset or
 * repeated. Throws ApplicationFailure with a stable type for what cannot be (`unknown_account`, `no_budget`, `unpriced_model`, `conflict`, `bad_input`,
 * `call_name_reused`), or when retries are used up (`rate_limited`, `provider_unavailable`, `in_doubt`).
 */
export async function budgetedCall(call: BudgetedCall): Promise<BudgetedOutcome> {
  return typed(async () => {
    const asked = { ...callOf(call, requestOf(call)), needs: call.needs }
    const { saved, cache, ...sent } = await preparedCall(call, asked)
    return { ...(await outcomeOf({ ...asked, ...sent }, call.cache ?? cache)), ...saved }
  })
}

async function outcomeOf(asked: ModelCall, cache: boolean | CacheTerms | undefined): Promise<BudgetedOutcome> {
  const terms = cache === true ? {} : cache
  const answer = await (terms === undefined || terms === false ? modelCall(asked) : cachedCall(asked, terms))
  return answer.kind === 'answered' ? { ...answer, text: await textOf(asked, answer) } : answer
}

/** Temporal takes 400 bytes of a summary. */
const WHY_MAX = 120
const cut = (text: string): string => (text.length <= WHY_MAX ? text : `${text.slice(0, WHY_MAX - 1)}…`)

/** What is sent, and why: as it is asked, or with `savings` as was decided once for the call. Throws ApplicationFailure `bad_input`. */
export async function preparedCall(
  { savings, complexity, needs }: Pick<BudgetedCallTerms, 'savings' | 'complexity' | 'needs'>,
  asked: CallUnderBudget<ModelRequest>,
  forBatch = false,
): Promise<Pick<ModelCall, 'request' | 'modelWhy'> & { readonly cache?: CacheTerms | undefined; readonly saved: Saved }> {
  const { label, callId, scope, request } = asked
  if (savings !== true) {
    if (request.model === AUTO)
      throw ApplicationFailure.nonRetryable('the model "auto" is chosen with savings: true only: name a model, or say so', 'bad_input')
    return { request, saved: {} }
  }
  const ask = { callId, jobStartedAt: jobStartedAt(), scope, request, complexity, needs, ...(forBatch ? { forBatch } : {}) }
  const prepared = await byMode(asked, `${label}: choose the model, shorten the prompt`, preparing, [ask])
  const { model, reason, compressed, cache } = prepared
  return { request: prepared.request, modelWhy: cut(reason.text), cache, saved: { savings: { model, reason, compressed } } }
}

/** As it is sent by itself. Throws ApplicationFailure `bad_input`. */
export const requestOf = ({ provider = 'gemini', model, image, maxOutputTokens, ...said }: BudgetedCall): ModelRequest => ({
  provider,
  model,
  endpoint: 'generateContent',
  tier: 'standard',
  ...wordsOf(said),
  output: image === undefined ? { kind: 'text' } : { kind: 'image', aspectRatio: image.aspectRatio },
  maxOutputTokens,
})

/** What is wrong with them besides is said by the first activity that hears them. */
function wordsOf({
  prompt,
  messages,
}: {
  readonly prompt?: string | undefined
  readonly messages?: readonly SentMessage[] | undefined
}): Words {
  if (wordsBytes({ prompt, messages }) > WORDS_BYTES_MAX) throw ApplicationFailure.nonRetryable(SAYS_TOO_MUCH, 'bad_input')
  if (messages === undefined) return { prompt: prompt as string }
  if (prompt === undefined) return { messages }
  throw ApplicationFailure.nonRetryable(SAYS_ONCE, 'bad_input')
}

/** The text of an answer, where it is one. */
export async function textOf(call: CallMode & { readonly label: string }, { blob }: Answer): Promise<string | undefined> {
  if (blob === undefined || !blob.mimeType.startsWith('text/')) return undefined
  return byMode(call, `${call.label}: read the text`, reading, [blob])
}

import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { TextActivities } from '../activities/text.ts'
import type { Answer, CallAnswer } from '../domain/call.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import { callOf, type CallTerms } from './call-of.ts'
import { inTurn } from './in-turn.ts'
import { modelCall, type ModelCall } from './model-call.ts'
import { typed } from './typed.ts'

/** One call that Purser sends for an app's own workflow. */
export interface BudgetedCall extends CallTerms {
  /** Default: `gemini`. */
  readonly provider?: string | undefined
  readonly model: string
  readonly prompt: string
  /** Always sent to the provider: the worst cost is computed from it. Thoughts count. */
  readonly maxOutputTokens: number
  /** Default: text. */
  readonly image?: { readonly aspectRatio: string } | undefined
}

/** An answer, and its text where it is one of at most a million bytes (longer: in the blob). */
export type BudgetedAnswer = Answer & { readonly text: string | undefined }
/** What became of a call: an expected answer is a value. `orFail` turns all but an answer into a failure of the workflow. */
export type BudgetedOutcome = BudgetedAnswer | Exclude<CallAnswer, Answer>

const READING = {
  // A file, or an object of a store.
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200ms', maximumInterval: '10 seconds', maximumAttempts: 20 },
} as const
const regular = proxyActivities<TextActivities>(READING)
const local = proxyLocalActivities<TextActivities>(READING)

/**
 * reserve → call → close: nothing is sent that the budgets cannot pay for, and what was billed is booked, whatever is killed, cancelled, reset or
 * repeated. Throws ApplicationFailure with a stable type for what cannot be (`unknown_account`, `no_budget`, `unpriced_model`, `conflict`, `bad_input`,
 * `call_name_reused`), or when retries are used up (`rate_limited`, `provider_unavailable`, `in_doubt`).
 */
export async function budgetedCall(call: BudgetedCall): Promise<BudgetedOutcome> {
  return typed(async () => {
    const asked = callOf(call, requestOf(call))
    const answer = await modelCall(asked)
    return answer.kind === 'answered' ? { ...answer, text: await textOf(asked, answer) } : answer
  })
}

const requestOf = ({ provider = 'gemini', model, prompt, image, maxOutputTokens }: BudgetedCall): ModelRequest => ({
  provider,
  model,
  endpoint: 'generateContent',
  tier: 'standard',
  prompt,
  output: image === undefined ? { kind: 'text' } : { kind: 'image', aspectRatio: image.aspectRatio },
  maxOutputTokens,
})

async function textOf({ label, ledgerMode, taskQueue }: ModelCall, { blob }: Answer): Promise<string | undefined> {
  if (blob === undefined || !blob.mimeType.startsWith('text/')) return undefined
  const summary = `${label}: read the text`
  return ledgerMode === 'local'
    ? inTurn(() => local.readText.executeWithOptions({ summary }, [blob]))
    : regular.readText.executeWithOptions({ summary, ...(taskQueue === undefined ? {} : { taskQueue }) }, [blob])
}

/** Workflows whose calls use the cache, for the tests. */
import { sleep } from '@temporalio/workflow'
import { budgetedCall, orFail, type CacheTerms } from 'purser/workflow'

export interface CachedAsked {
  readonly account: string
  readonly text: string
  readonly cache?: true | CacheTerms
  readonly ledgerMode?: 'local' | 'activity'
  readonly model?: string
  /** So many calls at once in one workflow. */
  readonly atOnce?: number
  /** Stays for so long after its calls. */
  readonly staysMs?: number
}

export async function cachedCalls({
  account,
  text,
  cache = true,
  ledgerMode,
  model = 'gemini-2.5-flash-lite',
  atOnce = 1,
  staysMs = 0,
}: CachedAsked) {
  const calls = Array.from({ length: atOnce }, (_, n) =>
    budgetedCall({ callId: `call-${n + 1}`, account, feature: 'faq', model, prompt: text, maxOutputTokens: 1_000, cache, ledgerMode }),
  )
  const answers = (await Promise.all(calls)).map(orFail)
  if (staysMs > 0) await sleep(staysMs)
  return answers.map((answer) => ({
    text: answer.text,
    cost: answer.cost.amount,
    cached: answer.cached ?? false,
    id: answer.reservationId,
  }))
}

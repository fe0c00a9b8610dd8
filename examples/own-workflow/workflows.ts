import { budgetedActivities, budgetedCall, orFail, textTokensMax } from 'purser/workflow'
import type { modelActivities } from './activities.ts'

export interface Note {
  readonly account: string
  readonly text: string
}

/** One call, sent by Purser. */
export async function summarise({ account, text }: Note) {
  const prompt = `Summarise in one sentence: ${text}`
  const call = { callId: 'summary', account, model: 'gemini-2.5-flash', prompt, maxOutputTokens: 300 }
  const answer = orFail(await budgetedCall(call)) // fails as budget_exceeded, in_doubt, …
  return { summary: answer.text, cost: answer.cost.amount, left: answer.budgetLeft.amount }
}

const { askModel } = budgetedActivities<typeof modelActivities>()

/** Two calls, sent by the app's own activity. The second tells a refusal from an answer by itself. */
export async function titles({ account, text }: Note) {
  const terms = { account, provider: 'gemini', model: 'gemini-2.5-flash', inputTokensMax: textTokensMax(text), maxOutputTokens: 500 }
  const first = orFail(await askModel({ ...terms, callId: 'title' }, text))
  const second = await askModel({ ...terms, callId: 'long title', maxOutputTokens: 60_000 }, text)
  return { title: first.value, longTitle: second.kind === 'answered' ? second.value : second.kind }
}

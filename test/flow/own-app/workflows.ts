/** Workflows as an app writes them, for the tests. */
import { condition, continueAsNew, defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow'
import {
  budgetedActivities,
  budgetedCall,
  orFail,
  textTokensMax,
  type BudgetedCall,
  type CallName,
  type SentMessage,
} from 'purser/workflow'
import type { ModelActivities } from './activities.ts'

export interface Asked {
  readonly account: string
  readonly text: string
  readonly maxOutputTokens?: number
  readonly ledgerMode?: 'local' | 'activity'
  readonly taskQueue?: string
  readonly model?: string
  readonly onInDoubt?: 'again' | 'end'
  readonly overBudget?: Pick<BudgetedCall, 'onRefused' | 'waitAtMostMs' | 'fitAtLeast' | 'downgradeTo'>
}

const termsOf = ({ account, text, maxOutputTokens = 1_000, ledgerMode, model = 'gemini-2.5-flash-lite', onInDoubt }: Asked) => ({
  account,
  user: 'ada',
  provider: 'gemini',
  model,
  inputTokensMax: textTokensMax(text),
  maxOutputTokens,
  ledgerMode,
  onInDoubt,
})

/** Ten lines of an app: one call, or the failure that says why not. */
export async function oneCall({ account, text, maxOutputTokens = 1_000, ledgerMode, taskQueue, model = 'gemini-2.5-flash-lite' }: Asked) {
  const { text: said, cost } = orFail(
    await budgetedCall({ callId: 'one', account, user: 'ada', model, prompt: text, maxOutputTokens, ledgerMode, taskQueue }),
  )
  return { said, cost: cost.amount }
}

/** The same, with the outcome as a value. */
export const oneOutcome = async ({
  account,
  text,
  onInDoubt,
  model = 'gemini-2.5-flash-lite',
  maxOutputTokens = 1_000,
  overBudget,
  ledgerMode,
}: Asked) => budgetedCall({ callId: 'one', account, model, prompt: text, maxOutputTokens, onInDoubt, ledgerMode, ...overBudget })

export const goSignal = defineSignal('go')

export type Saved = Asked & Partial<Omit<BudgetedCall, 'prompt'>>

/** The same, by the switches of its feature. */
export const savedOutcome = async ({ account, text, messages, ...rest }: Saved) => {
  const { overBudget, ...said } = rest
  return budgetedCall({
    callId: 'one',
    account,
    model: 'gemini-2.5-flash',
    ...(messages === undefined ? { prompt: text } : { messages }),
    maxOutputTokens: 1_000,
    savings: true,
    ...said,
    ...overBudget,
  })
}

/** And waits, so that its run can be ended before it ends by itself. */
export async function savedThenWaits(asked: Saved) {
  let isGo = false
  setHandler(goSignal, () => void (isGo = true))
  const outcome = await savedOutcome(asked)
  await condition(() => isGo)
  return outcome
}

/** Two conversations under one name. */
export async function talkedTwice(account: string, ...talks: readonly (readonly SentMessage[])[]) {
  for (const messages of talks)
    orFail(await budgetedCall({ callId: 'talk', account, model: 'gemini-2.5-flash-lite', messages, maxOutputTokens: 500 }))
}

/** More than Temporal would start a workflow with. */
export const talkedLong = (account: string, repeated: string, times: number) =>
  talkedTwice(account, [{ role: 'user', text: repeated.repeat(times) }])

const { askModel } = budgetedActivities<ModelActivities>()

export async function ownCall(asked: Asked) {
  const { value, cost } = orFail(await askModel({ ...termsOf(asked), callId: 'own' }, asked.text))
  return { value, cost: cost.amount }
}

export const ownOutcome = async (asked: Asked) => askModel({ ...termsOf(asked), callId: 'own' }, asked.text)

/** One call twice under its name: the second hears the first. */
export async function ownTwice(asked: Asked) {
  const first = await askModel({ ...termsOf(asked), callId: 'own' }, asked.text)
  const again = await askModel({ ...termsOf(asked), callId: 'own' }, asked.text)
  return { first, again }
}

/** A name that a loop uses for another request. */
export async function sameName({ account, text }: Asked) {
  for (const step of [1, 2])
    orFail(await budgetedCall({ callId: 'step', account, model: 'gemini-2.5-flash-lite', prompt: `${text} ${step}`, maxOutputTokens: 500 }))
}

/** What nobody should write: the model activity without a reservation. */
export async function unreserved({ text }: Asked): Promise<unknown> {
  const raw = proxyActivities<{ askModel(...args: unknown[]): Promise<unknown> }>({ startToCloseTimeout: '10 seconds' })
  return raw.askModel(text)
}

/** Nor this: a reservation that nobody made. */
export async function forged({ account, text }: Asked): Promise<unknown> {
  const raw = proxyActivities<{ askModel(...args: unknown[]): Promise<unknown> }>({ startToCloseTimeout: '10 seconds' })
  const request = { provider: 'gemini', model: 'gemini-2.5-flash-lite', endpoint: 'askModel', tier: 'standard', output: { kind: 'text' } }
  const limits = { inputTokensMax: 10, maxOutputTokens: 10, fingerprint: '' }
  const jobStartedAt = workflowInfo().startTime.toISOString()
  return raw.askModel(
    { purserReservation: { callId: 'forged', ask: 1, scope: { account }, request: { ...request, ...limits }, jobStartedAt } },
    text,
  )
}

/** An activity of the app that calls no model needs no reservation. */
export const plain = async ({ text }: Asked): Promise<string> =>
  proxyActivities<{ shout(text: string): Promise<string> }>({ startToCloseTimeout: '10 seconds' }).shout(text)

/** Goes on in new runs of the same workflow id, with names for its calls as the test says. */
export async function goesOn(
  { account, text }: Asked,
  naming: 'plain' | 'turns',
  turn = 1,
  costs: readonly string[] = [],
): Promise<readonly string[]> {
  const callId: CallName = naming === 'turns' ? { name: 'turn', turn } : 'turn'
  const { cost, requests } = orFail(
    await budgetedCall({ callId, account, model: 'gemini-2.5-flash-lite', prompt: text, maxOutputTokens: 500 }),
  )
  const all = [...costs, `${requests} ${cost.amount}`]
  return turn === 3 ? all : continueAsNew<typeof goesOn>({ account, text }, naming, turn + 1, all)
}

/** Waits before its call, so that a test can begin it. */
export async function waits(asked: Asked) {
  let isGo = false
  setHandler(goSignal, () => void (isGo = true))
  await condition(() => isGo)
  return ownCall(asked)
}

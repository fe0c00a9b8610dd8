import type { ModelRequest } from '../../src/domain/model-request.ts'
import type { Money } from '../../src/domain/money.ts'
import { activitiesOf } from '../../src/worker.ts'
import { newJob } from '../activities/activity.ts'
import { EMULATOR_KEY, type Stage } from '../support/stage.ts'

/** An answer of this account in the cache, made by one call and heard so often. Answers what it cost. */
export async function keptFor(stage: Stage, account: string, { feature, hits }: { feature: string; hits: number }): Promise<Money> {
  const activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
  const request: ModelRequest = {
    provider: 'gemini',
    model: 'gemini-2.5-flash-lite',
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: `kept for ${account}`,
    output: { kind: 'text' },
    maxOutputTokens: 1_000,
  }
  const call = { callId: 'one', jobStartedAt: new Date().toISOString(), scope: { account, feature }, request }
  const job = newJob()
  const heard = await job.run(activities, 'askCache', { ...call, cache: {} })
  await job.run(activities, 'reserveBudget', { ...call, ask: 1 })
  const answer = await job.run(activities, 'callModel', { ...call, ask: 1, ...(heard.kind === 'lead' ? { flight: heard.flight } : {}) })
  for (let n = 0; n < hits; n += 1) await newJob().run(activities, 'askCache', { ...call, cache: {} })
  if (answer.kind !== 'answered') throw new Error(`not answered: ${answer.kind}`)
  return answer.cost
}

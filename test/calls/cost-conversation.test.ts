import { afterAll, expect, test } from 'vitest'
import { messagesTokensMax } from '../../src/domain/bound.ts'
import { newKey, openCosts, type CostTerms } from '../../src/with-cost.ts'
import { askByOurselves } from '../support/own-client.ts'
import { openStage } from '../support/stage.ts'

const stage = await openStage()
const costs = await openCosts({ env: { DATABASE_URL: stage.db.url, PURSER_HOME: stage.folder } })
afterAll(async () => {
  await costs.close()
  await stage.close()
})

test('a conversation is counted message by message, and another one under its key is a conflict', async () => {
  const account = await stage.account('free')
  const messages = [
    { role: 'system', text: 'Be short.' },
    { role: 'user', text: `a question of ${account}` },
  ] as const
  const ask = (change: Pick<CostTerms, 'input' | 'key'>) =>
    costs.withCost((call) => askByOurselves(stage.emulator.url, call, `a question of ${account}`), {
      account,
      endpoint: 'chat',
      provider: 'gemini',
      model: 'gemini-2.5-flash-lite',
      maxOutputTokens: 1_000,
      ...change,
    })
  const key = newKey()
  const told = await ask({ key, input: messages })
  const counted = await ask({ key: newKey(), input: messagesTokensMax(messages) })
  expect([told.kind, counted.kind]).toEqual(['answered', 'answered'])
  expect('reserved' in told && told.reserved).toEqual('reserved' in counted && counted.reserved)
  await expect(ask({ key, input: messages.toReversed() })).rejects.toMatchObject({ code: 'conflict' })
  expect(await stage.billOf(account)).toHaveLength(2)
})

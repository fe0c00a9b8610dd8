/** Calls that may be asked of a cheaper model when their budgets cannot pay, and name none. */
import { expect, test, vi } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { setSwitches } from '../../src/ledger/switches.ts'
import { resetToFirstTask, rowsOf } from '../workflows/history.ts'
import { appStage } from './own-app/stage.ts'
import type { Asked, Saved } from './own-app/workflows.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const app = appStage()

/** Too dear for a free account on the model that it names. */
const tooDear = async (change: Partial<Saved> = {}): Promise<Saved> => {
  const account = await app.stage.account('free')
  const overBudget = { onRefused: 'downgrade' } as const
  return { account, text: `a question of ${account}`, model: 'gemini-2.5-flash', maxOutputTokens: 60_000, overBudget, ...change }
}
const modelsOf = async (account: string) => (await app.stage.requestsOf(account)).map(({ model }) => model)
const states = async (account: string) => (await app.stage.attempts(account)).map(({ state }) => state)

test.concurrent(
  'the dearest able model that it can pay for is asked; where the provider has it not, the next; a reset asks nothing again',
  async () => {
    const asked = await tooDear({ ledgerMode: 'activity' })
    const handle = await app.start('oneOutcome', asked)
    const before: unknown = await handle.result()
    expect(before).toMatchObject({ kind: 'answered', text: expect.stringMatching(/\w/) })
    const { rows } = await rowsOf(app.client, handle.workflowId)
    expect(rows.flatMap(({ type, summary }) => (type === 'cheaperModels' ? [summary] : []))).toEqual([
      'one: which cheaper models are able?',
    ])
    await resetToFirstTask(app.client, handle.workflowId)
    expect(await app.client.workflow.getHandle(handle.workflowId).result()).toEqual(before)
    // The price book has a gemini-3.1-flash-lite, which would fit; the emulator has none.
    expect(await modelsOf(asked.account)).toEqual(['gemini-3.1-flash-lite', 'gemini-2.5-flash-lite'])
    expect(await states(asked.account)).toEqual(['rejected', 'settled'])
    expect(await app.stage.billOf(asked.account)).toHaveLength(1)
    expect((await app.stage.balance(asked.account)).reserved).toBe(0n)
  },
)

test.concurrent('the policy of its feature says which models may be taken', async () => {
  const feature = 'only-lite'
  await setSwitches(app.stage.ledger, { feature, route: { allow: ['gemini-2.5-flash-lite'] }, who: 'test', why: 'a test' })
  const asked = await tooDear({ savings: false, feature })
  expect(await (await app.start('savedOutcome', asked)).result()).toMatchObject({ kind: 'answered' })
  expect(await modelsOf(asked.account)).toEqual(['gemini-2.5-flash-lite'])
})

test.concurrent('a conversation is downgraded as it is', async () => {
  const asked = await tooDear({ savings: false, feature: 'talks' })
  const messages = [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Hello!' },
    { role: 'user', text: asked.text },
  ] as const
  expect(await (await app.start('savedOutcome', { ...asked, messages })).result()).toMatchObject({ kind: 'answered' })
})

test.concurrent.each<[string, Partial<Asked>, string | undefined]>([
  ['no able model can be paid for', {}, '-0.0999999'],
  ['the list of models that it names is empty', { overBudget: { onRefused: 'downgrade', downgradeTo: [] } }, undefined],
  ['no model is cheaper', { model: 'gemini-2.5-flash-lite' }, '-0.09'],
])('it ends refused when %s', async (_, change, cut) => {
  const asked = await tooDear(change)
  const { account } = asked
  if (cut !== undefined) await changeCap(app.stage.ledger, { of: { account }, change: eur(cut), key: account, reason: 'a test' })
  expect(await (await app.start('oneOutcome', asked)).result()).toMatchObject({ kind: 'refused', code: 'budget_exceeded' })
  expect(await modelsOf(account)).toEqual([])
  expect((await app.stage.balance(account)).reserved).toBe(0n)
})

import { afterAll, expect, test } from 'vitest'
import { cheaperModels } from '../../src/calls/cheaper-models.ts'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { ofMoney } from '../../src/domain/money.ts'
import type { RoutePolicy } from '../../src/domain/route-policy.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { candidateBook, candidatesFor } from '../../src/prices/candidates.ts'
import { openTestLedger } from '../support/ledger.ts'
import { promptFor } from '../domain/requests.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const book = (tier: string) => candidateBook(t.ledger, { providers: ['gemini'], tier })
const cheaper = (request: ModelRequest, route: RoutePolicy | false = false) =>
  cheaperModels({ switchesOf: async () => ({ all: {}, own: { route } }), candidatesOf: book }, { scope: { account: 'acme' }, request })
const asked = (model: string, maxOutputTokens = 1_000): ModelRequest => ({ ...promptFor('What is a budget?', maxOutputTokens), model })
const namesOf = async (...of: Parameters<typeof cheaper>) => (await cheaper(...of)).map(({ model }) => model)

test('a call may be downgraded to every able model whose bound is lower, the dearest first', async () => {
  const request = asked('gemini-2.5-pro')
  const found = await cheaper(request)
  const costs = new Map(candidatesFor(await book('standard'), request).map(({ model, cost }) => [model, cost]))
  expect(found.map(({ model }) => model)).toContain('gemini-2.5-flash')
  expect(found.map(({ model, atMost }) => [model, ofMoney(atMost)])).toEqual(found.map(({ model }) => [model, costs.get(model)]))
  const bounds = found.map(({ atMost }) => ofMoney(atMost))
  expect(bounds).toEqual(bounds.toSorted((a, b) => Number(b - a)))
  expect(bounds.every((amount) => amount < (costs.get('gemini-2.5-pro') ?? 0n))).toBe(true)
})

test('the cheapest model has none, and no call gets a model that cannot do what it asks', async () => {
  expect(await namesOf(asked('gemini-2.5-flash-lite'))).toEqual([])
  const pictures: ModelRequest = { ...asked('gemini-nano-banana-2.1', 4_000), output: { kind: 'image', aspectRatio: '1:1' } }
  const found = await namesOf(pictures)
  expect(found.length).toBeGreaterThan(0)
  expect(found.every((model) => model.includes('image'))).toBe(true)
  expect((await namesOf(asked('gemini-2.5-pro'))).some((model) => model.includes('image'))).toBe(false)
})

test('what a feature’s policy keeps out, or somebody has stopped, is left out', async () => {
  expect(await namesOf(asked('gemini-2.5-pro'), { forbid: ['gemini-2.5-flash'] })).not.toContain('gemini-2.5-flash')
  expect(await namesOf(asked('gemini-2.5-pro'), { allow: ['gemini-2.5-pro', 'gemini-2.5-flash-lite'] })).toEqual(['gemini-2.5-flash-lite'])
  await stopScope(t.ledger, { model: 'gemini-2.5-flash-lite' }, 'a test')
  expect(await namesOf(asked('gemini-2.5-flash'))).not.toContain('gemini-2.5-flash-lite')
})

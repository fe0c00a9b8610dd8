import { afterAll, expect, test } from 'vitest'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { boundOf } from '../../src/domain/bound.ts'
import { candidateBook, candidatesFor } from '../../src/prices/candidates.ts'
import { pricesReachableNow } from '../../src/prices/reachable.ts'
import { rateOn } from '../../src/prices/rates.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const request: ModelRequest = {
  provider: 'gemini',
  model: 'auto',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt: 'What is a budget?',
  output: { kind: 'text' },
  maxOutputTokens: 500,
}

test('candidates cost at the most what a reservation of them would hold', async () => {
  const book = await candidateBook(t.ledger, { providers: ['gemini'], tier: 'standard' })
  const candidates = candidatesFor(book, request)
  expect(candidates.length).toBeGreaterThan(4)
  for (const { provider, model, cost } of candidates) {
    const known = await pricesReachableNow(t.ledger, { provider, model, tier: 'standard' })
    const rate = await rateOn(t.ledger, known.now)
    expect({ model, cost }).toEqual({ model, cost: rate && boundOf({ ...request, model }, known.prices, rate, known.now, known)?.amount })
  }
})

test('a model that somebody has stopped is no candidate', async () => {
  await stopScope(t.ledger, { model: 'gemini-2.5-flash' }, 'a test')
  const { models } = await candidateBook(t.ledger, { providers: ['gemini'], tier: 'standard' })
  expect(models.map(({ model }) => model)).not.toContain('gemini-2.5-flash')
  expect(models.map(({ model }) => model)).toContain('gemini-2.5-flash-lite')
})

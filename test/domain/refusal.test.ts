import { expect, test } from 'vitest'
import type { Bound } from '../../src/domain/bound.ts'
import { boundOf } from '../../src/domain/bound.ts'
import { eur, money } from '../../src/domain/money.ts'
import { refusalText, withoutBound, withRemedies, type StoredRefusal } from '../../src/domain/refusal.ts'
import { priceOf, rateOf } from './arbitrary.ts'

const stored: StoredRefusal = {
  kind: 'refused',
  code: 'budget_exceeded',
  plan: 'free',
  budget: { id: 4, name: 'free plan of alice', period: '2026-11' },
  cap: money(eur('0.10')),
  spent: money(eur('0.07')),
  reserved: money(eur('0')),
  needed: money(eur('0.06')),
  remaining: money(eur('0.03')),
  missing: money(eur('0.03')),
  freesAt: '2026-11-30T23:00:00.000Z',
}

const bound: Bound | undefined = boundOf(
  {
    provider: 'gemini',
    model: 'm',
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: 'hello',
    output: { kind: 'text' },
    maxOutputTokens: 2_000,
  },
  [priceOf('input_text_tokens', 300_000n), priceOf('output_text_tokens', 30_000_000n)],
  rateOf(1_117_200n),
  new Date('2026-11-03T12:00:00Z'),
)
if (bound === undefined) throw new Error('no bound')

test('a refusal says what was needed, what is left, and what would work', () => {
  expect(refusalText(withoutBound(stored))).toBe(
    'Budget "free plan of alice" (2026-11) refuses: 0.06000 EUR needed, 0.03000 EUR left (cap 0.1000 EUR, 0.07000 EUR spent). ' +
      'What would work: wait until 30 November 2026, 23:00 UTC; top up by 0.03000 EUR.',
  )
})

test('what is held is told, and an answer that fits is offered', () => {
  const refusal = withRemedies({ ...stored, spent: money(eur('0.02')), reserved: money(eur('0.05')) }, bound)
  expect(refusal.remedies).toEqual([
    { kind: 'wait', until: '2026-11-30T23:00:00.000Z' },
    { kind: 'top_up', by: money(eur('0.03')) },
    { kind: 'fit', maxOutputTokens: expect.any(Number) },
  ])
  expect(refusalText(refusal)).toMatch(
    /0\.02000 EUR spent and 0\.05000 EUR reserved\)\. What would work: .*; an answer of at most 1\d{3} tokens\.$/,
  )
  expect(refusal).not.toHaveProperty('missing')
})

test('nothing is offered that would not work: no wait for what never fits or never comes back, no answer of nothing', () => {
  expect(withoutBound({ ...stored, needed: money(eur('0.11')) }).remedies).toEqual([{ kind: 'top_up', by: stored.missing }])
  expect(withoutBound({ ...stored, freesAt: 'never' }).remedies).toEqual([{ kind: 'top_up', by: stored.missing }])
  expect(withoutBound({ ...stored, needed: stored.cap }).remedies).toHaveLength(2)
  const empty = { ...stored, spent: stored.cap, remaining: money(eur('0')) }
  expect(withRemedies(empty, bound).remedies.map((remedy) => remedy.kind)).toEqual(['wait', 'top_up'])
  expect(withRemedies({ ...empty, remaining: money(eur('-0.02')) }, bound).remedies.map((remedy) => remedy.kind)).toEqual([
    'wait',
    'top_up',
  ])
})

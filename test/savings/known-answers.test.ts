import { expect, test } from 'vitest'
import { money, nano } from '../../src/domain/money.ts'
import { knownAnswers } from '../../src/savings/known-answers.ts'

const NOTHING = money(nano(0n))
const answer = (entry: string, text = '') => ({
  entry,
  content: {
    madeAt: '',
    saved: NOTHING,
    blob: undefined,
    response: { responseId: text, modelVersion: undefined, finishReason: 'STOP', blocked: undefined },
  },
})

test('a process holds so many answers, those that it heard last', () => {
  const known = knownAnswers({ entriesMax: 2, charsMax: 10_000, ageMaxMs: 1_000, now: () => 0 })
  known.remember('a', answer('1'))
  known.remember('b', answer('2'))
  expect(known.get('a')?.entry).toBe('1')
  known.remember('c', answer('3'))
  expect([known.get('a')?.entry, known.get('b'), known.get('c')?.entry]).toEqual(['1', undefined, '3'])
})

test('it holds so many characters, and none that alone are more', () => {
  const known = knownAnswers({ entriesMax: 100, charsMax: 700, ageMaxMs: 1_000, now: () => 0 })
  for (const key of ['a', 'b', 'c', 'd']) known.remember(key, answer(key, 'x'.repeat(100)))
  known.remember('e', answer('e', 'x'.repeat(800)))
  const { entries, chars } = known.size()
  expect([entries < 4, chars <= 700, known.get('e')]).toEqual([true, true, undefined])
  for (const key of ['a', 'b', 'c', 'd']) known.remember(key, answer(key))
  expect(known.size().chars).toBeLessThanOrEqual(700)
})

test('it holds none for longer than it is told', () => {
  let nowMs = 0
  const known = knownAnswers({ entriesMax: 2, charsMax: 10_000, ageMaxMs: 1_000, now: () => nowMs })
  known.remember('a', answer('1'))
  nowMs = 1_001
  expect(known.get('a')).toBeUndefined()
  expect(known.size()).toEqual({ entries: 0, chars: 0 })
})

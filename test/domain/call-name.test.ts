import { expect, test } from 'vitest'
import { callIdOf } from '../../src/domain/call-name.ts'
import { fingerprint } from '../../src/domain/fingerprint.ts'

test('a name is the call’s id, and a turn tells the uses of a name apart', () => {
  expect(callIdOf('summary')).toEqual({ callId: 'summary' })
  expect(callIdOf({ name: 'turn', turn: 7 })).toEqual({ callId: 'turn#7' })
  expect(callIdOf({ name: 'daily', turn: '2026-11-28T09:00:00.000Z' })).toEqual({ callId: 'daily#2026-11-28T09:00:00.000Z' })
})

test('no two names make one id: "#" stands between name and turn only', () => {
  expect(callIdOf('turn#7')).toEqual({ problem: expect.stringContaining('"#"') })
  expect(callIdOf({ name: 'a#1', turn: 2 })).toEqual({ problem: expect.stringContaining('"#"') })
  expect(callIdOf({ name: 'a', turn: '1#2' })).toEqual({ problem: expect.stringContaining('turn') })
})

test.each(['', '  ', 'two\nlines', 'x'.repeat(101), '\ud800', undefined, 7])('%j is no name', (name) => {
  expect(callIdOf(name as string)).toHaveProperty('problem')
})

test('a fingerprint is sixteen digits, the same for the same text, and another for what differs little', () => {
  const texts = [
    '',
    'a',
    'b',
    'aa',
    'ab',
    'ba',
    '["a","b"]',
    '["b","a"]',
    'ä',
    '\u{1f600}',
    ...Array.from({ length: 10_000 }, (_, i) => `question ${i}`),
  ]
  const prints = texts.map(fingerprint)
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/)
  expect(new Set(prints).size).toBe(texts.length)
  expect(texts.map(fingerprint)).toEqual(prints)
})

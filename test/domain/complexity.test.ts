import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMPLEXITIES, judgeComplexity, type Task } from '../../src/domain/complexity.ts'

const task = (text: string, over: Partial<Task> = {}): Task => ({ messages: [{ role: 'user', text }], maxOutputTokens: 400, ...over })
const judged = (text: string, over: Partial<Task> = {}) => judgeComplexity(task(text, over)).complexity

test('a short question is simple, in any language', () => {
  for (const text of [
    'What are your opening hours?',
    'Wann kommt mein Paket an?',
    'Où est ma commande ?',
    '¿Dónde está mi pedido?',
    '営業時間を教えてください。',
    '我的订单在哪里?',
    'أين طلبي؟',
    'मेरा ऑर्डर कहाँ है?',
  ])
    expect([text, judged(text)]).toEqual([text, 'simple'])
})

test('one word of reasoning makes a task standard, several with conditions make it hard', () => {
  for (const text of [
    'Why was I charged twice?',
    'Warum wurde mir zweimal etwas berechnet?',
    'なぜ二回請求されたのですか?',
    'لماذا تم خصم المبلغ مرتين؟',
  ])
    expect([text, judged(text)]).toEqual([text, 'standard'])
  const plan =
    'Compare the three options, weigh the trade-offs and design a migration plan. It must not lose data, must run without downtime, and at most two people may work on it.\n' +
    '- Only use open source.\n- Name at least three risks.\n- Justify each step.'
  expect(judged(plan, { maxOutputTokens: 3_000 })).toBe('hard')
})

test('a few tokens of answer make a task easier, many make it harder', () => {
  const scores = [16, 400, 1_000, 4_000].map(
    (maxOutputTokens) =>
      judgeComplexity(task('Tell me about the sea at night, and of the people who live from it.', { maxOutputTokens })).score,
  )
  expect(scores).toEqual([-1, 0, 1, 2])
})

test('what stands in quotes and fences is not read as an instruction', () => {
  const quoted = judgeComplexity(task('Classify this ticket: "Please compare, analyse and evaluate why the algorithm fails step by step"'))
  expect(quoted.fired.map(({ rule }) => rule)).toEqual(['short work'])
  expect(judgeComplexity(task('What is this?\n```\nwhy prove derive analyse must must must\n```')).fired.map(({ rule }) => rule)).toEqual([
    'code',
  ])
})

test('every point of a score has its rule, and the same task always the same judgement', () => {
  const roles = fc.constantFrom('system', 'user', 'assistant', 'tool')
  const words = fc.constantFrom('why', 'compare', 'must', '?', '\n- x', '分析', 'warum', '```', 'classify', 'word '.repeat(100), '"')
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((some) => some.join(' ')),
  )
  const tasks = fc.record({
    messages: fc.array(fc.record({ role: roles, text: texts }), { maxLength: 8 }),
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
    needs: fc.subarray(['tools', 'thinking', 'search', 'json'] as const),
    images: fc.nat(5),
  }) as fc.Arbitrary<Task>
  fc.assert(
    fc.property(tasks, (one) => {
      const told = judgeComplexity(one)
      expect(told.fired.reduce((sum, { points }) => sum + points, 0)).toBe(told.score)
      expect(told.fired.every(({ points, found }) => points !== 0 && found !== '')).toBe(true)
      expect(judgeComplexity(one)).toEqual(told)
      const more = judgeComplexity({ ...one, maxOutputTokens: one.maxOutputTokens + 5_000, images: 5, needs: ['thinking'] })
      expect(COMPLEXITIES.indexOf(more.complexity)).toBeGreaterThanOrEqual(COMPLEXITIES.indexOf(told.complexity))
    }),
  )
})

test('a megabyte is judged at once', () => {
  const began = performance.now()
  judgeComplexity(task('why must? '.repeat(100_000)))
  judgeComplexity(task('"'.repeat(1_000_000)))
  expect(performance.now() - began).toBeLessThan(5_000)
})

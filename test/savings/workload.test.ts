import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { recordWorkload } from '../../bench/savings/record-workload.ts'
import { agreementOf, confusionOf, RULES, savedBy } from '../../bench/savings/report.ts'
import { FEATURES, keyOf, LANGUAGES, readWorkload, RECORDED_FILE, type RecordedCall } from '../../bench/savings/workload.ts'
import type { Message } from '../../src/domain/message.ts'
import { compressPrompt } from '../../src/domain/prompt-rules.ts'

const calls = readWorkload()
const byId = new Map(calls.map((call) => [call.id, call]))
const share = (isOne: (call: RecordedCall) => boolean) => Math.round((1_000 * calls.filter(isOne).length) / calls.length) / 10
const letters = ({ messages }: { readonly messages: readonly Message[] }) => messages.map(({ text }) => text.replace(/\s+/g, ''))

test('the recorded file is what the generator makes, and small', () => {
  expect(recordWorkload()).toEqual(calls)
  expect(readFileSync(RECORDED_FILE).length).toBeLessThan(1_500_000)
})

test('there are several thousand calls of all features and languages, in the order of their arrival', () => {
  expect(calls.length).toBe(4_000)
  expect(byId.size).toBe(4_000)
  expect(calls.map(({ atS }) => atS)).toEqual(calls.map(({ atS }) => atS).toSorted((a, b) => a - b))
  for (const feature of FEATURES) expect(calls.filter((call) => call.feature === feature).length).toBeGreaterThan(80)
  for (const language of LANGUAGES) expect(calls.filter((call) => call.language === language).length).toBeGreaterThan(80)
  expect(calls.filter(({ outputTokens, maxOutputTokens }) => outputTokens > maxOutputTokens)).toEqual([])
  expect(calls.filter(({ mayWait, latency }) => mayWait !== (latency === 'whenever'))).toEqual([])
  expect(calls.filter(({ messages }) => messages.at(-1)?.role !== 'user')).toEqual([])
})

const wordsOf = (call: RecordedCall | undefined) => JSON.stringify(call?.messages)

test('what is labelled the same has the words and terms of an earlier call, and nothing else has', () => {
  const first = new Map<string, string>()
  for (const call of calls) {
    expect([call.id, call.sameAnywhere]).toEqual([call.id, first.get(keyOf(call)) ?? null])
    const own = call.sameInAccount === null ? undefined : byId.get(call.sameInAccount)
    expect(own === undefined || (own.account === call.account && keyOf(own) === keyOf(call))).toBe(true)
    const like = own ?? byId.get(call.sameAnywhere ?? '')
    expect(call.isSameBytes).toBe(like !== undefined && wordsOf(like) === wordsOf(call))
    if (!first.has(keyOf(call))) first.set(keyOf(call), call.id)
  }
  expect([
    share((call) => call.sameInAccount !== null),
    share((call) => call.sameAnywhere !== null),
    share((call) => call.nearTo !== null),
  ]).toEqual([6.8, 13.9, 5.9])
})

test('what only resembles an earlier call is not the same', () => {
  for (const call of calls.filter(({ nearTo }) => nearTo !== null)) {
    const other = byId.get(call.nearTo ?? '')
    expect(other !== undefined && other.atS <= call.atS && keyOf(other) !== keyOf(call)).toBe(true)
  }
})

// The figures of docs/routing.md.
test('of the labelled tasks so many are judged as they were labelled', () => {
  expect(confusionOf(calls)).toEqual({
    simple: { simple: 1_896, standard: 372, hard: 0 },
    standard: { simple: 242, standard: 1_182, hard: 2 },
    hard: { simple: 0, standard: 7, hard: 299 },
  })
  const agreed = (languages: readonly string[]) =>
    Math.round(agreementOf(confusionOf(calls.filter(({ language }) => languages.includes(language)))).agreed)
  expect([agreed(['en', 'de']), agreed(['fr', 'es', 'ja', 'zh', 'ar', 'hi'])]).toEqual([87, 79])
})

// The figures of docs/prompt-rules.md.
test('compressing saves so many tokens of the workload', () => {
  const all = Object.values(RULES).map((rules) => savedBy(calls, rules, ({ language }) => language).get('all'))
  expect(all.map((sums) => sums?.saved)).toEqual([
    { whitespace: 1_727, filler: 2_038, repeats: 48_716, history: 0 },
    { whitespace: 1_727, filler: 2_038, repeats: 94_538, history: 0 },
    { whitespace: 1_721, filler: 2_038, repeats: 56_987, history: 48_958 },
  ])
  expect(all.map((sums) => [sums?.before, Number(sums?.percent.toFixed(1))])).toEqual([
    [833_305, 6.3],
    [833_305, 11.8],
    [833_305, 13.2],
  ])
})

test('in no call of another language does anything go but white space', () => {
  for (const call of calls.filter(({ language }) => language !== 'en')) {
    const { messages, removed } = compressPrompt(call.messages, RULES['English only'])
    const english = new Set(removed.flatMap(({ rule, message }) => (rule === 'whitespace' ? [] : [message])))
    expect(letters({ messages }).filter((_, n) => !english.has(n))).toEqual(letters(call).filter((_, n) => !english.has(n)))
    expect(removed.filter(({ rule }) => rule === 'repeats')).toEqual([])
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countsOf, cutsOf, cutsOfMessages, requestWithoutCuts, withoutCuts } from '../../src/domain/prepared-call.ts'
import { switchesFor } from '../../src/domain/saving-switch.ts'
import { promptFor, talkOf } from './requests.ts'

describe('the places at which messages were cut', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'ab', ' ', '\n', '😀'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
  const said = fc.record({ role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const), text })
  // What stays of each message: nothing, or some of its characters.
  const cutOne = fc.tuple(said, fc.boolean(), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }))

  test('make the shorter conversation again, whatever was cut and whoever went', () => {
    fc.assert(
      fc.property(fc.array(cutOne, { minLength: 1, maxLength: 6 }), (parts) => {
        const messages = parts.map(([message]) => message)
        const rest = parts.flatMap(([message, stays, keeps], index) => {
          const left = Array.from(message.text)
            .filter((_, n) => keeps[n])
            .join('')
          return stays && left !== '' ? [{ index, message: { ...message, text: left } }] : []
        })
        const cuts = cutsOfMessages(messages, { messages: rest.map(({ message }) => message), kept: rest.map(({ index }) => index) })
        expect(cuts && requestWithoutCuts(talkOf(messages, 10), cuts).messages).toEqual(rest.map(({ message }) => message))
      }),
      { numRuns: 500 },
    )
  })

  test('are none where nothing was cut, and unknown where something was written', () => {
    const messages = [{ role: 'user', text: 'as it is' }] as const
    expect(cutsOfMessages(messages, { messages, kept: [0] })).toEqual([])
    expect(cutsOfMessages(messages, { messages: [{ role: 'user', text: 'as it was' }], kept: [0] })).toBeUndefined()
  })

  test('of a prompt are those of its one message', () => {
    const cuts = cutsOfMessages([{ role: 'user', text: 'please say it' }], { messages: [{ role: 'user', text: 'say it' }], kept: [0] })
    expect(requestWithoutCuts(promptFor('please say it', 10), cuts ?? [])).toEqual(promptFor('say it', 10))
  })
})

describe('the places at which a text was cut', () => {
  test('make the shorter text again, whatever was cut', () => {
    const cutText = fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 5 }), fc.boolean()), { maxLength: 12 })
    fc.assert(
      fc.property(cutText, (parts) => {
        const text = parts.map(([part]) => part).join('')
        const rest = parts.flatMap(([part, stays]) => (stays ? [part] : [])).join('')
        const cuts = cutsOf(text, rest)
        expect(cuts && withoutCuts(text, cuts)).toBe(rest)
      }),
    )
  })

  test('are none where nothing was cut, and unknown where something was written', () => {
    expect(cutsOf('as it is', 'as it is')).toEqual([])
    expect(cutsOf('as it is', 'as it was')).toBeUndefined()
    expect(cutsOf('short', 'shorter')).toBeUndefined()
  })
})

test('what was removed is counted by rule', () => {
  const one = { rule: 'filler', message: 0, texts: ['please'], characters: 6, tokens: 1 } as const
  expect(countsOf([one, { ...one, rule: 'repeats', tokens: 30, characters: 120 }, { ...one, message: 2 }])).toEqual([
    { rule: 'filler', characters: 12, tokens: 2 },
    { rule: 'repeats', characters: 120, tokens: 30 },
  ])
})

describe('switches of a feature', () => {
  const all = { route: { floorEur: '0.05', forbid: ['gpt-4'] }, compress: { filler: true } }

  test('are those of every feature where its own says nothing, and win key by key where it does', () => {
    expect(switchesFor(all, {})).toEqual(all)
    expect(switchesFor(all, { route: { floorEur: '1' } })).toEqual({ ...all, route: { floorEur: '1', forbid: ['gpt-4'] } })
  })

  test('that are off are off, whoever says so; absent is off', () => {
    expect(switchesFor(all, { route: false })).toEqual({ compress: { filler: true } })
    expect(switchesFor({ route: false }, { route: { floorEur: '1' } })).toEqual({ route: { floorEur: '1' } })
    expect(switchesFor({ compress: false }, {})).toEqual({})
  })
})

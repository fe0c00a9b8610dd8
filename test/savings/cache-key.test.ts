import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { readWorkload } from '../../bench/savings/workload.ts'
import { cacheKey, normalised } from '../../src/savings/cache-key.ts'

const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('', 'exact', 'semantic', '"', '","', 'é', 'e\u0301', '\r\n', '\n', ' '),
)
const prompt = fc.array(word, { maxLength: 6 }).map((words) => words.join(''))
const anyRequest: fc.Arbitrary<ModelRequest> = fc.record({
  provider: fc.constantFrom('gemini', 'openai', 'a","b'),
  model: fc.constantFrom('m', 'm-lite', 'm","gemini'),
  endpoint: fc.constant('generateContent' as const),
  tier: fc.constantFrom('standard' as const, 'flex' as const, 'priority' as const),
  prompt,
  output: fc.oneof(
    fc.constant({ kind: 'text' as const }),
    fc.constantFrom('1:1', '4:1').map((aspectRatio) => ({ kind: 'image' as const, aspectRatio })),
  ),
  maxOutputTokens: fc.integer({ min: 1, max: 3 }),
})
const terms = fc.record({
  account: fc.constantFrom(undefined, 'acme', 'shared', 'account', 'globex'),
  meaning: fc.constantFrom(undefined, 'greeting', 'exact', ''),
})

const requestOf = (said: string): ModelRequest => ({
  provider: 'gemini',
  model: 'm',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt: said,
  output: { kind: 'text' },
  maxOutputTokens: 10,
})
type Asked = [ModelRequest, { account: string | undefined; meaning: string | undefined }]
const keyOf = ([asked, { account, meaning }]: Asked): string => cacheKey(asked, { account, semanticKey: () => meaning })

/** What matters, told in another way than the key tells it. */
const whatMatters = ([{ prompt: said, ...parts }, { account, meaning }]: Asked) => ({
  ...parts,
  account: account ?? null,
  meaning: meaning ?? null,
  said: meaning === undefined ? normalised(said) : null,
})

const isSame = (one: Asked, other: Asked): boolean => isDeepStrictEqual(whatMatters(one), whatMatters(other))

test('two questions have the same key exactly when nothing that matters differs', () => {
  fc.assert(
    fc.property(fc.tuple(anyRequest, terms), fc.tuple(anyRequest, terms), (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(isSame(one, other))
    }),
    { numRuns: 3_000 },
  )
})

test('one part changed makes another key', () => {
  fc.assert(
    fc.property(anyRequest, anyRequest, terms, (one, other, whose) => {
      for (const part of Object.keys(one) as (keyof ModelRequest)[]) {
        const changed = { ...one, [part]: other[part] } as ModelRequest
        const pair: [Asked, Asked] = [
          [one, whose],
          [changed, whose],
        ]
        expect({ part, same: keyOf(pair[0]) === keyOf(pair[1]) }).toEqual({ part, same: isSame(...pair) })
      }
    }),
    { numRuns: 2_000 },
  )
})

test.for([
  ['how lines end', 'one\r\ntwo\rthree', 'one\ntwo\nthree'],
  ['white space behind', 'a question \n\n', 'a question'],
  ['white space at the end of a line', 'one \t\ntwo', 'one\ntwo'],
  ['more than one empty line', 'one\n\n \n\ntwo', 'one\n\ntwo'],
  ['empty lines before', '\n  \n  indented', '  indented'],
  ['how an accent is written', 'cafe\u0301', 'caf\u00e9'],
] as const)('%s does not matter', ([, one, other]) => {
  expect(normalised(one)).toBe(other)
})

test.for([
  ['a capital', 'Polish', 'polish'],
  ['white space within', 'a  b', 'a b'],
  ['an indented line', 'if x:\n  y', 'if x:\ny'],
  ['a letter that only looks the same', '\uff21', 'A'],
  ['a number', 'add 1', 'add 2'],
  ['half a character', '\ud800', '\ud801'],
] as const)('%s matters', ([, one, other]) => {
  expect(cacheKey(requestOf(one), { account: 'acme' })).not.toBe(cacheKey(requestOf(other), { account: 'acme' }))
})

test('of the recorded workload those calls share a key that are labelled the same, and no others', () => {
  const first = new Map<string, string>()
  const [missed, wrong]: [string[], string[]] = [[], []]
  for (const call of readWorkload()) {
    const { feature, needs, images, temperature, messages, maxOutputTokens, output, account, sameInAccount, id } = call
    const said = [[feature, ...needs, images, temperature].join(' '), ...messages.map(({ role, text }) => `${role}:\n${text.trim()}`)].join(
      '\n',
    )
    const request: ModelRequest = {
      ...requestOf(said),
      maxOutputTokens,
      output: output === 'image' ? { kind: 'image', aspectRatio: '1:1' } : { kind: 'text' },
    }
    const key = cacheKey(request, { account })
    const heard = first.get(key)
    if (heard === undefined && sameInAccount !== null) missed.push(id)
    if (heard !== undefined && heard !== sameInAccount) wrong.push(id)
    if (heard === undefined) first.set(key, id)
  }
  expect({ wrong, missed }).toEqual({ wrong: [], missed: [] })
})

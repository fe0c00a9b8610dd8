import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import type { SentMessage } from '../../src/domain/message.ts'
import { messagesOf, type ModelRequest, type Words } from '../../src/domain/model-request.ts'
import { readWorkload } from '../../bench/savings/workload.ts'
import { cacheKey, normalised } from '../../src/savings/cache-key.ts'

const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('', 'exact', 'semantic', '"', '","', 'é', 'e\u0301', '\r\n', '\n', ' '),
)
const prompt = fc.array(word, { maxLength: 6 }).map((words) => words.join(''))
const conversation = fc.array(
  fc.record({ role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const), text: prompt }),
  {
    minLength: 1,
    maxLength: 3,
  },
)
const words: fc.Arbitrary<Words> = fc.oneof(
  prompt.map((said) => ({ prompt: said })),
  conversation.map((said) => ({ messages: said })),
)
const parts = fc.record({
  provider: fc.constantFrom('gemini', 'openai', 'a","b'),
  model: fc.constantFrom('m', 'm-lite', 'm","gemini'),
  endpoint: fc.constant('generateContent' as const),
  tier: fc.constantFrom('standard' as const, 'flex' as const, 'priority' as const),
  output: fc.oneof(
    fc.constant({ kind: 'text' as const }),
    fc.constantFrom('1:1', '4:1').map((aspectRatio) => ({ kind: 'image' as const, aspectRatio })),
  ),
  maxOutputTokens: fc.integer({ min: 1, max: 3 }),
})
const anyRequest: fc.Arbitrary<ModelRequest> = fc.tuple(parts, words).map(([request, said]) => ({ ...request, ...said }))
const terms = fc.record({
  account: fc.constantFrom(undefined, 'acme', 'shared', 'account', 'globex'),
  meaning: fc.constantFrom(undefined, 'greeting', 'exact', ''),
})

const requestOf = (said: string) =>
  ({
    provider: 'gemini',
    model: 'm',
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: said,
    output: { kind: 'text' },
    maxOutputTokens: 10,
  }) satisfies ModelRequest as ModelRequest
type Asked = [ModelRequest, { account: string | undefined; meaning: string | undefined }]
const keyOf = ([asked, { account, meaning }]: Asked): string => cacheKey(asked, { account, semanticKey: () => meaning })

/** What matters, told in another way than the key tells it. */
const whatMatters = ([{ provider, model, endpoint, tier, output, maxOutputTokens }, { account, meaning }, said]: [...Asked, Words]) => ({
  request: { provider, model, endpoint, tier, output, maxOutputTokens },
  account: account ?? null,
  meaning: meaning ?? null,
  said: meaning === undefined ? messagesOf(said).map(({ role, text }) => ({ role, text: normalised(text) })) : null,
})

const isSame = (one: Asked, other: Asked): boolean => isDeepStrictEqual(whatMatters([...one, one[0]]), whatMatters([...other, other[0]]))

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
      const { prompt: _, messages: __, ...ours } = one
      for (const part of [...Object.keys(ours), 'words'] as (keyof typeof ours | 'words')[]) {
        const said = messagesOf(part === 'words' ? other : one)
        const changed = { ...ours, messages: said, ...(part === 'words' ? {} : { [part]: other[part] }) }
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

test('a prompt is the same question as a single message of the user, and as no other conversation', () => {
  const { prompt: said, messages: _, ...request } = requestOf('a question')
  const keyOfMessages = (...roles: readonly SentMessage['role'][]) =>
    cacheKey({ ...request, messages: roles.map((role) => ({ role, text: `${said}\n` })) }, { account: 'acme' })
  const own = cacheKey(requestOf('a question'), { account: 'acme' })
  expect(keyOfMessages('user')).toBe(own)
  expect(new Set([own, keyOfMessages('system'), keyOfMessages('user', 'user'), keyOfMessages('user', 'assistant', 'user')]).size).toBe(4)
})

test('of the recorded workload those calls share a key that are labelled the same, and no others', () => {
  const first = new Map<string, string>()
  const [missed, wrong]: [string[], string[]] = [[], []]
  for (const call of readWorkload()) {
    const { feature, needs, images, temperature, messages, maxOutputTokens, output, account, sameInAccount, id } = call
    const { prompt: _, ...request } = requestOf('')
    const asked: ModelRequest = {
      ...request,
      messages: [{ role: 'system', text: [feature, ...needs, images, temperature].join(' ') }, ...messages],
      maxOutputTokens,
      output: output === 'image' ? { kind: 'image', aspectRatio: '1:1' } : { kind: 'text' },
    }
    const key = cacheKey(asked, { account })
    const heard = first.get(key)
    if (heard === undefined && sameInAccount !== null) missed.push(id)
    if (heard !== undefined && heard !== sameInAccount) wrong.push(id)
    if (heard === undefined) first.set(key, id)
  }
  expect({ wrong, missed }).toEqual({ wrong: [], missed: [] })
})

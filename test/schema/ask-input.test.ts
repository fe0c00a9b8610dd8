import { expect, test } from 'vitest'
import { askInputSchema, batchInputSchema } from '../../src/schema/ask-input.ts'
import { parsed } from '../../src/schema/parsed.ts'
import { ownRequest, promptFor } from '../domain/requests.ts'

const { prompt: _, messages: __, ...request } = promptFor('', 100)
const ask = (said: object) =>
  parsed(
    askInputSchema,
    { callId: 'one', ask: 1, scope: { account: 'acme' }, jobStartedAt: '2026-11-03T12:00:00Z', request: { ...request, ...said } },
    'ask',
  )
const batch = (...lines: readonly object[]) =>
  parsed(
    batchInputSchema,
    {
      ask: 1,
      jobStartedAt: '2026-11-03T12:00:00Z',
      lines: lines.map((said, n) => ({
        callId: `line-${n}`,
        scope: { account: 'acme' },
        request: { ...request, endpoint: 'batchGenerateContent', tier: 'batch', ...said },
      })),
    },
    'batch',
  )
const user = (text: string) => ({ role: 'user', text })
const system = (text: string) => ({ role: 'system', text })
const assistant = (text: string) => ({ role: 'assistant', text })

test('a call says a prompt, or the messages of a conversation, live or as a line of a batch', () => {
  const talk = {
    messages: [system('Be short.'), system('Be kind.'), user('Hello'), assistant('Hello!'), assistant('Yes?'), user('What is a budget?')],
  }
  for (const said of [{ prompt: 'Hello' }, { messages: [user('Hello')] }, talk]) {
    expect(ask(said).request).toMatchObject(said)
    expect(batch(said, talk).lines[0]?.request).toMatchObject(said)
  }
  expect(ask({ messages: Array.from({ length: 1_000 }, () => user('Hello')) }).request).toHaveProperty('messages')
  const own = ownRequest({ fingerprint: 'f' })
  expect(parsed(askInputSchema.shape.request, own, 'request')).toEqual(own)
})

test.for<[string, object, string]>([
  ['nothing', {}, 'a call says either a prompt or messages, and not both'],
  ['both', { prompt: 'Hello', messages: [user('Hello')] }, 'a call says either a prompt or messages, and not both'],
  ['no message', { messages: [] }, 'a conversation has at least one message'],
  ['too many messages', { messages: Array.from({ length: 1_001 }, () => user('Hello')) }, 'a conversation has at most 1000 messages'],
  [
    'too long ones',
    { messages: [user('x'.repeat(2_000_000)), user('x'.repeat(2_000_001))] },
    'what a call says has at most 2000000 bytes, as JSON',
  ],
  ['an empty one', { messages: [user('')] }, 'request.messages.0.text: a message says something'],
  ['a role that is none', { messages: [{ role: 'tool', text: 'Hello' }] }, 'request.messages.0.role: a role is system, user, assistant'],
  ['a field that is none', { messages: [{ role: 'user', content: 'Hello' }] }, 'request.messages.0.text: is missing'],
  ['an answer last', { messages: [user('Hello'), assistant('Hello!')] }, 'the last message is the user’s: it is what is asked'],
  ['only what the system says', { messages: [system('Hello')] }, 'the last message is the user’s: it is what is asked'],
  [
    'what the system says in between',
    { messages: [user('Hello'), system('Be short.'), user('Well?')] },
    'what the system says stands before all other messages',
  ],
  ['words instead of messages', { messages: 'Hello' }, 'request.messages: Invalid input: expected array, received string'],
])('a call that says %s is told so', ([, said, problem]) => {
  expect(() => ask(said)).toThrow(problem)
})

test('the words of a batch are limited together, prompts and messages, in bytes: Temporal carries them more than once', () => {
  const long = 'x'.repeat(400_000)
  const tooLong = 'the prompts of a batch have at most 1000000 bytes together'
  expect(() => batch({ prompt: long }, { messages: [user(long), user('x'.repeat(200_001))] })).toThrow(tooLong)
  expect(() => batch({ prompt: 'ж'.repeat(250_000) }, { prompt: 'ж'.repeat(250_000) })).toThrow(tooLong)
  expect(() => batch({ prompt: 'ж'.repeat(240_000) }, { prompt: 'ж'.repeat(240_000) })).not.toThrow()
})

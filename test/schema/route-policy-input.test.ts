import { expect, test } from 'vitest'
import { parsed } from '../../src/schema/parsed.ts'
import { routePoliciesSchema } from '../../src/schema/route-policy-input.ts'

const policies = {
  all: { floorEur: '0.05', forbid: ['gpt-4'], providers: ['openai'] },
  features: {
    chat: {
      complexity: 'simple',
      models: { hard: ['gemini/gemini-2.5-pro'] },
      sizes: { 'gpt-4o': 'large' },
      allow: ['gemini-2.5-pro', 'gpt-4o'],
      needs: ['tools'],
      can: { 'gpt-4o': ['tools'] },
      cannot: { 'gemini-2.5-pro': ['search'] },
    },
  },
}

test('policies are JSON and stay as they were written', () => {
  expect(parsed(routePoliciesSchema, policies, 'policy')).toEqual(policies)
  expect(parsed(routePoliciesSchema, {}, 'policy')).toEqual({})
})

test.for([
  [{ all: { floor: '1' } }, 'Unrecognized key'],
  [{ all: { floorEur: '0,01' } }, 'write an amount in EUR like "0.01"'],
  [{ all: { floorEur: 0.01 } }, 'expected string'],
  [{ all: { complexity: 'easy' } }, 'a complexity is simple, standard, hard'],
  [{ all: { models: { easy: ['a'] } } }, 'all.models'],
  [{ all: { allow: [] } }, 'name a model, or leave it away'],
  [{ features: { chat: { needs: ['magic'] } } }, 'an ability is one of text, image'],
  [{ features: { chat: { sizes: { a: 'huge' } } } }, 'a size is small, medium, large'],
] as const)('%j is refused with what is wrong', ([input, message]) => {
  expect(() => parsed(routePoliciesSchema, input, 'policy')).toThrow(message)
})

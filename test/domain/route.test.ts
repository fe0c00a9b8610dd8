import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ABILITIES, abilitiesOf, type Ability } from '../../src/domain/ability.ts'
import type { Candidate } from '../../src/domain/candidate.ts'
import { COMPLEXITIES } from '../../src/domain/complexity.ts'
import { eur, nano, ofMoney } from '../../src/domain/money.ts'
import { policyOf, SIZES, type RoutePolicy } from '../../src/domain/route-policy.ts'
import { chooseModel, type Route, type RouteQuestion } from '../../src/domain/route.ts'

const candidate = (model: string, cost: string | undefined, over: Partial<Candidate> = {}): Candidate => ({
  provider: 'gemini',
  model,
  abilities: ['text'],
  inputTokensMax: undefined,
  outputTokensMax: undefined,
  cost: cost === undefined ? undefined : eur(cost),
  ...over,
})
const asked = (over: Partial<RouteQuestion> = {}): RouteQuestion => ({
  messages: [{ role: 'user', text: 'What are your opening hours?' }],
  maxOutputTokens: 400,
  remaining: eur('1'),
  ...over,
})
const LADDER = [candidate('lite', '0.001'), candidate('flash', '0.004'), candidate('pro', '0.02')]

/** Without its list. */
const told = (route: Route) => ({ model: route.kind === 'chosen' ? route.model : undefined, ...route.reason })
const verdicts = (route: Route) => Object.fromEntries(route.considered.map(({ model, verdict }) => [model, verdict.code]))

test('without a policy simple takes small, standard medium, hard large', () => {
  const choices = COMPLEXITIES.map((complexity) => told(chooseModel(asked({ complexity }), LADDER)))
  expect(choices).toEqual([
    { model: 'lite', code: 'size', text: 'simple task: the smallest able model' },
    { model: 'flash', code: 'size', text: 'standard task: the cheapest able medium model' },
    { model: 'pro', code: 'size', text: 'hard task: the cheapest able large model' },
  ])
})

test('what nobody has said about a task is judged, and the rules that fired are told', () => {
  const route = chooseModel(asked(), LADDER)
  expect(route).toMatchObject({
    kind: 'chosen',
    model: 'lite',
    size: 'small',
    complexity: 'simple',
    worstCost: { amount: '0.001000000', currency: 'EUR' },
  })
  const harder = chooseModel(asked({ messages: [{ role: 'user', text: 'Why is that?' }] }), LADDER)
  expect(harder).toMatchObject({ complexity: 'standard', judgement: { score: 2, fired: [{ rule: 'reasoning', points: 2, found: 'why' }] } })
  expect(chooseModel(asked({ complexity: 'hard' }), LADDER).judgement).toBeUndefined()
})

test('under the floor every task takes the cheapest able model', () => {
  const short = { complexity: 'hard', remaining: eur('0.004') } as const
  expect(told(chooseModel(asked(short), LADDER))).toEqual({
    model: 'lite',
    code: 'emergency',
    text: '0.004000 EUR left, under the floor of 0.01000 EUR: the cheapest able model',
  })
  expect(told(chooseModel(asked(short), LADDER, { floorEur: '0.001' })).model).toBe('flash')
  expect(told(chooseModel(asked({ ...short, remaining: undefined }), LADDER)).model).toBe('pro')
})

test('what is left does not pay for the right size: the largest that it pays for', () => {
  const route = chooseModel(asked({ complexity: 'hard', remaining: eur('0.015') }), LADDER)
  expect(told(route)).toEqual({
    model: 'flash',
    code: 'within_budget',
    text: 'hard task: pro may cost 0.02000 EUR with 0.01500 EUR left, so the next that this pays for',
  })
  expect(verdicts(route)).toEqual({ lite: 'less_suitable', flash: 'chosen', pro: 'over_budget' })
})

test('what is left pays for none: the cheapest is named, for the ledger to refuse', () => {
  expect(told(chooseModel(asked({ complexity: 'hard', remaining: eur('0.0005') }), LADDER))).toEqual({
    model: 'lite',
    code: 'over_budget',
    text: '0.0005000 EUR left, which pays for no able model: the cheapest, which may cost 0.001000 EUR',
  })
})

test('a policy names models for a complexity; the first that is able, allowed and paid for is taken', () => {
  const policy: RoutePolicy = { models: { hard: ['pro', 'gemini/flash'], simple: ['gone', 'flash'] } }
  expect(told(chooseModel(asked({ complexity: 'hard' }), LADDER, policy))).toEqual({
    model: 'pro',
    code: 'listed',
    text: 'hard task: the first able model that the policy names for it',
  })
  expect(told(chooseModel(asked(), LADDER, policy)).model).toBe('flash')
  expect(told(chooseModel(asked(), LADDER, { ...policy, forbid: ['flash'] })).model).toBe('lite')
  expect(told(chooseModel(asked({ complexity: 'hard', remaining: eur('0.012') }), LADDER, policy))).toMatchObject({
    model: 'flash',
    code: 'within_budget',
  })
  expect(told(chooseModel(asked({ complexity: 'hard' }), LADDER, { complexity: 'simple' })).model).toBe('pro')
  expect(told(chooseModel(asked(), LADDER, { complexity: 'hard' })).model).toBe('pro')
})

test('a policy knows sizes better than the price; where a size has no model a larger one is taken', () => {
  const policy: RoutePolicy = { sizes: { lite: 'small', flash: 'large', pro: 'large' } }
  expect(told(chooseModel(asked({ complexity: 'standard' }), LADDER, policy))).toEqual({
    model: 'flash',
    code: 'other_size',
    text: 'standard task: no able medium model, so a large one',
  })
})

test('each candidate is told with the reason why it was not chosen', () => {
  const all = [
    candidate('forbidden', '0.001'),
    candidate('elsewhere', '0.001', { provider: 'openai' }),
    candidate('painter', '0.001', { abilities: ['text', 'json', 'image'] }),
    candidate('plain', '0.001'),
    candidate('narrow', '0.001', { abilities: ['text', 'json'], inputTokensMax: 3 }),
    candidate('terse', '0.001', { abilities: ['text', 'json'], outputTokensMax: 100 }),
    candidate('unpriced', undefined, { abilities: ['text', 'json'] }),
    candidate('good', '0.002', { abilities: ['text', 'json'] }),
    candidate('better', '0.003', { abilities: ['text', 'json'] }),
  ]
  const route = chooseModel(asked({ provider: 'gemini', needs: ['json'], complexity: 'simple' }), all, { forbid: ['forbidden'] })
  const sentences = route.considered.map(({ model, verdict }) => [model, verdict.code, verdict.text])
  expect(sentences).toEqual([
    ['terse', 'output_too_long', 'it answers in 100 tokens at most, 400 are asked for'],
    ['plain', 'unable', 'it cannot do what is needed: json'],
    ['painter', 'other_purpose', 'it is made for image, which is not needed'],
    ['narrow', 'input_too_long', 'it takes 3 tokens, the input has about 6'],
    ['forbidden', 'forbidden', 'the policy forbids it'],
    ['elsewhere', 'other_provider', 'the call is for gemini, and the policy does not name openai'],
    ['good', 'chosen', 'simple task: the smallest able model'],
    ['better', 'less_suitable', 'medium; the task takes good before it'],
    ['unpriced', 'unpriced', 'a part of the request has no price on it'],
  ])
})

test('other providers answer where the policy names them, and painters write where it names those', () => {
  const all = [
    candidate('dear', '0.01'),
    candidate('cheap', '0.001', { provider: 'openai' }),
    candidate('painter', '0.0001', { abilities: ['text', 'image'] }),
  ]
  const question = asked({ provider: 'gemini', complexity: 'simple' })
  expect(told(chooseModel(question, all)).model).toBe('dear')
  expect(told(chooseModel(question, all, { providers: ['openai'] })).model).toBe('cheap')
  expect(told(chooseModel(question, all, { models: { simple: ['painter'] } })).model).toBe('painter')
  expect(told(chooseModel(question, all, { allow: ['openai/cheap'], providers: ['openai'] })).model).toBe('cheap')
})

const none = (question: RouteQuestion, candidates: readonly Candidate[], policy: RoutePolicy = {}) => {
  const route = chooseModel(question, candidates, policy)
  return [route.reason.code, route.kind === 'no_model' ? route.missing : undefined, route.reason.text]
}

test('no able model: what is missing is said', () => {
  expect(none(asked({ needs: ['image', 'tools'] }), LADDER)).toEqual([
    'no_able_model',
    ['image', 'tools'],
    'no able model: the nearest lacks image, tools',
  ])
  expect(none(asked({ images: 1 }), LADDER)).toEqual(['no_able_model', ['image_input'], 'no able model: the nearest lacks image_input'])
  expect(none(asked(), [])).toEqual(['no_able_model', [], 'no model has a price: import a price list'])
  expect(none(asked(), LADDER, { allow: ['gone'] })).toEqual([
    'no_able_model',
    [],
    'none of 3 models may be used: see allow, forbid and providers of the policy',
  ])
  expect(none(asked(), [candidate('x', undefined)])).toEqual([
    'no_able_model',
    [],
    'no able model: a part of the request has no price on it',
  ])
})

test('what a model can do is corrected by the policy', () => {
  const question = asked({ needs: ['tools'], complexity: 'simple' })
  expect(told(chooseModel(question, LADDER, { can: { pro: ['tools'] } })).model).toBe('pro')
  const able = LADDER.map((one) => ({ ...one, abilities: ['text', 'tools'] as const }))
  expect(told(chooseModel(question, able, { cannot: { 'gemini/lite': ['tools'] } })).model).toBe('flash')
  expect(told(chooseModel(asked({ complexity: 'simple' }), LADDER, { needs: ['tools'], can: { flash: ['tools'] } })).model).toBe('flash')
})

test('of two models that cost the same the later name is taken, in whatever order they come', () => {
  const twins = [candidate('flash-3.7', '0.002'), candidate('flash-3.8', '0.002'), candidate('flash-3.6', '0.002')]
  expect([twins, twins.toReversed()].map((some) => told(chooseModel(asked({ complexity: 'simple' }), some)).model)).toEqual([
    'flash-3.8',
    'flash-3.8',
  ])
})

test('a feature changes what all have in common, key by key', () => {
  const policies = { all: { floorEur: '0.05', forbid: ['old'] }, features: { chat: { forbid: ['pro'] } } }
  expect(policyOf(policies, 'chat')).toEqual({ floorEur: '0.05', forbid: ['pro'] })
  expect(policyOf(policies, 'toString')).toEqual(policies.all)
  expect(policyOf({}, undefined)).toEqual({})
})

interface BookRow {
  readonly provider: string
  readonly model: string
  readonly unit: string
}

test('the price book tells what its models can do, and the default chooses among them', () => {
  const { rows } = JSON.parse(readFileSync(new URL('../../prices/first-book.json', import.meta.url), 'utf8')) as { rows: BookRow[] }
  const unitsOf = (model: string) => rows.filter((row) => row.model === model).map(({ unit }) => unit)
  const can = (model: string) => abilitiesOf(model, unitsOf(model))
  expect(can('gemini-2.5-flash')).toEqual(['text', 'image_input', 'audio_input', 'search', 'thinking', 'tools', 'json'])
  expect(can('gemini-2.5-flash-image')).toEqual(['text', 'image', 'image_input'])
  expect(can('gpt-4o')).toEqual(['text', 'image_input', 'tools', 'json'])
  expect(can('gpt-5-mini')).toContain('thinking')
  expect(can('claude-3-opus')).not.toContain('thinking')
  expect(can('claude-sonnet-5')).toContain('thinking')
  expect(can('text-embedding-3-small')).toEqual([])
  expect(can('infrastructure')).toEqual(['search'])
})

const abilities = fc.subarray([...ABILITIES])
const costs = fc.option(fc.bigInt({ min: 1n, max: 50_000_000n }).map(nano), { nil: undefined, freq: 8 })
const limits = fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined })
const candidates = fc.uniqueArray(
  fc.record({
    provider: fc.constantFrom('gemini', 'openai'),
    model: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    abilities: abilities.map((some): Ability[] => [...new Set<Ability>([...some, 'text'])]),
    inputTokensMax: limits,
    outputTokensMax: limits,
    cost: costs,
  }),
  { selector: ({ provider, model }) => `${provider}/${model}`, maxLength: 16 },
)
const names = fc.array(fc.constantFrom('a', 'b', 'gemini/c', 'openai/d', 'e', 'nobody'), { maxLength: 4 })
const policies: fc.Arbitrary<RoutePolicy> = fc.record(
  {
    models: fc.record({ simple: names, standard: names, hard: names }, { requiredKeys: [] }),
    sizes: fc.dictionary(fc.constantFrom('a', 'b', 'gemini/c'), fc.constantFrom(...SIZES)),
    floorEur: fc.constantFrom('0', '0.01', '0.03'),
    allow: names,
    forbid: names,
    providers: fc.constant(['openai']),
    needs: abilities,
    can: fc.dictionary(fc.constantFrom('a', 'b'), abilities),
    cannot: fc.dictionary(fc.constantFrom('a', 'b'), abilities),
  },
  { requiredKeys: [] },
)
const questions = fc.record({
  messages: fc.constant([{ role: 'user', text: 'Tell me why. '.repeat(20) }] as const),
  maxOutputTokens: fc.integer({ min: 1, max: 2_000 }),
  needs: fc.subarray(['tools', 'json', 'image', 'search'] as const),
  images: fc.nat(1),
  provider: fc.option(fc.constant('gemini'), { nil: undefined }),
  complexity: fc.option(fc.constantFrom(...COMPLEXITIES), { nil: undefined }),
  remaining: fc.option(fc.bigInt({ min: -1_000_000n, max: 60_000_000n }).map(nano), { nil: undefined }),
})

const fullNames = (some: readonly { provider: string; model: string }[]) =>
  some.map(({ provider, model }) => `${provider}/${model}`).toSorted((a, b) => a.localeCompare(b))
const namesOf = (one: { provider: string; model: string }) => [one.model, `${one.provider}/${one.model}`]
const costOf = (route: Route) => (route.kind === 'chosen' ? ofMoney(route.worstCost) : undefined)
const RUNS = { numRuns: 2_000 }

test('never a model that lacks an ability, is too small, or is kept out', () => {
  fc.assert(
    fc.property(questions, candidates, policies, (question, some, policy) => {
      const route = chooseModel(question, some, policy)
      if (route.kind === 'no_model') return
      const found = some.find(({ provider, model }) => provider === route.provider && model === route.model)
      const listed = (lists: RoutePolicy['can'] = {}) => namesOf(route).flatMap((name) => lists[name] ?? [])
      const able = new Set([...(found?.abilities ?? []), ...listed(policy.can)])
      const needed = [...question.needs, ...(policy.needs ?? []), ...(question.images > 0 ? ['image_input' as const] : [])]
      expect(needed.filter((one) => !able.has(one) || listed(policy.cannot).includes(one))).toEqual([])
      expect(found?.inputTokensMax ?? Infinity).toBeGreaterThan(60)
      expect(found?.outputTokensMax ?? Infinity).toBeGreaterThanOrEqual(question.maxOutputTokens)
      expect(namesOf(route).some((name) => policy.forbid?.includes(name))).toBe(false)
      expect(policy.allow === undefined || namesOf(route).some((name) => policy.allow?.includes(name))).toBe(true)
      expect(question.provider === undefined || route.provider === 'gemini' || policy.providers?.includes(route.provider)).toBe(true)
    }),
    RUNS,
  )
})

test('never one that costs more than what is left while another able one does not', () => {
  fc.assert(
    fc.property(questions, candidates, policies, (question, some, policy) => {
      const route = chooseModel(question, some, policy)
      const { remaining } = question
      if (route.kind === 'no_model' || remaining === undefined || (costOf(route) ?? 0n) <= remaining) return
      const able = route.considered.filter(({ size }) => size !== undefined)
      expect(able.every(({ worstCost }) => worstCost !== undefined && ofMoney(worstCost) > remaining)).toBe(true)
      expect(route.reason.code).toBe('over_budget')
    }),
    RUNS,
  )
})

test('less money never means a dearer model, under any policy', () => {
  fc.assert(
    fc.property(questions, candidates, policies, fc.bigInt({ min: 0n, max: 60_000_000n }), (question, some, policy, less) => {
      const [rich, poor] = [question.remaining, nano((question.remaining ?? 60_000_000n) - less)].map((remaining) =>
        costOf(chooseModel({ ...question, remaining }, some, policy)),
      )
      expect(poor === undefined).toBe(rich === undefined)
      expect((poor ?? 0n) <= (rich ?? 0n)).toBe(true)
    }),
    RUNS,
  )
})

test('a harder task never gets a cheaper model where only prices tell the sizes', () => {
  fc.assert(
    fc.property(questions, candidates, policies, (question, some, policy) => {
      const unsized = { ...policy, models: undefined, sizes: undefined }
      const ladder = COMPLEXITIES.map((complexity) => costOf(chooseModel({ ...question, complexity }, some, unsized)) ?? 0n)
      expect(ladder).toEqual(ladder.toSorted((a, b) => Number(a - b)))
    }),
    RUNS,
  )
})

test('the order of the candidates does not matter, every one is told of once, and one is chosen', () => {
  fc.assert(
    fc.property(questions, candidates, policies, (question, some, policy) => {
      const route = chooseModel(question, some, policy)
      expect(chooseModel(question, some.toReversed(), policy)).toEqual(route)
      expect(fullNames(route.considered)).toEqual(fullNames(some))
      expect(route.considered.filter(({ verdict }) => verdict.code === 'chosen')).toHaveLength(route.kind === 'chosen' ? 1 : 0)
      expect(JSON.parse(JSON.stringify(route))).toMatchObject({ kind: route.kind, reason: route.reason })
    }),
    RUNS,
  )
})

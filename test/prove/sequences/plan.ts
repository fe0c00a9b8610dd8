/** What a sequence is made of: plain data, chosen by chance, so that a counterexample can be read, made smaller, and kept. */
import fc from 'fast-check'

export const CENT = 10_000_000n
const SECOND = 1_000
export const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** Almost always the first; each of the others now and then. */
const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.constantFrom(...Array.from({ length: others.length * 5 }, () => usual), ...others)
const kind = <K extends string>(name: K) => fc.constant(name)

/** Which run of its job speaks: the newest that the ledger knows, the one after it, one that may be an older one. */
export type RunChoice = 'newest' | 'next' | 'first'
const run = mostly<RunChoice>('newest', 'next', 'first')
/** Which ask is meant: the newest, the one after it, one too many, the first. */
export type AskChoice = 'newest' | 'next' | 'leap' | 'first'
/** Which attempt, counted from the newest; or one that the ledger never made. */
export type AttemptChoice = number | 'unknown'
const attempt = mostly<AttemptChoice>(0, 1, 2, 'unknown')
/** Whose token: a new one, the attempt's own, one that an earlier attempt had, one that the ledger never saw, nobody's. */
export type TokenChoice = 'new' | 'own' | 'earlier' | 'stray' | 'none'

const STEPS = {
  reserve: {
    weight: 24,
    plan: fc.record({
      do: kind('reserve'),
      run,
      ask: fc.constantFrom<AskChoice[]>('next', 'next', 'next', 'next', 'newest', 'newest', 'leap', 'first'),
      isCheap: mostly(false, true),
      cents: fc.integer({ min: 1, max: 7 }),
      /** Who sends by itself names a token. */
      token: mostly<TokenChoice>('none', 'own', 'new'),
      terms: mostly<'same' | 'other hash' | 'other model' | 'other account'>('same', 'other hash', 'other model', 'other account'),
      boundFor: mostly(60 * MINUTE, 30 * SECOND),
    }),
  },
  dispatch: {
    weight: 22,
    plan: fc.record({
      do: kind('dispatch'),
      run,
      ask: mostly<AskChoice>('newest', 'first', 'next'),
      token: fc.constantFrom<TokenChoice[]>('new', 'new', 'new', 'new', 'own', 'own', 'earlier'),
      terms: mostly<'same' | 'other hash' | 'other account'>('same', 'other hash', 'other account'),
    }),
  },
  settle: {
    weight: 11,
    plan: fc.record({
      do: kind('settle'),
      attempt,
      token: mostly<TokenChoice>('own', 'stray'),
      cents: fc.nat(7),
      /** The provider named no usage. */
      isPresumed: mostly(false, true),
      /** What is booked already comes again, at another cost. */
      isOther: mostly(false, true),
      /** Which budget periods the answer names. */
      on: mostly<'own' | 'none' | 'all'>('own', 'none', 'all'),
    }),
  },
  reject: {
    weight: 8,
    plan: fc.record({
      do: kind('reject'),
      attempt,
      token: mostly<TokenChoice>('own', 'stray'),
      retryAfter: fc.constantFrom(undefined, SECOND, SECOND, 70 * MINUTE),
    }),
  },
  'mark in doubt': {
    weight: 7,
    plan: fc.record({ do: kind('mark in doubt'), attempt, token: fc.constantFrom<TokenChoice[]>('own', 'own', 'none', 'stray') }),
  },
  close: { weight: 2, plan: fc.record({ do: kind('close'), run }) },
  sweep: { weight: 6, plan: fc.record({ do: kind('sweep') }) },
  adjust: {
    weight: 6,
    plan: fc.record({
      do: kind('adjust'),
      attempt,
      cents: fc.nat(7),
      source: fc.constantFrom('bill' as const, 'person' as const),
      id: fc.nat(1),
    }),
  },
  'change cap': {
    weight: 3,
    plan: fc.record({ do: kind('change cap'), budget: fc.nat(4), cents: fc.integer({ min: -6, max: 5 }), key: fc.nat(3) }),
  },
  stop: { weight: 1, plan: fc.record({ do: kind('stop'), scope: fc.nat(1) }) },
  resume: { weight: 3, plan: fc.record({ do: kind('resume'), scope: fc.nat(1) }) },
  wait: {
    weight: 6,
    plan: fc.record({
      do: kind('wait'),
      for: fc.constantFrom(3 * SECOND, 6 * SECOND, 40 * SECOND, 2 * MINUTE, 3 * MINUTE, 16 * MINUTE, 16 * MINUTE, DAY, 35 * DAY),
    }),
  },
}

type Planned = { [K in keyof typeof STEPS]: (typeof STEPS)[K]['plan'] extends fc.Arbitrary<infer P> ? P : never }[keyof typeof STEPS]
export type Plan = Planned & {
  readonly client: number
  /** Which call, among those that the step suits; or, anywhere, among all. */
  readonly call: number
  readonly isAnywhere: boolean
}

/** Any number of steps, by one of so many clients. */
export function plans(clients: number, without: readonly (keyof typeof STEPS)[] = []): fc.Arbitrary<Plan> {
  const names = (Object.keys(STEPS) as (keyof typeof STEPS)[]).filter((name) => !without.includes(name))
  const step = fc.oneof(...names.map((name) => ({ weight: STEPS[name].weight, arbitrary: STEPS[name].plan as fc.Arbitrary<Planned> })))
  return fc
    .tuple(fc.nat(clients - 1), fc.nat(11), mostly(false, true), step)
    .map(([client, call, isAnywhere, rest]): Plan => ({ client, call, isAnywhere, ...rest }))
}

import type { operations } from '../api-types.ts'
import { answerOf, effect, itemsOf, type CallOptions, type Raw } from './asking.ts'
import { snake, type Camel, type Given } from './casing.ts'
import { queryOf, reading, type Filters, type Reading } from './reading.ts'
import type { BodyOf, Input, Shown } from './reservations.ts'

export type SavingSwitch = Shown<'SavingSwitch'>
export type SavingsReport = Shown<'Savings'>
export type CacheFigures = Shown<'Cache'>

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>
type Question<Name extends keyof operations> = Given<Camel<QueryOf<Name>>>

/** Spending less: what is switched on for which feature, and what it saved. */
export interface SavingsApi {
  /** What each strategy saved, this month unless it says otherwise; and which were on without effect. */
  report(question?: Question<'getSavings'>, options?: Reading): Promise<SavingsReport>
  /** What holds now, by feature. */
  switches(filters?: Filters<'listSavingSwitches'>, options?: Reading): AsyncIterable<SavingSwitch>
  /** What holds for a feature, and its versions, the newest first. */
  switch(feature: string, options?: Reading): Promise<Shown<'SavingSwitchHistory'>>
  /** What is left out stays; `false` switches off, null takes back what was said. The same again: no effect. */
  set(said: Input<'setSavingSwitch'>, options?: CallOptions): Promise<SavingSwitch>
}

/** The response cache. */
export interface CacheApi {
  stats(question?: Question<'getCache'>, options?: Reading): Promise<CacheFigures>
  /** Forgets answers of an account, a feature or a model; of all only with `all: true`. */
  clear(which: Question<'clearCache'>, options?: CallOptions): Promise<Shown<'ClearedCache'>>
}

export const savings = (raw: Raw): SavingsApi => ({
  report: (question, options) =>
    answerOf(raw.GET('/v1/savings', { params: { query: snake(question ?? {}) as QueryOf<'getSavings'> }, ...reading(options) })),
  switches: (filters, options) =>
    itemsOf((cursor) =>
      answerOf(raw.GET('/v1/saving-switches', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) })),
    ),
  switch: (id, options) => answerOf(raw.GET('/v1/saving-switches/{id}', { params: { path: { id } }, ...reading(options) })),
  async set(said, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/saving-switches', { body: snake(said) as BodyOf<'setSavingSwitch'>, ...init }), key)
  },
})

export const cache = (raw: Raw): CacheApi => ({
  stats: (question, options) =>
    answerOf(raw.GET('/v1/cache', { params: { query: snake(question ?? {}) as QueryOf<'getCache'> }, ...reading(options) })),
  async clear(which, options) {
    const { key, init } = effect(options)
    return answerOf(raw.DELETE('/v1/cache', { ...init, params: { ...init.params, query: snake(which) as QueryOf<'clearCache'> } }), key)
  },
})

import type { operations } from '../api-types.ts'
import { answerOf, effect, itemsOf, type CallOptions, type Raw } from './asking.ts'
import { snake, type Camel, type Given } from './casing.ts'
import { queryOf, reading, type Filters, type Reading } from './reading.ts'
import { by, type BodyOf, type Input, type Shown } from './reservations.ts'

export type Call = Shown<'Call'>
export type SpendReport = Shown<'AiSpendReport'>

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>
type Question<Name extends keyof operations> = Given<Camel<QueryOf<Name>>>

/** Every request to a model, and every usage that was tracked, with its money as known now. */
export interface Calls {
  /** Those of the newest job first; of thirty days, unless `from` says otherwise. */
  list(filters?: Filters<'listCalls'>, options?: Reading): AsyncIterable<Call>
  get(id: string, options?: Reading): Promise<Call>
  /** How good its answer was, and what it was worth: the last word stands, what is left out stays. */
  score(id: string, score: Input<'scoreCall'>, options?: CallOptions): Promise<Call>
}

/** Sums that are what the budgets have spent. Amounts are decimal texts. */
export interface Spending {
  /** A month by any scope value, dearest first: the last one that is over, unless `month` names another. */
  report(question?: Question<'aiSpendReport'>, options?: Reading): Promise<SpendReport>
  /** Each day from `startDate` to `endDate`, both inclusive, oldest first. */
  daily(question?: Question<'dailyCosts'>, options?: Reading): Promise<Shown<'DailyCosts'>>
  byModel(question?: Question<'costsByModel'>, options?: Reading): Promise<Shown<'CostsByModel'>>
  total(question?: Question<'totalCost'>, options?: Reading): Promise<Shown<'TotalCost'>>
}

export const calls = (raw: Raw): Calls => ({
  list: (filters, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/calls', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) }))),
  get: (id, options) => answerOf(raw.GET('/v1/calls/{id}', { params: { path: { id } }, ...reading(options) })),
  async score(id, score, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/calls/{id}/score', { body: snake(score) as BodyOf<'scoreCall'>, ...by(id, init) }), key)
  },
})

export const spending = (raw: Raw): Spending => ({
  report: (question, options) => answerOf(raw.GET('/ai-spend/report', asked<'aiSpendReport'>(question, options))),
  daily: (question, options) => answerOf(raw.GET('/analytics/costs/daily', asked<'dailyCosts'>(question, options))),
  byModel: (question, options) => answerOf(raw.GET('/analytics/costs/by-model', asked<'costsByModel'>(question, options))),
  total: (question, options) => answerOf(raw.GET('/analytics/costs/total', asked<'totalCost'>(question, options))),
})

const asked = <Name extends keyof operations>(question: Question<Name> | undefined, options: Reading | undefined) => ({
  params: { query: snake(question ?? {}) as QueryOf<Name> },
  ...reading(options),
})

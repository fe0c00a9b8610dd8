import { answerOf, effect, itemsOf, type CallOptions, type Raw } from './asking.ts'
import { snake } from './casing.ts'
import { queryOf, reading, type Filters, type Reading } from './reading.ts'
import { by, type BodyOf, type Input, type Shown } from './reservations.ts'

export type Budget = Shown<'Budget'>
export type Account = Shown<'Account'>
/** An account after a change (or as it would be), and what the change makes of it. */
export type ChangedAccount = Shown<'ChangedAccount'>
export type AccountPlan = Shown<'AccountPlan'>
export type Stop = Shown<'Stop'>

interface Reason {
  readonly reason: string
}

interface Change extends Reason {
  /** Say what would become of it, and change nothing. */
  readonly dryRun?: boolean
}

export interface Budgets {
  /** Every budget that the key may see, oldest first. */
  list(filters?: Filters<'listBudgets'>, options?: Reading): AsyncIterable<Budget>
  get(id: string, options?: Reading): Promise<Budget>
  /** In force for the next reservation, everywhere. The same terms under the same name again: no effect. */
  create(terms: Input<'createBudget'>, options?: CallOptions): Promise<Budget>
  /** Changes the terms of the revision that you have seen. Throws PurserApiError `precondition_failed` if somebody else was first: `problem.budget` is it now. */
  update(seen: Pick<Budget, 'id' | 'revision'>, change: Input<'updateBudget'>, options?: CallOptions): Promise<Budget>
  archive(id: string, why: Reason, options?: CallOptions): Promise<Budget>
}

export interface Accounts {
  list(filters?: Filters<'listAccounts'>, options?: Reading): AsyncIterable<Account>
  get(id: string, options?: Reading): Promise<Account>
  /** With the same terms again: no effect. With others: PurserApiError `account_conflict`. */
  create(terms: Input<'createAccount'>, options?: CallOptions): Promise<Account>
  /** Nothing is reserved or sent for it from now on. */
  suspend(id: string, change: Change, options?: CallOptions): Promise<ChangedAccount>
  activate(id: string, change: Change, options?: CallOptions): Promise<ChangedAccount>
  /** Another plan, now or with its next month. */
  changePlan(id: string, change: Input<'changeAccountPlan'>, options?: CallOptions): Promise<ChangedAccount>
  /** Which plans it had, has and will have, in the order in which they were decided. */
  plans(id: string, options?: Reading): AsyncIterable<AccountPlan>
  /** With its month, until which it may spend, or now. */
  cancel(id: string, change: Input<'cancelAccount'>, options?: CallOptions): Promise<ChangedAccount>
}

export interface Stops {
  /** What is stopped now, oldest first. */
  list(filters?: Filters<'listStops'>, options?: Reading): AsyncIterable<Stop>
  /** The panic switch: once it has answered, nothing of the scope is reserved or sent, anywhere. */
  create(stop: Input<'stop'>, options?: CallOptions): Promise<Stop>
  resume(id: string, why: Reason, options?: CallOptions): Promise<Stop>
}

export const budgets = (raw: Raw): Budgets => ({
  list: (filters, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/budgets', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) }))),
  get: (id, options) => answerOf(raw.GET('/v1/budgets/{id}', { params: { path: { id } }, ...reading(options) })),
  async create(terms, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/budgets', { body: snake(terms) as BodyOf<'createBudget'>, ...init }), key)
  },
  async update({ id, revision }, change, options) {
    const { key, init } = effect(options)
    const header = { ...init.params.header, 'If-Match': `"${revision}"` }
    const body = snake(change) as BodyOf<'updateBudget'>
    return answerOf(raw.PATCH('/v1/budgets/{id}', { body, ...init, params: { header, path: { id } } }), key)
  },
  async archive(id, body, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/budgets/{id}/archive', { body, ...by(id, init) }), key)
  },
})

export const accounts = (raw: Raw): Accounts => ({
  list: (filters, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/accounts', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) }))),
  get: (id, options) => answerOf(raw.GET('/v1/accounts/{id}', { params: { path: { id } }, ...reading(options) })),
  async create(terms, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/accounts', { body: snake(terms) as BodyOf<'createAccount'>, ...init }), key)
  },
  async suspend(id, change, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/accounts/{id}/suspend', { body: snake(change) as BodyOf<'suspendAccount'>, ...by(id, init) }), key)
  },
  async activate(id, change, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/accounts/{id}/activate', { body: snake(change) as BodyOf<'activateAccount'>, ...by(id, init) }), key)
  },
  async changePlan(id, change, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/accounts/{id}/plan', { body: snake(change) as BodyOf<'changeAccountPlan'>, ...by(id, init) }), key)
  },
  plans: (id, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/accounts/{id}/plans', { params: { path: { id }, query: cursor }, ...reading(options) }))),
  async cancel(id, change, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/accounts/{id}/cancel', { body: snake(change) as BodyOf<'cancelAccount'>, ...by(id, init) }), key)
  },
})

export const stops = (raw: Raw): Stops => ({
  list: (filters, options) =>
    itemsOf((cursor) => answerOf(raw.GET('/v1/stops', { params: { query: { ...queryOf(filters), ...cursor } }, ...reading(options) }))),
  async create(stop, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/stops', { body: snake(stop) as BodyOf<'stop'>, ...init }), key)
  },
  async resume(id, body, options) {
    const { key, init } = effect(options)
    return answerOf(raw.POST('/v1/stops/{id}/resume', { body, ...by(id, init) }), key)
  },
})

/** `purser/api`: the typed door over HTTP, for any app and any runtime that has `fetch`. It reaches Purser's server, neither Temporal nor a database. */
import {
  accounts,
  budgets,
  stops,
  type Account,
  type Accounts,
  type Budget,
  type Budgets,
  type Stop,
  type Stops,
} from './api/administration.ts'
import { answerOf, effect, newKey, rawClient, type CallOptions, type PurserApiOptions, type Raw } from './api/asking.ts'
import { snake } from './api/casing.ts'
import { BudgetExceededError, PurserApiError, type PurserApiCode } from './api/errors.ts'
import { jobs, type Job, type Jobs, type JobSummary, type JobTerms } from './api/jobs.ts'
import {
  endingsOf,
  estimate,
  reserve,
  type ApiUsage,
  type BodyOf,
  type Estimate,
  type EstimateTerms,
  type Input,
  type Reservation,
  type ReservationEndings,
  type ReservationShown,
  type ReservationTerms,
  type Shown,
} from './api/reservations.ts'
import { cache, savings, type CacheApi, type CacheFigures, type SavingsApi, type SavingsReport, type SavingSwitch } from './api/savings.ts'
import { calls, spending, type Call, type Calls, type SpendReport, type Spending } from './api/spending.ts'
import type { components, paths } from './api-types.ts'
import type { Money } from './domain/money.ts'

export { BudgetExceededError, newKey, PurserApiError }
export type { Account, ApiUsage, Budget, CallOptions, components, Estimate, EstimateTerms, Money, paths, PurserApiCode, PurserApiOptions }
export type { CacheFigures, SavingsReport, SavingSwitch }
export type { Call, Job, JobSummary, JobTerms, SpendReport }
export type { Reservation, ReservationEndings, ReservationShown, ReservationTerms, Stop }

/** What was used elsewhere; `at` is a moment in ISO 8601, now if left out. */
export type TrackTerms = Omit<Input<'trackUsage'>, 'usage'> & { readonly usage: ApiUsage }
export type Tracked = Shown<'TrackedUsage'>
type TrackedBatch = Shown<'TrackedBatch'>

/** Every method throws PurserApiError when the API says no, and when nothing is heard within the time limit. Money is a decimal text with its currency. */
export interface PurserApi {
  /**
   * Sets the worst cost of a call aside, before you send it, on every budget that covers it. Send it only then, once, with `maxOutputTokens` as its limit, and end
   * it by `validUntil`. Throws BudgetExceededError.
   */
  reserve(terms: ReservationTerms, options?: CallOptions): Promise<Reservation>
  /** One that was granted before, by its id, perhaps by another process. */
  reservation(id: string): ReservationEndings
  /** What a call costs at worst, and whether its budgets could pay for it now. No effect: reserve to be sure. */
  estimate(terms: EstimateTerms, options?: CallOptions): Promise<Estimate>
  /** Whether a reservation would be granted at this moment. No effect. */
  canAfford(terms: EstimateTerms, options?: CallOptions): Promise<boolean>
  /** Books what was used elsewhere, once per `key` (yours, for ever; the idempotencyKey if left out). Never refused for want of money. */
  track(usage: TrackTerms, options?: CallOptions): Promise<Tracked>
  /** Up to 1,000 in one commit, each with its `key`: all of them or none, or `each` that can be booked. */
  trackMany(
    usages: readonly (TrackTerms & { readonly key: string })[],
    options?: CallOptions & { readonly mode?: 'all' | 'each' },
  ): Promise<TrackedBatch>
  readonly jobs: Jobs
  readonly calls: Calls
  readonly spending: Spending
  readonly budgets: Budgets
  readonly accounts: Accounts
  readonly stops: Stops
  readonly savings: SavingsApi
  readonly cache: CacheApi
  /** Every endpoint there is, as openapi.json names them; with the same key, retries and time limit. Its Idempotency-Keys are yours to give: `newKey()`. */
  readonly raw: Raw
}

/** A client of one Purser. Throws RangeError for options that cannot be. */
export function purserApi(options: PurserApiOptions): PurserApi {
  const raw = rawClient(options)
  return {
    reserve: (terms, given) => reserve(raw, terms, given),
    reservation: (id) => endingsOf(raw, id),
    estimate: (terms, given) => estimate(raw, terms, given),
    canAfford: async (terms, given) => (await estimate(raw, terms, given)).affordable,
    async track(usage, given) {
      const { key, init } = effect(given)
      return answerOf(raw.POST('/v1/track', { body: snake(usage) as BodyOf<'trackUsage'>, ...init }), key)
    },
    async trackMany(usages, { mode = 'all', ...given } = {}) {
      const { key, init } = effect(given)
      return answerOf(raw.POST('/v1/track/batch', { body: snake({ usages, mode }) as BodyOf<'trackUsages'>, ...init }), key)
    },
    jobs: jobs(raw),
    calls: calls(raw),
    spending: spending(raw),
    budgets: budgets(raw),
    accounts: accounts(raw),
    stops: stops(raw),
    savings: savings(raw),
    cache: cache(raw),
    raw,
  }
}

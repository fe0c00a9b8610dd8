import { ACCOUNT_CHANGES } from './account-changes.ts'
import { ACCOUNTS } from './accounts.ts'
import { ACTS } from './acts.ts'
import { ANALYTICS } from './analytics.ts'
import { ALERT_RULES } from './alert-rules.ts'
import { ALERTS } from './alerts.ts'
import { ATTEMPTS } from './attempts.ts'
import { AUDIT } from './audit.ts'
import { BILLS } from './bills.ts'
import { BUDGET_FORECAST } from './budget-forecast.ts'
import { BUDGET_SHORT } from './budget-short.ts'
import { BUDGETS } from './budgets.ts'
import { CACHE } from './cache.ts'
import { CALLS } from './calls.ts'
import { DELIVERIES } from './deliveries.ts'
import { DESTINATIONS } from './destinations.ts'
import type { Endpoint } from './endpoint.ts'
import { ESTIMATES } from './estimates.ts'
import { EXPORTS } from './exports.ts'
import { JOBS } from './jobs.ts'
import { KEYS } from './keys.ts'
import { MODELS } from './models.ts'
import { PLANS } from './plans.ts'
import { PRICES } from './prices.ts'
import { RATES } from './rates.ts'
import { REPORT_SCHEDULES } from './report-schedules.ts'
import { RESERVATIONS } from './reservations.ts'
import { REVIEW } from './review.ts'
import { SAVINGS } from './savings.ts'
import { SAVING_SWITCHES } from './saving-switches.ts'
import { SPENDING_SHORT } from './spending.ts'
import { STATEMENTS } from './statements.ts'
import { STOPS } from './stops.ts'
import { TOP_UPS } from './top-ups.ts'
import { TRACK, TRACK_SHORT } from './track.ts'
import { RATE_LIMITS } from './rate-limits.ts'
import { WAITERS } from './waiters.ts'

/** All of the API, in the order of its documentation: one list per resource. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...RESERVATIONS,
  ...ESTIMATES,
  ...TRACK,
  ...CALLS,
  ...EXPORTS,
  ...ANALYTICS,
  ...REPORT_SCHEDULES,
  ...JOBS,
  ...BUDGETS,
  ...BUDGET_FORECAST,
  ...TOP_UPS,
  ...WAITERS,
  ...RATE_LIMITS,
  ...ACCOUNTS,
  ...STATEMENTS,
  ...ACCOUNT_CHANGES,
  ...REVIEW,
  ...PLANS,
  ...SAVINGS,
  ...SAVING_SWITCHES,
  ...CACHE,
  ...STOPS,
  ...ALERTS,
  ...ALERT_RULES,
  ...DESTINATIONS,
  ...DELIVERIES,
  ...ATTEMPTS,
  ...AUDIT,
  ...BILLS,
  ...PRICES,
  ...RATES,
  ...MODELS,
  ...KEYS,
  ...ACTS,
  ...TRACK_SHORT,
  ...BUDGET_SHORT,
  ...SPENDING_SHORT,
]

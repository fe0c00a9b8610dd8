import { ACCOUNTS } from './accounts.ts'
import { ACTS } from './acts.ts'
import { ATTEMPTS } from './attempts.ts'
import { AUDIT } from './audit.ts'
import { BUDGETS } from './budgets.ts'
import type { Endpoint } from './endpoint.ts'
import { KEYS } from './keys.ts'
import { PLANS } from './plans.ts'
import { RESERVATIONS } from './reservations.ts'
import { STOPS } from './stops.ts'
import { TOP_UPS } from './top-ups.ts'

/** All of the API, in the order of its documentation: one list per resource. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...RESERVATIONS,
  ...BUDGETS,
  ...TOP_UPS,
  ...ACCOUNTS,
  ...PLANS,
  ...STOPS,
  ...ATTEMPTS,
  ...AUDIT,
  ...KEYS,
  ...ACTS,
]

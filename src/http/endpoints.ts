import { ACTS } from './acts.ts'
import type { Endpoint } from './endpoint.ts'
import { KEYS } from './keys.ts'
import { RESERVATIONS } from './reservations.ts'

/** All of the API, in the order of its documentation: one list per resource. */
export const ENDPOINTS: readonly Endpoint[] = [...RESERVATIONS, ...KEYS, ...ACTS]

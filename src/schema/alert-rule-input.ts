import { z } from 'zod'

/** The ledger has the same form as a constraint. */
export const alertRuleName = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'small letters, digits and _ . -, 63 at most')

/** Times what is normal. */
export const alertFactor = z
  .string('write a factor as text, like "2.0"')
  .regex(/^\d{1,4}(\.\d{1,2})?$/, 'write a factor above 1, with two digits at most, like "2.0"')

const DAY_S = 86_400
const MONTH_S = 30 * DAY_S
export const alertAge = z.int().min(60).max(MONTH_S)
export const alertCooldown = z.int().min(0).max(MONTH_S)
export const alertPercent = z.int().min(1).max(1000)

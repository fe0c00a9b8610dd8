import { z } from 'zod'
import { ABILITIES } from '../domain/ability.ts'
import { COMPLEXITIES } from '../domain/complexity.ts'
import type { RoutePolicies, RoutePolicy } from '../domain/route-policy.ts'
import { SIZES } from '../domain/route-policy.ts'
import { label } from './names.ts'

const LIST_MAX = 100
const FEATURES_MAX = 500

const complexity = z.enum(COMPLEXITIES, `a complexity is ${COMPLEXITIES.join(', ')}`)
const models = z.array(label).min(1, 'name a model, or leave it away').max(LIST_MAX)
const abilities = z.array(z.enum(ABILITIES, `an ability is one of ${ABILITIES.join(', ')}`)).max(ABILITIES.length)
const byModel = <T extends z.ZodType>(value: T) =>
  z.record(label, value).refine((named) => Object.keys(named).length <= LIST_MAX, `${LIST_MAX} models at most`)
/** The same as a cap is written. */
const floor = z.string().regex(/^\d{1,10}(\.\d{1,9})?$/, 'write an amount in EUR like "0.01", with at most nine decimals')

export const routePolicySchema = z.strictObject({
  complexity: complexity.optional(),
  models: z.partialRecord(complexity, models).optional(),
  sizes: byModel(z.enum(SIZES, `a size is ${SIZES.join(', ')}`)).optional(),
  floorEur: floor.optional(),
  allow: models.optional(),
  forbid: models.optional(),
  providers: models.optional(),
  needs: abilities.optional(),
  can: byModel(abilities).optional(),
  cannot: byModel(abilities).optional(),
}) satisfies z.ZodType<RoutePolicy>

/** How an app chooses its models: what its features have in common, and what each changes. */
export const routePoliciesSchema = z.strictObject({
  all: routePolicySchema.optional(),
  features: z
    .record(label, routePolicySchema)
    .refine((features) => Object.keys(features).length <= FEATURES_MAX, `${FEATURES_MAX} features at most`)
    .optional(),
}) satisfies z.ZodType<RoutePolicies>

import { z } from '@hono/zod-openapi'
import type { PromptRules } from '../domain/prompt-rules.ts'
import type { RoutePolicy } from '../domain/route-policy.ts'
import { routePolicySchema } from '../schema/route-policy-input.ts'
import type { FeatureCache } from '../domain/saving-switch.ts'
import { featureCacheSchema, promptRulesSchema } from '../schema/saving-switch-input.ts'

/** A strategy's terms in the API's names. In files, and in the ledger, they have those of TypeScript. */
const { floorEur, ...policy } = routePolicySchema.shape
const { historyTokensMax, ...rules } = promptRulesSchema.shape
const { ttlMs, shared, nonRepeatable, cutShort } = featureCacheSchema.shape

export const routeInput = z
  .strictObject({ ...policy, floor_eur: floorEur })
  .transform(({ floor_eur: floor, ...rest }): RoutePolicy => (floor === undefined ? rest : { ...rest, floorEur: floor }))

export const compressInput = z
  .strictObject({ ...rules, history_tokens_max: historyTokensMax })
  .transform(({ history_tokens_max: tokens, ...rest }): PromptRules =>
    tokens === undefined ? rest : { ...rest, historyTokensMax: tokens },
  )

export const cacheInput = z
  .strictObject({ ttl_ms: ttlMs, shared, non_repeatable: nonRepeatable, cut_short: cutShort })
  .transform(({ ttl_ms, shared: isShared, non_repeatable, cut_short }): FeatureCache => ({
    ...(ttl_ms === undefined ? {} : { ttlMs: ttl_ms }),
    ...(isShared === undefined ? {} : { shared: isShared }),
    ...(non_repeatable === undefined ? {} : { nonRepeatable: non_repeatable }),
    ...(cut_short === undefined ? {} : { cutShort: cut_short }),
  }))

type Said<T> = T | false | null | undefined

export function routeBody(said: Said<RoutePolicy>) {
  if (said === null || said === undefined || said === false) return said ?? null
  const { floorEur: floor, ...rest } = said
  return floor === undefined ? rest : { ...rest, floor_eur: floor }
}

export function compressBody(said: Said<PromptRules>) {
  if (said === null || said === undefined || said === false) return said ?? null
  const { historyTokensMax: tokens, ...rest } = said
  return tokens === undefined ? rest : { ...rest, history_tokens_max: tokens }
}

export function cacheBody(said: Said<FeatureCache>) {
  if (said === null || said === undefined || said === false) return said ?? null
  const { ttlMs: ttl, nonRepeatable: pictures, cutShort: cut, ...rest } = said
  return {
    ...rest,
    ...(ttl === undefined ? {} : { ttl_ms: ttl }),
    ...(pictures === undefined ? {} : { non_repeatable: pictures }),
    ...(cut === undefined ? {} : { cut_short: cut }),
  }
}

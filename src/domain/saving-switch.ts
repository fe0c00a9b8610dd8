import type { PromptRules } from './prompt-rules.ts'
import type { CacheTerms } from './response-cache.ts'
import type { RoutePolicy } from './route-policy.ts'

/** What is said of every feature that says nothing of its own. */
export const EVERY_FEATURE = '*'

/** How a feature's answers are kept. What stands for a prompt is each call's own. */
export type FeatureCache = Omit<CacheTerms, 'semanticKey'>

/** Strategies of one feature: false is off, absent is nothing said. */
export interface Switches {
  readonly route?: RoutePolicy | false | undefined
  readonly compress?: PromptRules | false | undefined
  readonly cache?: FeatureCache | false | undefined
}

/** What holds for a feature: its own word, and key by key what is said of every feature. Absent: off. */
export function switchesFor(
  all: Switches,
  own: Switches,
): { readonly route?: RoutePolicy; readonly compress?: PromptRules; readonly cache?: FeatureCache } {
  const [route, compress, cache] = [joined(all.route, own.route), joined(all.compress, own.compress), joined(all.cache, own.cache)]
  return {
    ...(route === undefined ? {} : { route }),
    ...(compress === undefined ? {} : { compress }),
    ...(cache === undefined ? {} : { cache }),
  }
}

function joined<T extends object>(all: T | false | undefined, own: T | false | undefined): T | undefined {
  if (own === false) return undefined
  if (own === undefined) return all === false ? undefined : all
  return all === undefined || all === false ? own : { ...all, ...own }
}

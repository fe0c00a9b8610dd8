import type { CallScope } from '../domain/call.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** What a budget's scope is compared with: every scope value of a call, and what it asks for. */
export type Terms = CallScope & Pick<PricedRequest, 'provider' | 'model' | 'endpoint'>

/** Who pays, and for what, comes last: nothing among the scope values can say otherwise. */
export const termsOf = (scope: CallScope, request: Pick<PricedRequest, 'provider' | 'model' | 'endpoint'>): Terms => ({
  ...scope,
  provider: request.provider,
  model: request.model,
  endpoint: request.endpoint,
})

/** The ledger's number of these scope values, with what covers them found if need be. Throws PurserError `unknown_account`. */
export const resolveScope = ({ sql }: Pick<Ledger, 'sql'>, terms: Terms): Promise<number> =>
  asked(() => sql`select purser.resolve(${sql.json(terms as never)}) as answer`)

/** Numbers of scope values that this process has met. What is forgotten is asked again. */
export interface KnownScopes {
  readonly get: (terms: Terms) => number | undefined
  readonly remember: (terms: Terms, id: number) => void
}

const SCOPES_MAX = 100_000

export function knownScopes(max = SCOPES_MAX): KnownScopes {
  const known = new Map<string, number>()
  return {
    get: (terms) => known.get(JSON.stringify(terms)),
    remember(terms, id) {
      const key = JSON.stringify(terms)
      // The oldest goes: a Map keeps the order in which its keys came.
      if (known.size >= max && !known.has(key)) known.delete(known.keys().next().value ?? '')
      known.set(key, id)
    },
  }
}

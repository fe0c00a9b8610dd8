import type { CostDependencies } from '../calls/flight.ts'
import type { Purser } from '../client.ts'
import type { DestinationRules } from '../delivery/destination.ts'
import type { ApiScope } from '../domain/api-scope.ts'
import type { ApiKey } from '../ledger/api-keys.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { once, type KeptAnswer, type Transactions } from '../ledger/once.ts'
import { cursorsOf, type Cursors } from './cursor.ts'
import type { Memory } from './memory.ts'
import { Problem } from './problem.ts'

/** The jobs of this installation, and where people look at one. */
export interface Jobs {
  readonly purser: Purser
  readonly uiUrlOf: (jobId: string) => string | undefined
}

/** What the API works with, wired by the server. */
export interface ApiServices {
  readonly costs: CostDependencies
  readonly memory: Memory
  readonly transactions: Transactions
  readonly secret: string
  /** For what reads whole tables: its statements may take longer. */
  readonly reports: Ledger
  /** For what is asked of the sums. */
  readonly questions: Ledger
  /** Where days and months begin, unless somebody says it. */
  readonly timeZone: string
  /** Undefined: this server has no Temporal. */
  readonly jobs: Jobs | undefined
  /** Where notices may go. */
  readonly delivery: DestinationRules
}

/** Everything that a request may reach, of one account or (undefined) of all. Whoever has one has passed through `Access`. */
export interface Reach extends CostDependencies {
  readonly memory: Memory
  readonly reports: Ledger
  readonly questions: Ledger
  readonly timeZone: string
  readonly jobs: Jobs | undefined
  readonly delivery: DestinationRules
  readonly account: string | undefined
}

/** A request that may be repeated: the caller's key, and the hash of what it asks for. */
export interface Repeatable {
  readonly key: string
  readonly hash: string
}

/** What an answer says: its status and body, and whether it is one that was given before. */
export interface ApiAnswer {
  readonly status: number
  /** JSON; where the endpoint says another type, text in pieces: an AsyncGenerator. */
  readonly body: unknown
  readonly replayed?: boolean | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * What a request's key lets it do and see. It is the only way to the ledger, and the one place where a key that is bound to an account is bound to it:
 * a handler names the account that it means, and gets the ledger together with the account that it must ask for.
 */
export interface Access {
  readonly requestId: string
  /** Of this installation: what is told of something that nobody may guess is keyed with it. */
  readonly secret: string
  /** For the list of acts: `key_7`. */
  readonly who: string
  readonly key: Pick<ApiKey, 'id' | 'account'> & { readonly scopes: readonly ApiScope[] }
  /** Undefined where none was sent: only reading, and the aliases, do without. */
  readonly repeatable: Repeatable | undefined
  /** The ETag that the caller has seen, where one must be named. */
  readonly ifMatch: string | undefined
  /** For lists: cursors of other keys, and of other lists, are refused. */
  readonly cursors: Cursors
  /** For what concerns this account, or (undefined) whatever the key may see. Throws Problem `not_permitted` for another account than the key's own. */
  reach(account: string | undefined): Reach
  /** What is found by its id. What belongs to another account is not there. Throws Problem `not_found`. */
  find<T extends { readonly account: string | null }>(
    what: string,
    read: (reach: Reach) => Promise<T | undefined>,
  ): Promise<{ found: T; reach: Reach }>
  /** What concerns all accounts. Throws Problem `not_permitted` with a key that is bound to one. */
  everywhere(): Reach
  /**
   * An effect that happens once per Idempotency-Key, with its answer, in one transaction: only what is asked of the ledger that `work` gets belongs to it. A repeat
   * hears the first answer. Throws Problem `request_running`, `idempotency_key_reused`.
   */
  once(account: string | undefined, work: (reach: Reach) => Promise<KeptAnswer>): Promise<ApiAnswer>
}

export interface AccessTerms {
  readonly requestId: string
  readonly key: Access['key']
  readonly repeatable: Repeatable | undefined
  readonly ifMatch?: string | undefined
  readonly path: string
}

export function accessOf(
  { costs, memory, transactions, secret, reports, questions, timeZone, jobs, delivery }: ApiServices,
  { requestId, key, repeatable, ifMatch, path }: AccessTerms,
): Access {
  const own = key.account ?? undefined
  const reach = (account: string | undefined): Reach => {
    if (own !== undefined && account !== undefined && account !== own)
      throw new Problem('not_permitted', `this key is bound to account "${own}": it does and sees nothing of "${account}"`)
    return { ...costs, memory, reports, questions, timeZone, jobs, delivery, account: own ?? account }
  }
  return {
    requestId,
    secret,
    who: `key_${key.id}`,
    key,
    repeatable,
    ifMatch,
    cursors: cursorsOf(secret, `${own ?? '*'} ${path}`),
    reach,
    async find(what, read) {
      const found = await read(reach(undefined))
      if (found === undefined || (own !== undefined && found.account !== own)) throw new Problem('not_found', `there is no such ${what}`)
      return { found, reach: reach(found.account ?? undefined) }
    },
    everywhere() {
      if (own === undefined) return reach(undefined)
      throw new Problem('not_permitted', `this key is bound to account "${own}": this needs a key for the whole installation`)
    },
    async once(account, work) {
      const bound = reach(account)
      const within = (tx: Ledger) => work({ ...bound, ledger: tx, prices: { ...bound.prices, sql: tx.sql } })
      if (repeatable === undefined) return transactions(within)
      const answer = await once(transactions, { keyId: key.id, ...repeatable }, within)
      if (answer.kind === 'running') throw running()
      if (answer.kind === 'reused') throw reused(repeatable.key)
      return answer
    },
  }
}

/** Somebody has it in hand. */
export const running = (): Problem =>
  new Problem('request_running', 'the same request is being worked on: ask again in a moment with the same key', {
    headers: { 'retry-after': '1' },
  })

/** The key has another request's answer. */
export const reused = (key: string): Problem =>
  new Problem('idempotency_key_reused', `the Idempotency-Key "${key}" was used for another request: take a new key for a new request`)

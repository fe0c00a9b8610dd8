import type { DestinationKind } from '../domain/notice.ts'
import { asked } from './asked.ts'
import type { Delivery } from './deliveries.ts'
import type { Ledger } from './ledger.ts'

/** Where notices go, as it may be shown: without what opens it. */
export interface Destination {
  readonly id: number
  readonly name: string
  readonly kind: DestinationKind
  readonly target: string
  /** `budget.threshold`, `alert.*` or `*`. */
  readonly types: readonly string[]
  /** Null: notices of every account, and those of none. */
  readonly account: string | null
  /** Counts the secrets that it has had. Null: nothing that goes there is signed. */
  readonly secretVersion: number | null
  readonly createdAt: string
  readonly disabledAt: string | null
  readonly disabledWhy: string | null
}

export interface NewDestination {
  readonly name: string
  readonly kind: DestinationKind
  readonly target: string
  /** The target without its secrets. */
  readonly shown: string
  readonly types: readonly string[]
  readonly account: string | undefined
  readonly secret: string | undefined
}

/** One destination, by its id; with an account, only if it is this account's. */
export interface DestinationRef {
  readonly id: number
  readonly account?: string | undefined
}

/** As Postgres writes a list of words without quotes, commas or braces in them. */
const listOf = (words: readonly string[]): string => `{${words.join(',')}}`

/** Throws PurserError `unknown_account`, `conflict` (its name is another's). */
export const createDestination = ({ sql }: Ledger, d: NewDestination): Promise<Destination> =>
  asked(
    () => sql`
    select purser.create_destination(p_name => ${d.name}, p_kind => ${d.kind}, p_target => ${d.target}, p_shown => ${d.shown}, p_types => ${listOf(d.types)}::text[],
      p_account => ${d.account ?? null}, p_secret => ${d.secret ?? null}) as answer`,
  )

/** The secret of whoever has just made it; undefined when a newer one has taken its place. */
export async function revealSecret(
  { sql }: Ledger,
  { id, version }: { readonly id: number; readonly version: number },
): Promise<string | undefined> {
  return (await asked<string | null>(() => sql`select purser.reveal_secret(${id}, ${version}) as answer`)) ?? undefined
}

/** A new secret; those before sign beside it for the overlap. Throws PurserError `not_found`, `conflict`. */
export const rotateSecret = (
  { sql }: Ledger,
  { id, account, secret, overlapMs }: DestinationRef & { readonly secret: string; readonly overlapMs: number },
): Promise<Destination & { readonly oldValidUntil: string | null }> =>
  asked(() => sql`select purser.rotate_secret(${id}, ${account ?? null}, ${secret}, make_interval(secs => ${overlapMs / 1000})) as answer`)

type Changed = Destination & { readonly changed: boolean }

/** Nothing goes there any more, and what was on its way ends; again: no effect. Throws PurserError `not_found`, `bad_input`. */
export const disableDestination = ({ sql }: Ledger, { id, account, why }: DestinationRef & { readonly why: string }): Promise<Changed> =>
  asked(() => sql`select purser.disable_destination(${id}, ${account ?? null}, ${why}) as answer`)

/** It gets what is told from now on; again: no effect. Throws PurserError `not_found`, `conflict` (its name is another's by now). */
export const enableDestination = ({ sql }: Ledger, { id, account }: DestinationRef): Promise<Changed> =>
  asked(() => sql`select purser.enable_destination(${id}, ${account ?? null}) as answer`)

/** Sends it a notice of its own, once per key. Throws PurserError `not_found`, `conflict` (it is disabled). */
export const testDestination = ({ sql }: Ledger, { id, account, key }: DestinationRef & { readonly key: string }): Promise<Delivery> =>
  asked(() => sql`select purser.test_destination(${id}, ${account ?? null}, ${key}) as answer`)

/** One destination, disabled or not; or the enabled one of a name, of an account or (undefined) of all. Undefined: there is none. */
export async function findDestination(
  { sql }: Ledger,
  d: { readonly id: number } | { readonly name: string; readonly account: string | undefined },
): Promise<Destination | undefined> {
  const found = await asked<Destination | null>(() =>
    'id' in d
      ? sql`select purser.show_destination(${d.id}, null, null) as answer`
      : sql`select purser.show_destination(null, ${d.name}, ${d.account ?? null}) as answer`,
  )
  return found ?? undefined
}

/** A page by id, after `after`: those that are enabled, or all; with an account, this account's. */
export const listDestinations = (
  { sql }: Ledger,
  page: { readonly account: string | undefined; readonly disabled?: boolean | undefined; readonly after: number; readonly limit: number },
): Promise<Destination[]> =>
  asked(
    () => sql`select purser.list_destinations(${page.account ?? null}, ${page.disabled ?? false}, ${page.after}, ${page.limit}) as answer`,
  )

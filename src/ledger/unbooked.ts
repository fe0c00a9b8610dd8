import type { Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** An answer that the ledger's functions rejected: kept, alarmed, and worked off by a person. */
export interface Unbooked {
  readonly id: number
  readonly at: string
  readonly reservationId: string | null
  readonly account: string | null
  /** What it names; undefined where it names none. */
  readonly cost: Nano | undefined
  /** Why it could not be booked. */
  readonly reason: string
}

type Raw = Omit<Unbooked, 'cost'> & { cost: string | null }

/** What waits for a person, the oldest first, after an id. Throws PurserError `bad_input`. */
export async function listUnbooked({ sql }: Ledger, page: { readonly after: number; readonly limit: number }): Promise<Unbooked[]> {
  const raw = await asked<Raw[]>(() => sql`select purser.list_unbooked(p_after => ${page.after}, p_limit => ${page.limit}) as answer`)
  return raw.map(({ cost, ...item }) => ({ ...item, cost: cost !== null && /^\d+$/.test(cost) ? nanoOf(cost) : undefined }))
}

/**
 * Ends one item: tried again as when it came (`booked`), or not booked, for a reason that says where its money is (`put_aside`). The same again has no effect.
 * Throws PurserError `not_found`, `bad_input`, and `conflict`: what still stands in the way, or that it was ended in the other way.
 */
export function resolveUnbooked(
  { sql }: Ledger,
  id: number,
  how: 'booked' | 'put_aside',
  why: string,
): Promise<{ readonly changed: boolean; readonly reservationId: string | null }> {
  return asked(() => sql`select purser.resolve_unbooked(p_id => ${id}, p_how => ${how}, p_why => ${why}) as answer`)
}

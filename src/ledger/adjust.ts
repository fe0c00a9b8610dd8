import type { Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A bill's or a person's word on what an attempt cost in all. */
export interface Adjustment {
  readonly reservationId: string
  readonly total: Nano
  readonly source: 'bill' | 'person'
  /** The source's own: the same correction again has no effect. */
  readonly sourceId: string
  readonly why: string
}

export interface Adjusted {
  /** `outranked`: a higher source has named the total already. */
  readonly kind: 'adjusted' | 'outranked'
  readonly changed: boolean
  readonly cost: Nano
}

/**
 * Names the new total of an attempt; the ledger computes the difference under its lock, and frees what is still reserved. Sources rank: bill,
 * answer, person, presumption. Throws PurserError `not_found`, `conflict` (other terms, never sent, still on its way), `bad_input`.
 */
export async function adjust({ sql }: Ledger, a: Adjustment): Promise<Adjusted> {
  const raw = await asked<{ kind: Adjusted['kind']; changed: boolean; cost: string }>(sql`
    select purser.adjust(
      p_reservation => ${a.reservationId}, p_total => ${a.total}, p_source => ${a.source}, p_source_id => ${a.sourceId}, p_why => ${a.why}) as answer`)
  return { kind: raw.kind, changed: raw.changed, cost: nanoOf(raw.cost) }
}

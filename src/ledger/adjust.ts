import { PurserError, type ErrorCode } from '../domain/errors.ts'
import { eur, shortEur, type Nano } from '../domain/money.ts'
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

/** A slip of the hand, rather; and in pico-dollars the ledger has no room for twice as much of one request. */
const TOTAL_MAX = eur('5000000')
const tooMuch = (total: Nano): string => `${shortEur(total)} EUR is more than a request can have cost: ${shortEur(TOTAL_MAX)} EUR at most`

type RawAdjusted = Omit<Adjusted, 'cost'> & { cost: string }

/**
 * Names the new total of an attempt; the ledger computes the difference under its lock, and frees what is still reserved. Sources rank: bill,
 * answer, person, presumption. Throws PurserError `not_found`, `conflict` (other terms, never sent, still on its way), `bad_input`.
 */
export async function adjust({ sql }: Ledger, a: Adjustment): Promise<Adjusted> {
  if (a.total > TOTAL_MAX) throw new PurserError('bad_input', tooMuch(a.total))
  const raw = await asked<RawAdjusted>(
    () => sql`
    select purser.adjust(
      p_reservation => ${a.reservationId}, p_total => ${a.total}, p_source => ${a.source}, p_source_id => ${a.sourceId}, p_why => ${a.why}) as answer`,
  )
  return adjustedOf(raw)
}

/** One of many that could not be booked: what `adjust` would have thrown. */
export interface NotAdjusted {
  readonly kind: 'failed'
  readonly code: ErrorCode
  readonly message: string
}

/**
 * Many corrections (500 at most) in one commit, such as a bill's lines; each has its own answer, in their order. One that cannot be booked has no
 * effect and harms no other; one that is there twice is booked once. Throws PurserError `bad_input` for too many.
 */
export async function adjustMany({ sql }: Ledger, many: readonly Adjustment[]): Promise<(Adjusted | NotAdjusted)[]> {
  const items = many.filter(({ total }) => total <= TOTAL_MAX).map((a) => ({ ...a, total: a.total.toString() }))
  const raw = await asked<(RawAdjusted | NotAdjusted)[]>(() => sql`select purser.adjust_many(${sql.json(items)}) as answer`)
  const answers = raw.map((answer) => (answer.kind === 'failed' ? answer : adjustedOf(answer)))
  for (const [n, { total }] of many.entries())
    if (total > TOTAL_MAX) answers.splice(n, 0, { kind: 'failed', code: 'bad_input', message: tooMuch(total) })
  return answers
}

const adjustedOf = ({ kind, changed, cost }: RawAdjusted): Adjusted => ({ kind, changed, cost: nanoOf(cost) })

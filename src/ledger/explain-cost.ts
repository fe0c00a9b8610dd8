import type { Ledger } from './ledger.ts'
import { callRef } from '../domain/call.ts'

/** One line of a cost with the price and the rate that made it: enough to compute it again by hand. */
export interface ExplainedLine {
  readonly unit: string
  readonly quantity: bigint
  readonly picoUsdPer: bigint
  readonly per: bigint
  readonly picoUsd: bigint
  readonly usdMicrosPerEur: bigint
  readonly nanoEur: bigint
  readonly priceSource: string
  readonly priceSourceDate: string
  readonly rateDay: string
  readonly rateSource: string
}

/** One attempt of a call: what it reserved, where it stands, what it cost. */
export interface ExplainedAttempt {
  readonly callRef: string
  readonly workflowId: string
  readonly callId: string
  readonly account: string
  readonly model: string
  readonly attempt: number
  readonly reservationId: string
  readonly state: string
  readonly why: string | null
  readonly amount: bigint
  readonly margin: bigint
  readonly cost: bigint | null
  readonly at: Date
  /** Of the bound (`rate_stale`) and of the answer (`usage_missing`, …). */
  readonly flags: readonly string[]
  readonly lines: readonly ExplainedLine[]
}

type Row = Omit<ExplainedAttempt, 'lines' | 'callRef'> & { call: string; token: string | null }

/** Every attempt of a call (`call_…`), or of all calls of a job (its workflow id), oldest first; at most 200. */
export async function explainCost({ sql }: Ledger, name: string): Promise<ExplainedAttempt[]> {
  const uuid = /^call_[0-9a-f]{32}$/.test(name) ? name.slice(5) : null
  const rows = await sql<Row[]>`
    select c.id as call, c.workflow_id as "workflowId", c.call_id as "callId", s.account, s.terms ->> 'model' as model, r.attempt,
           r.id as "reservationId", r.state, r.ended_why as why, r.amount, r.margin, r.cost, r.at,
           to_jsonb(coalesce(r.bound_flags, '{}')) || coalesce((p.answer -> 'flags')::jsonb, '[]') as flags, p.token
      from purser.call c
      join purser.reservation r on r.id between purser.attempts_from(c.id) and purser.attempts_to(c.id) and r.call = c.id
      join purser.scope s on s.id = r.scope
      left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
     where c.id = ${uuid}::uuid or c.workflow_id = ${name}
     order by c.created_at, c.id, r.attempt limit 200`
  return Promise.all(
    rows.map(async ({ token, call, ...row }) => ({
      ...row,
      callRef: callRef(call),
      lines: token === null ? [] : await linesOf(sql, row.reservationId, token),
    })),
  )
}

async function linesOf(sql: Ledger['sql'], reservationId: string, token: string): Promise<ExplainedLine[]> {
  return sql<ExplainedLine[]>`
    select l.unit, l.quantity, l.pico_usd_per as "picoUsdPer", l.per, l.pico_usd as "picoUsd", l.usd_micros_per_eur as "usdMicrosPerEur",
           l.nano_eur as "nanoEur", p.source as "priceSource", p.source_date::text as "priceSourceDate", r.day::text as "rateDay",
           r.source as "rateSource"
      from purser.cost_line l join purser.price p on p.id = l.price_id join purser.rate r on r.id = l.rate_id
     where l.reservation_id = ${reservationId} and l.token = ${token} order by l.line`
}

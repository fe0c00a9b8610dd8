import type { Ledger } from './ledger.ts'
import { callRef } from '../domain/call.ts'
import { withoutBound, type Refusal } from '../domain/refusal.ts'
import { refusalOf, type RawRefusal } from './answers.ts'

/** One line of a cost with the price and the rate that made it: enough to compute it again by hand, and to find both in the books. */
export interface ExplainedLine {
  readonly unit: string
  readonly quantity: bigint
  readonly picoUsdPer: bigint
  readonly per: bigint
  readonly picoUsd: bigint
  readonly usdMicrosPerEur: bigint
  readonly nanoEur: bigint
  /** The row of the price book, by its number, and what it says. */
  readonly priceId: number
  readonly priceProvider: string
  readonly priceModel: string
  readonly priceUnit: string
  readonly priceTier: string
  readonly priceAboveTokens: bigint
  readonly priceFrom: Date
  /** The import that it came with; null: a migration. */
  readonly priceVersion: number | null
  readonly priceSource: string
  readonly priceSourceDate: string
  readonly rateId: number
  readonly rateDay: string
  readonly rateSource: string
}

/** Who asked for money, and when. */
interface Asked {
  readonly callRef: string
  readonly workflowId: string
  readonly callId: string
  readonly account: string
  readonly model: string
  readonly ask: number
  readonly at: Date
}

/** One attempt of a call: what it reserved, where it stands, what it cost. */
export interface ExplainedAttempt extends Asked {
  readonly kind: 'attempt'
  readonly attempt: number
  readonly reservationId: string
  readonly state: string
  readonly why: string | null
  readonly amount: bigint
  readonly margin: bigint
  readonly cost: bigint | null
  /** Who named the cost: `answer`, `presumption`, `person`, `bill`. Only that of an answer is the sum of its lines. */
  readonly costSource: string | null
  /** The model that answered, as the response names it. */
  readonly answeredBy: string | null
  /** Of the bound (`rate_stale`) and of the answer (`usage_missing`, …). */
  readonly flags: readonly string[]
  readonly lines: readonly ExplainedLine[]
}

/** An ask that a budget refused: nothing was reserved, and nothing sent. */
export interface ExplainedRefusal extends Asked {
  readonly kind: 'refused'
  readonly refusal: Refusal
}

/** What became of a call's asks for money, or of those of all calls of a job. */
export interface Explained {
  /** How many calls of this name the ledger knows: one may have asked and got no answer that is kept, because its scope was stopped. */
  readonly calls: number
  /** By call and ask, the oldest first. */
  readonly steps: readonly (ExplainedAttempt | ExplainedRefusal)[]
}

/** So many attempts, and so many refusals, are explained at once. */
export const EXPLAINED_MAX = 200

/** Explains a call (`call_…`), or all calls of a job (its workflow id). */
export async function explainCost({ sql }: Ledger, name: string): Promise<Explained> {
  const id = /^call_[0-9a-f]{32}$/.test(name) ? name.slice(5) : null
  const calls = await sql<{ id: string }[]>`
    select id from purser.call where id = ${id}::uuid or workflow_id = ${name} order by created_at, id limit ${EXPLAINED_MAX}`
  const ids = calls.map((call) => call.id)
  const steps = [...(await attemptsIn(sql, ids)), ...(await refusalsIn(sql, ids))]
  const place = new Map(ids.map((call, i) => [callRef(call), i]))
  const placeOf = (step: Asked): number => place.get(step.callRef) ?? 0
  return { calls: calls.length, steps: steps.toSorted((a, b) => placeOf(a) - placeOf(b) || a.ask - b.ask) }
}

type AttemptRow = Omit<ExplainedAttempt, 'kind' | 'lines' | 'callRef'> & { call: string; token: string | null }

async function attemptsIn(sql: Ledger['sql'], calls: readonly string[]): Promise<ExplainedAttempt[]> {
  const rows = await sql<AttemptRow[]>`
    select c.id as call, c.workflow_id as "workflowId", c.call_id as "callId", s.account, s.terms ->> 'model' as model, r.ask, r.attempt,
           r.id as "reservationId", r.state, r.ended_why as why, r.amount, r.margin, r.cost, r.cost_source as "costSource", r.at,
           p.answer -> 'response' ->> 'modelVersion' as "answeredBy",
           to_jsonb(coalesce(r.bound_flags, '{}')) || coalesce((p.answer -> 'flags')::jsonb, '[]') as flags, p.token
      from purser.call c
      join purser.reservation r on r.id between purser.attempts_from(c.id) and purser.attempts_to(c.id) and r.call = c.id
      join purser.scope s on s.id = r.scope
      left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
     where c.id in (select jsonb_array_elements_text(${sql.json([...calls])})::uuid)
     order by c.created_at, c.id, r.attempt limit ${EXPLAINED_MAX}`
  return Promise.all(
    rows.map(async ({ token, call, ...row }) => ({
      kind: 'attempt',
      ...row,
      callRef: callRef(call),
      lines: token === null ? [] : await linesOf(sql, row.reservationId, token),
    })),
  )
}

type RefusalRow = Omit<ExplainedRefusal, 'kind' | 'refusal' | 'callRef'> & { call: string; refusal: RawRefusal }

async function refusalsIn(sql: Ledger['sql'], calls: readonly string[]): Promise<ExplainedRefusal[]> {
  const rows = await sql<RefusalRow[]>`
    select c.id as call, c.workflow_id as "workflowId", c.call_id as "callId", s.account, s.terms ->> 'model' as model, f.ask, f.at, f.refusal
      from purser.call c join purser.refusal f on f.call = c.id join purser.scope s on s.id = f.scope
     where c.id in (select jsonb_array_elements_text(${sql.json([...calls])})::uuid)
     order by c.created_at, c.id, f.ask limit ${EXPLAINED_MAX}`
  return rows.map(({ call, refusal, ...row }) => ({
    kind: 'refused',
    ...row,
    callRef: callRef(call),
    refusal: withoutBound(refusalOf(refusal)),
  }))
}

async function linesOf(sql: Ledger['sql'], reservationId: string, token: string): Promise<ExplainedLine[]> {
  return sql<ExplainedLine[]>`
    select l.unit, l.quantity, l.pico_usd_per as "picoUsdPer", l.per, l.pico_usd as "picoUsd", l.usd_micros_per_eur as "usdMicrosPerEur",
           l.nano_eur as "nanoEur", p.id as "priceId", p.provider as "priceProvider", p.model as "priceModel", p.unit as "priceUnit", p.tier as "priceTier",
           p.above_tokens as "priceAboveTokens", p.effective_from as "priceFrom", p.version as "priceVersion", p.source as "priceSource",
           p.source_date::text as "priceSourceDate", r.id as "rateId", r.day::text as "rateDay", r.source as "rateSource"
      from purser.cost_line l join purser.price p on p.id = l.price_id join purser.rate r on r.id = l.rate_id
     where l.reservation_id = ${reservationId} and l.token = ${token} order by l.line`
}

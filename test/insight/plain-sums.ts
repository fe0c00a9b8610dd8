/** What questions come to by the plainest of means: every request of the ledger, added up here. */
import type { Figure } from '../../src/insight/figures.ts'
import type { Question, TimeUnit } from '../../src/insight/sums.ts'
import type { TestDatabase } from '../support/database.ts'
import { HOUR_MS } from './sums-history.ts'

interface Line {
  readonly unit: string
  readonly quantity: string
  readonly nanoEur: string
  readonly picoUsd: string
}

interface RequestRow {
  readonly at: Date
  readonly terms: Readonly<Record<string, string>> & { readonly labels?: Readonly<Record<string, string>> }
  readonly isHouse: boolean
  readonly answered: boolean
  readonly cost: bigint | null
  readonly picoUsd: string | null
  readonly amount: bigint | null
  readonly durationMs: number | null
  readonly quality: string | null
  readonly value: bigint | null
  readonly lines: readonly Line[]
}

/** A request, with its figures. */
export interface PlainRequest {
  readonly at: Date
  readonly terms: RequestRow['terms']
  readonly isHouse: boolean
  readonly figures: Readonly<Partial<Record<Figure, bigint>>>
}

/** Every request that has ended. */
export async function plainRequests(owner: TestDatabase['sql']): Promise<PlainRequest[]> {
  const rows = await owner<RequestRow[]>`
    select q.at, s.terms, coalesce(h.is_house, false) as "isHouse", q.answered, q.cost, q.pico_usd as "picoUsd", q.amount,
           coalesce((q.answer ->> 'durationMs')::int, q.duration_ms) as "durationMs", x.quality, x.value,
           (select coalesce(json_agg(json_build_object('unit', l.unit, 'quantity', l.quantity::text, 'nanoEur', l.nano_eur::text, 'picoUsd', l.pico_usd::text)), '[]')
              from unnest(q.units, q.quantities, q.nano_eurs, q.pico_usds) as l (unit, quantity, nano_eur, pico_usd)) as lines
      from purser.request q join purser.scope s on s.id = q.scope left join purser.linked_set h on h.id = q.linked_set left join purser.call_score x on x.id = q.id
     where q.state not in ('dispatched', 'in_doubt')`
  return rows.map((row) => ({ at: row.at, terms: row.terms, isHouse: row.isHouse, figures: figuresOf(row) }))
}

const INFRASTRUCTURE = new Set([
  'gpu_hours',
  'vector_db_hours',
  'vector_db_queries',
  'storage_gb_months',
  'egress_gb',
  'workflow_executions',
])

const isInput = (unit: string): boolean => unit.startsWith('input_')
const isOutput = (unit: string): boolean => unit.startsWith('output_')

function figuresOf(row: RequestRow): PlainRequest['figures'] {
  const of = (which: (unit: string) => boolean, what: keyof Line): bigint =>
    row.cost === null ? 0n : row.lines.filter(({ unit }) => which(unit)).reduce((sum, line) => sum + BigInt(line[what]), 0n)
  const cost = row.cost ?? 0n
  const tokens = of(isInput, 'quantity') + of(isOutput, 'quantity')
  return {
    calls: 1n,
    failed: row.answered ? 0n : 1n,
    cost,
    input_cost: of(isInput, 'nanoEur'),
    output_cost: of(isOutput, 'nanoEur'),
    pico_usd: BigInt(row.picoUsd ?? 0),
    input_usd: of(isInput, 'picoUsd'),
    output_usd: of(isOutput, 'picoUsd'),
    input_tokens: of(isInput, 'quantity'),
    output_tokens: of(isOutput, 'quantity'),
    tokens,
    cached_tokens: of((unit) => unit.startsWith('input_cached'), 'quantity'),
    infrastructure: of((unit) => INFRASTRUCTURE.has(unit), 'nanoEur'),
    reserved: row.amount ?? 0n,
    reserved_cost: row.amount === null ? 0n : cost,
    answered_cost: row.answered ? cost : 0n,
    answered_tokens: row.answered ? tokens : 0n,
    timed: row.durationMs === null ? 0n : 1n,
    duration_ms: BigInt(row.durationMs ?? 0),
    scored: row.quality === null ? 0n : 1n,
    quality: row.quality === null ? 0n : BigInt(Math.round(Number(row.quality) * 1000)),
    valued: row.value === null ? 0n : 1n,
    value: row.value ?? 0n,
  }
}

/** The groups that a question should have, by name: `2026-11-29 | chat | red`. */
export function plainSums<F extends Figure>(requests: readonly PlainRequest[], q: Question<F>): Map<string, Record<F, bigint>> {
  const groups = new Map<string, Record<F, bigint>>()
  for (const request of requests) {
    if (!isIn(request, q)) continue
    const name = groupName(
      timeOf(request.at, q),
      q.by.map((dimension) => valueOf(request, dimension)),
    )
    const group = groups.get(name)
    const added = q.figures.map((figure) => [figure, (group?.[figure] ?? 0n) + (request.figures[figure] ?? 0n)])
    groups.set(name, Object.fromEntries(added) as Record<F, bigint>)
  }
  return groups
}

export const groupName = (time: string, names: readonly (string | null)[]): string => [time, ...names.map(String)].join(' | ')

function isIn({ at, terms, isHouse }: PlainRequest, { from, to, timeZone, filter }: Question): boolean {
  const { labels, account, user, ...rest } = filter
  if ((account !== undefined || user !== undefined) && isHouse) return false
  const plain: [string, unknown][] = Object.entries({ account, user, ...rest })
  return (
    isFrom(at, from, timeZone) &&
    !isFrom(at, to, timeZone) &&
    plain.every(([key, value]) => value === undefined || terms[key] === value) &&
    Object.entries(labels ?? {}).every(([key, value]) => terms.labels?.[key] === value)
  )
}

/** A day is compared as text, with the day that it is there. */
const isFrom = (at: Date, moment: string, timeZone: string): boolean =>
  moment.includes('T') ? at.getTime() >= Date.parse(moment) : localOf(at, timeZone).slice(0, 10) >= moment

function valueOf({ terms, isHouse }: PlainRequest, dimension: string): string | null {
  if (isHouse && (dimension === 'account' || dimension === 'user')) return null
  if (dimension.startsWith('label:')) return terms.labels?.[dimension.slice(6)] ?? null
  return terms[dimension] ?? null
}

const formats = new Map<string, Intl.DateTimeFormat>()
const locals = new Map<string, string>()

/** `2026-11-29 13:45:00`, as clocks there show it. */
function localOf(at: Date, timeZone: string): string {
  const key = `${at.getTime()} ${timeZone}`
  const known = locals.get(key)
  if (known !== undefined) return known
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  formats.set(timeZone, format)
  const local = format.format(at)
  locals.set(key, local)
  return local
}

/** The hour (as a moment), day, week or month of a moment. */
export function timeOf(at: Date, { unit, timeZone }: { readonly unit?: TimeUnit | undefined; readonly timeZone: string }): string {
  const local = localOf(at, timeZone)
  switch (unit) {
    case undefined:
      return ''
    case 'hour': {
      const offset = Date.parse(`${local.replace(' ', 'T')}Z`) - Math.floor(at.getTime() / 1000) * 1000
      return new Date(Math.floor((at.getTime() + offset) / HOUR_MS) * HOUR_MS - offset).toISOString()
    }
    case 'day':
      return local.slice(0, 10)
    case 'week': {
      const day = new Date(`${local.slice(0, 10)}T00:00:00Z`)
      const sinceMonday = (day.getUTCDay() + 6) % 7
      return new Date(day.getTime() - sinceMonday * 24 * HOUR_MS).toISOString().slice(0, 10)
    }
    case 'month':
      return local.slice(0, 7)
  }
}

import type { Sql } from 'postgres'
import { parse } from 'postgres-array'
import { nano, type Nano, type PicoUsd } from '../domain/money.ts'
import type { CostLine } from '../domain/price.ts'
import { attemptsOf } from './call-id.ts'

/** A call's first reserve, as `purser.apply` takes it. */
export interface PlainReserve {
  readonly call: string
  readonly installation: string
  readonly workflowId: string
  readonly callId: string
  readonly run: string
  readonly scope: number
  readonly requestHash: string
  readonly amount: Nano
  readonly margin: Nano
  readonly flags: readonly string[]
  readonly rateId: number
  readonly boundValidUntil: Date
  readonly holdMs: number
  /** A caller that sends by itself: the reservation counts as dispatched at once. */
  readonly direct: Direct | undefined
}

export interface Direct {
  readonly token: string
  readonly requestTimeoutMs: number
  readonly providerMaxMs: number
}

export interface PlainDispatch extends Direct {
  readonly call: string
  readonly run: string
  readonly account: string
  readonly requestHash: string
}

export interface PlainSettle {
  readonly reservationId: string
  readonly token: string
  readonly cost: Nano
  readonly picoUsd: PicoUsd
  readonly scope: number
  /** Usage, response, blob, flags, duration: kept as it is. */
  readonly answer: unknown
  readonly lines: readonly CostLine[]
}

/** Not plain: ask the function that decides every case. */
export type Careful = 'careful'
/** What each of these budget periods has left after the batch. */
export type Left = ReadonlyMap<number, bigint>

/** `stale`: what covers the scope is to be found again first. */
export type ReserveOutcome =
  | Careful
  | 'stale'
  | {
      readonly kind: 'reserved'
      readonly id: string
      readonly plan: string
      readonly periods: readonly number[]
      readonly at: Date
      readonly left: Left
    }
  | { readonly kind: 'refused'; readonly refusal: unknown }
export type DispatchOutcome =
  | Careful
  | {
      readonly id: string
      readonly amount: Nano
      readonly rateId: number
      readonly usdMicrosPerEur: bigint
      readonly scope: number
      readonly periods: readonly number[]
      readonly at: Date
    }
export type SettleOutcome = Careful | { readonly amount: Nano; readonly left: Left }

export interface Batch {
  readonly reserves: readonly PlainReserve[]
  readonly dispatches: readonly PlainDispatch[]
  readonly settles: readonly PlainSettle[]
}

export interface Outcomes {
  readonly reserves: readonly ReserveOutcome[]
  readonly dispatches: readonly DispatchOutcome[]
  readonly settles: readonly SettleOutcome[]
}

/** One round trip, one commit: all of these, or (when it throws) none. */
export async function applyBatch(sql: Sql<{ bigint: bigint }>, batch: Batch, isCareful: boolean): Promise<Outcomes> {
  const rows = await sql.unsafe<Row[]>(APPLY, [...parametersOf(sql, batch), isCareful], { prepare: true })
  const [row] = rows
  if (row === undefined) throw new Error('broken promise: the ledger answered a batch with nothing')
  return outcomesOf(batch, row)
}

type Row = Readonly<Record<string, string | null>> & { readonly instant: Date; readonly refusals: Readonly<Record<string, unknown>> | null }

const COLUMNS = 43
const APPLY = `select * from purser.apply(${Array.from({ length: COLUMNS }, (_, i) => `$${i + 1}`).join(', ')})`

function parametersOf(sql: Sql<{ bigint: bigint }>, { reserves, dispatches, settles }: Batch) {
  const ranges = dispatches.map((d) => attemptsOf(d.call))
  const lines = settles.flatMap((s, i) => s.lines.map((line, number) => ({ ...line, at: i + 1, number: number + 1 })))
  return [
    plain(reserves, (r) => r.call),
    plain(reserves, (r) => r.installation),
    quoted(reserves, (r) => r.workflowId),
    quoted(reserves, (r) => r.callId),
    quoted(reserves, (r) => r.run),
    plain(reserves, (r) => r.scope),
    quoted(reserves, (r) => r.requestHash),
    plain(reserves, (r) => r.amount),
    plain(reserves, (r) => r.margin),
    quoted(reserves, (r) => r.flags.join(',')),
    plain(reserves, (r) => r.rateId),
    quoted(reserves, (r) => r.boundValidUntil.toISOString()),
    plain(reserves, (r) => r.holdMs),
    plain(reserves, (r) => r.direct?.token),
    plain(reserves, (r) => r.direct?.requestTimeoutMs),
    plain(reserves, (r) => r.direct?.providerMaxMs),
    plain(dispatches, (d) => d.call),
    plain(ranges, (range) => range.from),
    plain(ranges, (range) => range.to),
    quoted(dispatches, (d) => d.run),
    quoted(dispatches, (d) => d.account),
    quoted(dispatches, (d) => d.requestHash),
    plain(dispatches, (d) => d.token),
    plain(dispatches, (d) => d.requestTimeoutMs),
    plain(dispatches, (d) => d.providerMaxMs),
    plain(settles, (s) => s.reservationId),
    plain(settles, (s) => s.token),
    plain(settles, (s) => s.cost),
    plain(settles, (s) => s.picoUsd),
    plain(settles, (s) => s.scope),
    sql.json(settles.map((s) => s.answer) as never),
    plain(lines, (l) => l.at),
    plain(lines, (l) => l.number),
    quoted(lines, (l) => l.unit),
    plain(lines, (l) => l.quantity),
    plain(lines, (l) => l.priceId),
    plain(lines, (l) => l.picoUsdPer),
    plain(lines, (l) => l.per),
    plain(lines, (l) => l.picoUsd),
    plain(lines, (l) => l.rateId),
    plain(lines, (l) => l.usdMicrosPerEur),
    plain(lines, (l) => l.nanoEur),
  ]
}

/** An array literal of numbers and ids, which need no quotes. */
function plain<T>(items: readonly T[], value: (item: T) => string | number | bigint | undefined): string {
  return `{${items.map((item) => value(item) ?? 'NULL').join(',')}}`
}

/** An array literal of text: each element in quotes, quotes and backslashes in it escaped. */
function quoted<T>(items: readonly T[], value: (item: T) => string): string {
  return `{${items.map((item) => `"${value(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}

/** Every item is for the careful function, but those that the answer names by their position. */
function outcomesOf({ reserves, dispatches, settles }: Batch, row: Row): Outcomes {
  const frees = list(row['frees'])
  const left: Left = new Map(list(row['periods']).map((id, i) => [Number(id), BigInt(frees[i] ?? 0)]))
  return { reserves: reservesOf(reserves, row, left), dispatches: dispatchesOf(dispatches, row), settles: settlesOf(settles, row, left) }
}

const careful = (items: readonly unknown[]): Careful[] => items.map(() => 'careful')

function reservesOf(reserves: Batch['reserves'], row: Row, left: Left): ReserveOutcome[] {
  const outcomes: ReserveOutcome[] = careful(reserves)
  const [ids, plans, periods] = [list(row['reserve_ids']), list(row['reserve_plans']), list(row['reserve_periods'])]
  for (const at of list(row['stale_at'])) outcomes[Number(at) - 1] = 'stale'
  for (const [i, at] of list(row['reserve_at']).entries())
    outcomes[Number(at) - 1] = {
      kind: 'reserved',
      id: ids[i] ?? '',
      plan: plans[i] ?? '',
      periods: idsIn(periods[i]),
      at: row.instant,
      left,
    }
  for (const [at, refusal] of Object.entries(row.refusals ?? {})) outcomes[Number(at) - 1] = { kind: 'refused', refusal }
  return outcomes
}

function dispatchesOf(dispatches: Batch['dispatches'], row: Row): DispatchOutcome[] {
  const outcomes: DispatchOutcome[] = careful(dispatches)
  const [ids, amounts, rates] = [list(row['dispatch_ids']), list(row['dispatch_amounts']), list(row['dispatch_rates'])]
  const [micros, scopes, periods] = [list(row['dispatch_micros']), list(row['dispatch_scopes']), list(row['dispatch_periods'])]
  for (const [i, at] of list(row['dispatch_at']).entries())
    outcomes[Number(at) - 1] = {
      id: ids[i] ?? '',
      amount: nano(BigInt(amounts[i] ?? 0)),
      rateId: Number(rates[i]),
      usdMicrosPerEur: BigInt(micros[i] ?? 0),
      scope: Number(scopes[i]),
      periods: idsIn(periods[i]),
      at: row.instant,
    }
  return outcomes
}

function settlesOf(settles: Batch['settles'], row: Row, left: Left): SettleOutcome[] {
  const outcomes: SettleOutcome[] = careful(settles)
  const amounts = list(row['settle_amounts'])
  for (const [i, at] of list(row['settle_at']).entries()) outcomes[Number(at) - 1] = { amount: nano(BigInt(amounts[i] ?? 0)), left }
  return outcomes
}

const list = (text: string | null | undefined): string[] => (text === null || text === undefined ? [] : parse(text))

const idsIn = (text: string | null | undefined): number[] =>
  (text ?? '')
    .split('/')
    .filter((id) => id !== '')
    .map(Number)

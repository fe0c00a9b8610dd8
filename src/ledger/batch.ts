import type { Sql } from 'postgres'
import { parse } from 'postgres-array'
import { nano, type Nano, type PicoUsd } from '../domain/money.ts'
import type { CostLine, PinnedRate } from '../domain/price.ts'
import { inTime } from './asked.ts'
import { attemptsOf } from './call-id.ts'
import type { LinkedSets } from './linked-sets.ts'

/** A call's first reserve, as `purser.apply` takes it. */
export interface PlainReserve {
  readonly call: string
  /** The attempt's: the first 96 bits of its call's, and random ones. */
  readonly id: string
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
  /** Usage, response, blob, flags, duration, as JSON: kept as it is. */
  readonly answer: string
  /** At least one; all at one rate. */
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
      /** The one that the reservation pinned. */
      readonly rate: PinnedRate
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
export async function applyBatch(sql: Sql<{ bigint: bigint }>, sets: LinkedSets, batch: Batch, isCareful: boolean): Promise<Outcomes> {
  const rows = await inTime(sql.unsafe<Row[]>(APPLY, [...parametersOf(batch), isCareful], { prepare: true }))
  const [row] = rows
  if (row === undefined) throw new Error('broken promise: the ledger answered a batch with nothing')
  return outcomesOf(batch, row, await sets.periodsOf([...numbers(row['reserve_sets']), ...numbers(row['dispatch_sets'])]))
}

type Row = Readonly<Record<string, string | null>> & { readonly instant: Date; readonly refusals: Readonly<Record<string, unknown>> | null }

const COLUMNS = 47
const APPLY = `select * from purser.apply(${Array.from({ length: COLUMNS }, (_, i) => `$${i + 1}`).join(', ')})`

function parametersOf({ reserves, dispatches, settles }: Batch): string[] {
  const ranges = dispatches.map((d) => attemptsOf(d.call))
  const lines = settles.flatMap((s) => s.lines)
  const slices = slicesOf(settles)
  return [
    positions(reserves),
    plain(reserves, (r) => r.id),
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
    positions(dispatches),
    plain(dispatches, (d) => d.call),
    plain(ranges, (range) => range.from),
    plain(ranges, (range) => range.to),
    quoted(dispatches, (d) => d.run),
    quoted(dispatches, (d) => d.account),
    quoted(dispatches, (d) => d.requestHash),
    plain(dispatches, (d) => d.token),
    plain(dispatches, (d) => d.requestTimeoutMs),
    plain(dispatches, (d) => d.providerMaxMs),
    positions(settles),
    plain(settles, (s) => s.reservationId),
    plain(settles, (s) => s.token),
    plain(settles, (s) => s.cost),
    plain(settles, (s) => s.picoUsd),
    plain(settles, (s) => s.scope),
    // JSON has no bare control characters, so one of them may stand between: nothing needs to be escaped.
    settles.map((s) => s.answer).join('\u001e'),
    quoted(settles, (s) => s.lines.map((line) => line.unit).join(',')),
    plain(slices, (slice) => slice.from),
    plain(slices, (slice) => slice.to),
    plain(settles, (s) => s.lines[0]?.rateId),
    plain(settles, (s) => s.lines[0]?.usdMicrosPerEur),
    plain(lines, (l) => l.quantity),
    plain(lines, (l) => l.priceId),
    plain(lines, (l) => l.picoUsdPer),
    plain(lines, (l) => l.per),
    plain(lines, (l) => l.picoUsd),
    plain(lines, (l) => l.nanoEur),
  ]
}

/** Where each settle's lines stand among the lines of all, from 1. */
function slicesOf(settles: readonly PlainSettle[]): { from: number; to: number }[] {
  let before = 0
  return settles.map(({ lines }) => {
    const from = before + 1
    before += lines.length
    return { from, to: before }
  })
}

const positions = (items: readonly unknown[]): string => `{${items.map((_, i) => i + 1).join(',')}}`

/** An array literal of values that need no quotes. */
const plain = <T>(items: readonly T[], value: (item: T) => string | number | bigint | undefined): string =>
  `{${items.map((item) => value(item) ?? 'null').join(',')}}`

/** An array literal of text: each element in quotes, quotes and backslashes in it escaped. */
function quoted<T>(items: readonly T[], value: (item: T) => string): string {
  return `{${items.map((item) => `"${value(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}

/** Every item is for the careful function, but those that the answer names by their position. */
function outcomesOf({ reserves, dispatches, settles }: Batch, row: Row, periodsOf: Periods): Outcomes {
  const frees = plainList(row['frees'])
  const left: Left = new Map(numbers(row['periods']).map((id, i) => [id, BigInt(frees[i] ?? 0)]))
  return {
    reserves: reservesOf(reserves, row, periodsOf, left),
    dispatches: dispatchesOf(dispatches, row, periodsOf),
    settles: settlesOf(settles, row, left),
  }
}

type Periods = ReadonlyMap<number, readonly number[]>

const careful = (items: readonly unknown[]): Careful[] => items.map(() => 'careful')

function reservesOf(reserves: Batch['reserves'], row: Row, periodsOf: Periods, left: Left): ReserveOutcome[] {
  const outcomes: ReserveOutcome[] = careful(reserves)
  const [sets, plans] = [numbers(row['reserve_sets']), parse(row['reserve_plans'] ?? '{}')]
  for (const at of numbers(row['stale_at'])) outcomes[at - 1] = 'stale'
  for (const [i, at] of numbers(row['reserve_at']).entries())
    outcomes[at - 1] = {
      kind: 'reserved',
      plan: plans[i] ?? '',
      periods: periodsOf.get(sets[i] ?? 0) ?? [],
      at: row.instant,
      left,
    }
  for (const [at, refusal] of Object.entries(row.refusals ?? {})) outcomes[Number(at) - 1] = { kind: 'refused', refusal }
  return outcomes
}

function dispatchesOf(dispatches: Batch['dispatches'], row: Row, periodsOf: Periods): DispatchOutcome[] {
  const outcomes: DispatchOutcome[] = careful(dispatches)
  const [ids, amounts, scopes] = [plainList(row['dispatch_ids']), plainList(row['dispatch_amounts']), numbers(row['dispatch_scopes'])]
  const [sets, rates] = [numbers(row['dispatch_sets']), numbers(row['dispatch_rates'])]
  const micros = plainList(row['rate_micros'])
  const microsOf = new Map(numbers(row['rates']).map((rate, i) => [rate, BigInt(micros[i] ?? 0)]))
  for (const [i, at] of numbers(row['dispatch_at']).entries()) {
    const rateId = rates[i] ?? 0
    outcomes[at - 1] = {
      id: ids[i] ?? '',
      amount: nano(BigInt(amounts[i] ?? 0)),
      rate: { id: rateId, usdMicrosPerEur: microsOf.get(rateId) ?? 0n },
      scope: scopes[i] ?? 0,
      periods: periodsOf.get(sets[i] ?? 0) ?? [],
      at: row.instant,
    }
  }
  return outcomes
}

function settlesOf(settles: Batch['settles'], row: Row, left: Left): SettleOutcome[] {
  const outcomes: SettleOutcome[] = careful(settles)
  const amounts = plainList(row['settle_amounts'])
  for (const [i, at] of numbers(row['settle_at']).entries()) outcomes[at - 1] = { amount: nano(BigInt(amounts[i] ?? 0)), left }
  return outcomes
}

/** The elements of an array of numbers or ids: nothing in it is quoted, or null. */
const plainList = (text: string | null | undefined): string[] =>
  text === null || text === undefined || text === '{}' ? [] : text.slice(1, -1).split(',')
const numbers = (text: string | null | undefined): number[] => plainList(text).map(Number)

import postgres, { type Sql } from 'postgres'
import { pause } from './asked.ts'
import {
  applyBatch,
  type Batch,
  type DispatchOutcome,
  type Outcomes,
  type PlainDispatch,
  type PlainReserve,
  type PlainSettle,
  type ReserveOutcome,
  type SettleOutcome,
} from './batch.ts'
import { linkedSets } from './linked-sets.ts'

/**
 * Collects what arrives while the last batch is in the air, and sends it as one: one round trip, one commit. Self-clocking: no timer. One
 * flight while few wait; two that share evenly when many do, so that one does what needs no hot row while the other's commit reaches the disk.
 * Nothing is acknowledged before COMMIT. A lost connection is answered by sending the same keys again: what was committed is then found.
 */
export interface Batcher {
  /** Throws LedgerBusy when too many wait. */
  reserve(item: PlainReserve): Promise<ReserveOutcome>
  dispatch(item: PlainDispatch): Promise<DispatchOutcome>
  /** Never refused: an answer in hand must be booked. */
  settle(item: PlainSettle): Promise<SettleOutcome>
  readonly metrics: () => BatcherMetrics
}

export interface BatcherOptions {
  /** Flights at once; two are the measured best. */
  readonly flights?: number
  /** Items in one flight, at most. */
  readonly batchMax?: number
  /** Reserves and dispatches that may wait, at most. */
  readonly queueMax?: number
}

/** Counts since the start, and what waits now. */
export interface BatcherMetrics {
  readonly queued: number
  readonly flights: number
  readonly items: number
  readonly largest: number
  /** Sum over the flights that have landed. */
  readonly flightMs: number
  readonly resent: number
  /** Flights that had to be taken apart, to find the item that poisons its neighbours. */
  readonly split: number
}

/** Too many wait already. Nothing was asked of the ledger: trying again later is safe. */
class LedgerBusy extends Error {
  override readonly name = 'LedgerBusy'
  readonly code = 'ledger_busy'

  constructor(waiting: number) {
    super(`${waiting} requests wait for the ledger already: try again later`)
  }
}

interface Waiting<Item, Outcome> {
  readonly item: Item
  readonly answer: (outcome: Outcome) => void
  readonly fail: (error: unknown) => void
}
interface Queue {
  readonly reserves: Waiting<PlainReserve, ReserveOutcome>[]
  readonly dispatches: Waiting<PlainDispatch, DispatchOutcome>[]
  readonly settles: Waiting<PlainSettle, SettleOutcome>[]
}

const FLIGHTS = 2
const BATCH_MAX = 1_000
const QUEUE_MAX = 5_000
/** Below, the fixed cost of a second commit outweighs what two flights gain by overlapping. */
const WORTH_A_SECOND_FLIGHT = 128
/** How often a flight that may simply be sent again is sent again. Then its callers hear the error, and repeat with the same keys. */
const TRIES_MAX = 4
const PAUSE_MS = 10

export function openBatcher(sql: Sql<{ bigint: bigint }>, options: BatcherOptions = {}): Batcher {
  const { flights = FLIGHTS, batchMax = BATCH_MAX, queueMax = QUEUE_MAX } = options
  const sets = linkedSets(sql)
  const queue: Queue = { reserves: [], dispatches: [], settles: [] }
  const inTheAir: number[] = []
  const counts = { flights: 0, items: 0, largest: 0, flightMs: 0, resent: 0, split: 0 }
  let isWaking = false

  function wake(): void {
    if (isWaking) return
    isWaking = true
    // Lets the other callers of this turn board too.
    setImmediate(() => {
      isWaking = false
      while (inTheAir.length < flights && sizeOf(queue) >= (inTheAir.length === 0 ? 1 : WORTH_A_SECOND_FLIGHT)) void fly(board())
    })
  }

  /** An even share for each flight, if there is enough for two. Settles first: they free money; then dispatches: their money waits. */
  function board(): Queue {
    const all = inTheAir.reduce((sum, items) => sum + items, sizeOf(queue))
    const room = Math.min(batchMax, Math.max(WORTH_A_SECOND_FLIGHT, Math.ceil(all / flights)))
    const settles = queue.settles.splice(0, room)
    const dispatches = queue.dispatches.splice(0, room - settles.length)
    return { settles, dispatches, reserves: queue.reserves.splice(0, room - settles.length - dispatches.length) }
  }

  async function fly(batch: Queue): Promise<void> {
    const items = sizeOf(batch)
    inTheAir.push(items)
    counts.flights += 1
    counts.items += items
    counts.largest = Math.max(counts.largest, items)
    const startedAt = performance.now()
    await send(batch, false, 1)
    inTheAir.splice(inTheAir.indexOf(items), 1)
    counts.flightMs += performance.now() - startedAt
    wake()
  }

  /** Never throws: every item of the batch is answered, or fails with the reason. */
  async function send(batch: Queue, isCareful: boolean, tries: number): Promise<void> {
    try {
      deliver(batch, await applyBatch(sql, sets, itemsOf(batch), isCareful))
    } catch (error) {
      const fate = fateOf(error)
      if (fate === 'repeat_within' && !isCareful) return send(batch, true, tries)
      if (fate === 'again' && tries < TRIES_MAX) {
        counts.resent += 1
        await pause(PAUSE_MS * tries)
        return send(batch, true, tries + 1)
      }
      // Not the fault of one item: the callers hear it, and may repeat with the same keys.
      if (fate === 'again' || fate === 'broken') return failAll(batch, error)
      // One item poisons its neighbours: it is found by halving, and left to the function that decides every case.
      if (sizeOf(batch) === 1) return deliver(batch, { reserves: ['careful'], dispatches: ['careful'], settles: ['careful'] })
      counts.split += 1
      for (const half of halvesOf(batch)) await send(half, isCareful, tries)
    }
  }

  function put<Item, Outcome>(waiting: Waiting<Item, Outcome>[], item: Item): Promise<Outcome> {
    return new Promise((answer, fail) => {
      waiting.push({ item, answer, fail })
      wake()
    })
  }
  function putIfRoom<Item, Outcome>(waiting: Waiting<Item, Outcome>[], item: Item): Promise<Outcome> {
    const queued = queue.reserves.length + queue.dispatches.length
    return queued >= queueMax ? Promise.reject(new LedgerBusy(queued)) : put(waiting, item)
  }

  return {
    reserve: (item) => putIfRoom(queue.reserves, item),
    dispatch: (item) => putIfRoom(queue.dispatches, item),
    settle: (item) => put(queue.settles, item),
    metrics: () => ({ ...counts, queued: sizeOf(queue) }),
  }
}

/**
 * `again`: nothing has happened, or it is not known, and the same keys may simply be sent again. `poisoned`: one item is such that Postgres or
 * the ledger cannot take it. `broken`: the ledger itself is wrong, or another one than this program knows.
 */
type Fate = 'repeat_within' | 'again' | 'poisoned' | 'broken'

const UNIQUE_VIOLATION = '23505'
/** A period ended under the batch; deadlock; serialization; lock time-out; the server is stopping, starting, or ended the session. */
const AGAIN = /^(PU002|40P01|40001|55P03|57P0[123]|53[0-9A-Z]{3}|08[0-9A-Z]{3}|57014)$/

/** A value or a row that cannot be, a failed check, and what the ledger calls impossible. */
const POISONED = /^(22[0-9A-Z]{3}|23[0-9A-Z]{3}|PU001|54000)$/

function fateOf(error: unknown): Fate {
  if (!(error instanceof postgres.PostgresError)) return 'again'
  if (error.code === UNIQUE_VIOLATION) return 'repeat_within'
  if (AGAIN.test(error.code)) return 'again'
  return POISONED.test(error.code) ? 'poisoned' : 'broken'
}

const sizeOf = ({ reserves, dispatches, settles }: Queue): number => reserves.length + dispatches.length + settles.length

const itemsOf = ({ reserves, dispatches, settles }: Queue): Batch => ({
  reserves: reserves.map((w) => w.item),
  dispatches: dispatches.map((w) => w.item),
  settles: settles.map((w) => w.item),
})

function deliver(batch: Queue, outcomes: Outcomes): void {
  answerEach(batch.reserves, outcomes.reserves)
  answerEach(batch.dispatches, outcomes.dispatches)
  answerEach(batch.settles, outcomes.settles)
}

function answerEach<Item, Outcome>(waiting: readonly Waiting<Item, Outcome>[], outcomes: readonly Outcome[]): void {
  for (const [i, { answer, fail }] of waiting.entries()) {
    const outcome = outcomes[i]
    if (outcome === undefined) fail(new Error('broken promise: a batch answered fewer items than it was asked'))
    else answer(outcome)
  }
}

function failAll({ reserves, dispatches, settles }: Queue, error: unknown): void {
  for (const { fail } of [...reserves, ...dispatches, ...settles]) fail(error)
}

function halvesOf({ reserves, dispatches, settles }: Queue): [Queue, Queue] {
  const middle = Math.ceil((reserves.length + dispatches.length + settles.length) / 2)
  let before = middle
  const cut = <T>(items: readonly T[]): [T[], T[]] => {
    const at = Math.min(items.length, before)
    before -= at
    return [items.slice(0, at), items.slice(at)]
  }
  const [[s1, s2], [d1, d2], [r1, r2]] = [cut(settles), cut(dispatches), cut(reserves)]
  return [
    { settles: s1, dispatches: d1, reserves: r1 },
    { settles: s2, dispatches: d2, reserves: r2 },
  ]
}

import { randomUUID } from 'node:crypto'
import type { TransactionSql } from 'postgres'
import { expect } from 'vitest'
import type { Bound } from '../../src/domain/bound.ts'
import type { CallKey, CallScope } from '../../src/domain/call.ts'
import { eur, nano, picoUsd, type Nano } from '../../src/domain/money.ts'
import { costLine, type Cost, type Price, type Rate } from '../../src/domain/price.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { audit } from '../../src/ledger/audit.ts'
import type { Batcher, BatcherOptions } from '../../src/ledger/batcher.ts'
import { closeCall } from '../../src/ledger/close.ts'
import { dispatch, type DispatchAnswer, type Go } from '../../src/ledger/dispatch.ts'
import { ensureInstallation } from '../../src/ledger/installation.ts'
import { ledgerOver, type Ledger } from '../../src/ledger/ledger.ts'
import { markInDoubt } from '../../src/ledger/mark-in-doubt.ts'
import { reject, type RejectRequest } from '../../src/ledger/reject.ts'
import { reserve, type ReserveRequest } from '../../src/ledger/reserve.ts'
import { termsOf, type Terms } from '../../src/ledger/scope.ts'
import { settle, type Receipt } from '../../src/ledger/settle.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { cloneDatabase, type TestDatabase } from './database.ts'

const MODEL = 'penny-model'
export const REQUEST_TIMEOUT_MS = 120_000

export const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

/** One pico-USD a token and one dollar a euro: 1,000 tokens cost one nano-EUR, so that a test can name any cost. */
export interface PennyPrice {
  readonly price: Price
  readonly rate: Rate
}

export interface Counters {
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
  readonly overrun: bigint
}

export interface NewBudget {
  readonly scope: Readonly<Record<string, string>>
  readonly cap: string
  readonly period?: 'day' | 'month' | 'total'
  readonly timeZone?: string
  readonly name?: string
  readonly isHard?: boolean
}

/**
 * The two ways to the ledger. `plain`: scope values are known from the first ask on, so everything that can goes with a batch. `careful`:
 * nothing does, and the functions that decide every case decide all. Both must answer and count the same.
 */
export const PATHS = ['plain', 'careful'] as const
export type Path = (typeof PATHS)[number]

/** A batcher that knows nothing as plain. */
const CAREFUL: Batcher = {
  reserve: () => Promise.resolve('careful'),
  dispatch: () => Promise.resolve('careful'),
  settle: () => Promise.resolve('careful'),
  metrics: () => ({ queued: 0, flights: 0, items: 0, largest: 0, flightMs: 0, resent: 0, split: 0 }),
}

/** A way to the ledger over a pool. */
export const ledgerBy = (path: Path, sql: PurserSql, batching: BatcherOptions = {}): Ledger =>
  path === 'plain' ? ledgerOver(sql, batching) : { ...ledgerOver(sql), batcher: CAREFUL }

/** A ledger of one’s own: as the app sees it, and as the database’s owner does. */
export async function openTestLedger(path: Path = 'plain', batching: BatcherOptions = {}) {
  return testLedgerIn(await cloneDatabase(), path, batching)
}

/** The same in a database that is there. */
export async function testLedgerIn(database: TestDatabase, path: Path = 'plain', batching: BatcherOptions = {}) {
  const sql = connectSql(database.url, { max: 16 })
  const ledger = ledgerBy(path, sql, batching)
  const owner = database.sql
  const penny = await pennyPrice(owner)
  const installation = await ensureInstallation(ledger, 'test-cluster', randomUUID())

  /** What an operator's function does that changes accounts, plans or budgets: the calls under way end first, and the next ones see it. */
  const changing = <T>(work: (tx: TransactionSql<{ bigint: bigint }>) => Promise<T>): Promise<T> =>
    owner.begin(async (tx) => {
      await tx`select purser.change_generation()`
      return work(tx)
    }) as Promise<T>

  /** As if this process had met these scope values before: so the first ask is plain. Who cannot pay is left to the ask itself. */
  const meeting = new Map<string, Promise<void>>()
  function meets(terms: Terms): Promise<void> {
    if (path !== 'plain' || ledger.scopes.get(terms) !== undefined) return Promise.resolve()
    const name = JSON.stringify(terms)
    const met = meeting.get(name) ?? meet(terms)
    meeting.set(name, met)
    return met
  }
  async function meet(terms: Terms): Promise<void> {
    const known = owner<{ id: number }[]>`
      select (purser.resolve_scope(purser.intern_scope(${owner.json(terms as never)}), clock_timestamp())).id`
    const [row] = await known.catch(() => [])
    if (row !== undefined) ledger.scopes.remember(terms, row.id)
  }

  return {
    ledger,
    owner,
    penny,
    installation,
    url: database.url,

    /** An account whose monthly plan has this cap. */
    async accountWith(options: { readonly cap: string; readonly timeZone?: string }): Promise<string> {
      const plan = `up_to_${options.cap}`
      await owner`insert into purser.plan_version values (${plan}, '2026-01-01T00:00:00Z', ${eur(options.cap)}, 'test') on conflict do nothing`
      const id = `acc_${randomUUID().slice(0, 13)}`
      await ensureAccount(ledger, { id, plan, timeZone: options.timeZone ?? 'Europe/Berlin' })
      return id
    },

    async budget(b: NewBudget): Promise<number> {
      return changing(async (tx) => {
        const [row] = await tx<{ id: number }[]>`
          insert into purser.budget (name, scope, period_kind, time_zone, cap, is_hard) values (${b.name ?? `budget ${randomUUID().slice(0, 8)}`}, ${owner.json(b.scope)},
            ${b.period ?? 'total'}, ${b.timeZone ?? 'UTC'}, ${eur(b.cap)}, ${b.isHard ?? true}) returning id`
        return row?.id ?? 0
      })
    },

    changing,
    meets,

    /** A call of a new job, which started just now, or when it is said. */
    call: (account: string, scope: Partial<CallScope> = {}, startedAt = new Date()) =>
      testCall(ledger, meets, penny, installation, { account, ...scope }, startedAt),

    /** The same for another process, which has its own way to the ledger; a call with a key is one that others make too. */
    callOf: (
      other: Ledger,
      account: string,
      over: { readonly scope?: Partial<CallScope>; readonly key?: CallKey; readonly startedAt?: Date } = {},
    ) => testCall(other, () => Promise.resolve(), penny, installation, { account, ...over.scope }, over.startedAt, over.key),

    /** A cost of exactly so much, in one line. */
    cost: (amount: Nano) => costOfExactly(amount, penny),

    /** The counters of an account's plan budget, over all its periods. */
    async counters(account: string): Promise<Counters> {
      const [row] = await owner<Counters[]>`
        select purser.total(v.cap) as cap, purser.total(v.reserved) as reserved, purser.total(v.spent) as spent, purser.total(v.overrun) as overrun
          from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
         where b.account = ${account} and b.plan is not null`
      if (row === undefined) throw new Error(`no account ${account}`)
      return row
    },

    async countersOf(budgetId: number): Promise<Counters> {
      const [row] = await owner<Counters[]>`
        select purser.total(purser.real_cap(v.cap)) as cap, purser.total(v.reserved) as reserved, purser.total(v.spent) as spent, purser.total(v.overrun) as overrun
          from purser.balance v join purser.budget_period p on p.id = v.budget_period_id where p.budget_id = ${budgetId}`
      return row ?? { cap: 0n, reserved: 0n, spent: 0n, overrun: 0n }
    },

    async stateOf(reservationId: string): Promise<string | undefined> {
      const [row] = await owner<{ state: string }[]>`select state from purser.reservation where id = ${reservationId}`
      return row?.state
    },

    async entriesOf(account: string): Promise<string[]> {
      // An entry of many calls is one of each that it reserved or settled.
      const rows = await owner<{ kind: string }[]>`
        select id, kind from purser.entry where account = ${account}
        union all
        select e.id, m.kind from purser.entry e, lateral (select unnest(e.settled_ids) as id, 'settle' as kind union all select unnest(e.reserved_ids), 'reserve') m
          join purser.reservation r on r.id = m.id join purser.scope s on s.id = r.scope where s.account = ${account}
        order by id, kind desc`
      return rows.map((row) => row.kind)
    },

    /** Moves an attempt's dispatch into the past, as if so much time had gone by. */
    age: (reservationId: string, seconds: number) => owner`
      update purser.reservation set dispatched_at = dispatched_at - make_interval(secs => ${seconds}) where id = ${reservationId}`,

    /** Ends the time for which the money waits for its dispatch. */
    endHold: (reservationId: string) => owner`
      update purser.reservation set hold_until = clock_timestamp() - interval '1 millisecond' where id = ${reservationId}`,

    /** Spends an attempt in doubt at its full amount, as the sweeper will: no function of the ledger does it yet. */
    async presume(account: string, go: Pick<Go, 'reservationId' | 'budgetPeriods' | 'amount'>): Promise<void> {
      const freed = go.amount * -1n
      await owner.begin(async (tx) => {
        await tx`select purser.book('presume', ${account}, ${go.reservationId}, ${[...go.budgetPeriods]}, ${freed}, ${go.amount})`
        await tx`
          update purser.reservation set state = 'presumed', cost = amount, cost_source = 'presumption', ended_at = clock_timestamp()
           where id = ${go.reservationId}`
      })
    },

    /** A session of its own in an open transaction, to hold locks with. */
    session: () => database.sql.reserve(),

    /** Every invariant holds, and what was played went the way that was meant: with batches, or without. */
    async audited(): Promise<void> {
      expect((await audit(ledger)).violations).toEqual([])
      const [row] = await owner<{ batches: number }[]>`select count(*)::int as batches from purser.entry where kind = 'calls'`
      if (path === 'plain') expect(row?.batches).toBeGreaterThan(0)
      else expect(row?.batches).toBe(0)
    },

    /** Closes every connection, so that the database can be copied. */
    async disconnect(): Promise<void> {
      await Promise.all([sql.end({ timeout: 5 }), owner.end({ timeout: 5 })])
    },

    async drop(): Promise<void> {
      await sql.end({ timeout: 5 })
      await database.drop()
    },
  }
}

async function pennyPrice(owner: TestDatabase['sql']): Promise<PennyPrice> {
  const from = new Date('2026-01-01T00:00:00Z')
  const [price] = await owner<{ id: number }[]>`
    insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
    values ('test', ${MODEL}, 'output_text_tokens', 1, ${from}, 'test', '2026-01-01') returning id`
  const [rate] = await owner<{ id: number }[]>`
    insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-01-01', 1000000, 'test', '2026-01-01') returning id`
  return {
    price: {
      id: price?.id ?? 0,
      provider: 'test',
      model: MODEL,
      unit: 'output_text_tokens',
      tier: 'standard',
      aboveTokens: 0n,
      picoUsdPer: 1n,
      per: 1n,
      effectiveFrom: from,
      effectiveUntil: undefined,
      source: 'test',
      sourceDate: '2026-01-01',
    },
    rate: { id: rate?.id ?? 0, day: '2026-01-01', usdMicrosPerEur: 1_000_000n, source: 'test' },
  }
}

/** A cost of exactly so much, in one line. */
export function costOfExactly(amount: Nano, { price, rate }: PennyPrice): Cost {
  const line = costLine('output_text_tokens', amount * 1000n, price, rate)
  return { lines: [line], picoUsd: line.picoUsd, nanoEur: line.nanoEur, flags: [] }
}

function boundOfExactly(amount: Nano, penny: PennyPrice, validUntil: Date): Bound {
  const { lines, picoUsd: exact, nanoEur } = costOfExactly(amount, penny)
  return { lines, picoUsd: exact, nanoEur, margin: nano(0n), raisedPerMille: 1000n, amount, validUntil, flags: [] }
}

export interface AskOptions {
  readonly amount?: Nano
  readonly ask?: number
  readonly runId?: string
  readonly scope?: Partial<CallScope>
  readonly model?: string
  readonly requestHash?: string
  readonly holdMs?: number
  readonly validUntil?: Date
  readonly waits?: boolean
}

/** What a settle names of an attempt; an attempt that the ledger does not know has no scope. */
type Sent = Pick<Go, 'reservationId' | 'budgetPeriods'> & Partial<Pick<Go, 'scope'>>

export type TestCall = ReturnType<typeof testCall>

const newKey = (installation: string, startedAt: Date): CallKey => ({
  installation,
  workflowId: `job-${randomUUID()}`,
  jobStartedAt: startedAt.toISOString(),
  callId: 'banner-1',
})

function testCall(
  ledger: Ledger,
  meets: (terms: Terms) => Promise<void>,
  penny: PennyPrice,
  installation: string,
  scope: CallScope,
  startedAt = new Date(),
  key: CallKey = newKey(installation, startedAt),
) {
  const firstRun = randomUUID()
  const receiptOf = (go: Sent, token: string, cost: Cost): Receipt => ({
    reservationId: go.reservationId,
    token,
    account: scope.account,
    scope: go.scope ?? 0,
    budgetPeriods: go.budgetPeriods,
    source: 'answer',
    cost,
    usage: [{ unit: 'output_text_tokens', quantity: 1 }],
    response: { responseId: 'resp-1', modelVersion: MODEL, finishReason: 'STOP', blocked: undefined, requests: 1 },
    blob: undefined,
    flags: [],
    durationMs: 5,
  })

  const requestOf = (o: AskOptions): ReserveRequest => ({
    key,
    runId: o.runId ?? firstRun,
    ask: o.ask ?? 1,
    scope: { ...scope, ...o.scope },
    request: { provider: 'test', model: o.model ?? MODEL, endpoint: 'generateContent' },
    requestHash: o.requestHash ?? 'hash',
    bound: boundOfExactly(o.amount ?? eur('0.03'), penny, o.validUntil ?? new Date(Date.now() + 3_600_000)),
    rate: penny.rate,
    holdMs: o.holdMs ?? 900_000,
    waits: o.waits,
  })

  const self = {
    key,
    runId: firstRun,
    scope,

    request: requestOf,

    reserve: async (o: AskOptions = {}) => {
      const asked = requestOf(o)
      await meets(termsOf(asked.scope, asked.request))
      return reserve(ledger, asked)
    },

    dispatch: (token: string, o: { ask?: number; runId?: string; account?: string; requestHash?: string } = {}): Promise<DispatchAnswer> =>
      dispatch(ledger, {
        key,
        runId: o.runId ?? firstRun,
        ask: o.ask ?? 1,
        account: o.account ?? scope.account,
        requestHash: o.requestHash ?? 'hash',
        token,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        providerMaxMs: 600_000,
      }),

    /** Reserves and dispatches; fails the test unless it may be sent. */
    async sent(o: AskOptions = {}): Promise<Go & { token: string }> {
      const reserved = await self.reserve(o)
      expect(reserved.kind).toBe('reserved')
      const token = randomUUID()
      const { requestHash, runId } = o
      const go = await self.dispatch(token, {
        ask: o.ask ?? 1,
        ...(runId === undefined ? {} : { runId }),
        ...(requestHash === undefined ? {} : { requestHash }),
      })
      if (go.kind !== 'go') throw new Error(`expected go, got ${go.kind}`)
      return { ...go, token }
    },

    receipt: (go: Sent & { token: string }, cost: Nano): Receipt => receiptOf(go, go.token, costOfExactly(cost, penny)),

    settle: (go: Sent & { token: string }, cost: Nano, over: Partial<Receipt> = {}) =>
      settle(ledger, { ...self.receipt(go, cost), ...over }),

    reject: (go: { reservationId: string; token: string }, over: Partial<RejectRequest> = {}) =>
      reject(ledger, {
        reservationId: go.reservationId,
        token: go.token,
        proof: 'provider_refused',
        why: '429 slow down',
        retryAfterMs: undefined,
        durationMs: 5,
        ...over,
      }),

    inDoubt: (reservationId: string, token: string | undefined) =>
      markInDoubt(ledger, { reservationId, token, why: 'cut off', durationMs: token === undefined ? undefined : 5 }),

    close: (runId: string = firstRun) => closeCall(ledger, key, runId),
  }
  return self
}

/** A cost that no price made. */
export const unbacked = (amount: Nano): Cost => ({ lines: [], picoUsd: picoUsd(0n), nanoEur: amount, flags: [] })

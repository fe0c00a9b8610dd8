import { randomUUID } from 'node:crypto'
import { nano, picoUsd } from '../../src/domain/money.ts'
import { dispatch, type Go } from '../../src/ledger/dispatch.ts'
import { reserve, reserveDirect, type ReserveRequest } from '../../src/ledger/reserve.ts'
import { settle } from '../../src/ledger/settle.ts'
import { costOfCall, type Town } from './town.ts'

export interface Measured {
  /** Full calls (or transactions) a second. */
  readonly perSecond: number
  readonly p99Ms?: number
  readonly note?: string
}

export interface Load {
  readonly callers: number
  readonly ms: number
  /** One of each call's three budgets is shared by all. */
  readonly shared: boolean
  /** Reserve and settle only: the reservation counts as dispatched at once. */
  readonly direct: boolean
}

const WARM_UP_MS = 500

/** So many callers, each making one full call after the other: reserve, dispatch, settle, through the functions that the product uses. */
export async function fullCalls(town: Town, load: Load): Promise<Measured> {
  let calls = 0
  const phase = { isMeasured: false, isOver: false }
  const reserveMs: number[] = []
  const cost = costOfCall(town)
  const before = town.ledger.batcher.metrics()
  // Callers of a spread town come from all its accounts; each meets its scope's number the first time with care.
  const caller = async (index: number): Promise<void> => {
    for (let turn = 0; !phase.isOver; turn += 1) {
      const account = load.shared ? index : index + turn * load.callers
      const request = requestOf(town, account, load.shared)
      const startedAt = performance.now()
      const go = await granted(
        town,
        request,
        load.direct,
        phase.isMeasured ? () => reserveMs.push(performance.now() - startedAt) : undefined,
      )
      const { token, ...rest } = go
      const settled = await settle(town.ledger, {
        reservationId: rest.reservationId,
        token,
        account: request.scope.account,
        scope: rest.scope,
        budgetPeriods: rest.budgetPeriods,
        source: 'answer',
        cost: { ...cost, picoUsd: picoUsd(cost.picoUsd) },
        usage: [{ unit: 'output_image_tokens', quantity: 1_290 }],
        response: { responseId: 'r', modelVersion: 'bench-model', finishReason: 'STOP', blocked: undefined, requests: 1 },
        blob: { ref: 'sha256/3f/3f.png', sha256: '3f', bytes: 400_000, mimeType: 'image/png' },
        flags: [],
        durationMs: 1,
      })
      if (settled.kind !== 'settled') throw new Error(`a call ended as ${settled.kind}`)
      if (phase.isMeasured) calls += 1
    }
  }
  const callers = Array.from({ length: load.callers }, (_, i) => caller(i))
  await sleep(WARM_UP_MS)
  phase.isMeasured = true
  const startedAt = performance.now()
  await Promise.race([sleep(load.ms), Promise.all(callers)])
  const seconds = (performance.now() - startedAt) / 1_000
  const perSecond = calls / seconds
  phase.isMeasured = false
  phase.isOver = true
  await Promise.all(callers)
  const { flights, items, flightMs } = town.ledger.batcher.metrics()
  const flown = flights - before.flights
  const note = `${((items - before.items) / flown).toFixed(0)} items a flight, ${((flightMs - before.flightMs) / flown).toFixed(1)} ms`
  return { perSecond, p99Ms: percentile(reserveMs, 0.99), note }
}

async function granted(
  town: Town,
  request: ReserveRequest,
  direct: boolean,
  timed: (() => void) | undefined,
): Promise<Go & { token: string }> {
  const token = randomUUID()
  const limits = { token, requestTimeoutMs: 120_000, providerMaxMs: 600_000 }
  if (direct) {
    const go = await reserveDirect(town.ledger, request, limits)
    timed?.()
    if (go.kind !== 'go') throw new Error(`a call was ${go.kind}`)
    return { ...go, token }
  }
  const reserved = await reserve(town.ledger, request)
  timed?.()
  if (reserved.kind !== 'reserved') throw new Error(`a call was ${reserved.kind}`)
  const { key, runId, ask, requestHash } = request
  const go = await dispatch(town.ledger, { key, runId, ask, account: request.scope.account, requestHash, ...limits })
  if (go.kind !== 'go') throw new Error(`a call was ${go.kind}`)
  return { ...go, token }
}

function requestOf(town: Town, account: number, shared: boolean): ReserveRequest {
  return {
    key: { installation: town.installation, workflowId: `job-${randomUUID()}`, jobStartedAt: new Date().toISOString(), callId: 'banner-1' },
    runId: randomUUID(),
    ask: 1,
    scope: town.scope(account, shared),
    request: { provider: 'bench', model: 'bench-model', endpoint: 'generateContent' },
    requestHash: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730',
    bound: { amount: nano(56_820_931n), margin: nano(1_654_979n), flags: [], validUntil: new Date(Date.now() + 3_600_000) },
    rate: town.rate,
    holdMs: 900_000,
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

function percentile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

import {
  callRef,
  type Answer,
  type BlobRef,
  type InDoubt,
  type InFlight,
  type NotSent,
  type Rejected,
  type Reserved,
  type ResponseFacts,
  type Stopped,
} from '../domain/call.ts'
import type { StoredRefusal } from '../domain/refusal.ts'
import type { Usage } from '../domain/usage.ts'
import { nano, money } from '../domain/money.ts'
import { moneyOf, nanoOf } from './asked.ts'

/** What the ledger's functions write, before it is put into the words of the domain. */
export type RawAnswer =
  | {
      kind: 'reserved'
      callRef: string
      reservationId: string
      attempt: number
      amount: string
      left: string
      plan: string
      /** The ledger's number of the call's scope values. */
      scope: number
      heldUntil: string
    }
  | {
      kind: 'answered'
      reservationId: string
      attempt: number
      amount: string
      cost: string
      left: string
      usage: Usage
      blob: BlobRef | null
      response: ResponseFacts & { requests: number }
      flags: string[]
    }
  | { kind: 'in_flight'; reservationId: string; until: string }
  | { kind: 'in_doubt'; reservationId: string; held: string; reason: string | null }
  | { kind: 'rejected'; reservationId: string; reason: string }
  | { kind: 'lapsed' | 'closed' }
  | { kind: 'too_late'; reservationId: string }
  | Stopped
  | RawRefusal

/** The permission to send, with what a settle will need. */
export interface RawGo {
  kind: 'go'
  reservationId: string
  attempt: number
  amount: string
  scope: number
  dispatchedAt: string
  budgetPeriods: number[]
  rate: { id: number; usdMicrosPerEur: string }
}

/** A refusal as the ledger keeps it. */
export interface RawRefusal {
  kind: 'refused'
  code: 'budget_exceeded'
  plan: string
  budget: StoredRefusal['budget']
  cap: string
  spent: string
  reserved: string
  needed: string
  remaining: string
  missing: string
  freesAt: string
  waitsAs?: number
}

export type LedgerAnswer = Reserved | Answer | InFlight | InDoubt | Rejected | NotSent | Stopped | StoredRefusal

/** Puts an answer of the ledger into the words of the domain: money becomes decimal strings with their currency. */
export function answerOf(raw: RawAnswer): LedgerAnswer {
  switch (raw.kind) {
    case 'reserved': {
      const { amount, left, scope: _, ...rest } = raw
      const heldUntil = new Date(raw.heldUntil).toISOString()
      return { ...rest, callRef: callRef(raw.callRef), amount: moneyOf(amount), budgetLeft: moneyOf(left), heldUntil }
    }
    case 'answered': {
      const { requests, ...response } = raw.response
      const amount = nanoOf(raw.amount)
      const cost = nanoOf(raw.cost)
      return {
        kind: 'answered',
        reservationId: raw.reservationId,
        attempt: raw.attempt,
        reserved: money(amount),
        cost: money(cost),
        givenBack: money(nano(amount > cost ? amount - cost : 0n)),
        budgetLeft: moneyOf(raw.left),
        usage: raw.usage,
        blob: raw.blob ?? undefined,
        response,
        flags: raw.flags,
        requests,
      }
    }
    case 'in_doubt':
      return { kind: 'in_doubt', reservationId: raw.reservationId, held: moneyOf(raw.held), reason: raw.reason ?? undefined }
    case 'refused':
      return refusalOf(raw)
    case 'too_late':
      return { kind: 'too_late' }
    case 'in_flight':
    case 'rejected':
    case 'lapsed':
    case 'closed':
    case 'stopped':
      return raw
  }
}

export function refusalOf(raw: RawRefusal): StoredRefusal {
  return {
    ...raw,
    cap: moneyOf(raw.cap),
    spent: moneyOf(raw.spent),
    reserved: moneyOf(raw.reserved),
    needed: moneyOf(raw.needed),
    remaining: moneyOf(raw.remaining),
    missing: moneyOf(raw.missing),
    freesAt: raw.freesAt === 'infinity' ? 'never' : new Date(raw.freesAt).toISOString(),
  }
}

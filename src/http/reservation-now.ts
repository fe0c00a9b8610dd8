/** Reservations as this process has just granted or settled them: all of it is known, and nothing is asked again. */
import { nano } from '../domain/money.ts'
import type { SentReservation } from '../ledger/api-reservations.ts'
import type { Direct, Left } from '../ledger/batch.ts'
import type { Go } from '../ledger/dispatch.ts'
import { realLeft, type ReserveRequest } from '../ledger/reserve.ts'
import { termsOf } from '../ledger/scope.ts'
import type { Receipt } from '../ledger/settle.ts'
import type { Memory } from './memory.ts'

/** As the ledger's `presumed_from` has it. */
const PRESUMED_AFTER_MS = 300_000

export async function grantedNow(
  memory: Memory,
  { go, left, direct, asked }: { readonly go: Go; readonly left: Left; readonly direct: Direct; readonly asked: ReserveRequest },
): Promise<SentReservation> {
  const after = (ms: number): string => new Date(go.dispatchedAt.getTime() + ms).toISOString()
  return {
    go,
    token: direct.token,
    state: 'dispatched',
    account: asked.scope.account,
    terms: termsOf(asked.scope, asked.request),
    termsHash: asked.requestHash,
    createdAt: after(0),
    validUntil: after(direct.requestTimeoutMs),
    presumedFrom: after(direct.providerMaxMs + PRESUMED_AFTER_MS),
    endedAt: undefined,
    why: undefined,
    cost: undefined,
    source: undefined,
    usage: undefined,
    flags: [],
    lines: [],
    budgets: await budgetsLeft(memory, go, left),
  }
}

export async function settledNow(
  memory: Memory,
  found: SentReservation,
  { cost, usage, flags, source }: Receipt,
  left: Left,
): Promise<SentReservation> {
  return {
    ...found,
    state: 'settled',
    why: undefined,
    cost: cost.nanoEur,
    source,
    usage,
    flags,
    lines: cost.lines.map(({ unit, quantity, priceId, rateId, picoUsd: usd, nanoEur }) => ({
      unit,
      quantity: quantity.toString(),
      priceId,
      rateId,
      usd,
      cost: nanoEur,
    })),
    budgets: await budgetsLeft(memory, found.go, left),
  }
}

async function budgetsLeft({ periods }: Memory, { budgetPeriods }: Go, left: Left): Promise<SentReservation['budgets']> {
  const known = await periods(budgetPeriods)
  return known
    .map(({ id, budgetId, name, account, period }) => ({
      id: budgetId,
      name,
      account,
      period,
      remaining: nano(realLeft(left.get(id) ?? 0n)),
    }))
    .toSorted((a, b) => a.id - b.id)
}

/** Asks the ledger one thing, and puts what it answers into one form. */
import { nano, ofMoney, picoUsd } from '../../../src/domain/money.ts'
import type { CallKey } from '../../../src/domain/call.ts'
import { changeCap, showBudget, type Budget } from '../../../src/ledger/budgets.ts'
import { callIdOf } from '../../../src/ledger/call-id.ts'
import { closeCall } from '../../../src/ledger/close.ts'
import { dispatch, type DispatchAnswer } from '../../../src/ledger/dispatch.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { markInDoubt } from '../../../src/ledger/mark-in-doubt.ts'
import { reject } from '../../../src/ledger/reject.ts'
import { reserve } from '../../../src/ledger/reserve.ts'
import { settle, type Receipt, type SettleAnswer } from '../../../src/ledger/settle.ts'
import type { Asked, Figures, Heard } from './operation.ts'
import { MODEL, PROVIDER, type World } from './world.ts'

/** Far longer than a proof takes, so that nothing ends by itself. */
const HOLD_MS = 3_000_000
const BOUND_VALID_MS = 3_600_000
const REQUEST_TIMEOUT_MS = 540_000
const PROVIDER_MAX_MS = 600_000

type Of<Do extends Asked['do']> = Extract<Asked, { do: Do }>

const keyOf = (world: World, job: string): CallKey => ({
  installation: world.installation,
  workflowId: job,
  jobStartedAt: world.startedAt,
  callId: 'call',
})

export const callOf = (world: World, job: string): string => callIdOf(keyOf(world, job))

export function performer(ledger: Ledger, world: World): (asked: Asked) => Promise<Heard> {
  return async (asked) => {
    switch (asked.do) {
      case 'reserve':
        return heardOf(await reserve(ledger, reserveOf(world, asked)))
      case 'dispatch':
        return heardOf(await dispatch(ledger, dispatchOf(world, asked)))
      case 'settle':
        return settledOf(await settle(ledger, receiptOf(world, asked)))
      case 'reject': {
        const { reservation, token, retry } = asked
        const retryAfterMs = retry ? 10 : undefined
        const answer = await reject(ledger, {
          reservationId: reservation,
          token,
          proof: 'provider_refused',
          why: '429',
          retryAfterMs,
          durationMs: 5,
        })
        return answer.kind === 'rejected' ? answer : heardOf(answer)
      }
      case 'mark':
        return heardOf(await markInDoubt(ledger, { reservationId: asked.reservation, token: asked.token, why: 'cut off', durationMs: 5 }))
      case 'close':
        return { kind: 'closed', released: ofMoney((await closeCall(ledger, keyOf(world, asked.job), asked.run)).released).toString() }
      case 'cap': {
        const change = { of: { id: asked.budget }, change: nano(BigInt(asked.change)), key: asked.key, reason: 'proof' }
        return { kind: 'changed', changed: (await changeCap(ledger, change)).changed }
      }
      case 'look':
        return { kind: 'seen', budget: asked.budget, figures: figuresOf(await showBudget(ledger, { id: asked.budget })) }
    }
  }
}

const reserveOf = (world: World, asked: Of<'reserve'>): Parameters<typeof reserve>[1] => ({
  key: keyOf(world, asked.job),
  runId: asked.run,
  ask: asked.ask,
  scope: asked.scope,
  request: { provider: PROVIDER, model: MODEL, endpoint: 'generateContent' },
  requestHash: asked.hash,
  bound: { amount: nano(BigInt(asked.amount)), margin: nano(0n), flags: [], validUntil: new Date(Date.now() + BOUND_VALID_MS) },
  rate: { id: world.rateId, usdMicrosPerEur: 1_000_000n },
  holdMs: HOLD_MS,
})

const dispatchOf = (world: World, asked: Of<'dispatch'>): Parameters<typeof dispatch>[1] => ({
  key: keyOf(world, asked.job),
  runId: asked.run,
  ask: asked.ask,
  account: asked.account,
  requestHash: HASH,
  token: asked.token,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  providerMaxMs: PROVIDER_MAX_MS,
})

/** The terms of every ask; another one is a conflict. */
export const HASH = 'hash'

/** A cost of so many nano-EUR, in one line: a thousand times as many tokens. */
function receiptOf(world: World, asked: Of<'settle'>): Receipt {
  const cost = nano(BigInt(asked.cost))
  const exact = picoUsd(cost * 1_000n)
  const rate = { rateId: world.rateId, usdMicrosPerEur: 1_000_000n }
  const price = { priceId: world.priceId, picoUsdPer: 1n, per: 1n }
  return {
    reservationId: asked.reservation,
    token: asked.token,
    account: asked.account,
    scope: asked.scopeId,
    budgetPeriods: asked.periods,
    source: 'answer',
    cost: {
      lines: [{ unit: 'output_text_tokens', quantity: exact, ...price, picoUsd: exact, ...rate, nanoEur: cost }],
      picoUsd: exact,
      nanoEur: cost,
    },
    usage: [{ unit: 'output_text_tokens', quantity: 1 }],
    response: { responseId: 'resp', modelVersion: MODEL, finishReason: 'STOP', blocked: undefined, requests: 1 },
    blob: undefined,
    flags: [],
    durationMs: 5,
  }
}

function settledOf(answer: SettleAnswer): Heard {
  return answer.kind === 'settled' ? { ...heardOf(answer.answer), kind: 'settled' } : { kind: answer.kind }
}

function heardOf(answer: DispatchAnswer | Awaited<ReturnType<typeof reserve>>): Heard {
  switch (answer.kind) {
    case 'reserved':
      return { kind: 'reserved', reservation: answer.reservationId, amount: ofMoney(answer.amount).toString() }
    case 'go': {
      const { reservationId: reservation, amount, scope: scopeId, budgetPeriods: periods } = answer
      return { kind: 'go', reservation, amount: amount.toString(), scopeId, periods }
    }
    case 'answered':
      return { kind: 'answered', reservation: answer.reservationId, cost: ofMoney(answer.cost).toString() }
    case 'refused': {
      const figures = { cap: ofMoney(answer.cap), reserved: ofMoney(answer.reserved), spent: ofMoney(answer.spent) }
      return { kind: 'refused', budget: answer.budget.id, figures: figuresOf(figures), needed: ofMoney(answer.needed).toString() }
    }
    case 'in_flight':
    case 'in_doubt':
    case 'rejected':
      return { kind: answer.kind, reservation: answer.reservationId }
    case 'too_late':
      return { kind: 'too_late', ...('reservationId' in answer ? { reservation: answer.reservationId } : {}) }
    case 'lapsed':
    case 'closed':
      return { kind: answer.kind }
    case 'stopped':
      throw new Error(`nobody stopped anything here: ${answer.reason}`)
  }
}

const figuresOf = ({ cap, reserved, spent }: Pick<Budget, 'cap' | 'reserved' | 'spent'>): Figures => ({
  cap: cap.toString(),
  reserved: reserved.toString(),
  spent: spent.toString(),
})

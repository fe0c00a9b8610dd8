import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { openTestLedger, PATHS, type TestCall } from '../support/ledger.ts'

/** The ledger once more, in a few lines that share nothing with it: one account, one budget, everything in order. */
interface ModelAttempt {
  readonly ask: number
  readonly amount: bigint
  state: 'reserved' | 'dispatched' | 'settled' | 'released' | 'rejected' | 'in_doubt'
  token: string | undefined
  cost: bigint | undefined
  handedOn: boolean
}

class ModelCall {
  readonly attempts: ModelAttempt[] = []
  readonly asks = new Map<number, 'refused' | 'taken'>()
  answered = false
  closed = false
  readonly budget: ModelBudget

  constructor(budget: ModelBudget) {
    this.budget = budget
  }

  private heard(ask: number): string {
    const newest = this.attempts.findLast((a) => a.ask === ask)
    return {
      reserved: 'reserved',
      dispatched: 'in_flight',
      settled: 'answered',
      released: 'lapsed',
      rejected: 'rejected',
      in_doubt: 'in_doubt',
    }[newest?.state ?? 'released']
  }

  reserve(ask: number, amount: bigint): string {
    if (this.answered) return 'answered'
    if (this.closed) return 'closed'
    const known = this.asks.get(ask)
    if (known !== undefined) return known === 'refused' ? known : this.heard(ask)
    if (ask < Math.max(0, ...this.asks.keys())) return 'conflict'
    if (this.attempts.some((a) => a.state === 'reserved' || a.state === 'dispatched')) return 'in_flight'
    const fits = amount <= this.budget.cap - this.budget.reserved - this.budget.spent
    this.asks.set(ask, fits ? 'taken' : 'refused')
    if (!fits) return 'refused'
    this.attempts.push({ ask, amount, state: 'reserved', token: undefined, cost: undefined, handedOn: false })
    this.budget.reserved += amount
    return 'reserved'
  }

  dispatch(ask: number, token: string): string {
    if (this.answered) return 'answered'
    if (this.closed) return 'closed'
    const known = this.asks.get(ask)
    if (known === undefined) return 'conflict'
    if (known === 'refused') return 'refused'
    const newest = this.attempts.findLast((a) => a.ask === ask)
    if (newest?.state === 'dispatched' && newest.token === token) return 'go'
    if (newest?.state !== 'reserved' || this.attempts.some((a) => a.token === token)) return this.heard(ask)
    newest.state = 'dispatched'
    newest.token = token
    return 'go'
  }

  settle(attempt: ModelAttempt, cost: bigint): string {
    if (attempt.cost !== undefined) return attempt.cost === cost ? 'settled' : 'unbooked'
    if (attempt.state !== 'rejected') this.budget.reserved -= attempt.amount
    this.budget.spent += cost
    attempt.state = 'settled'
    attempt.cost = cost
    if (!this.answered) this.release()
    this.answered = true
    return 'settled'
  }

  reject(attempt: ModelAttempt, retry: boolean): string {
    if (attempt.state === 'settled') return 'answered'
    if (attempt.state === 'rejected') return attempt.handedOn ? 'handed on' : 'rejected'
    attempt.handedOn = retry && attempt.state === 'dispatched' && !this.answered && !this.closed
    attempt.state = 'rejected'
    if (attempt.handedOn) this.attempts.push({ ...attempt, state: 'reserved', token: undefined, handedOn: false })
    else this.budget.reserved -= attempt.amount
    return attempt.handedOn ? 'handed on' : 'rejected'
  }

  inDoubt(attempt: ModelAttempt): void {
    if (attempt.state === 'dispatched') attempt.state = 'in_doubt'
  }

  close(): void {
    this.closed = true
    this.release()
  }

  private release(): void {
    for (const a of this.attempts.filter(({ state }) => state === 'reserved')) {
      a.state = 'released'
      this.budget.reserved -= a.amount
    }
  }
}

interface ModelBudget {
  readonly cap: bigint
  reserved: bigint
  spent: bigint
}

type Step =
  | { readonly do: 'reserve'; readonly ask: number; readonly cents: number }
  | { readonly do: 'dispatch'; readonly ask: number; readonly token: number }
  | { readonly do: 'settle'; readonly attempt: number; readonly cents: number }
  | { readonly do: 'reject'; readonly attempt: number; readonly retry: boolean }
  | { readonly do: 'inDoubt'; readonly attempt: number }
  | { readonly do: 'close' }

const ask = fc.integer({ min: 1, max: 4 })
const attempt = fc.nat(5)
const steps: fc.Arbitrary<Step & { readonly call: number }> = fc
  .tuple(
    fc.nat(1),
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('reserve' as const), ask, cents: fc.integer({ min: 1, max: 6 }) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('dispatch' as const), ask, token: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), attempt, cents: fc.nat(7) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('reject' as const), attempt, retry: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('inDoubt' as const), attempt }) },
      { weight: 1, arbitrary: fc.constant({ do: 'close' as const }) },
    ),
  )
  .map(([call, step]) => ({ ...step, call }))

const cents = (count: number) => nano(BigInt(count) * eur('0.01'))
const kindOf = (answer: Promise<{ kind: string }>): Promise<string> =>
  answer.then(
    ({ kind }) => kind,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

/** Does one step on both, and says what each answered. */
async function both(
  step: Step,
  real: TestCall,
  model: ModelCall,
  tokens: readonly string[],
  sent: Map<string, object>,
): Promise<[unknown, unknown]> {
  if (step.do === 'reserve')
    return [await kindOf(real.reserve({ ask: step.ask, amount: cents(step.cents) })), model.reserve(step.ask, cents(step.cents))]
  if (step.do === 'dispatch') {
    const token = tokens[step.token] ?? ''
    const answer = await real.dispatch(token, { ask: step.ask }).catch((error: { code: string }) => ({ kind: error.code }))
    if (answer.kind === 'go') sent.set(token, { ...answer, token })
    return [answer.kind, model.dispatch(step.ask, token)]
  }
  if (step.do === 'close') return [(await real.close()) && 'closed', (model.close(), 'closed')]
  const at = model.attempts[step.attempt]
  const go = sent.get(at?.token ?? '') as Parameters<TestCall['settle']>[0] | undefined
  if (at === undefined || go === undefined) return ['nothing', 'nothing']
  if (step.do === 'settle') return [await kindOf(real.settle(go, cents(step.cents))), model.settle(at, cents(step.cents))]
  if (step.do === 'reject') {
    const answer = await real.reject(go, { retryAfterMs: step.retry ? 100 : undefined })
    return [answer.kind === 'rejected' && answer.handedOn ? 'handed on' : answer.kind, model.reject(at, step.retry)]
  }
  return [(await real.inDoubt(go.reservationId, go.token)) && 'told', (model.inDoubt(at), 'told')]
}

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('whatever two calls do to one budget, in any order, the ledger answers and counts as its model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 30 }), async (todo) => {
        const account = await t.accountWith({ cap: '0.10' })
        const budget: ModelBudget = { cap: eur('0.10'), reserved: 0n, spent: 0n }
        const pairs = [0, 1].map(() => ({
          real: t.call(account),
          model: new ModelCall(budget),
          tokens: [0, 1, 2, 3].map(() => randomUUID()),
          sent: new Map<string, object>(),
        }))
        for (const step of todo) {
          const pair = pairs[step.call]
          if (pair === undefined) continue
          const [real, model] = await both(step, pair.real, pair.model, pair.tokens, pair.sent)
          const { reserved, spent } = await t.counters(account)
          expect({ step, answer: real, reserved, spent }).toEqual({ step, answer: model, reserved: budget.reserved, spent: budget.spent })
        }
        await t.owner`update purser.unbooked set resolved_at = clock_timestamp()`
      }),
      { numRuns: 60 },
    )
  })
})

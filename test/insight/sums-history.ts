/** Half a year of calls and usages, all that a call can end as among them. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { CallScope } from '../../src/domain/call.ts'
import type { TrackedUsage } from '../../src/domain/tracked-usage.ts'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { setPlan } from '../../src/ledger/plans.ts'
import { scoreRequest } from '../../src/ledger/score.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import type { Chance } from '../support/chance.ts'
import { cents } from '../support/flights.ts'
import { times, type openTestLedger } from '../support/ledger.ts'

type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DAYS = 190

const pick = <T>(dice: Chance, from: readonly [T, ...T[]]): T => from[dice(from.length)] ?? from[0]

const CLAIMS = ['chat', 'search', 'banner', 'with "quotes", and a comma'] as const

function scopeOf(dice: Chance, accounts: readonly [string, ...string[]]): CallScope {
  return {
    account: pick(dice, accounts),
    feature: pick(dice, CLAIMS),
    user: `user-${dice(9)}`,
    ...(dice(3) === 0 ? {} : { team: pick(dice, ['red', 'blue']) }),
    ...(dice(2) === 0 ? {} : { project: `project-${dice(5)}` }),
    ...(dice(4) === 0 ? {} : { environment: pick(dice, ['live', 'staging']) }),
    labels: { tenant: `t${dice(3)}` },
  }
}

/** Any moment of the last half year; often one at which a day, an hour or a quarter of it begins, or just before. */
export function momentIn(dice: Chance): Date {
  const now = Date.now()
  const any = now - 2 * HOUR_MS - dice(1_000_000_000) * ((DAYS * DAY_MS) / 1_000_000_000)
  const step = pick(dice, [1, 1, HOUR_MS / 4, HOUR_MS, DAY_MS])
  return new Date(Math.floor(any / step) * step - (dice(3) === 0 ? 1 : 0))
}

type Used = Pick<TrackedUsage, 'provider' | 'model' | 'usage'>

const whatOf = (dice: Chance): Used =>
  pick<() => Used>(dice, [
    () => ({ provider: 'test', model: 'penny-model', usage: [{ unit: 'output_text_tokens', quantity: 1 + dice(20_000_000) }] }),
    () => ({
      provider: 'gemini',
      model: 'gemini-2.5-flash',
      usage: [
        { unit: 'input_text_tokens', quantity: 1 + dice(9_000) },
        { unit: 'input_cached_tokens', quantity: 1 + dice(9_000) },
        { unit: 'output_text_tokens', quantity: 1 + dice(2_000) },
      ],
    }),
    () => ({ provider: 'example', model: 'infrastructure', usage: [{ unit: 'gpu_hours', quantity: 1 + dice(5_000_000) }] }),
  ])()

const usageOf = (dice: Chance, accounts: readonly [string, ...string[]]): TrackedUsage => ({
  key: randomUUID(),
  scope: scopeOf(dice, accounts),
  endpoint: pick(dice, ['tracked', 'chat']),
  tier: 'standard',
  at: momentIn(dice),
  ...(dice(2) === 0 ? { durationMs: 1 + dice(20_000) } : {}),
  ...(dice(6) === 0 ? { error: 'timeout' } : {}),
  ...whatOf(dice),
})

/** One call of each ending, reserved now; what was lost is presumed. */
async function playedOn(t: TestLedger, dice: Chance, accounts: readonly [string, ...string[]]): Promise<string[]> {
  const ids: string[] = []
  for (const n of Array(12).keys()) {
    const { account, ...scope } = scopeOf(dice, accounts)
    const call = t.call(account, scope)
    const go = await call.sent({ amount: cents(5 + n) })
    const lost = async () => {
      await call.inDoubt(go.reservationId, go.token)
      await t.age(go.reservationId, 86_400)
      expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
    }
    const endings = [
      () => call.settle(go, cents(2)),
      () => lost(),
      () => call.reject(go),
      () => lost().then(() => call.settle(go, cents(4))),
      () => call.settle(go, cents(30)),
      () => call.reject(go, { retryAfterMs: 100 }),
    ]
    await endings[n % endings.length]?.()
    // As after a restored backup, which forgot the attempt and its scope: on the budgets that the answer names.
    if (n === 0) await call.settle({ ...go, scope: 999_999, token: randomUUID() }, cents(1))
    ids.push(go.reservationId)
  }
  return ids
}

export interface History {
  readonly accounts: readonly [string, ...string[]]
  /** More of everything: usages of the half year, calls of now, and what a bill or a person says of older ones. */
  more(): Promise<void>
}

export async function historyIn(t: TestLedger, dice: Chance): Promise<History> {
  await setPlan(t.ledger, { plan: 'kind', cap: cents(100_000), reason: 'we pay for doubts', presumedBy: 'house', timeZone: 'UTC' })
  const kind = await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan: 'kind', timeZone: 'UTC' })
  const accounts = [kind.id, await t.accountWith({ cap: '1000.00', timeZone: 'UTC' }), await t.accountWith({ cap: '1000.00' })] as const
  const known: string[] = []
  return {
    accounts,
    async more() {
      await trackUsages(
        t.ledger,
        t.ledger,
        times(170, () => usageOf(dice, accounts)),
      )
      for (const reservationId of known.filter(() => dice(3) === 0))
        await adjust(t.ledger, { reservationId, total: cents(dice(50)), source: 'bill', sourceId: randomUUID(), why: 'a test' })
      known.push(...(await playedOn(t, dice, accounts)))
      for (const id of known.filter(() => dice(3) === 0))
        await scoreRequest(t.ledger, id, { quality: `0.${100 + dice(900)}`, value: cents(dice(100)) })
      // Under way, and held: neither is spent.
      await t.call(accounts[1], { feature: 'chat' }).sent()
      await t.call(accounts[1], { feature: 'chat' }).reserve()
    },
  }
}

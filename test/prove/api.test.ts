/** Two servers, one ledger: what they grant together, and what is left when both are killed in the middle. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newKey } from '../../src/calls/cost-key.ts'
import { eur, type Money } from '../../src/domain/money.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { asking, type Ask } from '../support/api.ts'
import { times } from '../support/ledger.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { startChildServer } from './child-server.ts'
import { inLength } from './length.ts'

const AT_ONCE = 200
const CALLERS = 16
const ANSWERED = inLength(60, 600)

/** With this rate of today the bound of these terms is one cent, to the last digit. */
const USD_MICROS_PER_EUR = 1_000_900
const CENT = { model: 'gemini-2.5-flash-lite', input_tokens_max: 1_033, max_output_tokens: 24_000 }

let stage: Stage
let apiKey: string
beforeAll(async () => {
  stage = await openStage()
  await stage.db.sql`
    insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values (current_date, ${USD_MICROS_PER_EUR}, 'a proof', current_date)`
  const terms = {
    name: 'a proof',
    scopes: ['reservations:write'],
    account: undefined,
    expiresAt: undefined,
    mode: 'test',
    who: 'test',
  } as const
  apiKey = (await createApiKey(stage.ledger, terms)).text
})
afterAll(() => stage.close())

async function budgetOf(feature: string, cap: string): Promise<void> {
  const terms = { name: feature, scope: { feature }, isHard: true, periodKind: 'total', timeZone: 'UTC', thresholds: [] } as const
  await createBudget(stage.ledger, { ...terms, cap: eur(cap) })
}

const tally = (statuses: readonly number[]) =>
  Object.fromEntries([...Map.groupBy(statuses, String)].map(([status, all]) => [status, all.length]))

test(`${AT_ONCE} reservations of 0.01 at once on a budget of 0.10, through two servers: exactly ten are granted`, async (context) => {
  const account = await stage.account('corporate')
  const asks = (await Promise.all(times(2, () => startChildServer(context, stage)))).map(({ url }) => asking(url, apiKey))
  await budgetOf('ten', '0.10')
  const body = { ...CENT, account, feature: 'ten' }
  const answers = await Promise.all(times(AT_ONCE, (i) => (asks[i % 2] as Ask)('POST', '/v1/reservations', { body, key: newKey() })))
  expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 10, 402: AT_ONCE - 10 })
  const granted = answers.filter(({ status }) => status === 201).map(({ body: told }) => (told['amount'] as Money).amount)
  expect(new Set(granted)).toEqual(new Set(['0.010000000']))
  expect(await stage.balance(account)).toMatchObject({ reserved: eur('0.10'), spent: 0n })
  await stage.intact()
})

interface Played {
  readonly key: string
  readonly tokens: number
  /** As it was acknowledged. */
  id?: string
  cost?: string
}

test('both servers are killed in the middle: nothing acknowledged is lost, and what is repeated with its key happens once', async (context) => {
  const account = await stage.account('corporate')
  const servers = await Promise.all(times(2, () => startChildServer(context, stage)))
  const body = { account, model: CENT.model, input_tokens_max: 100, max_output_tokens: 100 }
  const played: Played[] = []

  /** Goes as far as it is answered. */
  async function play(ask: Ask, one: Played): Promise<void> {
    if (one.id === undefined) {
      const granted = await ask('POST', '/v1/reservations', { body, key: one.key })
      if (granted.status !== 201) throw new Error(`not granted: ${JSON.stringify(granted.body)}`)
      one.id = String(granted.body['id'])
    }
    const settled = await ask('POST', `/v1/reservations/${one.id}/settle`, {
      body: { usage: { input_tokens: 50, output_tokens: one.tokens } },
    })
    if (settled.status !== 200) throw new Error(`not settled: ${JSON.stringify(settled.body)}`)
    one.cost = (settled.body['cost'] as Money).amount
  }
  const caller = async (ask: Ask): Promise<void> => {
    for (;;) {
      const one: Played = { key: newKey(), tokens: 1 + (played.length % 90) }
      played.push(one)
      try {
        await play(ask, one)
      } catch {
        // Its server was killed.
        return
      }
    }
  }
  const callers = times(CALLERS, (i) => caller(asking(servers[i % 2]?.url ?? '', apiKey)))
  await until('many are answered', () => played.filter(({ cost }) => cost !== undefined).length >= ANSWERED, 60_000)
  await Promise.all(servers.map((server) => server.kill()))
  await Promise.all(callers)
  const acknowledged = played.filter(({ cost }) => cost !== undefined).map((one) => ({ ...one }))
  const open = played.filter(({ cost }) => cost === undefined)
  expect(acknowledged.length).toBeGreaterThanOrEqual(ANSWERED)
  expect(open).toHaveLength(CALLERS)

  const again = asking((await startChildServer(context, stage)).url, apiKey)
  for (const one of acknowledged)
    expect(await again('GET', `/v1/reservations/${one.id}`)).toMatchObject({ body: { state: 'settled', cost: { amount: one.cost } } })
  for (const one of open) await play(again, one)
  const attempts = await stage.attempts(account)
  expect(attempts).toHaveLength(played.length)
  const total = played.reduce((sum, { cost = '0' }) => sum + eur(cost), 0n)
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: total })
  await stage.intact()
})

/** As many starts at once as somebody cares to make, on a budget for ten; and everything killed right after fifty successes. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBooks } from '../../chaos/books.ts'
import type { Hand } from '../../chaos/crew.ts'
import { judge } from '../../chaos/judge.ts'
import { openSystem, type System } from '../../chaos/system.ts'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { eur, exactEur, nano } from '../../src/domain/money.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { times } from '../support/ledger.ts'
import { until } from '../support/until.ts'
import { inLength } from './length.ts'
import type { textJob } from './at-once/workflows.ts'

const STARTS = inLength(100, 200)
const SUCCESSES = inLength(25, 50)
const JOBS_LIMIT_MS = 150_000

/** With this rate of today the bounds of the two requests are whole cents, to the last digit; both are answered with as many tokens as the smaller allows. */
const USD_MICROS_PER_EUR = 1_000_900
const CENT = { promptBytes: 63, maxOutputTokens: 24_743 }
const TWO_CENTS = { promptBytes: 90, maxOutputTokens: 49_511 }
/** What such an answer costs: less than its bound by the margin of a hundredth, and by what the prompt might have had of tokens. */
const COST = { least: eur('0.0098'), most: eur('0.0099') }

const requestOf = ({ promptBytes, maxOutputTokens }: typeof CENT): ModelRequest => ({
  provider: 'gemini',
  model: 'gemini-2.5-flash-lite',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt: 'a'.repeat(promptBytes),
  output: { kind: 'text' },
  maxOutputTokens,
})

let system: System
let hands: Hand[] = []
const startWorkers = async (): Promise<void> => void (hands = await Promise.all(times(2, () => system.startWorker([], () => undefined))))
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./at-once/workflows.ts', import.meta.url))
  system = await openSystem({ say: () => undefined, requestTimeoutMs: 20_000, latencyMs: 0, workflowsPath })
  await system.owner`
    insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values (current_date, ${USD_MICROS_PER_EUR}, 'a proof', current_date)`
  await startWorkers()
  await system.fault({ fault: 'usage_above_bound', tokens: CENT.maxOutputTokens, times: 1_000 })
  await system.purser.accounts.ensure({ id: 'acc', plan: 'corporate' })
}, 120_000)
afterAll(() => system.close())

/** A budget of a feature's calls, without an end. */
async function budgetOf(feature: string, cap: string): Promise<void> {
  const sql = connectSql(system.databaseUrl, { max: 1 })
  const terms = { name: feature, scope: { feature }, isHard: true, periodKind: 'total', timeZone: 'UTC', thresholds: [] } as const
  await createBudget(ledgerOver(sql), { ...terms, cap: eur(cap) })
  await sql.end({ timeout: 5 })
}

/** Starts them all at once; answers how each ended. */
async function atOnce(count: number, feature: string, request: ModelRequest, name = feature): Promise<string[]> {
  const { client, taskQueue } = system
  const handles = await Promise.all(
    times(count, (i) =>
      client.workflow.start<typeof textJob>('textJob', {
        taskQueue,
        workflowId: `${name}-${i}`,
        args: [{ account: 'acc', feature }, request],
      }),
    ),
  )
  return Promise.all(handles.map((handle) => handle.result()))
}

const tally = (kinds: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]))

/** The budget's one row, and the judge's word on all books. */
async function seen(feature: string) {
  const [books, bill, requests] = await Promise.all([readBooks(system.owner), system.bill(), system.requests()])
  const verdict = judge({ books, bill, requests, stored: new Set() })
  const row = books.balances.find(({ name }) => name === `${feature} total`) ?? { reserved: -1n, spent: -1n, period: -1 }
  const refusals = books.refusals.filter(({ period }) => period === row.period)
  const settled = books.attempts.filter((a) => a.periods.includes(row.period) && a.state === 'settled')
  return { verdict, ...row, refusals, settled }
}

const CLEAN = { overspend: 0n, unbooked: 0n, doubleBooked: 0n, stuckReservations: 0, falseRefusals: 0, findings: [] }

test(
  `${STARTS} starts at once, each bounded at 0.01 EUR, on 0.10 EUR, over two worker processes: exactly ten run`,
  { timeout: JOBS_LIMIT_MS },
  async () => {
    await budgetOf('one-cent', '0.10')
    const kinds = await atOnce(STARTS, 'one-cent', requestOf(CENT))
    expect(tally(kinds)).toEqual({ answered: 10, refused: STARTS - 10 })
    const { verdict, spent, reserved, refusals, settled } = await seen('one-cent')
    expect(verdict).toMatchObject(CLEAN)
    expect(settled.map(({ amount }) => amount)).toEqual(times(10, () => eur('0.01')))
    for (const { cost } of settled) expect(cost).toBeGreaterThan(COST.least)
    for (const { cost } of settled) expect(cost).toBeLessThan(COST.most)
    expect(reserved).toBe(0n)
    expect(spent).toBe(settled.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n))
    expect(refusals).toHaveLength(STARTS - 10)
    console.log(`   ${STARTS} starts: ${JSON.stringify(tally(kinds))}, ${exactEur(nano(spent))} EUR spent`)
  },
)

test(
  `${STARTS} starts at once, bounded at 0.02 EUR each and costing half: never above the cap, and every refusal is true at its version`,
  { timeout: JOBS_LIMIT_MS },
  async () => {
    await budgetOf('two-cents', '0.10')
    const kinds = await atOnce(STARTS, 'two-cents', requestOf(TWO_CENTS))
    const { verdict, spent, reserved, refusals, settled } = await seen('two-cents')
    expect(verdict).toMatchObject(CLEAN)
    expect(new Set(settled.map(({ amount }) => amount))).toEqual(new Set([eur('0.02')]))
    // Five fit at first; as they are answered, money comes back. With nine answered, 0.02 EUR are not left any more.
    expect(settled.length).toBeGreaterThanOrEqual(5)
    expect(settled.length).toBeLessThanOrEqual(9)
    expect(tally(kinds)).toEqual({ answered: settled.length, refused: STARTS - settled.length })
    expect(refusals).toHaveLength(STARTS - settled.length)
    for (const { needed } of refusals) expect(needed).toBe(eur('0.02'))
    expect(reserved).toBe(0n)
    expect(spent).toBeLessThanOrEqual(eur('0.10'))
    console.log(`   ${STARTS} starts: ${JSON.stringify(tally(kinds))}, ${exactEur(nano(spent))} EUR spent`)
  },
)

test(
  `everything is killed right after ${SUCCESSES} successes: none of them is lost, and none is granted again`,
  { timeout: JOBS_LIMIT_MS * 2 },
  async () => {
    const more = 10
    await budgetOf('killed', exactEur(nano(eur('0.01') * BigInt(SUCCESSES + more))))
    expect(tally(await atOnce(SUCCESSES, 'killed', requestOf(CENT)))).toEqual({ answered: SUCCESSES })
    const asked = await system.requests()
    // Workers, Postgres and Temporal, at one moment.
    await Promise.all([...hands.map((hand) => hand.kill()), system.postgres.kill(), system.temporal.kill()])
    await startWorkers()
    const before = await until('Postgres answers', () => seen('killed').catch(() => undefined))
    expect(before.settled).toHaveLength(SUCCESSES)
    expect(before.verdict).toMatchObject(CLEAN)

    const kinds = await until(
      'Temporal answers',
      () => atOnce(SUCCESSES, 'killed', requestOf(CENT), 'afterwards').catch(() => undefined),
      60_000,
    )
    const after = await seen('killed')
    // What the fifty left by costing less than their bounds is no second grant.
    const left = eur('0.01') * BigInt(SUCCESSES + more) - before.spent
    expect(tally(kinds)['answered']).toBeLessThanOrEqual(Number(left / COST.least))
    expect(tally(kinds)['answered']).toBeGreaterThanOrEqual(more)
    expect(after.settled.slice(0, SUCCESSES).map(({ id, cost }) => ({ id, cost }))).toEqual(
      before.settled.map(({ id, cost }) => ({ id, cost })),
    )
    expect(after.verdict).toMatchObject(CLEAN)
    expect(after.spent).toBeLessThanOrEqual(eur('0.01') * BigInt(SUCCESSES + more))
    expect((await system.requests()).length - asked.length).toBe(tally(kinds)['answered'])
    console.log(`   killed after ${SUCCESSES}: all there; then ${JSON.stringify(tally(kinds))}, ${exactEur(nano(after.spent))} EUR spent`)
  },
)

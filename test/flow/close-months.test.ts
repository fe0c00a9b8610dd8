import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { trackUsage } from '../../src/calls/track-usage.ts'
import { exactEur, money, nano, shortEur, type Money, type Nano } from '../../src/domain/money.ts'
import { listStatements, showStatement, verifyStatements } from '../../src/insight/statements.ts'
import { createDestination } from '../../src/ledger/destinations.ts'
import { sealStatements } from '../../src/ledger/statements.ts'
import { ago } from '../support/past.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { takenIn } from '../support/taken-in.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'

vi.setConfig({ testTimeout: 45_000 })

const [BEFORE, LAST] = [ago(2), ago(1)]

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
/** Activities that seal, or tell a review, and then die before Temporal hears of it. */
let deaths = 0
let tellersDeaths = 0
/** Reviews that fail before they tell anything. */
let failures = 0
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  worker = await startTestWorker(env, stage, {
    activities: (product) => ({
      ...product,
      sealStatements: async (asked: Parameters<typeof product.sealStatements>[0]) => {
        const sealed = await product.sealStatements(asked)
        if (deaths > 0) {
          deaths -= 1
          throw new Error('died behind the commit')
        }
        return sealed
      },
      reviewMonth: async (asked: Parameters<typeof product.reviewMonth>[0]) => {
        if (failures > 0) {
          failures -= 1
          throw ApplicationFailure.nonRetryable('more than ten thousand workloads')
        }
        const told = await product.reviewMonth(asked)
        if (tellersDeaths > 0) {
          tellersDeaths -= 1
          throw new Error('died behind the commit')
        }
        return told
      },
    }),
  })
  await stage.db.sql`
    insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, source, source_date)
      values ('elsewhere', 'meter', 'output_text_tokens', 1000000, 1, '2026-01-01T00:00:00Z', 'a test', '2026-01-01')`
  await stage.db
    .sql`insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-01-01', 1000000, 'a test', '2026-01-01') on conflict do nothing`
})
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.close()
})

/** An account that has been there for two months, or since then. */
async function accountOfOld(since = BEFORE.at): Promise<string> {
  const id = await stage.account('corporate')
  await stage.db.sql`update purser.account set created_at = ${since} where id = ${id}`
  return id
}

let count = 0
async function spent(account: string, tokens: number, at: Date): Promise<Nano> {
  const usage = {
    key: `usage-${(count += 1)}`,
    scope: { account, feature: 'chat' },
    provider: 'elsewhere',
    model: 'meter',
    endpoint: 'tracked',
    tier: 'standard',
    usage: [{ unit: 'output_text_tokens' as const, quantity: tokens }],
    at,
  }
  return (await trackUsage(stage.ledger, stage, usage)).cost
}

const sealedOf = async (account: string) =>
  (await listStatements(stage.ledger, { account, limit: 10 })).map(({ month, spent: own, corrections }) => [month, own, corrections])

test('months that are over are closed, oldest first, each once, by two at once and killed behind a commit; and it is told once', async () => {
  const accounts = [await accountOfOld(), await accountOfOld(), await accountOfOld()]
  const [mine = ''] = accounts
  const first = await spent(mine, 1_000, BEFORE.at)
  const second = await spent(mine, 2_000, LAST.at)

  await takenIn(stage.ledger, stage.db.sql)
  const dry = await worker.purser.closeMonth(LAST.name, { dryRun: true })
  expect(dry.months.map(({ month, sealed }) => [month, sealed])).toEqual([
    [BEFORE.name, 3],
    [LAST.name, 0],
  ])
  expect(await sealedOf(mine)).toEqual([])

  await createDestination(stage.ledger, {
    name: 'finance',
    kind: 'log',
    target: 'log',
    account: undefined,
    types: ['month.review'],
    shown: 'log',
    secret: undefined,
  })
  deaths = 2
  tellersDeaths = 1
  const [one, other] = await Promise.all([worker.purser.closeMonth(LAST.name), worker.purser.closeMonth(LAST.name)])
  expect(other).toEqual(one)
  expect(one.months.map(({ month }) => month)).toEqual([BEFORE.name, LAST.name])
  expect(await sealedOf(mine)).toEqual([
    [BEFORE.name, first, 0n],
    [LAST.name, second, 0n],
  ])
  expect(await worker.purser.closeMonth(LAST.name)).toEqual({ months: [], reviews: [] })
  for (const account of accounts) expect((await verifyStatements(stage.ledger, account)).map(({ faults }) => faults)).toEqual([[], []])

  const notices = await stage.db.sql<{ key: string; data: { statements: number; spent: string } }[]>`
    select key, data from purser.notice where type = 'month.closed' order by key`
  expect(notices.map(({ key, data }) => [key, data.statements, data.spent])).toEqual([
    [`month.closed ${BEFORE.name}`, 3, exactEur(first)],
    [`month.closed ${LAST.name}`, 3, exactEur(second)],
  ])

  // Each month's review, beside the first one; it goes where such notices go.
  expect(one.reviews.map(({ month, error }) => [month, error])).toEqual([
    [BEFORE.name, undefined],
    [LAST.name, undefined],
  ])
  const reviews = await stage.db.sql<
    { key: string; account: string | null; text: string; data: { totals: { cost: Money } }; to: string[] }[]
  >`
    select n.key, n.account, n.text, n.data, (select jsonb_agg(d.name order by d.name) from purser.delivery x join purser.destination d on d.id = x.destination where x.notice = n.id) as to
      from purser.notice n where type = 'month.review' order by key`
  expect(reviews).toMatchObject([
    { key: `month.review ${BEFORE.name}`, account: null, data: { month: BEFORE.name, totals: { cost: money(first) } }, to: ['finance'] },
    {
      key: `month.review ${LAST.name}`,
      data: {
        baseline: BEFORE.name,
        totals: { cost: money(second) },
        difference: money(nano(second - first)),
        features: [{ feature: 'chat' }],
      },
      text: expect.stringContaining(
        `Review of ${LAST.name}: ${shortEur(second)} EUR for 1 call, ${shortEur(nano(second - first))} EUR more than in ${BEFORE.name}\n`,
      ),
      to: ['finance'],
    },
  ])

  // What is told of a sealed month afterwards is a correction on the next statement, which is provisional.
  const late = await spent(mine, 5_000, BEFORE.at)
  await takenIn(stage.ledger, stage.db.sql)
  const now = await showStatement(stage.ledger, mine, ago(0).name)
  expect(now).toMatchObject({ state: 'provisional', spent: 0n, corrections: late, total: late })
  expect(now.correctionLines).toMatchObject([{ month: BEFORE.name, change: late }])
})

test('started without a month, as the schedule does, it closes all that is over', async () => {
  const account = await accountOfOld()
  const cost = await spent(account, 3_000, LAST.at)
  await takenIn(stage.ledger, stage.db.sql)
  // As after a close whose review was never told.
  await stage.db.sql`delete from purser.delivery_start`
  await stage.db.sql`delete from purser.delivery`
  await stage.db.sql`delete from purser.notice where type = 'month.review'`
  const { client, taskQueue } = worker
  const closed = () => client.workflow.execute('closeMonths', { taskQueue, workflowId: `close of ${account}`, args: [{}] })
  // A review that fails undoes nothing; the next close tells it.
  failures = 1
  expect(await closed()).toMatchObject({
    months: [{ month: BEFORE.name }, { month: LAST.name, sealed: 1 }],
    reviews: [
      { month: BEFORE.name, told: false, error: 'more than ten thousand workloads' },
      { month: LAST.name, told: true },
    ],
  })
  expect(await closed()).toEqual({ months: [], reviews: [{ month: BEFORE.name, told: true }] })
  expect(await sealedOf(account)).toEqual([
    [BEFORE.name, 0n, 0n],
    [LAST.name, cost, 0n],
  ])
})

test('what a close has sealed that was then ended by force is told by the next one: the months before its last one, too', async () => {
  const [first, second] = [ago(4), ago(3)]
  await accountOfOld(first.at)
  await takenIn(stage.ledger, stage.db.sql)
  for (const { name } of [first, second]) await sealStatements(stage.ledger, { month: name, after: undefined, limit: 1_000, dryRun: false })
  expect((await worker.purser.closeMonth(second.name, { dryRun: true })).months).toEqual([])
  const told = () =>
    stage.db.sql<
      { key: string }[]
    >`select key from purser.notice where key in (${`month.closed ${first.name}`}, ${`month.closed ${second.name}`}) order by key`
  expect(await told()).toEqual([])
  for (let times = 0; times < 2; times += 1) {
    expect((await worker.purser.closeMonth(second.name)).months).toEqual([])
    expect((await told()).map(({ key }) => key)).toEqual([`month.closed ${first.name}`, `month.closed ${second.name}`])
  }
})

import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { testLedgerIn } from '../support/ledger.ts'
import { destinationOf } from '../support/notices.ts'
import { startReceiver, verified } from '../support/receiver.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { startChildWorker } from './child-worker.ts'

const LIMIT_MS = 2_000

const stage = await openStage()
const receiver = await startReceiver()
afterAll(async () => {
  await receiver.close()
  await stage.close()
})

test(
  'from money that is spent to a received and verified webhook it takes two seconds at most, once per threshold',
  { timeout: 60_000 },
  async (context) => {
    const t = await testLedgerIn(stage.db)
    const account = await t.accountWith({ cap: '1.00' })
    const { secret } = await destinationOf(stage, receiver.url, { account, types: ['budget.*'] })
    await startChildWorker(context, stage, `queue-${randomUUID().slice(0, 8)}`, { PURSER_DELIVER_TO_PRIVATE: 'true' })
    await until('the worker watches', async () => (await stage.db.sql`select from purser.watch where holder is not null`).length === 1)

    const took: number[] = []
    const told: unknown[] = []
    // The first one also waits for what a worker loads once.
    for (const cost of ['0.50', '0.30', '0.15', '0.05'] as const) {
      const call = t.call(account)
      const go = await call.sent({ amount: eur(cost) })
      const seen = receiver.received.length
      const before = performance.now()
      await call.settle(go, eur(cost))
      const got = await until('the webhook', () => receiver.received[seen])
      const { type, data } = verified(secret, got)
      took.push(Math.round(got.at - before))
      told.push([type, (data['evidence'] as Record<string, unknown>)['percent'], data['account']])
    }
    console.log(`  from spending to a verified webhook: ${took.join(', ')} ms`)
    expect(told).toEqual([50, 80, 95, 100].map((percent) => ['budget.threshold', percent, account]))
    expect(Math.max(...took)).toBeLessThanOrEqual(LIMIT_MS)
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
    await t.ledger.sql.end({ timeout: 5 })
  },
)

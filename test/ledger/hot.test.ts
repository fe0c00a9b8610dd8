import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { termsOf } from '../../src/ledger/scope.ts'
import { startPostgres, type RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { databaseOn } from '../support/database.ts'
import { testLedgerIn, times } from '../support/ledger.ts'
import { until } from '../support/until.ts'

/** So many that two batches are in the air, and each has the other's old versions to wait for. */
const CALLERS = 160
const ACCOUNTS = 500
/** As long as a real one: a row's width decides how many fit on a page. */
const HASH = 'a'.repeat(64)

/** Postgres' own counts of updates: a HOT one writes its new row beside the old one, and into no index. */
interface Updates {
  readonly updates: number
  readonly hot: number
}

/**
 * A server without neighbours: a snapshot is as old as the oldest transaction that writes in any database of its server, so one of a second
 * next door keeps the old versions of these counters for a second, and their pages fill up (measured: 0.95 of the updates were HOT, not 1).
 */
let server: RunningPostgres
beforeAll(async () => {
  server = await startPostgres({
    dataDir: join(inject('testFolder'), 'hot'),
    password: 'of-a-test',
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  })
})
afterAll(() => server.stop())

/** Full calls of many callers through the batcher; then what Postgres counted. */
async function underLoad(
  database: string,
  callsEach: number,
  before?: string,
): Promise<{ readonly balance: Updates; readonly reservation: Updates; readonly versions: number }> {
  const t = await testLedgerIn(await databaseOn(server, database))
  onTestFinished(() => t.drop())
  if (before !== undefined) await t.owner.unsafe(before)
  const team = randomUUID()
  await t.budget({ scope: { team }, cap: '100.00' })
  const accounts = await Promise.all(times(ACCOUNTS, () => t.accountWith({ cap: '5.00' })))
  // What covers a call is known before the load begins, as in a process that has been running.
  await Promise.all(
    accounts.map((account) => t.meets(termsOf({ account, team }, { provider: 'test', model: 'penny-model', endpoint: 'generateContent' }))),
  )
  const caller = async (at: number): Promise<void> => {
    for (let i = 0; i < callsEach; i += 1) {
      const call = t.call(accounts[(at + i) % accounts.length] ?? '', { team })
      await call.settle(await call.sent({ amount: eur('0.03'), requestHash: HASH }), eur('0.02'))
    }
  }
  await Promise.all(times(CALLERS, caller))
  await t.audited()
  // A session hands its counts in when it ends.
  await t.ledger.sql.end({ timeout: 5 })
  const [made] = await t.owner<{ versions: number }[]>`select purser.total(version - 1)::int as versions from purser.balance`
  const [versions, calls] = [made?.versions ?? 0, CALLERS * callsEach]
  const counted = async () => {
    const rows = await t.owner<({ name: string } & Updates)[]>`
      select case when relname = 'balance' then relname else 'reservation' end as name, sum(n_tup_upd)::int as updates, sum(n_tup_hot_upd)::int as hot
        from pg_stat_user_tables where schemaname = 'purser' and (relname = 'balance' or relname like 'reservation\\_%') group by 1`
    const of = (name: string) => rows.find((row) => row.name === name) ?? { updates: 0, hot: 0 }
    const [balance, reservation] = [of('balance'), of('reservation')]
    return balance.updates >= versions && reservation.updates >= 2 * calls && { balance, reservation, versions }
  }
  return until('every session has handed its counts in', counted)
}

const share = ({ updates, hot }: Updates): number => hot / updates
const LIMIT_MS = 60_000

test('an update of a counter writes into no index, and one of an attempt stays on its page', { timeout: LIMIT_MS }, async () => {
  const { balance, reservation, versions } = await underLoad('as_it_is', 12)
  // What is counted is what was played: the versions of the counters, and a dispatch and a settle of each call.
  expect(versions).toBeGreaterThan(CALLERS * 12)
  expect(reservation.updates).toBeGreaterThanOrEqual(2 * CALLERS * 12)
  expect(share(balance)).toBeGreaterThan(0.99)
  expect(share(reservation)).toBeGreaterThan(0.95)
})

test('an index on what changes would be seen: then hardly an update is HOT', { timeout: LIMIT_MS }, async () => {
  // A settle changes what is spent, a reserve does not; every move changes the state.
  const { balance, reservation } = await underLoad(
    'with_an_index',
    4,
    'create index on purser.balance (spent); create index on purser.reservation (state)',
  )
  expect(share(balance)).toBeLessThan(0.7)
  expect(share(reservation)).toBeLessThan(0.01)
})

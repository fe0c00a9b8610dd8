import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { rollUpAll } from '../../src/insight/roll-up.ts'
import { audit } from '../../src/ledger/audit.ts'
import { checkEpoch } from '../../src/ledger/epoch.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { acknowledgeOutbox, addOutboxConsumer, readOutbox } from '../../src/ledger/outbox.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startPostgres } from '../../src/platform/embedded/postgres.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { budgetFor, percentOf } from '../support/budgets.ts'
import { databaseOn, type TestDatabase } from '../support/database.ts'
import { ledgerBy, testLedgerIn, times } from '../support/ledger.ts'
import { reportedBy } from '../support/restored.ts'
import { until } from '../support/until.ts'

/** A server of one's own, which has just been set up, with a ledger in which nothing is yet. */
async function newServer(folder: string, name: string): Promise<TestDatabase> {
  const server = await startPostgres({ dataDir: join(folder, name), password: 'of-a-test', port: await freePort() })
  onTestFinished(() => server.stop())
  const database = await databaseOn(server)
  onTestFinished(() => database.drop())
  return database
}

/** What a dump of the data takes along: each table's rows as they are, and where its sequences are. (The programs that dump do not come with the tests' Postgres.) */
async function copyData(from: TestDatabase['sql'], to: TestDatabase['sql']): Promise<void> {
  const tables = await from<{ name: string; columns: string[] }[]>`
    select c.relname as name, array_agg(quote_ident(a.attname) order by a.attnum) as columns from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'purser'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' group by 1`
  const sequences = await from<{ name: string; last: string }[]>`
    select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'purser' and last_value is not null`
  await to.begin(async (tx) => {
    await tx`set local session_replication_role = replica`
    await tx.unsafe(`truncate ${tables.map(({ name }) => `purser.${name}`).join(', ')}`)
    for (const { name, columns } of tables) {
      const names = tx.unsafe(columns.join(', '))
      const [kept] = await from<{ rows: string }[]>`select jsonb_agg(x)::text as rows from purser.${from(name)} x`
      await tx`insert into purser.${tx(name)} (${names}) overriding system value
        select ${names} from jsonb_populate_recordset(null::purser.${tx(name)}, ${kept?.rows ?? '[]'}::text::jsonb)`
    }
    for (const { name, last } of sequences) await tx`select setval(${`purser.${name}`}::regclass, ${last}::text::bigint)`
  })
}

/** So many transactions that write nothing. */
const passTransactions = (sql: TestDatabase['sql'], count: number) =>
  sql.unsafe(`do $$ begin for i in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`)

/** So many events that are not acknowledged, by the percentage that they tell. */
const unread = (ledger: Ledger, count: number): Promise<number[]> =>
  until(`${count} events`, async () => {
    const events = await readOutbox(ledger, 'reader', 1_000)
    return events.length >= count && events.map(percentOf)
  })

test(
  'a ledger that moves to a server of smaller numbers loses no event and no cost, and tells none twice',
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'purser-moved-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    const blobs = fileBlobStore(join(folder, 'blobs'))
    const [old, here] = [await newServer(folder, 'old'), await newServer(folder, 'new')]
    await passTransactions(old.sql, 20_000)
    const t = await testLedgerIn(old)
    const account = await t.accountWith({ cap: '100.00' })
    await createBudget(t.ledger, budgetFor({ account }, { cap: eur('10.00'), thresholds: times(20, (n) => n + 1) }))
    const spend = async (ledger: Ledger): Promise<void> => {
      const call = t.callOf(ledger, account)
      await call.settle(await call.sent({ amount: eur('0.10') }), eur('0.10'))
    }

    await checkEpoch(t.ledger, blobs)
    await addOutboxConsumer(t.ledger, 'reader', 'now')
    for (let n = 0; n < 4; n += 1) await spend(t.ledger)
    await unread(t.ledger, 4)
    await acknowledgeOutbox(t.ledger, 'reader', (await readOutbox(t.ledger, 'reader', 2)).at(-1)?.position ?? '')
    await rollUpAll(t.ledger)
    await spend(t.ledger)
    await t.ledger.sql.end()
    await copyData(old.sql, here.sql)
    const [number] = await here.sql<{ ahead: boolean }[]>`select (select max(xid) from purser.entry) > pg_current_xact_id() as ahead`
    expect(number).toEqual({ ahead: true })

    const sql = connectSql(here.url, { max: 4 })
    onTestFinished(() => sql.end())
    const ledger = ledgerBy('plain', sql)
    // Nothing was lost, so nothing is to be recovered.
    expect(await checkEpoch(ledger, blobs)).toMatchObject({ kind: 'whole' })
    for (let n = 0; n < 2; n += 1) await spend(ledger)
    expect(await unread(ledger, 5)).toEqual([3, 4, 5, 6, 7])
    expect(await reportedBy(ledger)).toEqual({ cost: eur('0.70'), calls: 7n })
    await rollUpAll(ledger)
    await spend(ledger)
    expect(await unread(ledger, 6)).toEqual([3, 4, 5, 6, 7, 8])
    expect(await reportedBy(ledger)).toEqual({ cost: eur('0.80'), calls: 8n })
    await rollUpAll(ledger)
    expect(await here.sql`select purser.total(cost) as cost, count(*)::int as count from purser.fact`).toEqual([
      { cost: eur('0.80'), count: 8 },
    ])
    expect((await audit(ledger)).violations).toEqual([])
  },
)

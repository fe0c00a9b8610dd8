/** A ledger that was restored from a dump on another server, whose transactions begin with small numbers again: nothing is lost, and nothing told or summed twice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { rollUpAll } from '../../src/insight/roll-up.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { acknowledgeOutbox, addOutboxConsumer, pruneOutbox, readOutbox } from '../../src/ledger/outbox.ts'
import { scoreRequest } from '../../src/ledger/score.ts'
import { findDear, flagDear } from '../../src/ledger/watch.ts'
import { budgetFor, percentOf } from '../support/budgets.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { livedLong, reportedBy, restoredElsewhere } from '../support/restored.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
const db = { sql: t.owner }
let [account, quiet] = ['', '']
beforeAll(async () => {
  await livedLong(db)
  ;[account, quiet] = [await t.accountWith({ cap: '100.00' }), await t.accountWith({ cap: '100.00' })]
  await createBudget(t.ledger, budgetFor({ account }, { cap: eur('10.00'), thresholds: times(20, (n) => n + 1) }))
})
afterAll(async () => {
  await t.audited()
  await t.drop()
})

/** So much is one threshold of `account`, and so one event. */
async function spend(by = account): Promise<string> {
  const call = t.call(by)
  const go = await call.sent({ amount: eur('0.10') })
  await call.settle(go, eur('0.10'))
  return go.reservationId
}
const base = async (): Promise<bigint> => (await t.owner<{ base: bigint }[]>`select base from purser.numbering`)[0]?.base ?? -1n

/** Everything that is open somewhere has ended: other files use this server, too. */
async function settled(): Promise<void> {
  const [row] = await t.owner<{ now: string }[]>`select purser.this_number() as now`
  await until('nothing older is open', async () => {
    const [is] = await t.owner<{ past: boolean }[]>`select purser.oldest_number() > ${row?.now ?? ''}::xid8 as past`
    return is?.past
  })
}

/** Which events a consumer has not acknowledged, by the percentage that they tell. */
async function unread(name: string): Promise<number[]> {
  await settled()
  const events = await readOutbox(t.ledger, name, 1_000)
  return events.map(percentOf)
}
async function acknowledge(name: string, count: number): Promise<void> {
  await settled()
  const events = await readOutbox(t.ledger, name, count)
  expect(events).toHaveLength(count)
  await acknowledgeOutbox(t.ledger, name, events.at(-1)?.position ?? '')
}

/** What reports say, and what of it is in the facts. */
async function told(): Promise<{ cost: bigint; calls: bigint; facts: bigint }> {
  const [row] = await t.owner<{ facts: bigint }[]>`select purser.total(cost) as facts from purser.fact`
  return { ...(await reportedBy(t.ledger)), facts: row?.facts ?? 0n }
}
const cents = (count: number): bigint => eur('0.01') * BigInt(count)

test('each reader of events hears what it had not heard, once, and then what comes', async () => {
  for (const name of ['some', 'all', 'none']) await addOutboxConsumer(t.ledger, name, 'now')
  for (let n = 0; n < 4; n += 1) await spend()
  await acknowledge('some', 2)
  await acknowledge('all', 4)
  await restoredElsewhere(db)
  // The first that is written there; nobody has looked.
  await spend()
  expect(await unread('some')).toEqual([3, 4, 5])
  expect(await unread('all')).toEqual([5])
  expect(await unread('none')).toEqual([1, 2, 3, 4, 5])
  await acknowledge('some', 3)
  await spend()
  await settled()
  await addOutboxConsumer(t.ledger, 'new', 'now')
  await spend()
  expect(await unread('some')).toEqual([6, 7])
  expect(await unread('new')).toEqual([7])
})

test('who is made there hears nothing from before, and what was read on the old server is acknowledged on the new one', async () => {
  await settled()
  const [read] = await readOutbox(t.ledger, 'none', 1)
  await restoredElsewhere(db)
  await addOutboxConsumer(t.ledger, 'made-there', 'now')
  expect(await unread('made-there')).toEqual([])
  await restoredElsewhere(db)
  expect(await acknowledgeOutbox(t.ledger, 'none', read?.position ?? '')).toEqual({ moved: true })
  expect(await unread('none')).toEqual([2, 3, 4, 5, 6, 7])
})

test('what is still open on the new server is waited for', async () => {
  await restoredElsewhere(db)
  const open = await t.session()
  try {
    await open`begin`
    await open`select pg_current_xact_id()`
    await spend()
    expect((await readOutbox(t.ledger, 'all', 100)).map(percentOf)).toEqual([5, 6, 7])
    await open`commit`
  } finally {
    open.release()
  }
  expect(await unread('all')).toEqual([5, 6, 7, 8])
})

test('reports know every call at once, and the sums take in each once: what was waiting, what came, and scores', async () => {
  await rollUpAll(t.ledger)
  const first = await spend()
  await settled()
  await rollUpAll(t.ledger)
  await scoreRequest(t.ledger, first, { quality: '0.5' })
  await spend()
  await restoredElsewhere(db)
  expect(await told()).toEqual({ cost: cents(100), calls: 10n, facts: cents(90) })
  await spend()
  await scoreRequest(t.ledger, first, { quality: '0.9' })
  expect(await told()).toEqual({ cost: cents(110), calls: 11n, facts: cents(90) })
  await settled()
  await rollUpAll(t.ledger)
  expect(await told()).toEqual({ cost: cents(110), calls: 11n, facts: cents(110) })
  expect(await t.owner`select quality from purser.fact where row_id = ${first}`).toEqual([{ quality: 900 }])
  expect(await t.owner`select from purser.fresh()`).toEqual([])
  await spend()
  expect(await told()).toMatchObject({ cost: cents(120), calls: 12n })
})

test('who looks for dear requests goes on where it was', async () => {
  await findDear(t.ledger, 1_000)
  await restoredElsewhere(db)
  await spend()
  await until('everything is looked at', async () => {
    const { from, to, found } = await findDear(t.ledger, 1_000)
    if (to !== undefined) await flagDear(t.ledger, { from, to }, [])
    expect(found).toEqual([])
    const [row] = await t.owner<{ done: boolean }[]>`select entry_done = (select max(id) from purser.entry) as done from purser.watch`
    return row?.done
  })
})

test('of many who write there first, each comes behind what was there', async () => {
  await settled()
  await addOutboxConsumer(t.ledger, 'crowd', 'now')
  await restoredElsewhere(db)
  await Promise.all(times(4, () => spend()))
  expect(await unread('crowd')).toHaveLength(4)
  await rollUpAll(t.ledger)
  expect((await told()).facts).toBe((await t.counters(account)).spent + (await t.counters(quiet)).spent)
})

test('what everybody has read is pruned there, and nothing else', async () => {
  await t.owner`delete from purser.outbox_consumer where name <> 'all'`
  await restoredElsewhere(db)
  await spend()
  const left = (await unread('all')).length
  await t.owner`update purser.outbox set at = at - interval '90 days'`
  await pruneOutbox(t.ledger)
  expect((await unread('all')).length).toBe(left)
  expect(await t.owner`select from purser.outbox`).toHaveLength(left)
})

test('whichever number is ahead, what is written there comes behind it; a start of the same server, and a second look, change nothing', async () => {
  await scoreRequest(t.ledger, await spend(quiet), { value: eur('1.00') })
  const columns = await t.owner<{ name: string; column: string }[]>`
    select table_name as name, column_name as column from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'purser' and udt_name = 'xid8' and table_type = 'BASE TABLE'`
  expect(columns).toHaveLength(6)
  for (const { name, column } of columns) {
    const before = await base()
    // Else the sums would seem to have what they do not.
    await settled()
    await rollUpAll(t.ledger)
    await t.owner.begin(async (tx) => {
      // Entries are append-only, but not to a restore.
      await tx`set local session_replication_role = replica`
      await tx`update purser.${tx(name)} set ${tx(column)} = ${(before + 1_000_000_000n).toString()}::text::xid8`
      await tx`update purser.numbering set server_since = '2026-01-01T00:00:00Z'`
    })
    await spend(quiet)
    expect([name, await base()]).toEqual([name, before + 1_000_000_001n])
  }
  const before = await base()
  await t.owner`update purser.numbering set server_since = server_since - interval '1 second'`
  await spend(quiet)
  await spend(quiet)
  expect(await base()).toBe(before)
})

import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { createSweepActivities } from '../../src/activities/sweep.ts'
import { eur } from '../../src/domain/money.ts'
import { audit } from '../../src/ledger/audit.ts'
import { bookReceipts, missingReceipts } from '../../src/ledger/book-receipts.ts'
import { receiptJson } from '../../src/ledger/settle.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { receiptOf } from '../../src/schema/receipt-file.ts'
import { openTestLedger } from '../support/ledger.ts'
import { newJob } from './activity.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'purser-receipts-'))
})
afterEach(async () => {
  await intact()
  await rm(folder, { recursive: true, force: true })
})

async function intact(): Promise<void> {
  const { violations } = await audit(t.ledger)
  if (violations.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(violations)}`)
}
const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000)
const blobs = () => fileBlobStore(folder)
const shelf = () => join(folder, 'receipts')
const lying = async (...under: string[]) =>
  (await readdir(join(shelf(), ...under)).catch(() => [])).filter((name) => name.endsWith('.json'))
const day = (date = new Date()) => date.toISOString().slice(0, 10)
const BROKEN = 'broken: no receipt, though it lies among them; it is set aside'

async function sweep() {
  const job = newJob()
  const swept = await job.run(createSweepActivities({ ledger: t.ledger, blobs: blobs() }), 'sweepLedger', undefined)
  return { swept, alarms: job.logged.filter(({ level }) => level === 'ERROR').map(({ message }) => message) }
}

/** Sent long ago and never answered: the next sweep would presume it (the one after it, if it is not in doubt yet). */
async function overdue(account: string) {
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(go.reservationId, go.token)
  await t.age(go.reservationId, 86_400)
  return { call, go }
}

/** The same, but its worker had put the receipt before it died. */
async function answered(account: string, cost = eur('0.05')) {
  const { call, go } = await overdue(account)
  const receipt = call.receipt(go, cost)
  await blobs().putReceipt(go.reservationId, go.token, receiptJson(receipt))
  return { call, go, receipt, name: `${go.reservationId}.${go.token}.json` }
}

test('an answer that a lost worker had in hand is booked at its exact cost, and nothing is presumed before it', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { go, name } = await answered(account)
  const { swept } = await sweep()
  expect(swept).toEqual({ booked: 1, released: 0, inDoubt: 0, presumed: 0, more: false })
  expect(await t.stateOf(go.reservationId)).toBe('settled')
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.05') })
  expect(await t.entriesOf(account)).not.toContain('presume')
  expect([await lying(), await lying('kept', day())]).toEqual([[], [name]])
  expect((await sweep()).swept).toMatchObject({ booked: 0 })
})

const batches = async (...under: string[]) =>
  (await readdir(join(shelf(), ...(under.length === 0 ? ['batches'] : under))).catch(() => [])).filter((name) => name.endsWith('.batch'))

test('receipts that share a file are booked one by one; it goes to the kept ones when all are, and again nothing is news', async () => {
  const account = await t.accountWith({ cap: '5.00' })
  const calls = [await overdue(account), await overdue(account), await overdue(account)]
  const store = blobs()
  const put = calls.map(({ call, go }, n) =>
    store.putReceipt(go.reservationId, go.token, receiptJson(call.receipt(go, eur(`0.0${n + 1}`)))),
  )
  await Promise.all(put)
  expect(await batches()).toHaveLength(1)
  // One was booked, and its worker died before it said so.
  const [first] = calls
  if (first !== undefined) await first.call.settle(first.go, eur('0.01'))
  expect((await sweep()).swept).toMatchObject({ booked: 2, presumed: 0 })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.06') })
  expect([await batches(), (await batches('kept', day())).length]).toEqual([[], 1])
  expect((await sweep()).swept).toMatchObject({ booked: 0 })
  expect(await recoverable()).toBe(0)
})

/** So many answers of the store the ledger does not know. */
async function recoverable(): Promise<number> {
  let missing = 0
  for await (const names of blobs().receipts.keptSince(daysAgo(1)))
    missing += (await missingReceipts(t.ledger, { blobs: blobs(), receiptOf }, names)).length
  return missing
}

test('a receipt whose booking only nobody had seen is no news: it is kept, and no money moves', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { call, go, receipt, name } = await answered(account)
  await call.settle(go, receipt.cost.nanoEur)
  const entries = await t.entriesOf(account)
  expect((await sweep()).swept).toMatchObject({ booked: 0, presumed: 0 })
  expect(await lying('kept', day())).toEqual([name])
  expect(await t.entriesOf(account)).toEqual(entries)
})

test('files that are no receipts are set aside and alarmed; the receipts beside them are booked, and what is due is presumed', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const [found, due] = [await answered(account), await overdue(account)]
  const foreign = {
    'notes.txt': 'not mine',
    'cut.json': '{"reservationId":"',
    [found.name.replace(/^..../, '0000')]: JSON.stringify(receiptJson(found.receipt)),
    'empty.json': '',
  }
  for (const [name, text] of Object.entries(foreign)) await writeFile(join(shelf(), name), text)
  const { swept, alarms } = await sweep()
  expect(swept).toMatchObject({ booked: 1, presumed: 1 })
  expect(await t.stateOf(due.go.reservationId)).toBe('presumed')
  expect(alarms).toEqual([BROKEN, BROKEN, BROKEN, BROKEN])
  expect((await readdir(join(shelf(), 'aside'))).toSorted()).toEqual(Object.keys(foreign).toSorted())
  expect((await sweep()).alarms).toEqual([])
})

test('a receipt that the ledger cannot book goes to unbooked, alarmed once', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { call, go } = await overdue(account)
  const wrong = { ...receiptJson(call.receipt(go, eur('0.05'))), cost: null }
  await blobs().putReceipt(go.reservationId, go.token, wrong)
  expect(await sweep()).toMatchObject({ swept: { booked: 0 }, alarms: ['unbooked: an answer needs a person'] })
  await blobs().putReceipt(go.reservationId, go.token, wrong)
  expect((await sweep()).alarms).toEqual([])
  expect(await t.owner`select from purser.unbooked where reservation_id = ${go.reservationId}`).toHaveLength(1)
  await t.owner`update purser.unbooked set resolved_at = clock_timestamp()`
})

test('while a receipt cannot be booked its attempt is not presumed, and others are; afterwards it is booked', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const [stuck, due] = [await answered(account), await overdue(account)]
  await t.owner.unsafe(`
    create function stumble() returns trigger language plpgsql as $$ begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$;
    create trigger a_stumble before insert on purser.receipt for each row execute function stumble();`)
  try {
    const { swept, alarms } = await sweep()
    expect(swept).toMatchObject({ booked: 0, presumed: 1, more: false })
    expect(alarms).toEqual(['a receipt could not be booked now; its attempt is not presumed'])
  } finally {
    await t.owner.unsafe('drop function stumble cascade')
  }
  expect([await t.stateOf(stuck.go.reservationId), await t.stateOf(due.go.reservationId)]).toEqual(['in_doubt', 'presumed'])
  expect((await sweep()).swept).toMatchObject({ booked: 1 })
  expect(await t.stateOf(stuck.go.reservationId)).toBe('settled')
})

test('a store that does not answer keeps nobody’s unsent money: only nothing is presumed', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { go } = await overdue(account)
  const waiting = await t.call(account).reserve()
  if (waiting.kind !== 'reserved') throw new Error(waiting.kind)
  await t.endHold(waiting.reservationId)
  await writeFile(shelf(), 'a file where the folder should be')
  const { swept, alarms } = await sweep()
  expect(swept).toMatchObject({ booked: 0, released: 1, presumed: 0 })
  expect(alarms).toEqual(['the receipts that nobody booked could not be read; nothing is presumed until they can'])
  await rm(shelf())
  expect((await sweep()).swept).toMatchObject({ presumed: 1 })
  expect(await t.stateOf(go.reservationId)).toBe('presumed')
})

test('many receipts are booked a page at a time, by several at once, each once', async () => {
  const account = await t.accountWith({ cap: '5.00' })
  for (let i = 0; i < 12; i += 1) await answered(account, eur('0.01'))
  const source = { blobs: blobs(), receiptOf }
  expect(await bookReceipts(t.ledger, source, 5)).toMatchObject({ more: true })
  await Promise.all([1, 2, 3].map(() => bookReceipts(t.ledger, source, 100)))
  expect(await lying()).toEqual([])
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.12') })
})

test('kept receipts, and what killed writers left half-written, go when they are old', async () => {
  for (const days of [40, 34]) await mkdir(join(shelf(), 'kept', day(daysAgo(days))), { recursive: true })
  for (const name of ['old.json.tmp', 'new.json.tmp']) await writeFile(join(shelf(), name), '{')
  await utimes(join(shelf(), 'old.json.tmp'), daysAgo(1), daysAgo(1))
  expect((await sweep()).alarms).toEqual([])
  expect(await readdir(join(shelf(), 'kept'))).toEqual([day(daysAgo(34))])
  expect((await readdir(shelf())).toSorted()).toEqual(['kept', 'new.json.tmp'])
})

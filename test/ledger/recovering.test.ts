import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { checkEpoch, lookAtEpoch, wholeBy } from '../../src/ledger/epoch.ts'
import { recover } from '../../src/ledger/recover.ts'
import { receiptJson } from '../../src/ledger/settle.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { receiptOf } from '../../src/schema/receipt-file.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

// The real thing, a restored backup and a promoted standby, is in test/prove/recovery.test.ts; here a server that was started anew is told by hand.

describe.for(PATHS)('%s', (path) => {
  let t: Awaited<ReturnType<typeof openTestLedger>>
  let folder: string
  const source = () => ({ blobs: fileBlobStore(folder), receiptOf })
  const check = () => checkEpoch(t.ledger, source().blobs)
  const run = (dryRun = false) => recover(t.ledger, source(), { dryRun })
  const startAnew = () => t.owner`update purser.ledger_state set whole_since = whole_since - interval '1 second'`
  /** As a backup would be: the copy in the blob store is further. */
  const goBack = () => t.owner`update purser.ledger_state set epoch = epoch - 1, whole_since = whole_since - interval '1 second'`
  beforeAll(async () => {
    t = await openTestLedger(path)
    folder = await mkdtemp(join(tmpdir(), 'purser-recovering-'))
  })
  afterAll(async () => {
    await t.audited()
    await t.drop()
    await rm(folder, { recursive: true, force: true })
  })

  test('a ledger that nobody has compared yet is taken for whole; each look raises its epoch, here and in the blob store', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    expect(await t.call(account).reserve()).toMatchObject({ kind: 'reserved' })
    const first = await check()
    const second = await check()
    expect([first.kind, second.kind, second.epoch - first.epoch]).toEqual(['whole', 'whole', 1n])
    expect(await source().blobs.epochOf(second.ledgerId)).toBe(second.epoch)
    expect(await lookAtEpoch(t.ledger, source().blobs)).toEqual(second)
    expect(await run()).toMatchObject({ recovering: undefined, ended: false })
  })

  test('on a server that was started anew nothing starts until somebody has looked; then, if it is the same, all goes on', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [call, reserved] = [t.call(account), t.call(account)]
    const sent = await t.call(account).sent()
    await reserved.reserve()
    await startAnew()
    const anew = { code: 'recovering', message: expect.stringContaining('started anew') }
    await expect(call.reserve()).rejects.toMatchObject(anew)
    await expect(reserved.dispatch(randomUUID())).rejects.toMatchObject(anew)
    await expect(t.call(await t.accountWith({ cap: '1.00' })).reserve()).rejects.toMatchObject(anew)
    expect(await check()).toMatchObject({ kind: 'whole' })
    expect(await call.reserve()).toMatchObject({ kind: 'reserved' })
    expect(await reserved.dispatch(randomUUID())).toMatchObject({ kind: 'go' })
    await t.call(account).settle(sent, eur('0.01'))
  })

  test('a process that has the blob store looks by itself, once for all who ask; where that has no copy, nobody can tell', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [ledgerId, before] = [(await check()).ledgerId, (await check()).epoch]
    await startAnew()
    const process = { ...t.ledger, whole: wholeBy(t.ledger.sql, source().blobs) }
    const asked = await Promise.all(times(8, () => t.callOf(process, account).reserve({ amount: eur('0.01') })))
    expect(asked.map(({ kind }) => kind)).toEqual(Array(8).fill('reserved'))
    expect(await source().blobs.epochOf(ledgerId)).toBe(before + 1n)
    await startAnew()
    await rm(join(folder, 'ledgers'), { recursive: true })
    await expect(t.callOf(process, account).reserve()).rejects.toMatchObject({ code: 'recovering' })
    expect(await check()).toMatchObject({ kind: 'recovering', why: expect.stringContaining('no copy of its epoch') })
    expect(await run()).toMatchObject({ ended: true })
    expect(await t.callOf(process, account).reserve()).toMatchObject({ kind: 'reserved' })
    // On a server on which it was found whole a copy that is lost is only put again.
    await rm(join(folder, 'ledgers'), { recursive: true })
    expect(await check()).toMatchObject({ kind: 'whole' })
  })

  test('a dump that was restored into the running server is another table: it is looked at like a server that was started anew', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await t.owner`update purser.ledger_state set whole_table = 'purser.entry'::regclass`
    await expect(t.call(account).reserve()).rejects.toMatchObject({ code: 'recovering', message: expect.stringContaining('started anew') })
    expect(await check()).toMatchObject({ kind: 'whole' })
    expect(await t.call(account).reserve()).toMatchObject({ kind: 'reserved' })
  })

  test('a ledger behind its copy is recovering: settles are taken, nothing is swept, and looking again changes nothing', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [call, waiting] = [t.call(account), t.call(account)]
    const [sent, doubtful] = [await call.sent(), await t.call(account).sent()]
    const held = await waiting.reserve()
    if (held.kind !== 'reserved') throw new Error(held.kind)
    await goBack()
    const state = await check()
    expect(state).toMatchObject({ kind: 'recovering', why: expect.stringContaining('a backup was restored') })
    expect(await check()).toEqual(state)
    await expect(t.call(account).reserve()).rejects.toMatchObject({
      code: 'recovering',
      message: expect.stringContaining('purser recover'),
    })
    // In the same flights as those that may not start.
    const [settled, refused] = await Promise.all([
      call.settle(sent, eur('0.02')),
      waiting.dispatch(randomUUID()).catch((error: { code?: string }) => error.code),
    ])
    expect([settled.kind, refused]).toEqual(['settled', 'recovering'])
    await t.endHold(held.reservationId)
    await t.age(doubtful.reservationId, 86_400)
    expect(await sweep(t.ledger, 100)).toEqual({ released: 0, inDoubt: 0, presumed: 0, more: false })

    expect(await run()).toMatchObject({ recovering: { why: expect.stringContaining('backup') }, ended: true, receipts: { settled: 0 } })
    expect(await run()).toMatchObject({ recovering: undefined, ended: false })
    expect(await sweep(t.ledger, 100)).toMatchObject({ released: 1, inDoubt: 1 })
    expect(await t.call(account).reserve()).toMatchObject({ kind: 'reserved' })
  })

  test('recovering books each answer that the ledger does not know, whether it waits or was kept, on what it names', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [known, waits, unknown] = [t.call(account), t.call(account), t.call(account)]
    const [a, b] = [await known.sent(), await waits.sent()]
    await known.settle(a, eur('0.01'))
    // An attempt of the time that was lost.
    const c = { ...b, reservationId: b.reservationId.replace(/.{8}$/, '0badcafe'), token: randomUUID() }
    const { blobs } = source()
    for (const { call, go, cost, isKept } of [
      { call: known, go: a, cost: '0.01', isKept: true },
      { call: waits, go: b, cost: '0.02', isKept: false },
      { call: unknown, go: c, cost: '0.04', isKept: true },
    ]) {
      await blobs.putReceipt(go.reservationId, go.token, receiptJson(call.receipt(go, eur(cost))))
      if (isKept) await blobs.keepReceipt(go.reservationId, go.token)
    }
    await goBack()
    expect(await run(true)).toMatchObject({ ended: false, receipts: { missing: 2, settled: 0, cost: { amount: '0.060000000' } } })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.01') })
    // To look leaves no mark: it is not recovering yet.
    expect(await t.owner`select recovering_since as since from purser.ledger_state`).toEqual([{ since: null }])
    expect(await run()).toMatchObject({ ended: true, receipts: { settled: 1, uncovered: 1, missing: 0, cost: { amount: '0.060000000' } } })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.07') })
    await goBack()
    expect(await run()).toMatchObject({ ended: true, receipts: { settled: 0, uncovered: 0 } })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.07') })
  })

  test('a ledger that the audit finds broken stays as it is until it is put right; an answer that waits for a person stops nobody', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const sent = await t.call(account).sent()
    await goBack()
    const nudge = (by: bigint) => t.owner`
      update purser.balance v set version = version + ${by} from purser.budget_period p join purser.budget b on b.id = p.budget_id
       where p.id = v.budget_period_id and b.account = ${account}`
    await nudge(1n)
    expect(await run()).toMatchObject({ ended: false, violations: [{ invariant: expect.stringContaining('versions have no gaps') }] })
    await expect(t.call(account).reserve()).rejects.toMatchObject({ code: 'recovering' })
    await nudge(-1n)
    const nobody = { ...receiptJson(t.call('nobody').receipt({ ...sent, token: randomUUID() }, eur('0.01'))) }
    await source().blobs.putReceipt(sent.reservationId, String(nobody['token']), nobody)
    expect(await run()).toMatchObject({ ended: true, receipts: { unbooked: 1 }, violations: [{ invariant: 'nothing is left unbooked' }] })
    expect(await t.call(account).reserve()).toMatchObject({ kind: 'reserved' })
    await t.owner`update purser.unbooked set resolved_at = clock_timestamp()`
  })
})

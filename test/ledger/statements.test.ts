import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { month, type Month } from '../../src/domain/period.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { changeCap, createBudget } from '../../src/ledger/budgets.ts'
import { endRaises } from '../../src/ledger/end-raises.ts'
import { listStatements, showStatement, verifyStatements } from '../../src/insight/statements.ts'
import { sealStatements, unsealedMonths } from '../../src/ledger/statements.ts'
import { receiptJson } from '../../src/ledger/settle.ts'
import { STATEMENTS } from './crimes.ts'
import { openTestLedger } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'
import { putClock } from '../support/clock.ts'

const t = await openTestLedger()
const MAY = month('2027-05')
const JUNE = month('2027-06')
const clock = await putClock(t.owner, new Date('2027-05-10T12:00:00Z'))
afterAll(() => t.drop())

const at = (text: string) => clock.set(new Date(text))
/** When a call started: its attempt's bound holds for a while after. */
const bound = { validUntil: new Date('2030-01-01T00:00:00Z') }

async function accountOf(timeZone: string): Promise<string> {
  const id = await t.accountWith({ cap: '1.00', timeZone })
  await t.owner`update purser.account set created_at = '2027-05-01T12:00:00Z' where id = ${id}`
  await t.owner`update purser.budget set created_at = '2027-05-01T12:00:00Z' where account = ${id}`
  return id
}

async function called(account: string, cost: string, scope: Record<string, string> = {}) {
  const [row] = await t.owner<{ now: Date }[]>`select now from purser.test_clock`
  const call = t.call(account, scope, row?.now)
  const go = await call.sent(bound)
  await call.settle(go, eur(cost))
  return { call, go }
}

async function sealAll(of: Month, dryRun = false) {
  await takenIn(t.ledger, t.owner)
  return sealStatements(t.ledger, { month: of, after: undefined, limit: 1000, dryRun })
}
const statementOf = (account: string, of: Month) => showStatement(t.ledger, account, of)
const faultsOf = async (account: string) => (await verifyStatements(t.ledger, account)).flatMap(({ faults }) => faults)

let berlin: string
let honolulu: string
beforeAll(async () => {
  berlin = await accountOf('Europe/Berlin')
  honolulu = await accountOf('Pacific/Honolulu')
})

test('a month is sealed once, when it is over where the account is; what becomes known later is a correction on the next one', async () => {
  await called(berlin, '0.02', { feature: 'chat', user: 'ada' })
  const { go: wrong } = await called(berlin, '0.01', { feature: 'banner' })
  await called(honolulu, '0.015')
  const slow = t.call(berlin, { feature: 'chat' }, new Date('2027-05-10T12:00:00Z'))
  const open = await slow.sent(bound)
  await changeCap(t.ledger, { of: { account: berlin }, change: eur('0.50'), key: 'top-up 1', reason: 'a good customer' })

  await at('2027-05-31T22:00:59Z')
  expect(await unsealedMonths(t.ledger, MAY)).toEqual([])
  expect(await sealAll(MAY)).toMatchObject({ seen: 2, sealed: 0 })
  // Midnight in Berlin, and a minute more; in Honolulu it is still May.
  await at('2027-05-31T22:01:00Z')
  expect(await unsealedMonths(t.ledger, JUNE)).toEqual([{ month: MAY, accounts: 1 }])
  expect(await sealAll(MAY, true)).toMatchObject({ seen: 2, sealed: 1, total: eur('0.03') })
  // What it would be is what it then is, without the seal.
  const before = await statementOf(berlin, MAY)
  expect(before).toMatchObject({ state: 'provisional', hash: null, sealedAt: null, spent: eur('0.03'), open: eur('0.03') })
  expect(await sealAll(MAY)).toMatchObject({ seen: 2, sealed: 1, total: eur('0.03'), after: undefined, isBehind: false })
  expect(await sealAll(MAY)).toMatchObject({ sealed: 0, total: 0n })

  const may = await statementOf(berlin, MAY)
  expect(may).toMatchObject({
    plan: 'up_to_1.00',
    startsAt: '2027-04-30T22:00:00+00:00',
    endsAt: '2027-05-31T22:00:00+00:00',
    allowance: eur('1.00'),
    capChanges: eur('0.50'),
    counted: eur('0.03'),
    calls: 2,
    spent: eur('0.03'),
    corrections: 0n,
    total: eur('0.03'),
    open: eur('0.03'),
    previous: null,
    state: 'sealed',
    features: [
      { name: 'chat', calls: 1, spent: eur('0.02') },
      { name: 'banner', calls: 1, spent: eur('0.01') },
    ],
    users: [
      { name: 'ada', calls: 1, spent: eur('0.02') },
      { name: null, calls: 1, spent: eur('0.01') },
    ],
  })

  expect({ ...may, hash: null, sealedAt: null, state: 'provisional' }).toEqual(before)

  // The slow answer comes, and a bill names another cost.
  await slow.settle(open, eur('0.025'))
  await adjust(t.ledger, { reservationId: wrong.reservationId, total: eur('0.008'), source: 'bill', sourceId: 'line 7', why: 'as billed' })
  await called(berlin, '0.001')
  await at('2027-07-01T12:00:00Z')
  expect(await sealAll(MAY)).toMatchObject({ sealed: 1, total: eur('0.015') })
  expect(await sealAll(JUNE)).toMatchObject({ sealed: 2 })
  const june = await statementOf(berlin, JUNE)
  expect(june).toMatchObject({
    spent: eur('0.001'),
    corrections: eur('0.023'),
    total: eur('0.024'),
    calls: 1,
    previous: may.hash,
    counted: eur('0.001'),
  })
  expect(june.correctionLines.map(({ rowId, month: of, change }) => [rowId, of, change])).toEqual(
    expect.arrayContaining([
      [open.reservationId, MAY, eur('0.025')],
      [wrong.reservationId, MAY, nano(-2_000_000n)],
    ]),
  )
  // The sealed one is as it was, with its lines.
  expect(await statementOf(berlin, MAY)).toEqual(may)
  expect(await faultsOf(berlin)).toEqual([])
  expect((await t.counters(berlin)).spent).toBe(may.total + june.total)
  expect((await listStatements(t.ledger, { account: berlin, limit: 10 })).map(({ month: of, total }) => [of, total])).toEqual([
    [MAY, may.total],
    [JUNE, june.total],
  ])
})

test('a settle that is under way while its statement is sealed is on the next one, and only there', async () => {
  await at('2027-07-20T12:00:00Z')
  const call = t.call(berlin, {}, new Date('2027-07-20T12:00:00Z'))
  const go = await call.sent(bound)
  await at('2027-08-02T00:00:00Z')
  await takenIn(t.ledger, t.owner)
  const settling = await t.session()
  try {
    await settling`begin`
    await settling`select purser.settle(${go.reservationId}, ${go.token}, ${settling.json(receiptJson(call.receipt(go, eur('0.02'))) as never)})`
    // It is waited for by nobody.
    const july = await sealStatements(t.ledger, { month: month('2027-07'), after: undefined, limit: 10, dryRun: false })
    expect(july).toMatchObject({ sealed: 2, total: 0n })
    await settling`commit`
  } finally {
    settling.release()
  }
  expect(await statementOf(berlin, month('2027-07'))).toMatchObject({ spent: 0n, open: eur('0.03'), calls: 0 })
  await at('2027-09-02T00:00:00Z')
  await sealAll(month('2027-08'))
  expect(await statementOf(berlin, month('2027-08'))).toMatchObject({ spent: 0n, corrections: eur('0.02'), corrected: 1 })
  expect(await faultsOf(berlin)).toEqual([])
})

test.for([
  ['what it says was spent', 'update purser.statement set spent = spent + 1'],
  ['its corrections', 'update purser.statement set corrections = corrections - 1'],
  ['where it begins', "update purser.statement set covers_from = starts_at where month = '2027-05'"],
  ['the hash that it follows', "update purser.statement set previous = sha256('x') where month = '2027-06'"],
  ['what became known', 'update purser.statement_change set cost = cost + 1'],
  ['which corrections are on it', "update purser.statement set changes_to = 0 where month = '2027-06'"],
] as const)('the audit finds a statement of which somebody has changed %s', async ([, crime]) => {
  expect((await audit(t.ledger)).violations).toEqual([])
  const found: string[] = []
  const done = t.owner.begin(async (tx) => {
    await tx`set local session_replication_role = replica`
    await tx.unsafe(crime)
    found.push(...(await audit({ ...t.ledger, sql: tx as never })).violations.map(({ invariant }) => invariant))
    throw new Error('taken back')
  })
  await expect(done).rejects.toThrow('taken back')
  expect([...new Set(found)]).toEqual([STATEMENTS])
})

test('nothing of a sealed statement can be changed, and what somebody changes in its facts all the same is found', async () => {
  await expect(t.owner`update purser.statement set spent = 0`).rejects.toThrow('append-only')
  await expect(t.owner`delete from purser.statement_change`).rejects.toThrow('append-only')
  const [before] = await t.owner<{ row_id: string; cost: bigint }[]>`
    select f.row_id, f.cost from purser.fact f join purser.scope s on s.id = f.scope where s.account = ${berlin} and f.at < '2027-05-31T22:00:00Z' order by f.row_id limit 1`
  await t.owner`update purser.fact set cost = cost + 1 where row_id = ${before?.row_id ?? ''}`
  expect(await faultsOf(berlin)).toEqual([expect.stringMatching(/^its lines come to/)])
  await t.owner`update purser.fact set cost = cost - 1, pico_usd = pico_usd + 1, failed = 1 where row_id = ${before?.row_id ?? ''}`
  expect(await faultsOf(berlin)).toEqual([expect.stringMatching(/^its lines come to/)])
})

test('a month that nobody may seal yet, or that is none, says so', async () => {
  await expect(sealStatements(t.ledger, { month: 'June' as Month, after: undefined, limit: 10, dryRun: false })).rejects.toThrow(
    '"June" is no month: write it like 2026-11',
  )
  await expect(showStatement(t.ledger, 'nobody', MAY)).rejects.toMatchObject({ code: 'unknown_account' })
  expect(await sealAll(month('2027-12'))).toMatchObject({ sealed: 0 })
})

test('a raise that is over is on no statement, though nobody has taken it back yet', async () => {
  await at('2027-09-10T12:00:00Z')
  const account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  await t.owner`update purser.account set created_at = '2027-09-01T00:00:00Z' where id = ${account}`
  const own = {
    name: 'own',
    scope: { account },
    isHard: true,
    periodKind: 'month' as const,
    timeZone: 'UTC',
    cap: eur('2.00'),
    thresholds: [],
  }
  const { budgetId } = await createBudget(t.ledger, own)
  const raise = { change: eur('0.50'), until: new Date('2027-09-20T00:00:00Z'), reason: 'a fair' }
  await changeCap(t.ledger, { of: { account }, key: 'fair 1', ...raise })
  await changeCap(t.ledger, { of: { id: budgetId }, key: 'fair 2', ...raise })
  await changeCap(t.ledger, { of: { account }, change: eur('0.10'), key: 'more', reason: 'a good customer' })
  await called(account, '1.20')
  const september = month('2027-09')
  expect(await statementOf(account, september)).toMatchObject({ capChanges: eur('0.60'), overrun: 0n, budgets: [{ cap: eur('2.50') }] })
  await at('2027-10-01T00:01:00Z')
  const said = { allowance: eur('1.00'), capChanges: eur('0.10'), counted: eur('1.20'), overrun: eur('0.10') }
  const budgets = [{ cap: eur('2.00'), spent: eur('1.20'), overrun: 0n }]
  expect(await statementOf(account, september)).toMatchObject({ ...said, state: 'provisional', budgets })
  await sealAll(september)
  expect(await statementOf(account, september)).toMatchObject({ ...said, state: 'sealed', budgets })
  expect(await endRaises(t.ledger, 10)).toBe(2)
  expect(await statementOf(account, september)).toMatchObject(said)
  expect(await faultsOf(account)).toEqual([])
})

test('a statement with another hash, one that does not follow the one before, and one that does not begin where that ends, are named', async () => {
  const account = await accountOf('Europe/Berlin')
  for (const of of [MAY, JUNE]) await sealAll(of)
  expect(await faultsOf(account)).toEqual([])
  const found: (readonly string[])[][] = []
  for (const change of [`hash = sha256('another')`, `ends_at = ends_at + interval '1 second'`]) {
    const takenBack = t.owner.begin(async (tx) => {
      await tx.unsafe('set local session_replication_role = replica')
      await tx.unsafe(`update purser.statement set ${change} where account = '${account}' and month = '${MAY}'`)
      found.push((await verifyStatements({ sql: tx as never }, account)).map(({ faults }) => faults))
      throw new Error('taken back')
    })
    await expect(takenBack).rejects.toThrow('taken back')
  }
  const isHash = 'its hash is not that of what it says'
  expect(found).toEqual([
    [[isHash], ['it does not follow the statement before']],
    [[isHash], ['it does not begin where the statement before ends']],
  ])
})

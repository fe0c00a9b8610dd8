import { beforeEach, afterEach, expect, test } from 'vitest'
import { readBooks } from '../../chaos/books.ts'
import { judge, type Billed, type Requested } from '../../chaos/judge.ts'
import { eur } from '../../src/domain/money.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { requestIdOf } from '../support/emulator.ts'
import { openTestLedger } from '../support/ledger.ts'

/** A true ledger with a bill that fits: two answers, one request whose answer was lost, one refusal. */
async function trueWorld() {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '0.10' })
  const bill: Billed[] = []
  const billed = (reservationId: string, nanoEur: bigint): void => {
    bill.push({ clientRequestId: requestIdOf(reservationId), picoUsd: String(nanoEur * 1000n) })
  }
  for (const cost of ['0.01', '0.02'] as const) {
    const call = t.call(account)
    const go = await call.sent()
    billed(go.reservationId, eur(cost))
    await call.settle(go, eur(cost))
  }
  const lost = t.call(account)
  const go = await lost.sent()
  billed(go.reservationId, eur('0.015'))
  await lost.inDoubt(go.reservationId, go.token)
  await t.age(go.reservationId, 3_600)
  await sweep(t.ledger, 100)
  expect((await t.call(account).reserve({ amount: eur('0.09') })).kind).toBe('refused')
  const requests: Requested[] = bill.map(({ clientRequestId }) => ({ clientRequestId, at: new Date().toISOString() }))
  return { ...t, account, bill, requests, lost: go.reservationId }
}

let w: Awaited<ReturnType<typeof trueWorld>>
beforeEach(async () => void (w = await trueWorld()))
afterEach(() => w.drop())

const verdict = async (bill: readonly Billed[] = w.bill, requests = w.requests, stored: readonly string[] = []) =>
  judge({ books: await readBooks(w.owner), bill, requests, stored: new Set(stored) })

/** As a hand with every right could do it. */
async function falsify(change: string): Promise<void> {
  await w.owner.unsafe(`set session_replication_role = replica; ${change}; set session_replication_role = origin`)
}

const zeros = { overspend: 0n, unbooked: 0n, doubleBooked: 0n, stuckReservations: 0, falseRefusals: 0, otherViolations: 0, findings: [] }

test('true books: nothing is found, and what was presumed is told', async () => {
  expect(await verdict()).toEqual({ ...zeros, presumed: eur('0.03') })
})

test('a bill line that nobody booked is named, with its amount', async () => {
  const planted = { clientRequestId: requestIdOf('00000000-0000-4000-8000-000000000001'), picoUsd: String(eur('0.04') * 1000n) }
  const found = await verdict([...w.bill, planted])
  expect(found.unbooked).toBe(eur('0.04'))
  expect(found.findings).toEqual([`not booked: ${planted.clientRequestId}: billed, and the ledger does not know it`])
})

test('a line that is billed higher than it was booked, by one pico-USD, is named', async () => {
  const [first, ...others] = w.bill
  const found = await verdict([
    { clientRequestId: first?.clientRequestId ?? null, picoUsd: String(BigInt(first?.picoUsd ?? 0) + 1n) },
    ...others,
  ])
  expect(found.unbooked).toBe(1n)
  expect(found.findings).toEqual([expect.stringMatching(/^not booked: rsv_\w+: billed 10000000001 pico-USD, booked 10000000000$/)])
})

test('money that is given back although it was billed is named', async () => {
  await falsify(`update purser.reservation set state = 'rejected', cost = null, cost_source = null where id = '${w.lost}'`)
  const found = await verdict()
  expect(found.unbooked).toBeGreaterThanOrEqual(eur('0.015'))
  expect(found.findings).toContainEqual(`not booked: ${requestIdOf(w.lost)}: billed, and rejected`)
})

test('a settle that was booked twice is named: as a receipt, as a cost, and as a counter', async () => {
  await falsify(`insert into purser.receipt (reservation_id, token, cost, pico_usd, answer)
    select reservation_id, gen_random_uuid(), cost, pico_usd, answer from purser.receipt where cost = ${eur('0.01')}`)
  expect(await verdict()).toMatchObject({ doubleBooked: eur('0.01'), findings: [expect.stringContaining('booked 20000000000')] })
  await falsify(`update purser.balance set spent = spent + ${eur('0.01')}`)
  await falsify(`insert into purser.entry (kind, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    select 'settle', array[budget_period_id], array[version + 1], null::bigint[], array[0], array[${eur('0.01')}] from purser.balance`)
  expect((await verdict()).findings).toContainEqual(expect.stringMatching(/^booked too much: .* spent, its attempts cost/))
})

test('what is settled and was never billed is named', async () => {
  const [, ...others] = w.bill
  expect(await verdict(others)).toMatchObject({
    doubleBooked: eur('0.01'),
    findings: [expect.stringContaining('settled, and nobody billed it')],
  })
})

test('an open reservation is stuck, whichever state it waits in', async () => {
  const call = w.call(w.account)
  await call.reserve({ amount: eur('0.001') })
  expect(await verdict()).toMatchObject({ stuckReservations: 1, findings: [expect.stringMatching(/^stuck: .* is reserved past/)] })
  await call.dispatch('00000000-0000-4000-8000-000000000002')
  expect(await verdict()).toMatchObject({ stuckReservations: 1, findings: [expect.stringMatching(/^stuck: .* is dispatched past/)] })
})

test('a cap that was passed for one version only is named', async () => {
  await falsify(`insert into purser.entry (kind, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    select 'reserve', array[budget_period_id], array[version + 1], null::bigint[], array[${eur('0.05')}], array[0] from purser.balance
    union all select 'release', array[budget_period_id], array[version + 2], null::bigint[], array[-${eur('0.05')}], array[0] from purser.balance`)
  await falsify('update purser.balance set version = version + 2')
  expect(await verdict()).toMatchObject({ overspend: eur('0.01'), findings: [expect.stringContaining('10000000 nano-EUR past its cap')] })
})

test('a cap that is cut below what is spent is no fault, but what is reserved above it then is one', async () => {
  const cut = `insert into purser.entry (kind, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    select 'cap', array[budget_period_id], array[version + 1], array[-${eur('0.09')}], array[0], array[0] from purser.balance`
  await falsify(
    `${cut}; update purser.balance set version = version + 1, cap = cap - ${eur('0.09')}, overrun = reserved + spent - cap + ${eur('0.09')}`,
  )
  expect(await verdict()).toEqual({ ...zeros, presumed: eur('0.03') })
  await falsify(`insert into purser.entry (kind, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    select 'reserve', array[budget_period_id], array[version + 1], null::bigint[], array[1], array[0] from purser.balance
    union all select 'release', array[budget_period_id], array[version + 2], null::bigint[], array[-1], array[0] from purser.balance`)
  await falsify('update purser.balance set version = version + 2')
  expect(await verdict()).toMatchObject({ overspend: 1n, findings: [expect.stringContaining('1 nano-EUR past its cap')] })
})

test('a refusal with room, and one with figures that never were, are false', async () => {
  await falsify(`update purser.refusal set refusal = refusal || jsonb_build_object('needed', '1')`)
  expect(await verdict()).toMatchObject({ falseRefusals: 1, findings: [expect.stringContaining('there was room')] })
  await falsify(`update purser.refusal set refusal = refusal || jsonb_build_object('needed', '${eur('0.09')}', 'spent', '7')`)
  expect(await verdict()).toMatchObject({ falseRefusals: 1, findings: [expect.stringContaining('never true')] })
})

test('a request that nobody dispatched, one that was sent twice, and one that went before its dispatch, are named', async () => {
  const [first = { clientRequestId: null, at: '' }, ...others] = w.requests
  const at = new Date().toISOString()
  const planted = [first, { clientRequestId: 'rsv_unknown', at }, { clientRequestId: null, at }]
  expect((await verdict(w.bill, [...w.requests, ...planted])).findings).toEqual([
    `request ${first.clientRequestId}: sent twice`,
    'request rsv_unknown: nobody dispatched it',
    'request without a name: nobody dispatched it',
  ])
  const early = { ...first, at: '2026-01-01T00:00:00.000Z' }
  expect((await verdict(w.bill, [early, ...others])).findings).toEqual([`request ${first.clientRequestId}: sent before its dispatch`])
})

test('a presumption of what was answered, because its receipt lies in the store, is named', async () => {
  const found = await verdict(w.bill, w.requests, [w.lost])
  expect(found.findings).toEqual([`${requestIdOf(w.lost)}: presumed, although its answer lies beside the blobs`])
})

test('an answer that the ledger keeps for a person, and a gap between versions, are named', async () => {
  await falsify(`insert into purser.unbooked (operation, request, reason) values ('settle', '{"cost": {"nanoEur": "5"}}', 'conflict')`)
  expect(await verdict()).toMatchObject({ unbooked: 5n, findings: [expect.stringContaining('keeps it as conflict')] })
  await falsify('update purser.entry set versions = array[99] where id = (select max(id) from purser.entry)')
  expect((await verdict()).findings).toContainEqual(expect.stringMatching(/versions have gaps$/))
})

test('a threshold that was crossed and not told, one that was told twice, and one that was told and not crossed, are named', async () => {
  const books = await readBooks(w.owner)
  const [{ told: about, name } = { told: '', name: '' }] = books.balances
  const told = (percents: readonly number[]) => percents.map((percent) => ({ about, percent }))
  const found = (percents: readonly number[], received = [50]) =>
    judge({ books, bill: w.bill, requests: w.requests, stored: new Set(), told: { told: told(percents), received: told(received) } })
      .findings
  expect(found([50])).toEqual([])
  expect(found([])).toEqual([`${name}: 50 % was spent, and told 0 times`])
  expect(found([50, 50])).toEqual([`${name}: 50 % was spent, and told 2 times`])
  expect(found([50, 80])).toEqual([`${name}: 80 % was not spent, and told 1 times`])
  expect(found([50], [])).toEqual([`${name}: 50 % was spent, and received 0 times`])
})

import { afterAll, expect, test } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { billsOn, line, tokensFor } from '../support/bills.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const opened = await Promise.all(PATHS.map(async (path) => ({ path, t: await openTestLedger(path) })))
afterAll(async () => {
  for (const { t } of opened) await t.drop()
})

const cost = (n: number) => (n % 2 === 0 ? '0.02' : '0.03')

test.for(opened)(
  '$path: bills are approved while late answers come, time presumes and others reserve; each request is paid for once',
  { timeout: 60_000 },
  async ({ t }) => {
    const { imported, approve, house } = await billsOn(t)
    await t.budget({ scope: {}, cap: '1000.00' })
    const id = await t.accountWith({ cap: '500.00', timeZone: 'UTC' })
    const calls = await Promise.all(
      times(60, async (n) => {
        const call = t.call(id)
        const go = await call.sent({ amount: eur('0.50') })
        if (n % 3 === 0) await call.settle(go, eur('0.02'))
        else await call.inDoubt(go.reservationId, go.token)
        if (n % 3 === 1) await t.age(go.reservationId, 86_400)
        return { call, go, n }
      }),
    )
    const lineOf = ({ go, n }: (typeof calls)[number]) => line({ picoUsd: tokensFor(cost(n)), requestId: reservationRef(go.reservationId) })
    const strangers = times(20, (n) => line({ picoUsd: tokensFor('0.01'), requestId: `nobody-${n}` }))
    const bills = [
      await imported([...calls.slice(0, 30).map(lineOf), ...strangers.slice(0, 10)]),
      await imported([...calls.slice(30).map(lineOf), ...strangers.slice(10)]),
    ]
    const others = Promise.all(
      times(60, async () => {
        const call = t.call(id)
        await call.settle(await call.sent({ amount: eur('0.10') }), eur('0.01'))
      }),
    )
    await Promise.all([
      ...bills.flatMap((bill) => [approve(bill), approve(bill)]),
      ...calls.filter(({ n }) => n % 3 === 2).map(({ call, go }) => call.settle(go, eur('0.02'))),
      ...times(5, () => sweep(t.ledger, 100)),
      others,
    ])
    for (const bill of bills) await approve(bill)
    const billed = calls.reduce((sum, { n }) => sum + eur(cost(n)), 0n)
    expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: billed + eur('0.60') })
    expect(await house()).toBe(eur('0.20'))
    await t.audited()
  },
)

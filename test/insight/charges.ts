/** A history with every kind of charge that an export tells apart. */
import { randomUUID } from 'node:crypto'
import type { CallScope } from '../../src/domain/call.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { chance } from '../support/chance.ts'
import { cents } from '../support/flights.ts'
import type { openTestLedger } from '../support/ledger.ts'
import { historyIn, type History } from './sums-history.ts'

type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

/** Usages of half a year, calls of each ending, bills; two calls that were never answered: the house bears one, and of the other a person says what it cost. */
export async function chargesIn(t: TestLedger, seed: number): Promise<History> {
  const history = await historyIn(t, chance(seed))
  await history.more()
  await history.more()
  const [kind, account = kind] = history.accounts
  await lost(t, kind, {})
  const reservationId = await lost(t, account, { feature: '=cmd|1' })
  await adjust(t.ledger, { reservationId, total: cents(5), source: 'person', sourceId: randomUUID(), why: 'a test' })
  return history
}

/** Presumed at nine cents. */
async function lost(t: TestLedger, account: string, scope: Partial<CallScope>): Promise<string> {
  const call = t.call(account, scope)
  const go = await call.sent({ amount: cents(9) })
  await call.inDoubt(go.reservationId, go.token)
  await t.age(go.reservationId, 86_400)
  await sweep(t.ledger, 100)
  return go.reservationId
}

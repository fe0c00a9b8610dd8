import { expect, test } from 'vitest'
import { openTestLedger, times } from '../support/ledger.ts'
import { ago } from '../support/past.ts'

test('the first calls of months that nobody has made, thirty at once, are all sent', async () => {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '50.00' })
  for (const months of [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
    await Promise.all(times(30, () => t.call(account, {}, ago(months).at).sent()))
  }
  expect(await t.owner`select count(*) from purser.reservation where token is not null`).toEqual([{ count: 300n }])
  await t.drop()
})

import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { nano } from '../../src/domain/money.ts'
import { noteSaving } from '../../src/ledger/savings.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

test('a saving counts once, however often it is noted, and stays as it is', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const key = randomUUID()
  const terms = { account, provider: 'test', model: 'penny-model', endpoint: 'generateContent' }
  const note = (saved: bigint) => noteSaving(t.ledger, { key, terms, strategy: 'cache', saved: nano(saved), tokens: 7 })
  await note(12n)
  await note(13n)
  expect(await t.owner`select strategy, saved, tokens from purser.saving where key = ${key}`).toEqual([
    { strategy: 'cache', saved: 12n, tokens: 7n },
  ])
  await expect(t.owner`update purser.saving set saved = 0 where key = ${key}`).rejects.toThrow('append')
})

import { expect, test } from 'vitest'
import { audit } from '../../src/ledger/audit.ts'
import { dropMonth } from '../../src/ledger/drop-month.ts'
import { trimCache } from '../../src/ledger/response-cache.ts'
import { newJob } from '../activities/activity.ts'
import { OLD, sealedAhead, vouched } from '../support/past.ts'
import { cacheStage } from './cache-stage.ts'

const on = cacheStage()

test('what a hit of a frozen month was answered with stays until that is dropped, so that its saving is explained', async () => {
  const { ledger, db } = on.stage()
  const account = await on.stage().account()
  const asked = { account, text: `a question of ${account}` }
  await on.play(asked)
  expect((await on.ask({ ...asked, job: newJob(), startedAt: OLD.at })).kind).toBe('hit')
  // Made in the month before, by an entry that lives for weeks; and all is over.
  await db.sql`alter table purser.cache_answer disable trigger cache_answer_append_only`
  await db.sql`update purser.cache_answer set made_at = purser.month_start(${OLD.name}) - interval '6 days'`
  await db.sql`alter table purser.cache_answer enable trigger cache_answer_append_only`
  await db.sql`update purser.cache_entry set expires_at = clock_timestamp()`
  await sealedAhead({ owner: db.sql })
  await db.sql`select purser.freeze_month(${OLD.name}, 'a test', true)`
  await trimCache(ledger, 1_000)
  expect((await audit(ledger)).violations).toEqual([])
  await dropMonth({ ...ledger, sql: db.sql }, { ...vouched, month: OLD.name })
  await trimCache(ledger, 1_000)
  expect(await db.sql`select from purser.cache_answer`).toHaveLength(0)
  expect((await audit(ledger)).violations).toEqual([])
})

test('a job that has not begun for a day is no job: the cache takes it no more than the ledger', async () => {
  const account = await on.stage().account()
  const asked = { account, text: `a question of ${account}` }
  await on.play(asked)
  await expect(on.ask({ ...asked, job: newJob(), startedAt: new Date('2090-01-01T00:00:00Z') })).rejects.toMatchObject({
    type: 'bad_input',
  })
})

import { expect, onTestFinished, test } from 'vitest'
import { connectSql } from '../../src/platform/sql.ts'
import { cloneDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

/** Whoever comes next may hear of it too: then nothing was asked. */
const served = <T>(ask: () => PromiseLike<T>): Promise<T> =>
  until('the pool serves again', () => Promise.resolve(ask()).catch(() => undefined))

test('an answer behind one that broke off in the middle has all its rows, from the first place on', async () => {
  const database = await cloneDatabase()
  const sql = connectSql(database.url, { as: 'owner', max: 1 })
  onTestFinished(async () => {
    await sql.end({ timeout: 1 })
    await database.drop()
  })
  const breakOff = () =>
    sql`select i, case when i = 300000 then pg_terminate_backend(pg_backend_pid()) end from generate_series(1, 300000) i`.catch(String)
  expect(await breakOff()).toMatch(/terminating connection|CONNECTION_CLOSED/)
  const rows = await served(() => sql<{ one: number }[]>`select 1 as one union all select 2 order by one`)
  expect([rows.length, rows[0], rows[1], rows.count]).toEqual([2, { one: 1 }, { one: 2 }, 2])
  await breakOff()
  expect((await served(() => sql.unsafe<{ one: number }[]>('select 3 as one')))[0]).toEqual({ one: 3 })
  await breakOff()
  expect([...(await served(() => sql`select where false`))]).toEqual([])
})

import { afterAll, expect, test } from 'vitest'
import { exactEur, nano, ofMoney } from '../../src/domain/money.ts'
import { keptFor } from '../savings/kept.ts'
import { openStage } from '../support/stage.ts'
import { objects, purser } from './purser.ts'

const stage = await openStage()
afterAll(async () => {
  await stage.intact()
  await stage.close()
})
const run = (...args: string[]) => purser(['cache', ...args], { DATABASE_URL: stage.db.url })

test('the cache says what it keeps and saved, and forgets what it is told to', async () => {
  const [one, other] = [await stage.account(), await stage.account()]
  const cost = await keptFor(stage, one, { feature: 'faq', hits: 1 })
  await keptFor(stage, other, { feature: 'help', hits: 0 })
  const [all, json] = await Promise.all([run('stats', '--exact'), run('stats', '--account', one, '--json')])
  expect(all.stdout).toMatch(
    /^feature +entries +size +hits +misses +hit rate +saved\nfaq +1 +\d+ kB +1 +1 +50.0 % +0\.\d{9} EUR\nhelp +1 .*\nall +2 +\d+ kB +1 +2 +33.3 %/,
  )
  expect(objects(json.stdout)).toMatchObject([
    { entries: 1, hits: 1, misses: 1, hitRate: '50.00', savedEur: exactEur(nano(ofMoney(cost))), features: [{ feature: 'faq' }] },
  ])
  expect(await run('clear')).toMatchObject({ code: 2, stderr: expect.stringContaining('say which answers') })
  expect(await run('clear', '--all', '--feature', 'x')).toMatchObject({ code: 2 })
  expect(await run('clear', '--feature', 'faq')).toMatchObject({ code: 0, stderr: expect.stringMatching(/forgotten: 1 answers, \d+ kB\n/) })
  expect(await run('clear', '--model', 'another')).toMatchObject({ code: 0, stderr: expect.stringContaining('forgotten: 0 answers') })
  expect(await run('clear', '--all')).toMatchObject({ code: 0, stderr: expect.stringContaining('forgotten: 1 answers') })
  expect(await stage.db.sql`select count(*)::int as n from purser.audit_act where act = 'cache.clear'`).toEqual([{ n: 3 }])
})

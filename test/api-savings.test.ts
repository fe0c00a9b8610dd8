/** `purser/api` switches strategies, reads what they saved, and clears the cache. */
import { expect, test } from 'vitest'
import { purserApi } from '../src/api.ts'
import { openApiStage } from './support/api.ts'
import { every } from './support/every.ts'

const { api } = await openApiStage()
const { text: key } = await api.caller()
const purser = purserApi({ url: api.url, key })

test('a strategy is switched on and off with a reason, no version is lost, and the report says that it had no effect', async () => {
  const said = { feature: 'faq', compress: { filler: true }, cache: { ttlMs: 60_000 }, why: 'a test' }
  expect(await purser.savings.set(said)).toMatchObject({ feature: 'faq', route: null, compress: { filler: true } })
  await purser.savings.set({ feature: 'faq', cache: false, why: 'another' })
  expect((await every(purser.savings.switches({ pageSize: 1 }))).map(({ feature, cache }) => [feature, cache])).toEqual([['faq', false]])
  expect((await purser.savings.switch('faq')).versions.map(({ why }) => why)).toEqual(['another', 'a test'])
  const { savings } = await purser.savings.report({ feature: 'faq', by: 'strategy_and_feature' })
  expect(savings.map(({ strategy, effect }) => [strategy, effect])).toEqual([
    ['cache', 'none'],
    ['compress', 'none'],
  ])
})

test('the cache tells its figures, and forgets what it is told', async () => {
  expect(await purser.cache.stats({ days: 1 })).toMatchObject({ hitCount: 0, hitRate: null, features: [] })
  expect(await purser.cache.clear({ feature: 'faq' })).toMatchObject({ removedCount: 0 })
  await expect(purser.cache.clear({})).rejects.toMatchObject({ code: 'bad_input' })
})

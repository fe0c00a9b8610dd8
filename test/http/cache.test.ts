import { expect, test } from 'vitest'
import { money, nano, ofMoney } from '../../src/domain/money.ts'
import { keptFor } from '../savings/kept.ts'
import { actsOf } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'

const { stage, api, house } = await openApiStage()

test('what the cache keeps and saved is told of all, or of one account; a key that is bound to one sees its own', async () => {
  const [one, other] = [await stage.account(), await stage.account()]
  const cost = await keptFor(stage, one, { feature: 'faq', hits: 3 })
  await keptFor(stage, other, { feature: 'faq', hits: 1 })
  const own = await api.caller({ account: one, scopes: ['reports:read'] })
  const mine = {
    account: one,
    entry_count: 1,
    hit_count: 3,
    miss_count: 1,
    hit_rate: '75.00',
    saved: money(nano(3n * ofMoney(cost))),
    features: [{ feature: 'faq', hit_count: 3 }],
  }
  expect(await own('GET', '/v1/cache')).toMatchObject({ status: 200, body: mine })
  expect(await house('GET', `/v1/cache?account=${one}&days=1&limit=1`)).toMatchObject({ status: 200, body: mine })
  expect(await house('GET', '/v1/cache')).toMatchObject({ body: { account: null, entry_count: 2, hit_count: 4 } })
  expect((await own('GET', `/v1/cache?account=${other}`)).status).toBe(403)
})

test('a bound key clears its own account’s answers, and the house says which or all; each is an act', async () => {
  const [one, other, third] = [await stage.account(), await stage.account(), await stage.account()]
  for (const account of [one, other, third]) await keptFor(stage, account, { feature: `of ${account}`, hits: 0 })
  const own = await api.caller({ account: one })
  expect((await own('DELETE', `/v1/cache?account=${other}`)).status).toBe(403)
  const cleared = await own('DELETE', '/v1/cache')
  expect(cleared).toMatchObject({ status: 200, body: { removed_count: 1 } })
  expect(await actsOf(house, cleared)).toMatchObject([{ act: 'cache.clear', account: one }])
  expect((await house('DELETE', '/v1/cache')).status).toBe(400)
  expect((await house('DELETE', `/v1/cache?feature=of%20${other}&model=another`)).body).toMatchObject({ removed_count: 0 })
  expect((await house('DELETE', `/v1/cache?feature=of%20${other}`)).body).toMatchObject({ removed_count: 1 })
  expect((await house('GET', `/v1/cache?account=${third}`)).body).toMatchObject({ entry_count: 1 })
  expect((await house('DELETE', '/v1/cache?all=true')).body['removed_count']).toBeGreaterThanOrEqual(1)
  expect((await house('GET', '/v1/cache')).body).toMatchObject({ entry_count: 0 })
})

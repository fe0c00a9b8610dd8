/** `purser/api` reads what was called, and what it came to. */
import { expect, test } from 'vitest'
import { purserApi, PurserApiError } from '../src/api.ts'
import { eur } from '../src/domain/money.ts'
import { openApiStage } from './support/api.ts'
import { every } from './support/every.ts'
import { MODEL } from './support/reservations.ts'

const { stage, api } = await openApiStage()
const { text: key } = await api.caller()
const purser = purserApi({ url: api.url, key })
const terms = (account: string) => ({ account, model: MODEL, inputTokensMax: 2_000, maxOutputTokens: 1_000, feature: 'chat' })

test('calls are told to the last of them, scored, and summed by anything: the sums are what was booked', async () => {
  const account = await stage.account()
  for (const feature of ['chat', 'chat', 'search']) {
    const reservation = await purser.reserve({ ...terms(account), feature })
    await reservation.settle({ input_tokens: 100, output_tokens: 50 })
  }
  const told = await every(purser.calls.list({ account, pageSize: 2 }))
  expect(told.map(({ feature, success, totalTokens }) => [feature, success, totalTokens])).toEqual([
    ['search', true, 150],
    ['chat', true, 150],
    ['chat', true, 150],
  ])
  const [newest] = told
  expect(await purser.calls.score(newest?.id ?? '', { quality: '0.9' })).toMatchObject({ id: newest?.id, quality: '0.900' })
  expect(await purser.calls.get(newest?.id ?? '')).toMatchObject({ quality: '0.900', accuracy: null })
  const spent = (await stage.balance(account)).spent
  const month = new Date().toISOString().slice(0, 7)
  const report = await purser.spending.report({ account, month, groupBy: 'feature', timeZone: 'UTC' })
  expect(report.groups.map(({ name, callCount }) => [name, callCount])).toEqual([
    ['chat', 2],
    ['search', 1],
  ])
  const total = await purser.spending.total({ account })
  expect([eur(report.totalCost), eur(total.totalCost)]).toEqual([spent, spent])
  expect((await purser.spending.daily({ account })).dailyCosts).toHaveLength(30)
  expect((await purser.spending.byModel({ account, currency: 'USD' })).costsByModel).toMatchObject([{ model: MODEL, callCount: 3 }])
  const wrong = await purser.spending.total({ account, startDate: '2026-02-30' }).catch((error: unknown) => error)
  expect(wrong).toBeInstanceOf(PurserApiError)
  expect(wrong).toMatchObject({ code: 'bad_input', status: 400 })
})

test('what another process has reserved is ended by its id', async () => {
  const account = await stage.account()
  const { id } = await purser.reserve(terms(account))
  expect(await purserApi({ url: api.url, key }).reservation(id).settle({ input_tokens: 1 })).toMatchObject({ id, state: 'settled' })
  const other = await purser.reserve(terms(account))
  expect(await purserApi({ url: api.url, key }).reservation(other.id).release({ because: 'never_sent', why: 'a test' })).toMatchObject({
    state: 'rejected',
  })
})

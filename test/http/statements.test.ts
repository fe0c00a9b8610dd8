import { beforeAll, expect, test } from 'vitest'
import { sealStatements } from '../../src/ledger/statements.ts'
import { monthOf, monthsLater } from '../../src/domain/period.ts'
import { openApiStage, type Ask } from '../support/api.ts'
import { MODEL } from '../support/reservations.ts'
import { takenIn } from '../support/taken-in.ts'

const LAST = monthsLater(monthOf(new Date(), 'UTC'), -1)
const NOTHING = { amount: '0.000000000', currency: 'EUR' }

const { stage, api } = await openApiStage()

let mine: Ask
let account: string
beforeAll(async () => {
  account = await stage.account('paid')
  await stage.db.sql`update purser.account set created_at = ${`${LAST}-02T00:00:00Z`} where id = ${account}`
  mine = await api.caller({ account, scopes: ['reports:read', 'track:write'] })
  await mine('POST', '/v1/track', {
    body: { key: 'one', account, model: MODEL, feature: '=chat', usage: { input_tokens: 100_000 }, at: `${LAST}-10T12:00:00Z` },
  })
  await takenIn(stage.ledger, stage.db.sql)
})
test('a month is provisional until it is closed, and then the same, sealed; a list has the sealed ones', async () => {
  const before = await mine('GET', `/v1/accounts/${account}/statement?month=${LAST}`)
  expect(before).toMatchObject({
    status: 200,
    body: { state: 'provisional', hash: null, sealed_at: null, call_count: 1, corrections: NOTHING },
  })
  expect((await mine('GET', `/v1/accounts/${account}/statements`)).body).toMatchObject({ data: [], has_more: false })
  await sealStatements(stage.ledger, { month: LAST, after: undefined, limit: 100, dryRun: false })
  const { body: sealed } = await mine('GET', `/v1/accounts/${account}/statement?month=${LAST}`)
  expect(sealed).toEqual({
    ...(before.body as object),
    state: 'sealed',
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    sealed_at: expect.any(String),
  })
  const { body: list } = await mine('GET', `/v1/accounts/${account}/statements`)
  const { features, models, users, correction_lines: lines, ...head } = sealed
  expect(list).toEqual({ data: [head], has_more: false, next_cursor: null })
  expect([features, models, users, lines]).toMatchObject([[{ name: '=chat', call_count: 1 }], [{ call_count: 1 }], [{ name: null }], []])
  expect(await mine('GET', `/v1/accounts/${account}/statement`)).toMatchObject({
    body: { state: 'provisional', call_count: 0, spent: NOTHING },
  })
})

test('as CSV it has every amount, and runs nothing', async () => {
  const { status, body } = await mine('GET', `/v1/exports/statement?account=${account}&month=${LAST}`)
  expect(status).toBe(200)
  const text = String(body['text'])
  expect(text).toMatch(/^section,name,calls,amount_eur\r?\n/)
  expect(text).toContain(`feature,'=chat,1,`)
})

test('a month to come, no month, and another account say so', async () => {
  const wrong = (query: string) => mine('GET', `/v1/accounts/${account}/statement?month=${query}`)
  expect(await wrong('2099-01')).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  expect(await wrong('soon')).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  expect(await mine('GET', `/v1/accounts/${await stage.account()}/statement`)).toMatchObject({ status: 403 })
})

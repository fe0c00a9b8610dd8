import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { doneOnce, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, reservedBy } from '../support/reservations.ts'

const { stage, house } = await openApiStage()

const today = new Date().toISOString().slice(0, 10)
const csv = (rows: readonly string[]): string => ['day,model,unit,quantity,cost_usd,request_id,line_id', ...rows].join('\n')
const fileOf = (content: string) => ({ provider: 'gemini', format: 'csv', name: 'november.csv', content })

test('a bill is stored once, compared with what was settled, and booked once with its reason', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 1000 } } })
  const before = await stage.balance(account)
  const request = path.replace('/v1/reservations/', '')
  const content = csv([
    `${today},${MODEL},input_text_tokens,1000,0.0002,${request},${randomUUID()}`,
    `${today},${MODEL},input_text_tokens,10,0.000001,nobody,${randomUUID()}`,
  ])
  const stored = await doneOnce(house, ['POST', '/v1/bills', fileOf(content)], 'bill.import', { name: 'another.csv' })
  expect(stored).toMatchObject({
    status: 201,
    body: {
      provider: 'gemini',
      lines: 2,
      stored: 2,
      attributed: 1,
      booked: 0,
      state: 'imported',
      cost_usd: '0.000201000000',
      cost_eur: null,
    },
  })
  const id = String(stored.body['id'])
  expect(await house('POST', '/v1/bills', { body: fileOf(content) })).toMatchObject({ status: 200, body: { id } })
  expect((await house('GET', '/v1/bills?provider=gemini')).body).toMatchObject({ data: [{ id, state: 'imported' }], has_more: false })
  expect((await house('GET', `/v1/bills/${id}/drift?limit=1`)).body).toMatchObject({
    data: [
      {
        day: today,
        model: MODEL,
        unit: 'input_text_tokens',
        ledger_quantity: '1000',
        bill_quantity: '1010',
        differs: ['missing_in_ledger', 'price'],
        missing_requests: 1,
        missing_in_ledger_usd: '0.000001000000',
        price_usd: '0.000100000000',
        quantity_usd: '0.000000000000',
        is_booked: false,
      },
    ],
    has_more: false,
    next_cursor: null,
  })
  const approved = await doneOnce(house, ['POST', `/v1/bills/${id}/approve`, { reason: 'looked at' }], 'bill.approve')
  expect(approved).toMatchObject({
    status: 200,
    body: { id, state: 'approved', reason: 'looked at', booked: 2, lines_booked: 2, attempts_corrected: 1, on_the_house: 1 },
  })
  const after = await stage.balance(account)
  expect([after.reserved, after.spent > before.spent]).toEqual([0n, true])
  expect((await house('GET', `/v1/bills/${id}`)).body).toMatchObject({ id, booked: 2 })
  expect((await house('GET', `/v1/bills/${id}/drift`)).body).toMatchObject({ data: [{ differs: ['missing_in_ledger'], is_booked: true }] })
  await stage.intact()
})

test('a bill that was a mistake is discarded once, with its reason, and not when it is booked', async () => {
  const { body } = await house('POST', '/v1/bills', { body: fileOf(csv([`${today},m,requests,1,1,,${randomUUID()}`])) })
  const path = `/v1/bills/${String(body['id'])}`
  expect(await doneOnce(house, ['POST', `${path}/discard`, { reason: 'not ours' }], 'bill.discard')).toMatchObject({
    status: 200,
    body: { state: 'discarded', reason: 'not ours' },
  })
  expect(await house('POST', `${path}/approve`, { body: { reason: 'x' } })).toMatchObject({ status: 409, body: { code: 'conflict' } })
})

test('a bill that cannot be read is told row by row, and one that is not there too', async () => {
  const bad = await house('POST', '/v1/bills', { body: fileOf(csv(['2026-13-01,m,requests,1,1,,a', `${today},m,requests,1,x,,b`])) })
  expect(bad).toMatchObject({
    status: 400,
    body: {
      code: 'bad_input',
      detail: expect.stringMatching(/2 rows cannot be read, so nothing is stored:\n {2}row 2: day: .*\n {2}row 3: cost_usd: "x"/),
    },
  })
  const known = randomUUID()
  await house('POST', '/v1/bills', { body: fileOf(csv([`${today},m,requests,1,1,,${known}`])) })
  expect(await house('POST', '/v1/bills', { body: fileOf(csv([`${today},m,requests,1,2,,${known}`])) })).toMatchObject({
    status: 409,
    body: { code: 'conflict', detail: expect.stringContaining('stored before, with other figures') },
  })
  expect(await refusedFor(house, 'POST', '/v1/bills', { ...fileOf('x'), time_zone: 'PST' })).toEqual([
    'body.time_zone',
    'is no time zone: write it like America/Los_Angeles',
  ])
  expect((await house('GET', '/v1/bills/bill_999')).status).toBe(404)
  expect((await house('POST', '/v1/bills/bill_999/approve', { body: { reason: 'x' } })).status).toBe(404)
})

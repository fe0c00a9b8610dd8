import { z } from '@hono/zod-openapi'
import { decimalOf } from '../domain/millionths.ts'
import { listRates } from '../prices/rates.ts'
import { day } from '../schema/day.ts'
import { endpoint } from './endpoint.ts'
import { idOf } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const rateSchema = z
  .object({
    id: z.string().openapi({ example: 'rate_7' }),
    day: z.string().openapi({ example: '2026-11-03' }),
    usd_per_eur: z.string().openapi({ example: '1.1172' }),
    source: z.string(),
    fetched_on: z.string(),
    why: z.string().nullable().openapi({ description: 'What a person said with it; null when it was read from its source' }),
  })
  .openapi('Rate')

/** Of the calendar, whatever the list has. */
const [FIRST_DAY, LAST_DAY] = ['0001-01-01', '9999-12-31']

const listAll = endpoint({
  method: 'get',
  path: '/v1/rates',
  name: 'listRates',
  resource: 'rates',
  summary: 'Euro rates, the newest first; of one day the one that holds first',
  scope: 'reports:read',
  query: z.strictObject({ ...pageQuery, from: day.optional(), until: day.optional().openapi({ description: 'Inclusive' }) }),
  answers: { 200: { what: 'A page of rates', schema: listSchema(rateSchema, 'Rate') } },
  async run(access, { query }) {
    const { prices } = access.reach(undefined)
    const { from = FIRST_DAY, until = LAST_DAY } = query
    const rates = await page(
      access,
      query,
      '0',
      (after, limit) => listRates(prices, { from, until, after: Number(after), limit }),
      ({ id }) => String(id),
    )
    const data = rates.data.map((rate) => ({
      id: idOf('rate', rate.id),
      day: rate.day,
      usd_per_eur: decimalOf(rate.usdMicrosPerEur),
      source: rate.source,
      fetched_on: rate.fetchedOn,
      why: rate.why,
    }))
    return { status: 200, body: { ...rates, data } }
  },
})

export const RATES = [listAll]

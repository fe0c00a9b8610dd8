import { z } from '@hono/zod-openapi'
import { exactUsd, picoUsd } from '../domain/money.ts'
import { listPrices, type BookRow } from '../prices/list-prices.ts'
import { moment } from '../schema/day.ts'
import { label, text } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { idOf } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const priceSchema = z
  .object({
    id: z.string().openapi({ example: 'prc_12' }),
    provider: z.string(),
    model: z.string(),
    unit: z.string().openapi({ example: 'input_text_tokens' }),
    tier: z.string(),
    above_tokens: z
      .string()
      .openapi({ description: 'Holds for the whole request when its prompt has more tokens than this', example: '0' }),
    usd: z.string().openapi({ description: 'What `per` units cost, exactly', example: '0.000000100000' }),
    per: z.string().openapi({ description: 'How many units `usd` pays for; of hours and gigabytes, millionths', example: '1' }),
    effective_from: z.iso.datetime(),
    effective_until: z.iso.datetime().nullable(),
    source: z.string(),
    source_date: z.string(),
  })
  .openapi('Price')

const priceBody = (row: BookRow): z.input<typeof priceSchema> => ({
  id: idOf('prc', row.id),
  provider: row.provider,
  model: row.model,
  unit: row.unit,
  tier: row.tier,
  above_tokens: String(row.aboveTokens),
  usd: exactUsd(picoUsd(row.picoUsdPer)),
  per: String(row.per),
  effective_from: row.effectiveFrom.toISOString(),
  effective_until: row.effectiveUntil?.toISOString() ?? null,
  source: row.source,
  source_date: row.sourceDate,
})

const listAll = endpoint({
  method: 'get',
  path: '/v1/prices',
  name: 'listPrices',
  resource: 'prices',
  summary: 'The prices in force at a moment, by provider, model, tier and unit',
  scope: 'reports:read',
  query: z.strictObject({
    ...pageQuery,
    provider: label.optional(),
    model: text(200).min(1).optional(),
    at: moment('write a moment like 2026-11-03T14:30:00Z')
      .optional()
      .openapi({ type: 'string', format: 'date-time', description: 'Now, if left out' }),
  }),
  answers: { 200: { what: 'A page of prices', schema: listSchema(priceSchema, 'Price') } },
  async run(access, { query }) {
    const { prices } = access.reach(undefined)
    const of = {
      ...(query.provider === undefined ? {} : { provider: query.provider }),
      ...(query.model === undefined ? {} : { model: query.model }),
      ...(query.at === undefined ? {} : { at: query.at }),
    }
    const rows = await page(
      access,
      query,
      '0',
      (after, limit) => listPrices(prices, { ...of, after: Number(after), limit }),
      ({ id }) => String(id),
    )
    return { status: 200, body: { ...rows, data: rows.data.map(priceBody) } }
  },
})

export const PRICES = [listAll]

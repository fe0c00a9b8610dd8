import { z } from '@hono/zod-openapi'
import { listPricedModels } from '../prices/list-models.ts'
import { label } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'

const limit = z.int().nullable()
const modelSchema = z
  .object({
    provider: z.string(),
    model: z.string(),
    tiers: z.array(z.string()).openapi({ description: 'In which it has a price' }),
    units: z.array(z.string()).openapi({ description: 'What it is charged for', example: ['input_text_tokens', 'output_text_tokens'] }),
    input_tokens_max: limit,
    output_tokens_max: limit,
    image_tokens_max: limit.openapi({ description: 'Of one image in the input' }),
  })
  .openapi('Model')

const listAll = endpoint({
  method: 'get',
  path: '/v1/models',
  name: 'listModels',
  resource: 'models',
  summary: 'Models that have a price now, by name, and what they take',
  description: 'A limit that nobody has said is null.',
  scope: 'reports:read',
  query: z.strictObject({ ...pageQuery, provider: label.optional() }),
  answers: { 200: { what: 'A page of models', schema: listSchema(modelSchema, 'Model') } },
  async run(access, { query }) {
    const { prices } = access.reach(undefined)
    const models = await page(
      access,
      query,
      '["",""]',
      (after, max) => {
        const [provider, model] = JSON.parse(after) as [string, string]
        return listPricedModels(prices, { provider: query.provider, after: { provider, model }, limit: max })
      },
      ({ provider, model }) => JSON.stringify([provider, model]),
    )
    const data = models.data.map(({ inputTokensMax, outputTokensMax, imageTokensMax, ...model }) => ({
      ...model,
      input_tokens_max: inputTokensMax ?? null,
      output_tokens_max: outputTokensMax ?? null,
      image_tokens_max: imageTokensMax ?? null,
    }))
    return { status: 200, body: { ...models, data } }
  },
})

export const MODELS = [listAll]

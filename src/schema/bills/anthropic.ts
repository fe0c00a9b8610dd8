import { z } from 'zod'
import { dayIn } from '../../domain/day.ts'
import { moment } from '../day.ts'
import { amountOf, BadRow, decimal, rowOf, type Meaning, type Read, type Reading } from './reading.ts'

const resultSchema = z.object({
  amount: decimal,
  currency: z.string(),
  description: z.string().nullish(),
  cost_type: z.string().nullish(),
  model: z.string().nullish(),
  service_tier: z.string().nullish(),
  token_type: z.string().nullish(),
  context_window: z.string().nullish(),
  workspace_id: z.string().nullish(),
  inference_geo: z.string().nullish(),
})
type Result = z.output<typeof resultSchema>
const bucketSchema = z.object({ starting_at: moment('write a moment like 2026-11-03T00:00:00Z'), results: z.array(resultSchema) })
const pageSchema = z.object({ data: z.array(bucketSchema) })

/** A page of GET /v1/organizations/cost_report, grouped by description: amounts are cents. It says no quantities. */
export function readAnthropic(value: unknown, reading: Reading): Read {
  const { data } = rowOf(pageSchema, value)
  const left = new Set<string>()
  const lines = data.flatMap(({ starting_at: start, results }) =>
    results.flatMap((result) => {
      if (result.currency !== 'USD') throw new BadRow(`currency: ${result.currency} is not read, only USD`)
      const meaning = meaningOf(result, reading)
      if (meaning === null) {
        left.add(result.description ?? '')
        return []
      }
      const usd = amountOf(result.amount, 10, `amount of "${result.description ?? ''}"`)
      return [
        {
          lineId: [
            start.toISOString(),
            result.description,
            result.workspace_id,
            result.context_window,
            result.service_tier,
            result.token_type,
            result.inference_geo,
          ]
            .map((part) => part ?? '')
            .join('|'),
          day: dayIn(reading.timeZone)(start),
          ...meaning,
          quantity: null,
          picoUsd: usd.value,
          picoSlack: usd.slack,
          nanoEur: null,
          nanoSlack: 0n,
          requestId: null,
        },
      ]
    }),
  )
  return { lines, ...(left.size === 0 ? {} : { leftOut: [...left].join(', ') }) }
}

const TOKENS: Readonly<Record<string, string>> = {
  uncached_input_tokens: 'input_text_tokens',
  output_tokens: 'output_text_tokens',
  cache_read_input_tokens: 'input_cached_tokens',
  'cache_creation.ephemeral_5m_input_tokens': 'input_cache_write_5m_tokens',
  'cache_creation.ephemeral_1h_input_tokens': 'input_cache_write_1h_tokens',
}

/** What is no token of a model is `other`; a search has its unit. Throws BadRow. */
function meaningOf(result: Result, { meanings }: Reading): Meaning {
  const said = meanings[result.description ?? '']
  if (said !== undefined) return said
  const { cost_type: kind, token_type: token, model } = result
  if (kind !== null && kind !== undefined && kind !== 'tokens')
    return { model: model ?? kind, tier: 'standard', unit: kind === 'web_search' ? 'search_queries' : 'other' }
  const unit = TOKENS[token ?? '']
  if (unit === undefined || model === null || model === undefined)
    throw new BadRow(
      `"${result.description ?? ''}" has no meaning here: ask for the costs by description, or say with --meanings what it is`,
    )
  return { model, tier: result.service_tier ?? 'standard', unit }
}

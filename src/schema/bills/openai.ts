import { z } from 'zod'
import { dayIn } from '../../domain/day.ts'
import { amountOf, BadRow, decimal, decimalOf, rowOf, type Meaning, type Read, type Reading } from './reading.ts'

const resultSchema = z.object({
  amount: z.object({ value: decimal, currency: z.string() }),
  line_item: z.string().min(1, 'ask for the costs by line_item'),
  project_id: z.string().nullish(),
  api_key_id: z.string().nullish(),
  user_id: z.string().nullish(),
  quantity: decimal.nullish(),
})
const bucketSchema = z.object({ start_time: z.string().regex(/^\d{1,12}$/), results: z.array(resultSchema) })
const pageSchema = z.object({ data: z.array(bucketSchema) })

/** A page of GET /v1/organization/costs, grouped by line_item at least, of days that are over. */
export function readOpenai(value: unknown, reading: Reading): Read {
  const { data } = rowOf(pageSchema, value)
  const left = new Set<string>()
  const lines = data.flatMap(({ start_time: start, results }) =>
    results.flatMap((result) => {
      if (result.amount.currency.toLowerCase() !== 'usd')
        throw new BadRow(`amount.currency: ${result.amount.currency} is not read, only usd`)
      const meaning = meaningOf(result.line_item, reading)
      if (meaning === null) {
        left.add(result.line_item)
        return []
      }
      const usd = amountOf(result.amount.value, 12, `amount of "${result.line_item}"`)
      return [
        {
          lineId: [start, result.line_item, result.project_id ?? '', result.api_key_id ?? '', result.user_id ?? ''].join('|'),
          day: dayIn(reading.timeZone)(new Date(Number(start) * 1000)),
          ...meaning,
          quantity: result.quantity === undefined || result.quantity === null ? null : quantityOf(result.quantity, result.line_item),
          picoUsd: usd.value,
          // A float, as long as it is.
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

const KINDS: Readonly<Record<string, string>> = {
  input: 'input_text_tokens',
  'cached input': 'input_cached_tokens',
  output: 'output_text_tokens',
  'audio input': 'input_audio_tokens',
  'audio output': 'output_audio_tokens',
  'image input': 'input_image_tokens',
  'image output': 'output_image_tokens',
}

/** `gpt-5-mini-2025-08-07, cached input`. Throws BadRow for what is not of this form, and not among the meanings. */
function meaningOf(item: string, { meanings }: Reading): Meaning {
  const said = meanings[item]
  if (said !== undefined) return said
  const [, model = '', kind = ''] = /^(\S+), ([a-z ]+)$/.exec(item) ?? []
  const unit = KINDS[kind]
  if (unit === undefined) throw new BadRow(`line_item: "${item}" has no meaning here: say with --meanings what it is`)
  return { model, tier: 'standard', unit }
}

function quantityOf(written: string, item: string): bigint {
  const { value, slack } = decimalOf(written, 0, 'quantity')
  if (slack > 0n || value < 0n) throw new BadRow(`quantity of "${item}": ${written} is not whole`)
  return value
}

import { hash } from 'node:crypto'
import { z } from 'zod'
import { dayIn } from '../../domain/day.ts'
import { divided } from '../../domain/scaled.ts'
import { BadRow, decimal, decimalOf, rowOf, type Meaning, type Read, type Reading } from './reading.ts'

/** A row of Google's billing export, as `bq query --format=json` writes it. */
const rowSchema = z.object({
  service: z.object({ description: z.string() }),
  sku: z.object({ id: z.string().min(1), description: z.string().min(1) }),
  usage_start_time: z.string().min(10),
  usage: z.object({ amount: decimal.nullish() }).nullish(),
  cost: decimal,
  currency: z.string().length(3),
  currency_conversion_rate: decimal.nullish(),
  credits: z.array(z.object({ amount: decimal })).nullish(),
  cost_type: z.string().default('regular'),
})

const SERVICES = ['Gemini API', 'Generative Language API', 'Vertex AI']
/** Google says costs to the millionth, as floats. */
const COST_DECIMALS = 6n

/** Of other services, and of taxes and adjustments, nothing is read; the same row twice in one file is two rows. */
export function googleReader() {
  const seen = new Map<string, number>()
  return (value: unknown, reading: Reading): Read => {
    const row = rowOf(rowSchema, value)
    if (!SERVICES.includes(row.service.description)) return { lines: [], leftOut: row.service.description }
    if (row.cost_type !== 'regular') return { lines: [], leftOut: `${row.cost_type} of ${row.service.description}` }
    const meaning = meaningOf(row.sku, reading)
    if (meaning === null) return { lines: [], leftOut: row.sku.description }
    const content = hash('sha256', JSON.stringify(value), 'hex')
    const count = (seen.get(content) ?? 0) + 1
    seen.set(content, count)
    return {
      lines: [{ lineId: `${content} ${count}`, day: dayOf(row.usage_start_time, reading), ...meaning, ...figuresOf(row), requestId: null }],
    }
  }
}

/** `2026-11-03 07:00:00 UTC`, or as ISO 8601 has it. Throws BadRow. */
function dayOf(written: string, { timeZone }: Reading): string {
  const at = new Date(written.replace(' UTC', 'Z').replace(' ', 'T'))
  if (Number.isNaN(at.getTime())) throw new BadRow(`usage_start_time: "${written}" is no moment`)
  return dayIn(timeZone)(at)
}

function figuresOf(row: z.output<typeof rowSchema>) {
  const pico = [row.cost, ...(row.credits ?? []).map(({ amount }) => amount)].reduce(
    (sum, amount) => sum + decimalOf(amount, 12, 'cost').value,
    0n,
  )
  if (pico < 0n) throw new BadRow('cost: with its credits it is below zero')
  const micro = 10n ** (12n - COST_DECIMALS) / 2n
  const quantity = row.usage?.amount === undefined || row.usage.amount === null ? undefined : decimalOf(row.usage.amount, 0, 'usage.amount')
  const counted = quantity === undefined || quantity.slack > 0n ? null : quantity.value
  if (row.currency === 'USD') return { quantity: counted, picoUsd: pico, picoSlack: micro, nanoEur: null, nanoSlack: 0n }
  if (row.currency !== 'EUR') throw new BadRow(`currency: ${row.currency} is not read, only USD and EUR`)
  const rate = decimalOf(row.currency_conversion_rate ?? '', 9, 'currency_conversion_rate').value
  if (rate <= 0n) throw new BadRow('currency_conversion_rate: must be above zero')
  // EUR per USD: the dollars are what they were converted from, as far as that can be told.
  const scale = 10n ** 9n
  return {
    quantity: counted,
    picoUsd: divided(pico * scale, rate).value,
    picoSlack: divided(micro * scale, rate).value + 1n,
    nanoEur: divided(pico, 1000n).value,
    nanoSlack: micro / 1000n,
  }
}

/** Read out of the words of the SKU, such as `Generate content cached input token count gemini 2.5 flash short input text`. Throws BadRow where these do not say it. */
function meaningOf({ id, description }: { readonly id: string; readonly description: string }, { meanings }: Reading): Meaning {
  const said = meanings[id] ?? meanings[description]
  if (said !== undefined) return said
  const words = description.toLowerCase().replaceAll('_', ' ')
  const model = /gemini[ -](\d+(?:\.\d+)?)[ -](flash[ -]lite|flash|pro)([ -]image)?([ -]preview)?/.exec(words)
  const way = /\b(input|output) token/.exec(words)?.[1]
  if (model === null || way === undefined)
    throw new BadRow(`sku: "${description}" (${id}) has no meaning here: say with --meanings what it is`)
  const [whole, version = '', line = '', image = '', preview = ''] = model
  const name = ['gemini', version, line.replace(' ', '-'), image.slice(1), preview.slice(1)].filter((part) => part !== '').join('-')
  const rest = words.replace(whole, '')
  return {
    model: name,
    tier: ['batch', 'flex', 'priority'].find((tier) => new RegExp(`\\b${tier}\\b`).test(rest)) ?? 'standard',
    unit: unitOf(way, rest),
  }
}

function unitOf(way: string, words: string): string {
  const kind = ['image', 'audio', 'video'].find((name) => words.includes(name)) ?? 'text'
  if (way === 'input' && /\bcach/.test(words)) return kind === 'audio' ? 'input_cached_audio_tokens' : 'input_cached_tokens'
  if (way === 'output' && /\bthink/.test(words)) return 'output_thought_tokens'
  return `${way}_${kind}_tokens`
}

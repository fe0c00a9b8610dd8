import type { Price } from '../domain/price.ts'
import type { Quantity, Unit, Usage } from '../domain/usage.ts'

/** A usage that both sides are asked the cost of. */
export interface AskedUsage {
  readonly name: string
  readonly usage: Usage
}

const q = (unit: Unit, quantity: number): Quantity => ({ unit, quantity })

const FORMS: readonly AskedUsage[] = [
  { name: 'one token each way', usage: [q('input_text_tokens', 1), q('output_text_tokens', 1)] },
  { name: 'plain', usage: [q('input_text_tokens', 1500), q('output_text_tokens', 500)] },
  { name: 'thinking', usage: [q('input_text_tokens', 700), q('output_text_tokens', 90), q('output_thought_tokens', 2048)] },
  { name: 'cached', usage: [q('input_text_tokens', 300), q('input_cached_tokens', 4096), q('output_text_tokens', 200)] },
  { name: 'cache written', usage: [q('input_text_tokens', 10), q('input_cache_write_tokens', 2048), q('output_text_tokens', 9)] },
  { name: 'cache written for five minutes', usage: [q('input_text_tokens', 10), q('input_cache_write_5m_tokens', 2048)] },
  { name: 'cache written for an hour', usage: [q('input_text_tokens', 10), q('input_cache_write_1h_tokens', 2048)] },
  { name: 'a picture looked at', usage: [q('input_text_tokens', 40), q('input_image_tokens', 258), q('output_text_tokens', 80)] },
  { name: 'audio', usage: [q('input_text_tokens', 40), q('input_audio_tokens', 1920), q('output_text_tokens', 80)] },
  { name: 'cached audio', usage: [q('input_text_tokens', 40), q('input_cached_audio_tokens', 1920), q('output_text_tokens', 80)] },
  { name: 'video', usage: [q('input_text_tokens', 40), q('input_video_tokens', 5260), q('output_text_tokens', 80)] },
  { name: 'a picture made', usage: [q('input_text_tokens', 200), q('output_text_tokens', 12), q('output_image_tokens', 1290)] },
  { name: 'searches', usage: [q('input_text_tokens', 200), q('output_text_tokens', 300), q('search_queries', 3)] },
  { name: 'embedding', usage: [q('input_embedding_tokens', 8191)] },
  { name: 'training', usage: [q('training_tokens', 100_000)] },
]

/** The usages that a model's prices speak of, prompts right below and above where they rise, and what is counted by the piece or hour. */
export function usagesFor(prices: readonly Price[]): AskedUsage[] {
  const priced = new Set(prices.filter((price) => price.aboveTokens === 0n).map((price) => price.unit))
  const thresholds = [...new Set(prices.map((price) => Number(price.aboveTokens)).filter((tokens) => tokens > 0))]
  const long = thresholds.flatMap((tokens): AskedUsage[] => [
    { name: `${tokens} tokens of prompt`, usage: [q('input_text_tokens', tokens), q('output_text_tokens', 800)] },
    { name: `${tokens + 1} tokens of prompt`, usage: [q('input_text_tokens', tokens + 1), q('output_text_tokens', 800)] },
    {
      name: `${tokens + 1} tokens of prompt, nearly all cached`,
      usage: [q('input_text_tokens', 1), q('input_cached_tokens', tokens), q('output_text_tokens', 800)],
    },
  ])
  const counted = [...priced].filter((unit) => !unit.endsWith('_tokens') && unit !== 'search_queries')
  const alone = counted.map((unit): AskedUsage => ({ name: unit, usage: [q(unit, 1_000_000)] }))
  return [...FORMS, ...long, ...alone].filter(({ usage }) => usage.every(({ unit }) => priced.has(unit)))
}

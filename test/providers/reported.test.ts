import { describe, expect, test } from 'vitest'
import { isSameModel } from '../../src/domain/answering-model.ts'
import { costOf, type Price } from '../../src/domain/price.ts'
import type { Usage } from '../../src/domain/usage.ts'
import { anthropicReply, geminiReply, openAiReply } from '../../src/usage.ts'
import { priceOf, rateOf } from '../domain/arbitrary.ts'

const counts = (usage: Usage | undefined) =>
  usage === undefined ? 'at the bound' : Object.fromEntries(usage.map((q) => [q.unit, q.quantity]))

describe('OpenAI', () => {
  test.for<[string, unknown, Record<string, number> | 'at the bound']>([
    ['a response', { input_tokens: 1500, output_tokens: 500, total_tokens: 2000 }, { input_text_tokens: 1500, output_text_tokens: 500 }],
    [
      'a chat with cached tokens, which are part of its prompt and counted once (LiteLLM #14849)',
      { prompt_tokens: 2006, prompt_tokens_details: { cached_tokens: 1920 }, completion_tokens: 300, total_tokens: 2306 },
      { input_text_tokens: 86, input_cached_tokens: 1920, output_text_tokens: 300 },
    ],
    [
      'thoughts, which are part of the output and counted once',
      { input_tokens: 10, output_tokens: 1186, output_tokens_details: { reasoning_tokens: 1024 }, total_tokens: 1196 },
      { input_text_tokens: 10, output_text_tokens: 162, output_thought_tokens: 1024 },
    ],
    [
      'writes to the cache, by how long they are kept',
      {
        input_tokens: 1000,
        input_tokens_details: {
          cached_tokens: 100,
          cache_write_tokens: 700,
          cache_write_tokens_details: { ttl_30m_tokens: 500, ttl_12h_tokens: 150 },
        },
        output_tokens: 1,
      },
      {
        input_text_tokens: 200,
        input_cached_tokens: 100,
        input_cache_write_30m_tokens: 500,
        input_cache_write_12h_tokens: 150,
        input_cache_write_tokens: 50,
        output_text_tokens: 1,
      },
    ],
    [
      'sound in and out, predictions',
      {
        prompt_tokens: 100,
        prompt_tokens_details: { audio_tokens: 60, text_tokens: 40 },
        completion_tokens: 90,
        completion_tokens_details: { audio_tokens: 70, accepted_prediction_tokens: 5, rejected_prediction_tokens: 3 },
      },
      { input_text_tokens: 40, input_audio_tokens: 60, output_text_tokens: 20, output_audio_tokens: 70 },
    ],
    [
      'a picture made: its tokens are output, not prompt (LiteLLM #19066), and no text (LiteLLM #17410)',
      {
        input_tokens: 50,
        input_tokens_details: { text_tokens: 40, image_tokens: 10 },
        output_tokens: 272,
        output_tokens_details: { image_tokens: 272 },
      },
      { input_text_tokens: 40, input_image_tokens: 10, output_image_tokens: 272 },
    ],
    [
      'tokens of a kind that nobody knows yet',
      { input_tokens: 50, input_tokens_details: { hologram_tokens: 30 }, output_tokens: 7 },
      { input_text_tokens: 20, input_other_tokens: 30, output_text_tokens: 7 },
    ],
    [
      'cached tokens of pictures: what was not cached is charged as the dearest that it can be',
      { input_tokens: 2000, input_tokens_details: { cached_tokens: 1920, image_tokens: 1500, text_tokens: 500 }, output_tokens: 1 },
      { input_image_tokens: 80, input_cached_tokens: 1920, output_text_tokens: 1 },
    ],
    ['more cached than there is', { input_tokens: 10, input_tokens_details: { cached_tokens: 11 }, output_tokens: 1 }, 'at the bound'],
    ['more thoughts than output', { input_tokens: 10, output_tokens: 1, output_tokens_details: { reasoning_tokens: 2 } }, 'at the bound'],
    ['a total that is another', { input_tokens: 10, output_tokens: 1, total_tokens: 12 }, 'at the bound'],
    ['below zero', { input_tokens: 10, output_tokens: -1 }, 'at the bound'],
    ['a fraction', { input_tokens: 10.5, output_tokens: 1 }, 'at the bound'],
    ['above 2^53', { input_tokens: 2 ** 53, output_tokens: 1 }, 'at the bound'],
    [
      'a fraction of a kind that nobody knows',
      { input_tokens: 9, input_tokens_details: { x_tokens: 0.5 }, output_tokens: 1 },
      'at the bound',
    ],
    ['words', { input_tokens: 'ten', output_tokens: 1 }, 'at the bound'],
    ['nothing asked', { input_tokens: 0, output_tokens: 7 }, 'at the bound'],
    ['an output that nobody counted', { prompt_tokens: 9 }, 'at the bound'],
    ['none', undefined, 'at the bound'],
  ])('%s', ([, usage, expected]) => {
    expect(counts(openAiReply({ id: 'resp_1', model: 'gpt-x', usage }).usage)).toEqual(expected)
  })

  test('the tier, the model and the id are those of the response; searches are counted, one by one (genai-prices: free)', () => {
    const response = {
      id: 'resp_1',
      model: 'gpt-5.6-2026-08-01',
      service_tier: 'priority',
      output: [{ type: 'web_search_call' }, { type: 'message' }, { type: 'web_search_call' }],
      usage: { input_tokens: 5, output_tokens: 5 },
    }
    expect(openAiReply(response)).toMatchObject({ tier: 'priority', model: 'gpt-5.6-2026-08-01', responseId: 'resp_1' })
    expect(counts(openAiReply(response).usage)).toEqual({ input_text_tokens: 5, output_text_tokens: 5, search_queries: 2 })
    expect(openAiReply({ ...response, service_tier: 'default' }).tier).toBe('standard')
    expect(openAiReply('no response')).toEqual({ usage: undefined, tier: undefined, model: undefined, responseId: undefined })
  })

  test('a picture whose tokens have no kind is charged as a picture, words beside it as words (LiteLLM #17410)', () => {
    const usage = { input_tokens: 50, output_tokens: 1100, total_tokens: 1150 }
    expect(counts(openAiReply({ usage }, 'image').usage)).toEqual({ input_text_tokens: 50, output_image_tokens: 1100 })
    const told = { ...usage, output_tokens_details: { text_tokens: 40, image_tokens: 1056 } }
    expect(counts(openAiReply({ usage: told }, 'image').usage)).toEqual({
      input_text_tokens: 50,
      output_text_tokens: 40,
      output_image_tokens: 1060,
    })
    const less = { ...usage, output_tokens_details: { text_tokens: 40 } }
    expect(counts(openAiReply({ usage: less }, 'image').usage)).toEqual({
      input_text_tokens: 50,
      output_text_tokens: 40,
      output_image_tokens: 1060,
    })
  })

  test('embeddings have a prompt alone', () => {
    const list = { object: 'list', model: 'text-embedding-3-large', usage: { prompt_tokens: 8, total_tokens: 8 } }
    expect(counts(openAiReply(list).usage)).toEqual({ input_embedding_tokens: 8 })
  })
})

describe('Anthropic', () => {
  test.for<[string, unknown, Record<string, number> | 'at the bound']>([
    [
      'input that is neither read from the cache nor written to it, beside both',
      {
        input_tokens: 21,
        cache_read_input_tokens: 188_086,
        cache_creation_input_tokens: 556,
        cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
        output_tokens: 393,
      },
      {
        input_text_tokens: 21,
        input_cached_tokens: 188_086,
        input_cache_write_5m_tokens: 456,
        input_cache_write_1h_tokens: 100,
        output_text_tokens: 393,
      },
    ],
    [
      'writes that do not say for how long are charged as the dearer ones',
      { input_tokens: 5, cache_creation_input_tokens: 300, output_tokens: 1 },
      { input_text_tokens: 5, input_cache_write_1h_tokens: 300, output_text_tokens: 1 },
    ],
    [
      'searches, which are paid for beside the tokens',
      { input_tokens: 5, output_tokens: 1, server_tool_use: { web_search_requests: 3, web_fetch_requests: 2 } },
      { input_text_tokens: 5, output_text_tokens: 1, search_queries: 3 },
    ],
    [
      'parts of the writes that are not their sum',
      { input_tokens: 5, cache_creation_input_tokens: 300, cache_creation: { ephemeral_5m_input_tokens: 299 }, output_tokens: 1 },
      'at the bound',
    ],
    ['below zero', { input_tokens: -5, output_tokens: 1 }, 'at the bound'],
    ['an output that nobody counted', { input_tokens: 5 }, 'at the bound'],
    ['an input that nobody counted', { cache_read_input_tokens: 5, output_tokens: 1 }, 'at the bound'],
    ['nothing', {}, 'at the bound'],
    ['none', undefined, 'at the bound'],
  ])('%s', ([, usage, expected]) => {
    expect(counts(anthropicReply({ id: 'msg_1', model: 'claude-x', usage }).usage)).toEqual(expected)
  })

  test('the tier is the one that was used; a fast answer has prices of its own', () => {
    expect(anthropicReply({ usage: { input_tokens: 1, service_tier: 'batch' } })).toMatchObject({ tier: 'batch' })
    expect(anthropicReply({ usage: { input_tokens: 1, service_tier: 'standard', speed: 'fast' } })).toMatchObject({ tier: 'fast' })
    expect(anthropicReply({ usage: { input_tokens: 1, service_tier: 'standard', inference_geo: 'us' } })).toMatchObject({
      tier: 'standard-us',
    })
    expect(anthropicReply({ usage: { input_tokens: 1, service_tier: 'batch', inference_geo: 'global' } })).toMatchObject({ tier: 'batch' })
  })
})

const searched = (modelVersion: string | undefined, ...groundingMetadata: unknown[]) =>
  counts(
    geminiReply({
      modelVersion,
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1 },
      candidates: groundingMetadata.map((found) => ({ groundingMetadata: found })),
    }).usage,
  )

describe('Gemini', () => {
  test('the traffic type is the tier (genai-prices: dropped), and thoughts are charged (llm-gemini #75, vercel/ai #6082, deepeval #2943, any-llm #1290)', () => {
    const response = {
      responseId: 'r',
      modelVersion: 'gemini-2.5-flash',
      usageMetadata: {
        promptTokenCount: 276,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 173,
        totalTokenCount: 459,
        trafficType: 'ON_DEMAND_PRIORITY',
      },
    }
    expect(geminiReply(response)).toMatchObject({ tier: 'priority', model: 'gemini-2.5-flash', responseId: 'r' })
    expect(counts(geminiReply(response).usage)).toEqual({ input_text_tokens: 276, output_text_tokens: 10, output_thought_tokens: 173 })
  })

  test('an image without details is charged as one (genai-prices: twelve times too low), with its prompt and its thoughts (promptfoo #9923)', () => {
    const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 1290, thoughtsTokenCount: 50, totalTokenCount: 1440 }
    expect(counts(geminiReply({ usageMetadata }, 'image').usage)).toEqual({
      input_text_tokens: 100,
      output_image_tokens: 1290,
      output_thought_tokens: 50,
    })
  })

  test('searches are counted as they are charged: each query, or, before Gemini 3, once for a prompt (genai-prices: free)', () => {
    const tokens = { input_text_tokens: 5, output_text_tokens: 1 }
    const found = { webSearchQueries: ['a', 'b'], imageSearchQueries: ['c'] }
    expect(searched('gemini-3.1-flash-image', found)).toEqual({ ...tokens, search_queries: 3 })
    expect(searched('models/gemini-2.5-flash', found)).toEqual({ ...tokens, search_queries: 1 })
    expect(searched(undefined, found)).toEqual({ ...tokens, search_queries: 3 })
    expect(searched('gemini-3.1-flash-image', {}, { webSearchQueries: 'odd' })).toEqual(tokens)
  })

  const text = { text: 'yes' }
  const picture = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
  const sound = { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } }
  test.for<[string, readonly unknown[], Record<string, unknown>, boolean]>([
    ['words that were counted', [text], { candidatesTokenCount: 3 }, true],
    ['words that nobody counted', [text], {}, false],
    ['a picture without details, on a call of words', [picture], { candidatesTokenCount: 1290 }, false],
    ['sound', [sound], { candidatesTokenCount: 9, candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 9 }] }, true],
    ['content that cannot be read', [null], {}, false],
    ['no content', [], {}, true],
  ])('what came must have been counted: %s', ([, parts, counted, isUsage]) => {
    const response = { candidates: [{ content: { parts } }], usageMetadata: { promptTokenCount: 5, ...counted } }
    expect(geminiReply(response).usage !== undefined).toBe(isUsage)
  })

  test('a usage that contradicts itself is none', () => {
    const usageMetadata = { promptTokenCount: 10, cachedContentTokenCount: 11, candidatesTokenCount: 1 }
    expect(geminiReply({ usageMetadata })).toMatchObject({ usage: undefined })
  })
})

test('no cost is a float: 1,290 tokens at 30 dollars a million are exactly 0.0387 dollars (genai-prices: 0.038724999999999996 with 0.3 for 83)', () => {
  const prices: Price[] = [priceOf('input_text_tokens', 300_000n), priceOf('output_image_tokens', 30_000_000n)]
  const usage = [
    { unit: 'input_text_tokens', quantity: 83 },
    { unit: 'output_image_tokens', quantity: 1290 },
  ] as const
  expect(costOf(usage, prices, rateOf(1_000_000n)).picoUsd).toBe(38_724_900_000n)
})

test.for<[string, string, boolean]>([
  ['gemini-2.5-flash', 'models/gemini-2.5-flash', true],
  ['gemini-2.5-flash', 'gemini-2.5-flash-001', true],
  ['gemini-2.5-flash', 'gemini-2.5-flash-preview-09-2025', true],
  ['gpt-4o', 'gpt-4o-2024-08-06', true],
  ['gpt-4o-2024-08-06', 'gpt-4o', true],
  ['claude-3-5-sonnet', 'claude-3-5-sonnet-20241022', true],
  ['claude-3-5-sonnet', 'claude-3-5-sonnet-latest', true],
  ['claude-3-5-sonnet', 'claude-3-5-sonnet@20240620', true],
  ['gpt-4o-2024-08-06', 'gpt-4o-2024-11-20', true],
  ['gpt-4o-audio-preview', 'gpt-4o-audio-preview-2024-12-17', true],
  ['gpt-4', 'gpt-4-1106-preview', true],
  ['gemini-2.5-pro', 'gemini-2.5-pro-exp-03-25', true],
  ['claude-sonnet-5', 'claude-sonnet-5-5', false],
  ['claude-opus-4', 'claude-opus-4-5-20251101', false],
  ['gemini-2.5-flash', 'gemini-2.5-flash-lite', false],
  ['gemini-2.5-flash', 'gemini-2.5-flash-image', false],
  ['gpt-4', 'gpt-4-32k', false],
  ['gpt-4', 'gpt-4-turbo', false],
  ['gpt-4o', 'gpt-4o-mini', false],
  ['gpt-4', 'gpt-4o', false],
  ['gemini-2.5-pro', 'gemini-2.5-flash', false],
])('asked for %s, answered by %s: the same model, %s', ([asked, answered, same]) => {
  expect(isSameModel(asked, answered)).toBe(same)
})

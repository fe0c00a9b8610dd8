/** What a model takes decides what is held, and what is refused before anything is. */
import { afterAll, expect, test } from 'vitest'
import type { OwnRequest } from '../../src/domain/model-request.ts'
import { limitModel } from '../../src/prices/model-limits.ts'
import { liveBook } from '../../src/prices/live-book.ts'
import { priceOf } from '../../src/prices/price-request.ts'
import { ownRequest, promptFor } from '../domain/requests.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const book = liveBook(database, 0)
afterAll(() => database.drop())

const MODEL = 'gemini-3.1-flash-lite-image'
const of = (change: Partial<OwnRequest>) => ownRequest({ provider: 'gemini', model: MODEL, ...change })
const inputOf = async (change: Partial<OwnRequest>) => (await priceOf(book, of(change))).bound.lines[0]?.quantity

test('images count with their model’s figure, and an input no more than the model reads', async () => {
  expect(await inputOf({ inputTokensMax: 1_000 })).toBe(1_000n)
  expect(await inputOf({ inputTokensMax: 1_000, inputImagesMax: 3 })).toBe(4_360n)
  expect(await inputOf({ inputTokensMax: 10_000_000 })).toBe(65_536n)
  expect(await inputOf({ inputTokensMax: 60_000, inputImagesMax: 100 })).toBe(65_536n)
  const prompt = { ...promptFor('x'.repeat(100_000), 10), model: MODEL }
  expect((await priceOf(book, prompt)).bound.lines[0]?.quantity).toBe(65_536n)
})

test('more output than the model writes is refused by name', async () => {
  expect((await priceOf(book, of({ maxOutputTokens: 4_096 }))).bound.lines[1]?.quantity).toBe(4_096n)
  await expect(priceOf(book, of({ maxOutputTokens: 4_097 }))).rejects.toMatchObject({
    code: 'bad_input',
    message: `model "${MODEL}" of gemini writes at most 4096 tokens, not 4097: ask for a smaller maxOutputTokens`,
    details: { model: MODEL, maxOutputTokens: 4_097, outputTokensMax: 4_096 },
  })
})

test('images are refused by name until somebody says what one of them comes to', async () => {
  const asked = of({ model: 'gemini-2.5-flash-lite', inputImagesMax: 2 })
  await expect(priceOf(book, asked)).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringMatching(
      /an image in the input of model "gemini-2\.5-flash-lite" of gemini.*purser models limit gemini-2\.5-flash-lite/,
    ),
  })
  const said = {
    provider: undefined,
    model: 'gemini-2.5-flash-lite',
    input: undefined,
    output: undefined,
    image: 258,
    why: 'small ones only',
  }
  expect(await limitModel(book, said)).toMatchObject({ changed: true, inputTokensMax: 1_048_576, imageTokensMax: 258 })
  expect((await priceOf(book, asked)).bound.lines[0]?.quantity).toBe(526n)
})

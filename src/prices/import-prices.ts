import { createHash } from 'node:crypto'
import postgres from 'postgres'
import { latestEndOf } from '../domain/bound.ts'
import { PurserError } from '../domain/errors.ts'
import { functionAnswer } from './function-answer.ts'
import { diffOf, type PriceDiff } from './diff.ts'
import { wholeBook } from './list-prices.ts'
import type { PriceBook } from './price-book.ts'
import type { ListedPrice, PriceKey, PriceList } from './price-list.ts'

/** A list, read and compared with the book as it was seen. */
export interface Compared {
  readonly list: PriceList
  readonly diff: PriceDiff
  readonly seen: string
}

/** What an import would do. `only`: models (`gemini/gemini-2.5-pro`) or whole providers; empty: all. Throws PurserError `bad_input` when the list has none of them. */
export async function comparePrices(
  book: PriceBook,
  list: PriceList,
  { only, from }: { readonly only: readonly string[]; readonly from: Date | undefined },
): Promise<Compared> {
  const [state] = await book.sql<{ seen: string; now: Date }[]>`select state as seen, clock_timestamp() as now from purser.price_book_state`
  if (state === undefined) throw new Error('broken promise: the book has no state')
  const isInScope = ({ provider, model }: Pick<PriceKey, 'provider' | 'model'>): boolean =>
    only.length === 0 || only.includes(provider) || only.includes(`${provider}/${model}`)
  const unknown = only.filter((name) => !list.prices.some(({ provider, model }) => name === provider || name === `${provider}/${model}`))
  if (unknown.length > 0) throw new PurserError('bad_input', `the file has no prices of ${unknown.join(', ')}: write --only provider/model`)
  const rows = await wholeBook(book)
  return {
    list,
    seen: state.seen,
    diff: diffOf(list, rows, { now: state.now, from, boundsEnd: (tier) => latestEndOf(state.now, tier), isInScope }),
  }
}

/** The same content of the same source, for the same models, has the same one. */
export const contentHashOf = (list: Pick<PriceList, 'source' | 'checkedOn'>, only: readonly string[], text: string): string =>
  createHash('sha256')
    .update(JSON.stringify([list.source, list.checkedOn, [...only].toSorted(), text]))
    .digest('hex')

/** The import that had this content, if there was one. */
export async function importedBefore({ sql }: PriceBook, contentHash: string): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`select id from purser.price_version where content_hash = ${contentHash}`
  return row?.id
}

/**
 * Puts what was compared into the book: a version with its rows, in one transaction. The same content again: no effect (`changed` false). Throws PurserError
 * `conflict` when the book has changed since it was compared, `not_permitted` for whoever is not its owner.
 */
export async function importPrices(
  { sql }: PriceBook,
  { list, diff, seen }: Compared,
  { contentHash, why }: { readonly contentHash: string; readonly why: string },
): Promise<{ readonly version: number; readonly changed: boolean }> {
  const version = { source: list.source, checkedOn: list.checkedOn, contentHash, why }
  const rows = [...diff.added, ...diff.changed].map(({ price }) => jsonOf(price))
  const ends = diff.ended.map(({ row, until }) => ({ id: row.id, until: until?.toISOString() ?? null }))
  return functionAnswer(
    sql<{ answer: { version: number; changed: boolean } }[]>`
    select purser.import_prices(${JSON.stringify(version)}::text::jsonb, ${JSON.stringify(rows)}::text::jsonb, ${JSON.stringify(ends)}::text::jsonb, ${seen}) as answer`,
  ).catch((error: unknown) => {
    throw inOurWords(error)
  })
}

/** JSON has no bigint: whole numbers go as text, which Postgres reads. */
const jsonOf = (price: ListedPrice): Record<string, unknown> => ({
  ...price,
  aboveTokens: String(price.aboveTokens),
  picoUsdPer: String(price.picoUsdPer),
  per: String(price.per),
})

const NOT_PERMITTED = '42501'

function inOurWords(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError && error.code === NOT_PERMITTED)) return error
  return new PurserError(
    'not_permitted',
    "only the ledger's owner may import prices: set DATABASE_URL to the login that runs `purser migrate`",
  )
}

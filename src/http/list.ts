import { z } from '@hono/zod-openapi'
import type { Access } from './access.ts'

/** The two parameters of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, 'write a whole number from 1 to 1000')
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 1000, default: 50, description: 'So many at most; 50 if left out' }),
  cursor: z.string().min(1).max(500).optional().openapi({ description: '`next_cursor` of the page before' }),
}

export const USUAL_LIMIT = 50
/** The ledger answers no more at once. */
const LIMIT_MAX = 1000

/** A list of these: `next_cursor` is null on the last page. */
export const listSchema = <T extends z.ZodType>(item: T, name: string) =>
  z
    .object({
      data: z.array(item),
      has_more: z.boolean(),
      next_cursor: z.string().nullable().openapi({ description: 'For the next page; null when there is none' }),
    })
    .openapi(`${name}List`)

/** What a page was asked by. Its filters are signed with the cursor, which is good for no others. */
export interface PageTerms {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly [filter: string]: unknown
}

/** A page: `read` gets where it begins (`first`, or the name of the last one before) and how many; one more than asked for, if it may be, says whether there is more. */
export async function page<T>(
  access: Access,
  { limit = USUAL_LIMIT, cursor, ...filters }: PageTerms,
  first: string,
  read: (after: string, limit: number) => Promise<readonly T[]>,
  nameOf: (item: T) => string,
): Promise<{ readonly data: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null }> {
  const items = await read(cursor === undefined ? first : access.cursors.read(cursor, filters), Math.min(limit + 1, LIMIT_MAX))
  const data = items.slice(0, limit)
  const last = data.at(-1)
  const hasMore = last !== undefined && (items.length > limit || (items.length === LIMIT_MAX && (await read(nameOf(last), 1)).length > 0))
  return { data, has_more: hasMore, next_cursor: hasMore ? access.cursors.write(nameOf(last), filters) : null }
}

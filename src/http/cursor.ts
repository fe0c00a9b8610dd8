import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from './problem.ts'

/** Where a page begins, as text that nobody but its list reads. */
export interface Cursors {
  write(after: string, filters: unknown): string
  /** Throws Problem `bad_input` for a cursor of another list, other filters, or another account's key. */
  read(cursor: string, filters: unknown): string
}

/** `scope`: whose cursors, and of which list. Signed, so that nobody makes one; bound, so that one cannot be carried elsewhere. */
export function cursorsOf(secret: string, scope: string): Cursors {
  const signed = (after: string, filters: unknown): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([scope, filters, after]))
      .digest()
      .subarray(0, 16)
  return {
    write: (after, filters) => Buffer.concat([signed(after, filters), Buffer.from(after)]).toString('base64url'),
    read(cursor, filters) {
      const bytes = Buffer.from(cursor, 'base64url')
      const after = bytes.subarray(16).toString()
      if (bytes.length <= 16 || !timingSafeEqual(bytes.subarray(0, 16), signed(after, filters)))
        throw new Problem(
          'bad_input',
          'this cursor is of another list: take `next_cursor` of an answer to the same question, with a key of the same account',
          {
            errors: [{ field: 'query.cursor', message: 'is no cursor of this list' }],
          },
        )
      return after
    },
  }
}

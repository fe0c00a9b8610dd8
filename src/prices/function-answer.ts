import { impossibleRequest } from '../domain/errors.ts'

/** What a function of the database answers. Throws PurserError for what it calls impossible. */
export async function functionAnswer<T>(query: PromiseLike<readonly { readonly answer: T }[]>): Promise<T> {
  try {
    const [row] = await query
    if (row === undefined) throw new Error('broken promise: a function of the database answered nothing')
    return row.answer
  } catch (error) {
    throw impossibleRequest(error) ?? error
  }
}

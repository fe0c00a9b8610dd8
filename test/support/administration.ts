import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { ApiAnswer, Ask } from './api.ts'

export const eurOf = (amount: string) => ({ amount, currency: 'EUR' })

interface Act {
  readonly act: string
  readonly who: string
  readonly account: string | null
  readonly what: Readonly<Record<string, unknown>>
  readonly request_id: string
}

/** The acts that these requests have left, oldest first. */
export async function actsOf(ask: Ask, ...answers: readonly ApiAnswer[]): Promise<readonly Act[]> {
  const ids = answers.map(({ headers }) => headers.get('request-id'))
  const acts = (await ask('GET', '/v1/acts?limit=1000')).body['data'] as readonly Act[]
  return acts.filter(({ request_id }) => ids.includes(request_id))
}

/**
 * Does something, repeats it, and asks for something else under its key: the repeat is the same answer, the other is refused, and one act is noted.
 * Answers the first.
 */
export async function doneOnce(
  ask: Ask,
  [method, path, body, headers = {}]: readonly [string, string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>?],
  act: string,
  change: Readonly<Record<string, unknown>> = { reason: 'another reason' },
): Promise<ApiAnswer> {
  const key = randomUUID()
  const first = await ask(method, path, { body, key, headers })
  const again = await ask(method, path, { body, key, headers })
  const other = await ask(method, path, { body: { ...body, ...change }, key, headers })
  expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([first.status, first.body, 'true'])
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
  expect([first.headers.get('idempotent-replayed'), other.status, other.body['code']]).toEqual([null, 422, 'idempotency_key_reused'])
  const acts = (await actsOf(ask, first, again, other)).map(({ act: name, request_id }) => [name, request_id])
  expect(acts).toEqual([[act, first.headers.get('request-id')]])
  return first
}

/** Everything of a list, a page at a time: each page but the last is full, and says where the next begins. */
export async function allOf(ask: Ask, path: string): Promise<{ readonly ids: readonly string[]; readonly pages: number }> {
  const limit = Number(/limit=(\d+)/.exec(path)?.[1])
  const ids: string[] = []
  for (let [cursor, pages]: [string | null, number] = ['', 1]; ; pages += 1) {
    const { body } = await ask('GET', `${path}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const page = body as unknown as { data: { id: string }[]; has_more: boolean; next_cursor: string | null }
    ids.push(...page.data.map(({ id }) => id))
    expect([page.has_more, page.next_cursor === null]).toEqual([page.has_more, !page.has_more])
    if (!page.has_more) return { ids, pages }
    expect(page.data).toHaveLength(limit)
    cursor = page.next_cursor
  }
}

/** What is wrong with a request, in the API's words: a 400 with one entry for the field. */
export async function refusedFor(ask: Ask, method: string, path: string, body: unknown, headers = {}): Promise<readonly [string, string]> {
  const answer = await ask(method, path, { body, headers })
  expect([answer.status, answer.body['code']]).toEqual([400, 'bad_input'])
  const [error] = answer.body['errors'] as { field: string; message: string }[]
  return [error?.field ?? '', error?.message ?? '']
}

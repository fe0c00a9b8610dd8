import postgres from 'postgres'
import { asked, inTime, pause } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Runs work in one transaction: what it asks of this ledger happens together, or not at all. */
export type Transactions = <T>(work: (tx: Ledger) => Promise<T>) => Promise<T>

/** Over a pool that is made for transactions. The batcher of the ledger stays outside of them: money has keys of its own. */
export const transactionsOver =
  (ledger: Ledger, pool: Ledger['sql']): Transactions =>
  <T>(work: (tx: Ledger) => Promise<T>) =>
    inTime(pool.begin((sql) => work({ ...ledger, sql: sql as unknown as Ledger['sql'] }))) as Promise<T>

/** An answer as it is kept: whoever repeats the request hears it again. */
export interface KeptAnswer {
  readonly status: number
  readonly body: unknown
}

export type OnceAnswer =
  | (KeptAnswer & { readonly kind: 'answered'; readonly replayed: boolean })
  /** Another process, or another connection, has this very request in hand. */
  | { readonly kind: 'running' }
  /** The key was used for another request. */
  | { readonly kind: 'reused'; readonly at: string }

type Begun =
  | { readonly kind: 'new' | 'running' }
  | { readonly kind: 'reused'; readonly at: string }
  | { readonly kind: 'replay'; readonly status: number; readonly answer: unknown }

/** Everything was taken back: two who waited for each other, a period that ended, or the words after one of these in a transaction that had failed. */
const AGAIN = ['40P01', '40001', 'PU002', '25P02']
const TRIES_MAX = 4
const PAUSE_MS = 10

/**
 * Does something once for a caller's key: the effect and the answer are one commit, so a repeat hears the same answer, and nothing happens twice.
 * What fails has no effect and is not kept: it may be asked again with the same key.
 */
export async function once(
  transactions: Transactions,
  request: { readonly keyId: number; readonly key: string; readonly hash: string },
  work: (tx: Ledger) => Promise<KeptAnswer>,
): Promise<OnceAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transactions((tx) => within(tx, request, work))
    } catch (error) {
      if (tries === TRIES_MAX || !(error instanceof postgres.PostgresError) || !AGAIN.includes(error.code)) throw error
    }
    await pause(PAUSE_MS * tries)
  }
}

async function within(
  tx: Ledger,
  { keyId, key, hash }: { readonly keyId: number; readonly key: string; readonly hash: string },
  work: (tx: Ledger) => Promise<KeptAnswer>,
): Promise<OnceAnswer> {
  const begun = await asked<Begun>(() => tx.sql`select purser.begin_request(${keyId}, ${key}, ${hash}) as answer`)
  switch (begun.kind) {
    case 'running':
      return { kind: 'running' }
    case 'reused':
      return begun
    case 'replay':
      return { kind: 'answered', status: begun.status, body: begun.answer, replayed: true }
    case 'new': {
      const { status, body } = await work(tx)
      await asked(() => tx.sql`select purser.end_request(${keyId}, ${key}, ${status}, ${tx.sql.json(body as never)}) as answer`)
      return { kind: 'answered', status, body, replayed: false }
    }
  }
}

const REQUESTS_A_PAGE = 10_000

/** Forgets answers that nobody repeats any more: those from before `before`, a page at a time. */
export async function forgetRequests({ sql }: Ledger, before: Date): Promise<void> {
  while ((await asked<number>(() => sql`select purser.forget_requests(${before}, ${REQUESTS_A_PAGE}) as answer`)) > 0);
}

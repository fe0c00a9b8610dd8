import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach } from 'vitest'
import type { Purser } from '../../src/client.ts'
import type { ApiScope } from '../../src/domain/api-scope.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { openStage, type Stage } from './stage.ts'
import { listen, type Listening } from '../../src/http/listen.ts'
import { openApi } from '../../src/server.ts'

/** An answer as a program reads it. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  // A test says what it expects by comparing; it reads whatever there is.
  readonly body: Record<string, unknown>
}

export interface AskOptions {
  readonly body?: unknown
  /** Sent as it is, instead of a body made of JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
  /** Null: none. Default: a new one for whatever is no GET. */
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks the API at an address, with one API key (or none). */
export const asking =
  (url: string, apiKey: string | undefined) =>
  async (method: string, path: string, { body, raw, key = randomUUID(), headers = {} }: AskOptions = {}): Promise<ApiAnswer> => {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method !== 'GET' && key !== null ? { 'idempotency-key': key } : {}),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
    }
  }
export type Ask = ReturnType<typeof asking>

interface CallerOptions {
  readonly account?: string
  readonly scopes?: readonly ApiScope[]
  readonly expiresAt?: Date
}

export interface TestApi {
  readonly url: string
  /** Makes a key and asks with it: for the whole installation, or one account. */
  caller(options?: CallerOptions): Promise<Ask & { readonly keyId: number; readonly text: string }>
  close(): Promise<void>
}

/** The stage of one test file: the API, and a caller for the whole installation. Every invariant of the ledger is checked after each test. */
export async function openApiStage(purser?: Purser): Promise<{ readonly stage: Stage; readonly api: TestApi; readonly house: Ask }> {
  const stage = await openStage()
  const api = await startApi(stage, 100_000, { purser })
  afterEach(() => stage.intact())
  afterAll(async () => {
    await api.close()
    await stage.close()
  })
  return { stage, api, house: await api.caller() }
}

interface ApiChange {
  readonly databaseUrl?: string
  readonly limitMs?: number
  readonly purser?: Purser | undefined
}

/** Where no Temporal UI is: its address is only told. */
export const UI_URL = 'https://temporal.example/jobs'

/** The API over HTTP, on a stage's ledger, with jobs where a client for them is given. */
export async function startApi(
  stage: Stage,
  requestsPerMinute = 100_000,
  { databaseUrl = stage.db.url, limitMs, purser }: ApiChange = {},
): Promise<TestApi> {
  const config = { ...stage.config, PURSER_HTTP_REQUESTS_PER_MINUTE: requestsPerMinute }
  const jobs = purser === undefined ? undefined : { purser, uiUrlOf: (jobId: string) => `${UI_URL}/${jobId}` }
  const api = await openApi({ databaseUrl, config, log: pino({ level: 'silent' }), limitMs, jobs })
  const listening: Listening = await listen(api.routes, { host: '127.0.0.1', port: 0, variable: 'PORT' })
  return {
    url: listening.url,
    async caller({ account, scopes = ['admin'] as const, expiresAt }: CallerOptions = {}) {
      const made = await createApiKey(stage.ledger, { name: 'a test', scopes, account, expiresAt, mode: 'test', who: 'test' })
      return Object.assign(asking(listening.url, made.text), { keyId: made.id, text: made.text })
    },
    async close() {
      await listening.close()
      await api.close()
    },
  }
}

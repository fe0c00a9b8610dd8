/** The worker and the server as processes, as a container runs them. */
import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { cloneDatabase, emptyDatabase, type TestDatabase } from '../support/database.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor } from '../support/worker.ts'
import { newNamespace } from './namespace.ts'
import { newHome, start } from './purser.ts'

let [db, empty, temporal, postgresWire, temporalWire]: [TestDatabase?, TestDatabase?, TestWorkflowEnvironment?, TcpProxy?, TcpProxy?] = []
let env: Record<string, string>

const through = (url: string, port: number): string => {
  const wired = new URL(url)
  wired.port = String(port)
  return wired.href
}

beforeAll(async () => {
  ;[db, empty, temporal] = await Promise.all([cloneDatabase(), emptyDatabase(), connectTemporal()])
  const [host = '', port = ''] = inject('temporalAddress').split(':')
  postgresWire = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(db.url).port) })
  temporalWire = await startTcpProxy({ host, port: Number(port) })
  env = {
    PURSER_HOME: await newHome(),
    DATABASE_URL: through(db.url, postgresWire.port),
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalWire.port}`,
    TEMPORAL_NAMESPACE: await newNamespace(temporal),
    PURSER_WORKFLOW_BUNDLE: inject('workflowBundle'),
    PURSER_TASK_QUEUE: 'entry-points',
    PURSER_RATES_URL: '',
    GEMINI_API_KEY: 'emulator-key-of-a-test',
    PURSER_GEMINI_BASE_URL: 'http://127.0.0.1:1',
  }
})

afterAll(async () => {
  await Promise.all([postgresWire?.close(), temporalWire?.close(), temporal?.teardown()])
  await Promise.all([db?.drop(), empty?.drop()])
})

const worker = (change: Record<string, string>) => start('src/worker.ts', [], { ...env, ...change })
const server = (change: Record<string, string>) => start('src/server.ts', [], { ...env, ...change })

/** Its status, and who does not answer. */
const ready = async (at: number): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${at}/readyz`)
  const { checks } = (await answer.json()) as { checks: Record<string, string> }
  const away = Object.entries(checks).flatMap(([name, state]) => (state === 'ok' ? [] : [name]))
  return `${answer.status} ${away.join()}`
}

test('what a worker or a server lacks is said in one line, with exit code 1', async () => {
  const cases: [typeof worker, Record<string, string>, RegExp][] = [
    [
      worker,
      { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` },
      /Temporal does not answer at 127\.0\.0\.1:\d+ .*check TEMPORAL_ADDRESS.*\[not_reachable\]$/,
    ],
    [worker, { DATABASE_URL: '' }, /^purser worker: DATABASE_URL is missing: the worker needs the ledger \[bad_input\]$/],
    [worker, { DATABASE_URL: 'nonsense' }, /DATABASE_URL is no address: write it like postgres:.*\[not_reachable\]$/],
    [
      worker,
      { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' },
      /Postgres does not answer \(connect ECONNREFUSED.*check DATABASE_URL.*\[not_reachable\]$/,
    ],
    [worker, { DATABASE_URL: empty?.url ?? '' }, /no ledger in this database yet: run `purser migrate` once.*\[not_migrated\]$/],
    [worker, { GEMINI_API_KEY: '' }, /no Gemini key: set GEMINI_API_KEY.*\[key_missing\]$/],
    [worker, { GEMINI_API_KEY: 'two words and more' }, /GEMINI_API_KEY is no key.*\[key_invalid\]$/],
    [
      worker,
      { PURSER_WORKFLOW_BUNDLE: '/gone.js' },
      /PURSER_WORKFLOW_BUNDLE names \/gone\.js, which is not there: .*build:workflows` \[bad_input\]$/,
    ],
    [
      server,
      { TEMPORAL_NAMESPACE: 'nowhere' },
      /has no namespace "nowhere": set TEMPORAL_NAMESPACE, or make it: temporal operator.*\[not_reachable\]$/,
    ],
    [server, { PURSER_HTTP_PORT: String(postgresWire?.port) }, /^purser server: port \d+ is taken: .*PURSER_HTTP_PORT.*\[port_taken\]$/],
  ]
  // The first one waits for its limit meanwhile; the others go one after the other, because each start is a second of a core.
  const [slow, ...quick] = cases
  const tried = async ([program, change, message]: (typeof cases)[number]): Promise<void> => {
    const { code, stderr } = await program(change).ended
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 1, stderr: expect.stringMatching(message) })
    expect(stderr).not.toContain('secret')
  }
  const waiting = slow === undefined ? undefined : tried(slow)
  for (const one of quick) await tried(one)
  await waiting
}, 60_000)

test('the server starts jobs in its own namespace and on its own task queue, and says where people look at them', async () => {
  const port = await freePort()
  const running = server({ PURSER_HTTP_PORT: String(port), PURSER_TEMPORAL_UI_URL: 'https://temporal.example/' })
  const sql = connectSql(db?.url ?? '')
  try {
    await until('the server', () => / ready"/.test(running.said()))
    const ledger = ledgerOver(sql)
    await ensureAccount(ledger, { id: 'acme', plan: 'free' })
    const { text } = await createApiKey(ledger, {
      name: 'a test',
      scopes: ['jobs:write'],
      account: 'acme',
      expiresAt: undefined,
      mode: 'test',
      who: 'test',
    })
    const { brief } = bannerFor('acme')
    const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json', 'idempotency-key': 'one' },
      body: JSON.stringify({ type: 'banner', job_id: 'a/b', brief }),
    })
    const namespace = env['TEMPORAL_NAMESPACE'] ?? ''
    expect([answer.status, await answer.json()]).toMatchObject([
      201,
      { id: 'a/b', links: { self: '/v1/jobs/a%2Fb', temporal_ui: `https://temporal.example/namespaces/${namespace}/workflows/a%2Fb` } },
    ])
    const job = new Client({ connection: (temporal as TestWorkflowEnvironment).connection, namespace }).workflow.getHandle('a/b')
    expect(await job.describe()).toMatchObject({ type: 'banner', taskQueue: 'entry-points' })
    await job.terminate('a test')
  } finally {
    running.kill('SIGTERM')
    await running.ended
    await sql.end()
  }
})

test('the server and the worker say what they wait for while Postgres or Temporal is away, recover by themselves, and end on SIGTERM', async () => {
  const [port, healthPort] = [await freePort(), await freePort()]
  const own = { PURSER_HTTP_PORT: String(port), PURSER_WORKER_HEALTH_PORT: String(healthPort) }
  const running = [server(own), worker(own)]
  await until('the server and the worker', () => running.every((one) => / ready"/.test(one.said())))
  const both = (answer: string) => until(answer, async () => (await ready(port)) === answer && (await ready(healthPort)) === answer)
  await both('200 ')
  await postgresWire?.cut()
  await both('503 postgres')
  await temporalWire?.cut()
  await both('503 postgres,temporal')
  expect((await fetch(`http://127.0.0.1:${healthPort}/livez`)).status).toBe(200)
  await postgresWire?.join()
  await both('503 temporal')
  await temporalWire?.join()
  await both('200 ')
  for (const one of running) one.kill('SIGTERM')
  for (const one of running) {
    const { code, stderr, stdout } = await one.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n').at(-1)).toMatch(/"msg":"(server|worker) ended"/)
  }
}, 60_000)

/** Wires that fail in the worst moment: behind the commit and before the answer, for every operation; or without ever saying so. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'
import { startPostgresProxy, type PostgresProxy } from '../support/postgres-proxy.ts'
import { conclude, happened } from './history/conclude.ts'
import { memoryLog, recorder, type Asked, type Heard, type Outcome } from './history/operation.ts'
import { callOf, HASH, performer } from './history/perform.ts'
import { readTables } from './history/tables.ts'
import { makeWorld, type World } from './history/world.ts'

/** Of a question over a wire that says nothing: the server's limit for a statement (5 s), ten seconds more, and as much for a slow machine. */
const WAIT_LIMIT_MS = 30_000

let database: TestDatabase
let world: World
const log = memoryLog()
beforeAll(async () => {
  database = await cloneDatabase()
  world = await makeWorld(database.url, 1)
})
const ended: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(ended.map((end) => end()))
  await database.drop()
})

/** A client with one connection, over a wire of its own. */
interface Client {
  readonly proxy: PostgresProxy
  readonly ask: (asked: Asked) => Promise<Outcome>
}

let clients = 0
async function newClient(port = Number(new URL(database.url).port)): Promise<Client> {
  const url = new URL(database.url)
  const proxy = await startPostgresProxy({ host: url.hostname, port })
  url.port = String(proxy.port)
  const sql = connectSql(url.href, { max: 1 })
  ended.push(async () => {
    await sql.end({ timeout: 1 })
    await proxy.close()
  })
  const perform = performer(ledgerOver(sql), world)
  const record = recorder(log, `client${(clients += 1)}`)
  return { proxy, ask: (asked) => record(asked, perform) }
}

async function heardBy({ ask }: Client, asked: Asked): Promise<Heard> {
  const outcome = await ask(asked)
  if (outcome.kind !== 'heard') throw new Error(`${asked.do}: ${outcome.kind} ${outcome.code}`)
  return outcome.heard
}

/** A call of a new job of the first account, and what may be asked about it. */
function newCall() {
  const job = `job-${randomUUID()}`
  const scope = { account: world.accounts[0], team: world.teams[0], feature: world.features[0] }
  const of = { job, call: callOf(world, job), run: `${job}-run` }
  return {
    reserve: (ask = 1, amount = '5000000'): Asked => ({ do: 'reserve', ...of, ask, amount, scope, hash: HASH }),
    dispatch: (token: string, ask = 1): Asked => ({ do: 'dispatch', ...of, ask, account: scope.account, token }),
    settle: ({ reservation = '', scopeId = 0, periods = [] }: Heard, token: string): Asked => {
      return { do: 'settle', call: of.call, reservation, token, cost: '3000000', account: scope.account, scopeId, periods }
    },
    reject: ({ reservation = '' }: Heard, token: string, retry: boolean): Asked => ({
      do: 'reject',
      call: of.call,
      reservation,
      token,
      retry,
    }),
    mark: ({ reservation = '' }: Heard, token: string): Asked => ({ do: 'mark', call: of.call, reservation, token }),
    close: (): Asked => ({ do: 'close', ...of }),
  }
}

/** The answer is cut off behind its commit, which others have seen by then; then it is heard after all, by asking again. */
async function cutBehind(client: Client, asked: Asked): Promise<Heard> {
  let wasCut = false
  const cut = client.proxy.cutAfterCommit(async () => happened(await readTables(database.sql))(asked)).then(() => (wasCut = true))
  const first = await client.ask(asked)
  expect({ asked, wasCut }).toEqual({ asked, wasCut: true })
  await cut
  // A batch asks again by itself; what is asked alone is asked again by whoever wants to know.
  return first.kind === 'heard' ? first.heard : heardBy(client, asked)
}

test('every operation that is cut off behind its commit has happened, once, and a repeat with the same key hears of it', async () => {
  const client = await newClient()
  // So that nothing is looked up before what is to be cut.
  await heardBy(client, newCall().reserve())
  const [t1, t2, t3, t4] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const kinds: string[] = []
  const cut = async (asked: Asked): Promise<Heard> => {
    const heard = await cutBehind(client, asked)
    kinds.push(`${asked.do}: ${heard.kind}${heard.handedOn === true ? ', handed on' : ''}`)
    return heard
  }
  const plain = newCall()
  await cut(plain.reserve())
  await cut(plain.settle(await cut(plain.dispatch(t1)), t1))

  const long = newCall()
  await cut(long.reserve())
  await cut(long.reject(await cut(long.dispatch(t2)), t2, true))
  await cut(long.mark(await cut(long.dispatch(t3)), t3))
  await cut(long.reserve(2))
  await cut(long.settle(await cut(long.dispatch(t4, 2)), t4))
  await cut(long.close())

  const short = newCall()
  await cut(short.reserve())
  await cut(short.reject(await cut(short.dispatch(t1)), t1, false))
  await cut(short.reserve(2, '900000000000'))
  const dear = newCall()
  await cut(dear.reserve(1, '900000000000'))
  const unsent = newCall()
  await cut(unsent.reserve())
  await cut(unsent.close())
  const budget = world.budgets.find(({ isWatched }) => isWatched)?.id ?? 0
  await cut({ do: 'cap', budget, change: '1000000', key: randomUUID() })

  expect(kinds.join('; ')).toBe(
    'reserve: reserved; dispatch: go; settle: settled; ' +
      'reserve: reserved; dispatch: go; reject: rejected, handed on; dispatch: go; mark: in_doubt; ' +
      'reserve: reserved; dispatch: go; settle: settled; close: closed; ' +
      'reserve: reserved; dispatch: go; reject: rejected; reserve: refused; reserve: refused; ' +
      'reserve: reserved; close: closed; cap: changed',
  )
  console.log(`   ${kinds.length} operations cut off behind their commit`)
})

async function inTime<T>(work: Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const outcome = await work
  expect(performance.now() - startedAt).toBeLessThan(WAIT_LIMIT_MS)
  return outcome
}

/** A client whose only connection stays and says nothing any more; new ones work. */
async function frozenClient(): Promise<Client> {
  const client = await newClient()
  await heardBy(client, newCall().reserve())
  client.proxy.freeze()
  return client
}

// Each waits for a limit to be over, so all at once.
test.concurrent('a flight over a wire that falls silent is sent again over another, and those who came behind it follow', async () => {
  const client = await frozenClient()
  const behind = Array.from({ length: 20 }, () => inTime(client.ask(newCall().reserve())))
  expect((await Promise.all(behind)).map(({ kind }) => kind)).toEqual(behind.map(() => 'heard'))
})

test.concurrent('who asks alone over a wire that falls silent hears of it, and asks again', async () => {
  const client = await frozenClient()
  const close = newCall().close()
  expect(await inTime(client.ask(close))).toMatchObject({ kind: 'unknown', code: 'ETIMEDOUT' })
  expect(await heardBy(client, close)).toMatchObject({ kind: 'closed' })
})

test.concurrent('who cannot even connect hears of it, and is served when the wire is there', async () => {
  const client = await newClient()
  client.proxy.mute()
  const close = newCall().close()
  expect(await inTime(client.ask(close))).toMatchObject({ kind: 'unknown', code: 'CONNECT_TIMEOUT' })
  await client.proxy.cut()
  await client.proxy.join()
  expect(await heardBy(client, close)).toMatchObject({ kind: 'closed' })
})

test.concurrent('who finds only what stands before a Postgres that is down hears of it soon', async () => {
  const client = await newClient(await freePort())
  const startedAt = performance.now()
  expect(await client.ask(newCall().reserve())).toMatchObject({ kind: 'unknown' })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('after all of this nothing is lost, nothing is there twice, and no repeat has an effect', async () => {
  const sql = connectSql(database.url, { max: 4 })
  onTestFinished(() => sql.end({ timeout: 5 }))
  const { violations, counts, codes } = await conclude({
    world,
    ledger: ledgerOver(sql),
    owner: database.sql,
    lines: log.lines,
    repeatsMax: 1_000,
  })
  console.log('  ', counts, codes)
  expect(violations).toEqual([])
  expect(counts.unknownHappened).toBeGreaterThan(0)
})

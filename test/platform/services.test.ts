import { existsSync } from 'node:fs'
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import postgres from 'postgres'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freePort, portAnswers } from '../../src/platform/embedded/ports.ts'
import { isAlive } from '../../src/platform/embedded/process-identity.ts'
import { readRunFile } from '../../src/platform/embedded/run-file.ts'
import { startServices, type Services, type ServicesOptions } from '../../src/platform/embedded/services.ts'
import { temporalAnswers } from '../../src/platform/embedded/temporal.ts'
import { waitFor } from '../../src/platform/embedded/wait.ts'
import { hold } from './holder.ts'

type Said = Omit<Services, 'stop'>
const newHome = () => mkdtemp(join(inject('testFolder'), 'home-'))
const quiet = () => {}
/** The machine's own settings must not decide what these tests see. */
const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|TEMPORAL_|PURSER_TEMPORAL)/.test(name)))
const launcher = ['env', '-u', 'DATABASE_URL', '-u', 'TEMPORAL_ADDRESS', '-u', 'TEMPORAL_NAMESPACE']

async function start(options: Omit<ServicesOptions, 'say'>): Promise<Services> {
  const services = await startServices({ env: bare, say: quiet, ...options })
  onTestFinished(() => services.stop())
  return services
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await sql.unsafe(text)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function serversOf(home: string) {
  const { postgres: database, temporal } = await readRunFile(home)
  if (database === null || temporal === null) throw new Error('run.json lacks a server')
  return [database.server, temporal.server]
}

test('two processes that start at the same moment share one pair of servers, and the end of the owner is the end of both', async () => {
  const home = await newHome()
  const both = await Promise.all([hold<Said>('./hold-services.ts', [home], launcher), hold<Said>('./hold-services.ts', [home], launcher)])
  expect(both.filter((holder) => holder.said.reused)).toHaveLength(1)
  expect(both[0].said.databaseUrl).toBe(both[1].said.databaseUrl)
  expect(both[0].said.temporal).toEqual(both[1].said.temporal)
  const servers = await serversOf(home)
  const [owner, guest] = both[0].said.reused ? [both[1], both[0]] : both
  await guest.end('SIGTERM')
  expect(servers.every(isAlive)).toBe(true)
  await owner.end('SIGTERM')
  expect(servers.some(isAlive)).toBe(false)
  expect(existsSync(join(home, 'run.json'))).toBe(false)
})

test('an owner killed with -9 leaves no server behind; the next start has the data and the same address', async () => {
  const home = await newHome()
  const ports = [await freePort(), await freePort()].map(String)
  const owner = await hold<Said>('./hold-services.ts', [home, ...ports], launcher)
  expect(owner.said.temporal.address).toBe(`127.0.0.1:${ports[0]}`)
  await query(owner.said.databaseUrl, 'create table kept (n int); insert into kept values (7)')
  const servers = await serversOf(home)
  await owner.end('SIGKILL')
  // At once, while the old servers are still closing their files.
  const next = await start({ home })
  expect(servers.some(isAlive)).toBe(false)
  expect(next.reused).toBe(false)
  expect(next.temporal).toEqual(owner.said.temporal)
  expect(await query(next.databaseUrl, 'select n, current_database()::text as name from kept')).toEqual([{ n: 7, name: 'purser' }])
  expect((await stat(join(home, 'postgres-password'))).mode & 0o777).toBe(0o600)
  const { uiUrl } = next.temporal
  expect(await fetch(`${uiUrl}/`).then((answer) => answer.status)).toBe(200)

  const again = await start({ home })
  expect(again).toMatchObject({ reused: true, databaseUrl: next.databaseUrl, temporal: next.temporal })
  await again.stop()
  expect(await temporalAnswers(next.temporal.address, 'default')).toBe(true)
  await expect(start({ home, temporalPort: 1 })).rejects.toThrow(/runs already.*port 1 was asked for/)
  await next.stop()
})

test('a database that was killed while its owner lives is started again by the next who needs it', async () => {
  const home = await newHome()
  const env = { ...bare, TEMPORAL_ADDRESS: inject('temporalAddress') }
  const first = await start({ home, env })
  await query(first.databaseUrl, 'create table kept (n int)')
  const database = (await readRunFile(home)).postgres
  process.kill(database?.server.pid ?? Number.NaN, 'SIGKILL')
  await waitFor(5_000, () => (database !== null && isAlive(database.server) ? undefined : true))
  const second = await start({ home, env })
  expect(second.reused).toBe(false)
  expect(await query(second.databaseUrl, 'select * from kept')).toEqual([])
  await first.stop()
  expect(await query(second.databaseUrl, 'select * from kept')).toEqual([])
})

test('a port that was asked for and is taken is an error that names it, and nothing stays running', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const port = (other.address() as { port: number }).port
  const home = await newHome()
  await expect(start({ home, temporalPort: port })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`port ${port}`),
  })
  await expect(start({ home, uiPort: port })).rejects.toMatchObject({ code: 'port_taken' })
  expect(existsSync(join(home, 'run.json'))).toBe(false)
  expect(existsSync(join(home, 'postgres', 'postmaster.pid'))).toBe(false)
})

test('what the environment names is taken, and nothing is started or written', async () => {
  const home = join(await newHome(), 'unused')
  const env = {
    DATABASE_URL: 'postgres://elsewhere/db',
    TEMPORAL_ADDRESS: 'elsewhere:7233',
    TEMPORAL_NAMESPACE: 'shop',
  }
  const services = await start({ home, env, givenUiUrl: 'https://ui' })
  expect(services).toMatchObject({
    databaseUrl: 'postgres://elsewhere/db',
    temporal: { address: 'elsewhere:7233', namespace: 'shop', uiUrl: 'https://ui', given: true },
    reused: false,
  })
  expect(existsSync(home)).toBe(false)
})

test('with a given database only Temporal is started, on the ports and with the namespace that were asked for', async () => {
  const home = await newHome()
  const [temporalPort, uiPort] = [await freePort(), await freePort()]
  const services = await start({
    home,
    temporalPort,
    uiPort,
    env: { ...bare, DATABASE_URL: 'postgres://elsewhere/db', TEMPORAL_NAMESPACE: 'shop' },
  })
  expect(services.temporal).toEqual({
    address: `127.0.0.1:${temporalPort}`,
    namespace: 'shop',
    uiUrl: `http://127.0.0.1:${uiPort}`,
    given: false,
  })
  expect(existsSync(join(home, 'postgres'))).toBe(false)
  expect(JSON.parse(await readFile(join(home, 'ports.json'), 'utf8'))).toEqual({ temporal: temporalPort, ui: uiPort })
  await services.stop()
  expect(await portAnswers(temporalPort)).toBe(false)
})

test('a run file that cannot be read, or that tells of processes long gone, counts as none', async () => {
  const home = await newHome()
  const env = { ...bare, TEMPORAL_ADDRESS: inject('temporalAddress') }
  await writeFile(join(home, 'run.json'), '{"postgres": {')
  const first = await start({ home, env })
  await first.stop()
  const gone = { pid: process.pid, startedAt: 'long ago' }
  await writeFile(join(home, 'run.json'), JSON.stringify({ postgres: { owner: gone, server: gone, port: 1 }, temporal: null }))
  const second = await start({ home, env })
  expect(second.reused).toBe(false)
  expect(await query(second.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

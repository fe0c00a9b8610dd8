/**
 * Would anybody notice? Each fault is planted in a database of its own, by editing the text of one of the ledger's functions, and the test that
 * guards against it runs there, unchanged: it must fail. Without a fault the same tests pass.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { PLANTED_FAULTS, type PlantedFault } from './planted-faults.ts'

const server = inject('postgresUrl')
const admin = postgres(`${server}postgres`, { max: 1, onnotice: () => {} })
afterAll(() => admin.end({ timeout: 5 }))

const LIMIT_MS = 120_000

interface Outcome {
  readonly passed: string[]
  readonly failed: string[]
}

/** Runs tests in a vitest of their own, on clones of this database. A test that never ends has not passed. */
async function run(template: string, tests: readonly PlantedFault['caughtBy'][]): Promise<Outcome> {
  const report = `${inject('testFolder')}/${template}.json`
  const names = tests.map(({ test: name }) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const child = spawn(
    'node_modules/.bin/vitest',
    [
      'run',
      '--config',
      'vitest.faults.config.ts',
      '-t',
      names,
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...new Set(tests.map(({ file }) => file)),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PURSER_TEST_POSTGRES: server, PURSER_TEST_TEMPLATE: template, PURSER_TEST_FOLDER: inject('testFolder') },
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  await once(child, 'close')
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: { fullName: string; status: string }[] }[]
    }
    const results = testResults.flatMap(({ assertionResults }) => assertionResults)
    const having = (status: string) => results.filter((result) => result.status === status).map(({ fullName }) => fullName)
    return { passed: having('passed'), failed: having('failed') }
  } catch {
    throw new Error(`the tests did not run:\n${errors}`)
  } finally {
    rmSync(report, { force: true })
  }
}

async function withTemplate<T>(name: string, change: (sql: postgres.Sql) => Promise<void>, work: () => Promise<T>): Promise<T> {
  await admin`create database ${admin(name)} template ${admin(inject('template'))}`
  try {
    const sql = postgres(`${server}${name}`, { max: 1, onnotice: () => {} })
    try {
      await change(sql)
    } finally {
      // A template may have no session.
      await sql.end({ timeout: 5 })
    }
    return await work()
  } finally {
    await admin`drop database ${admin(name)} with (force)`
  }
}

async function plant(sql: postgres.Sql, { in: name, find, put }: Pick<PlantedFault, 'in' | 'find' | 'put'>): Promise<void> {
  const definitions = await sql<{ text: string }[]>`
    select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'purser'::regnamespace and proname = ${name}`
  const [text] = definitions.map((row) => row.text)
  if (definitions.length !== 1 || text === undefined) throw new Error(`there are ${definitions.length} functions purser.${name}`)
  if (!text.includes(find)) throw new Error(`purser.${name} does not have the text any more that the fault changes: ${find}`)
  await sql.unsafe(text.replaceAll(find, () => put))
}

test('without a fault every one of these tests passes', { timeout: LIMIT_MS }, async () => {
  const { passed, failed } = await withTemplate(
    'fault_none',
    () => Promise.resolve(),
    () =>
      run(
        'fault_none',
        PLANTED_FAULTS.map((f) => f.caughtBy),
      ),
  )
  expect(failed).toEqual([])
  for (const { caughtBy } of PLANTED_FAULTS) expect(passed.filter((name) => name.includes(caughtBy.test))).not.toEqual([])
})

describe('planted', { concurrent: true }, () => {
  test.for(PLANTED_FAULTS.map((fault, index) => ({ ...fault, index })))('$fault ($known)', { timeout: LIMIT_MS }, async (fault) => {
    const name = `fault_${fault.index}`
    const tamper = async (sql: postgres.Sql) => {
      for (const edit of [fault, ...(fault.and === undefined ? [] : [fault.and])]) await plant(sql, edit)
    }
    const { failed } = await withTemplate(name, tamper, () => run(name, [fault.caughtBy]))
    expect(failed.filter((title) => title.includes(fault.caughtBy.test))).not.toEqual([])
  })
})

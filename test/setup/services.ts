/** One Postgres and one Temporal server for all test files, in a folder of their own. Neither outlives the run, however it ends. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startPostgres, type RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { identify } from '../../src/platform/embedded/process-identity.ts'
import { startTemporal, type RunningTemporal } from '../../src/platform/embedded/temporal.ts'
import { findTemporal } from '../../src/platform/embedded/temporal-binary.ts'
import { migrate } from '../../src/platform/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Ends in `/`: put the database's name behind it. */
    postgresUrl: string
    /** The migrated database that tests copy. */
    template: string
    temporalAddress: string
    /** Path of the bundled workflows; empty while there are none. */
    workflowBundle: string
    /** A folder that is removed after the run. */
    testFolder: string
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

const TEMPLATE = 'template_purser'
/** Fast instead of durable: these databases are thrown away. */
const TEST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const startedAt = performance.now()
  const lap = (what: string): void => console.log(`  set-up: ${what} after ${Math.round(performance.now() - startedAt)} ms`)
  const folder = `${root}/.cache/test-${process.pid}`
  await sweep(`${root}/.cache`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  Runtime.install({ logger: new DefaultLogger('WARN') })
  const [database, temporal, bundle] = await Promise.allSettled([
    startDatabase(folder, lap),
    startTestTemporal(lap),
    makeBundle(folder, lap),
  ])
  const stop = async (): Promise<void> => {
    const started = [database, temporal].flatMap((server) => (server.status === 'fulfilled' ? [server.value] : []))
    await Promise.all(started.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  if (database.status === 'rejected' || temporal.status === 'rejected' || bundle.status === 'rejected') {
    await stop()
    throw [database, temporal, bundle].find((part) => part.status === 'rejected')?.reason
  }
  project.provide('postgresUrl', database.value.url(''))
  project.provide('template', TEMPLATE)
  project.provide('temporalAddress', temporal.value.address)
  project.provide('workflowBundle', bundle.value)
  project.provide('testFolder', folder)
  return stop
}

/** Removes what a killed run left behind; its servers died with it. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1] ?? 0)
    if (pid > 0 && identify(pid) === undefined) await rm(`${cache}/${name}`, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function startDatabase(folder: string, lap: (what: string) => void): Promise<RunningPostgres> {
  const password = randomBytes(12).toString('hex')
  const server = await startPostgres({ dataDir: `${folder}/postgres`, password, settings: TEST_SETTINGS })
  try {
    const admin = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
    await admin`create database ${admin(TEMPLATE)}`
    const folderOfMigrations = `${root}/migrations`
    if (existsSync(folderOfMigrations)) await migrate({ databaseUrl: server.url(TEMPLATE), folder: folderOfMigrations })
    // Without connections to the template, many clones can be made at once.
    await admin`alter database ${admin(TEMPLATE)} with is_template true allow_connections false`
    await admin.end()
  } catch (error) {
    await server.stop()
    throw error
  }
  lap('Postgres with its template')
  return server
}

async function startTestTemporal(lap: (what: string) => void): Promise<RunningTemporal> {
  const program = await findTemporal({ say: (line) => console.log(`  ${line}`), env: process.env })
  const server = await startTemporal({ program: program.path, port: await freePort(), headless: true })
  lap(`Temporal ${program.version}`)
  return server
}

async function makeBundle(folder: string, lap: (what: string) => void): Promise<string> {
  const workflowsPath = `${root}/src/workflows/index.ts`
  if (!existsSync(workflowsPath)) return ''
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  await writeFile(`${folder}/workflows.js`, code)
  lap('workflow bundle')
  return `${folder}/workflows.js`
}

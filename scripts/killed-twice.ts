/** A job whose worker is killed twice while its request is under way, for a picture of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { createPurser } from '../src/client.ts'
import { readConfig } from '../src/platform/config.ts'
import { EMULATOR_KEY, type DevFile } from '../src/platform/embedded/dev-file.ts'
import { findLedger } from '../src/platform/find-ledger.ts'

const program = fileURLToPath(new URL('../src/worker.ts', import.meta.url))
const TASK_QUEUE = 'killed-twice'
const LIMIT_MS = 240_000

/** Runs it beside a `purser dev` of this home, on workers of its own. Answers the job's id when it has ended with a banner. */
export async function killedTwice(home: string, dev: DevFile): Promise<string> {
  const { databaseUrl } = await findLedger(readConfig({ PURSER_HOME: home }))
  const emulatorUrl = dev.emulatorUrl ?? ''
  const env = {
    PATH: process.env['PATH'],
    PURSER_HOME: home,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: dev.temporalAddress,
    TEMPORAL_NAMESPACE: dev.temporalNamespace,
    GEMINI_API_KEY: EMULATOR_KEY,
    PURSER_GEMINI_BASE_URL: emulatorUrl,
    PURSER_TASK_QUEUE: TASK_QUEUE,
    PURSER_REQUEST_TIMEOUT_MS: '60000',
  }
  const connection = await Connection.connect({ address: dev.temporalAddress })
  const client = new Client({ connection, namespace: dev.temporalNamespace })
  const purser = await createPurser({ client, taskQueue: TASK_QUEUE })
  let worker = await startWorker(env)
  try {
    // This task queue has taken the accounts' door with it: the worker of `dev` makes the account.
    await (await createPurser({ client })).accounts.ensure({ id: 'norrsken', plan: 'paid' })
    await fetch(`${emulatorUrl}/admin/faults`, {
      method: 'POST',
      body: JSON.stringify({ fault: 'hang', match: { promptIncludes: 'Killed Twice' } }),
    })
    const job = await purser.banner.start({
      jobId: 'killed-twice',
      account: 'norrsken',
      brief: { name: 'Killed Twice', headline: 'Still one banner', company: 'Norrsken Optics', colours: ['#0b1b3a'], mood: 'calm' },
      ledgerMode: 'activity',
    })
    const waits = async (attempt: number): Promise<void> => {
      for (const endsAt = Date.now() + LIMIT_MS; !(await job.waitingFor()).includes(`callModel (attempt ${attempt}`); await sleep(500))
        if (Date.now() > endsAt) throw new Error(`the call did not come to its attempt ${attempt}`)
      // Long enough to be seen in the picture.
      await sleep(3_000)
    }
    for (const attempt of [1, 2]) {
      if (attempt === 1) await sleep(4_000)
      else await waits(attempt)
      worker.kill('SIGKILL')
      await once(worker, 'exit')
      console.log(`killed the worker of attempt ${attempt}; Temporal notices in half a minute`)
      worker = await startWorker(env)
    }
    await job.result()
    return job.workflowId
  } finally {
    worker.kill('SIGTERM')
    await connection.close()
  }
}

async function startWorker(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.stdout.on('data', (chunk) => void (String(chunk).includes('worker ready') && resolve()))
  child.once('exit', () => reject(new Error('a worker ended before it was ready')))
  await promise
  return child
}

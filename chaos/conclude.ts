/** After the chaos: everything is healed, every job ends, every deadline comes, and the books are judged. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../src/platform/embedded/wait.ts'
import { readBooks, readTold, type Books } from './books.ts'
import type { Hand } from './crew.ts'
import { judge, type Verdict } from './judge.ts'
import type { System } from './system.ts'

export interface Conclusion {
  readonly verdict: Verdict
  readonly auditViolations: readonly string[]
  readonly books: Books
  /** The names on the provider's bill. */
  readonly billed: ReadonlySet<string | null>
  /** Physical requests that the provider saw. */
  readonly calls: number
  /** Jobs that did not end in time. */
  readonly unended: readonly string[]
}

/** A killed worker is noticed after its heartbeat, and a call may lose six workers. */
const JOBS_LIMIT_MS = 420_000
const SWEEPS_LIMIT_MS = 120_000
const TELLING_LIMIT_MS = 60_000
const AUDIT_LIMIT_MS = 120_000
/** Beyond every deadline: holds of a quarter of an hour, a provider's ten minutes and five more. */
const AHEAD_MINUTES = 60

const PURSER = fileURLToPath(new URL('../bin/purser.js', import.meta.url))

/** Nothing may break any more. Ends the workers in good order, so that whatever they have in hand is booked, and sweeps with a fresh one. */
export async function conclude(
  system: System,
  jobs: readonly string[],
  hands: () => readonly Hand[],
  say: (line: string) => void,
): Promise<Conclusion> {
  const unended = await waitForJobs(system, jobs, say)
  await Promise.all(hands().map((hand) => hand.stop()))
  say('every worker ended in good order; the ledger’s clock goes ahead, and the sweeper does what time asks for')
  await system.startWorker([], () => undefined)
  await system.clock.setAhead(AHEAD_MINUTES)
  await sweepAll(system)
  await tellAll(system)
  const [books, told, bill, requests, auditViolations] = await Promise.all([
    readBooks(system.owner),
    readTold(system.owner),
    system.bill(),
    system.requests(),
    audited(system.databaseUrl),
  ])
  const received = system.received()
  say(`${told.length} thresholds were told, ${received.length} received`)
  const verdict = judge({ books, told: { told, received }, bill, requests, stored: await storedReceipts(system.folder) })
  const billed = new Set(bill.map(({ clientRequestId }) => clientRequestId))
  return { verdict, auditViolations, books, billed, calls: requests.length, unended }
}

/** Waits until every job has ended; answers those that have not in time. */
export async function waitForJobs({ client }: System, jobs: readonly string[], say: (line: string) => void): Promise<string[]> {
  let open = [...jobs]
  let saidAt = 0
  await waitFor(
    JOBS_LIMIT_MS,
    async () => {
      const states = await Promise.all(
        open.map(async (id) => {
          const described = await client.workflow
            .getHandle(id)
            .describe()
            .catch(() => undefined)
          return described === undefined || described.status.name === 'RUNNING' ? [id] : []
        }),
      )
      open = states.flat()
      if (performance.now() - saidAt > 10_000) {
        saidAt = performance.now()
        say(`${jobs.length - open.length} of ${jobs.length} jobs have ended`)
      }
      return open.length === 0 ? true : undefined
    },
    1_000,
  )
  return open
}

/** The product's own schedule, without its pauses. */
async function sweepAll({ client, owner }: System): Promise<void> {
  await waitFor(
    SWEEPS_LIMIT_MS,
    async () => {
      await client.schedule.getHandle('purser-sweep').trigger()
      const [row] = await owner<{ open: number }[]>`
        select count(*)::int as open from purser.reservation where state in ('reserved', 'dispatched', 'in_doubt')`
      return row?.open === 0 ? true : undefined
    },
    1_000,
  )
}

/** Until everything that the ledger tells was heard, and is delivered. What is not is found by the judge. */
async function tellAll({ owner }: System): Promise<void> {
  await waitFor(
    TELLING_LIMIT_MS,
    async () => {
      const [row] = await owner<{ waiting: number }[]>`
        select ((select count(*) from purser.outbox o, purser.outbox_consumer c where c.name = 'alerts' and (o.xid, o.id) > (c.xid, c.id))
          + (select count(*) from purser.delivery where state = 'pending'))::int as waiting`
      return row?.waiting === 0 ? true : undefined
    },
    250,
  )
}

/** Whatever lies among the receipts, waiting or kept, is named by its attempt: as a file, or in a file of several. */
async function storedReceipts(folder: string): Promise<Set<string>> {
  const shelf = join(folder, 'blobs', 'receipts')
  const names = await readdir(shelf, { recursive: true }).catch(() => [])
  const texts = await Promise.all(names.filter((name) => name.endsWith('.batch')).map((name) => readFile(join(shelf, name), 'utf8')))
  const attempts = [...names, ...texts.flatMap((text) => text.split('\n'))]
  return new Set(attempts.flatMap((name) => /(?:^|\/)([0-9a-f-]{36})\.[0-9a-f-]{36}\.json(?: |$)/.exec(name)?.[1] ?? []))
}

/** `purser audit`, as a person runs it. */
function audited(databaseUrl: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl }
    execFile(process.execPath, [PURSER, 'audit', '--json'], { env, timeout: AUDIT_LIMIT_MS }, (error, stdout, stderr) => {
      try {
        const { violations } = JSON.parse(stdout) as { violations: { invariant: string; where: string; found: string }[] }
        resolve(violations.map((v) => `audit: ${v.invariant}: at ${v.where}: ${v.found}`))
      } catch {
        reject(new Error(`purser audit gave no answer: ${error?.message ?? ''} ${stderr}`))
      }
    })
  })
}

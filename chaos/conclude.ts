/** After the chaos: everything is healed, every job ends, every deadline comes, every month is closed, the bill is booked, and the books are judged. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rollUpAll } from '../src/insight/roll-up.ts'
import { ledgerOver } from '../src/ledger/ledger.ts'
import { connectSql } from '../src/platform/sql.ts'
import { waitFor } from '../src/platform/embedded/wait.ts'
import { readBooks, readTold, type Books } from './books.ts'
import type { Hand } from './crew.ts'
import { judgeBill, type BillVerdict } from './judge-bill.ts'
import { judgeMonths, type MonthsVerdict } from './judge-months.ts'
import { judge, type Verdict } from './judge.ts'
import { monthAt, monthEnd, monthsFrom } from './months.ts'
import { purser, reconcile } from './reconcile.ts'
import { readStated, type SeenSealed, type Stated } from './stated.ts'
import type { System } from './system.ts'

export interface Conclusion {
  readonly verdict: Verdict
  /** Before the bill was booked, and after it. */
  readonly months: readonly MonthsVerdict[]
  readonly reconciled: BillVerdict
  /** Sealed, in the end; and how many corrections are on them. */
  readonly statements: number
  readonly corrections: number
  readonly auditViolations: readonly string[]
  /** Before the bill was booked. */
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
/** Beyond every deadline: holds of a quarter of an hour, and a batch's 26 hours and five minutes more. */
const AHEAD_MS = 28 * 3_600_000
/** The last zone in which a month ends. */
const LAST_ZONE = 'Etc/GMT+12'
/** Behind its end, by when a month may be closed. */
const CLOSABLE_MS = 61_000
const TAKEN_IN_LIMIT_MS = 60_000

interface Concluding {
  readonly jobs: readonly string[]
  readonly hands: () => readonly Hand[]
  /** Statements as they were seen sealed meanwhile. */
  readonly seen: readonly SeenSealed[]
}

/** Nothing may break any more. Ends the workers in good order, so that whatever they have in hand is booked, and sweeps with a fresh one. */
export async function conclude(system: System, { jobs, hands, seen }: Concluding, say: (line: string) => void): Promise<Conclusion> {
  const unended = await waitForJobs(system, jobs, say)
  await Promise.all(hands().map((hand) => ended(hand, say)))
  say('every worker has ended; the ledger’s clock goes ahead, and the sweeper does what time asks for')
  await system.startWorker([], () => undefined)
  await system.clock.goTo(new Date(system.clock.now().getTime() + AHEAD_MS))
  await sweepAll(system)
  const before = await closeAll(system)
  await tellAll(system)
  const [books, told, bill, seenRequests] = await Promise.all([
    readBooks(system.owner),
    readTold(system.owner),
    system.bill(),
    system.requests(),
  ])
  const requests = seenRequests.map((request) => ({ ...request, at: system.clock.at(new Date(request.at)).toISOString() }))
  const received = system.received()
  say(`${told.length} thresholds were told, ${received.length} received`)
  const verdict = judge({ books, told: { told, received }, bill, requests, stored: await storedReceipts(system.folder) })
  say('the provider’s bill is imported, approved, and imported again; then the month ends once more')
  const here = bill.map((entry) => ({ ...entry, at: system.clock.at(new Date(entry.at)).toISOString() }))
  const reconciled = await reconcile(system, here, books.attempts)
  const corrected = await statedNow(system)
  const after = await closeAll(system)
  const [booksAfter, auditViolations] = await Promise.all([readBooks(system.owner), audited(system.databaseUrl)])
  return {
    verdict,
    months: [
      judgeMonths({ books, stated: before, seen }),
      judgeMonths({ books: booksAfter, stated: corrected, seen: sealedIn(before) }),
      judgeMonths({ books: booksAfter, stated: after, seen: sealedIn(corrected) }),
    ],
    reconciled: judgeBill({ bill: here, attempts: booksAfter.attempts, reconciled }),
    statements: sealedIn(after).length,
    corrections: after.statements.flatMap(({ changes }) => changes).length,
    auditViolations,
    books,
    billed: new Set(bill.map(({ clientRequestId }) => clientRequestId)),
    calls: requests.length,
    unended,
  }
}

async function ended(hand: Hand, say: (line: string) => void): Promise<void> {
  await hand.stop()
  if (hand.ending() === 'SIGKILL') say(`${hand.name} did not end when it was asked to, and was killed`)
}

const sealedIn = ({ statements }: Stated): SeenSealed[] =>
  statements.flatMap(({ account, month, hash }) => (hash === null ? [] : [{ account, month, hash }]))

/** The month ends everywhere, and all months are closed by the product's own door. Answers what is stated then. */
async function closeAll(system: System): Promise<Stated> {
  const now = system.clock.now()
  await system.clock.goTo(new Date(monthEnd(now, LAST_ZONE).getTime() + CLOSABLE_MS))
  const until = monthsFrom(monthAt(system.clock.now(), LAST_ZONE), -1)
  // The first may be one that began before.
  for (let times = 0; times < 2; times += 1) await system.purser.closeMonth(until)
  return statedNow(system)
}

/** When everything that was booked is in the facts: with what it changed of earlier months. */
async function statedNow({ databaseUrl, owner }: System): Promise<Stated> {
  const sql = connectSql(databaseUrl, { max: 1 })
  try {
    await waitFor(TAKEN_IN_LIMIT_MS, async () => {
      await rollUpAll(ledgerOver(sql))
      const [row] = await owner<{ isIn: boolean }[]>`
        select not exists (select from purser.rollup_state s join purser.entry e on (e.xid, e.id) > (s.xid, s.id)) as "isIn"`
      return row?.isIn === true ? true : undefined
    })
    return await readStated(owner)
  } finally {
    await sql.end({ timeout: 5 })
  }
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
async function audited(databaseUrl: string): Promise<string[]> {
  const { violations } = await purser<{ violations: { invariant: string; where: string; found: string }[] }>(databaseUrl, 'audit')
  return violations.map((v) => `audit: ${v.invariant}: at ${v.where}: ${v.found}`)
}

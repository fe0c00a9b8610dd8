/** The load: banner jobs and batches on many accounts with tiny caps and on budgets that all share, with what providers and people do to them. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { JobFailed, type BannerInput } from '../src/client.ts'
import { eur } from '../src/domain/money.ts'
import { changeCap, createBudget } from '../src/ledger/budgets.ts'
import { ledgerOver } from '../src/ledger/ledger.ts'
import { connectSql } from '../src/platform/sql.ts'
import { zipf, type Chance } from '../test/support/chance.ts'
import type { WishedFault } from '../test/support/emulator.ts'
import { again } from './again.ts'
import { batchFaultOf, batchFor } from './batches.ts'
import { ZONES } from './months.ts'
import type { System } from './system.ts'

export interface Load {
  /** Resolves when no more jobs are started; those that run go on. */
  readonly ended: Promise<void>
  readonly jobs: readonly string[]
  /** Of the provider. */
  readonly faults: () => number
  /** Cancelled, terminated, reset. */
  readonly interventions: () => number
}

const PAUSE_MS = 600
const RUNNING_MAX = 80
const JOBS_OF_AN_ACCOUNT = 4
const ACCOUNTS_AT_ONCE = 10
const ACCOUNT_ZONES = Object.keys(ZONES)
const TEAMS = ['team-a', 'team-b', 'team-c'] as const

/** Every other job meets one of these. None makes a call cost more than its bound: that would be an overrun by right. */
const FAULTS: readonly WishedFault[] = [
  { fault: 'rate_limited', retryAfterSeconds: 1 },
  { fault: 'rate_limited', retryAfterSeconds: 0, times: 3 },
  { fault: 'unavailable', retryAfterSeconds: 0 },
  { fault: 'internal' },
  { fault: 'proxy_unavailable', billed: true },
  { fault: 'proxy_unavailable', billed: false },
  { fault: 'proxy_bad_gateway', billed: true },
  { fault: 'billed_but_cut' },
  { fault: 'cut_before_headers' },
  { fault: 'cut_after_headers', billed: true },
  { fault: 'hang', billed: true },
  { fault: 'hang', billed: false },
  { fault: 'no_usage' },
  { fault: 'not_json', billed: true },
  { fault: 'blocked' },
  { fault: 'slow', ms: 1_500 },
]
const MODELS = ['gemini-2.5-flash-image', 'gemini-2.5-flash-image', 'gemini-3.1-flash-lite-image', 'gemini-nano-banana-2.1'] as const

/** Starts jobs until the signal says that it is enough. */
export function startLoad(system: System, dice: Chance, enough: AbortSignal): Load {
  const jobs: string[] = []
  const counts = { faults: 0, interventions: 0 }
  const background = new Set<Promise<unknown>>()
  async function play(): Promise<void> {
    const budgets = await shareBudgets(system)
    try {
      for (let n = 0; !enough.aborted; n += 1) {
        const account = await accountFor(system, dice, n)
        const { jobId, fault, start } = workFor(system, account, dice)
        if (fault !== undefined) {
          counts.faults += 1
          // A list of batches is of no job.
          await system.fault(fault.fault === 'batch_list_fails' ? fault : { ...fault, promptIncludes: jobId })
        }
        const intervention = interventionOf(dice)
        const job = await again(start, enough)
        if (job === undefined) break
        jobs.push(jobId)
        if (intervention !== undefined) {
          const work = intervene(system, jobId, intervention)
            .then(() => (counts.interventions += 1))
            .catch(() => undefined)
            .finally(() => background.delete(work))
          background.add(work)
        }
        if (n % 15 === 14) await budgets.topUp(dice, n).catch(() => undefined)
        await sleep(PAUSE_MS / 2 + dice(PAUSE_MS))
        await roomFor(system, enough)
      }
      await Promise.all(background)
    } finally {
      await budgets.close()
    }
  }
  return { ended: play(), jobs, faults: () => counts.faults, interventions: () => counts.interventions }
}

/** Budgets of three teams and one of all calls, small enough to refuse; topped up now and then, so that not all is refused. */
async function shareBudgets({ databaseUrl }: System) {
  const sql = connectSql(databaseUrl, { max: 1 })
  const ledger = ledgerOver(sql)
  const kind = { isHard: true, periodKind: 'total', timeZone: 'UTC', thresholds: [50, 80, 100] } as const
  for (const team of TEAMS) await createBudget(ledger, { ...kind, name: team, scope: { team }, cap: eur('1.50') })
  await createBudget(ledger, { ...kind, periodKind: 'day', name: 'all calls', scope: {}, cap: eur('6.00') })
  return {
    async topUp(dice: Chance, n: number): Promise<void> {
      const [name, by] =
        dice(3) === 0 ? (['all calls', eur('3.00')] as const) : ([TEAMS[dice(TEAMS.length)] ?? TEAMS[0], eur('0.80')] as const)
      await changeCap(ledger, { of: { name }, change: by, key: `top-up-${n}`, reason: 'the chaos goes on' })
    },
    close: () => sql.end({ timeout: 5 }),
  }
}

async function accountFor(system: System, dice: Chance, n: number): Promise<string> {
  const newest = Math.floor(n / JOBS_OF_AN_ACCOUNT)
  const known = Array.from({ length: Math.min(ACCOUNTS_AT_ONCE, newest) }, (_, i) => newest - i - 1)
  const number = n % JOBS_OF_AN_ACCOUNT === 0 || known[0] === undefined ? newest : zipf(dice, known as [number, ...number[]])
  const id = `acc_${number}`
  const plan = number % 4 === 3 ? 'corporate' : number % 4 === 2 ? 'paid' : 'free'
  const timeZone = ACCOUNT_ZONES[number % ACCOUNT_ZONES.length]
  if (n % JOBS_OF_AN_ACCOUNT === 0)
    await again(() => system.purser.accounts.ensure({ id, plan, ...(timeZone === undefined ? {} : { timeZone }) }).catch(isThere))
  return id
}

/** It was made, nobody heard it, and somebody has given it another plan since. */
function isThere(error: unknown): void {
  if (!(error instanceof JobFailed) || error.code !== 'account_conflict') throw error
}

/** One job in so many is a batch. */
const BATCH_IN = 4

interface Work {
  readonly jobId: string
  readonly fault: WishedFault | undefined
  readonly start: () => Promise<unknown>
}

function workFor({ purser }: System, account: string, dice: Chance): Work {
  const team = TEAMS[dice(TEAMS.length + 1)]
  if (dice(BATCH_IN) === 0) {
    const batch = batchFor(account, team, dice)
    return { jobId: batch.jobId, fault: batchFaultOf(dice), start: () => purser.batch.start(batch) }
  }
  const banner = inputOf(account, team, dice)
  return {
    jobId: banner.jobId,
    fault: dice(2) === 0 ? FAULTS[dice(FAULTS.length)] : undefined,
    start: () => purser.banner.start(banner),
  }
}

function inputOf(account: string, team: string | undefined, dice: Chance): BannerInput & { jobId: string } {
  const jobId = `job-${randomUUID().slice(0, 13)}`
  const variants = dice(3) > 0 ? 1 : 2 + dice(3)
  const brief = { name: jobId, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' }
  const ledgerMode = dice(2) === 0 ? 'local' : 'activity'
  return { jobId, account, brief, variants, ledgerMode, model: MODELS[dice(MODELS.length)], ...(team === undefined ? {} : { team }) }
}

interface Intervention {
  readonly kind: 'cancel' | 'terminate' | 'reset'
  readonly afterMs: number
}

function interventionOf(dice: Chance): Intervention | undefined {
  const kind = (['cancel', 'terminate', 'reset'] as const)[dice(14)]
  return kind === undefined ? undefined : { kind, afterMs: dice(3_000) }
}

async function intervene({ client }: System, jobId: string, { kind, afterMs }: Intervention): Promise<void> {
  await sleep(afterMs)
  const handle = client.workflow.getHandle(jobId)
  if (kind === 'cancel') await handle.cancel()
  if (kind === 'terminate') await handle.terminate('a part of the chaos')
  if (kind !== 'reset') return
  const { runId } = await handle.describe()
  const { events } = await handle.fetchHistory()
  const task = events?.find((event) => event.workflowTaskCompletedEventAttributes)
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: jobId, runId },
    reason: 'a part of the chaos',
    requestId: `${jobId}-reset`,
    workflowTaskFinishEventId: task?.eventId ?? null,
  })
}

/** Jobs wait for servers and workers that are gone; their number must not grow without end. */
async function roomFor({ client }: System, enough: AbortSignal): Promise<void> {
  while (!enough.aborted) {
    const running = await client.workflow
      .count(`ExecutionStatus="Running" AND WorkflowType IN ("banner", "batchCalls")`)
      .catch(() => undefined)
    if (running !== undefined && running.count < RUNNING_MAX) return
    await sleep(500)
  }
}

import { randomBytes } from 'node:crypto'
import { join, relative } from 'node:path'
import { createPurser, JobFailed, type BannerInput, type BannerResult, type Purser, type Refusal } from '../client.ts'
import { boundOf } from '../domain/bound.ts'
import { bannerRequest } from '../domain/banner-request.ts'
import { PurserError } from '../domain/errors.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import { eur, exactEur, nano, ofMoney, type Nano } from '../domain/money.ts'
import { remedyText } from '../domain/refusal.ts'
import { ensureAccount, showAccount, type Account } from '../ledger/accounts.ts'
import { audit } from '../ledger/audit.ts'
import { explainCost } from '../ledger/explain-cost.ts'
import { ledgerOver, type Ledger } from '../ledger/ledger.ts'
import { blobStoreOf } from '../platform/file-blob-store.ts'
import { connectSql } from '../platform/sql.ts'
import { rateOn } from '../prices/rates.ts'
import { pricesReachableNow } from '../prices/reachable.ts'
import type { CliContext } from './context.ts'
import { atMost, follow, writePicture } from './show-banner.ts'
import type { RunningDev } from './start-dev.ts'
import { showEur } from './terminal.ts'

/** What the free account has spent before: 0.040 of its 0.100 EUR are left, and a banner may cost 0.057. */
const FREE_OPENING = eur('0.060')

export interface DemoOptions {
  readonly once?: boolean
  readonly live?: boolean
  readonly exact?: boolean
  readonly model?: string
}

/** What `--json` prints as the last line of stdout. */
export interface DemoSummary {
  readonly banner: { readonly path: string; readonly width: number; readonly height: number; readonly sha256: string }
  readonly job: { readonly workflowId: string; readonly costEur: string; readonly reservedEur: string; readonly requests: number }
  readonly account: { readonly plan: string; readonly capEur: string; readonly spentEur: string; readonly reservedEur: string }
  readonly refused: { readonly code: string; readonly neededEur: string; readonly remainingEur: string }
  readonly audit: { readonly violations: number }
}

/** A paid account gets its banner; a free one, nearly used up, is refused, and hears why. */
export async function playDemo(
  { config, terminal }: CliContext,
  dev: RunningDev,
  options: DemoOptions,
  brief: BannerInput['brief'],
): Promise<DemoSummary> {
  const sql = connectSql(dev.databaseUrl, { max: 2, statementTimeoutMs: 30_000 })
  const purser = await createPurser({
    client: dev.client,
    taskQueue: config.PURSER_TASK_QUEUE,
    warn: terminal.warn,
  })
  const ledger = ledgerOver(sql)
  const tag = randomBytes(3).toString('hex')
  const shown = (value: Nano): string => showEur(value, options.exact ?? false)
  try {
    const paid = await ensureAccount(ledger, { id: `demo-paid-${tag}`, plan: 'paid', timeZone: config.PURSER_TIME_ZONE })
    terminal.say(`\n  ${terminal.sayColour.bold(`1  ${paid.id}`)}, plan paid, ${shown(budgetOf(paid).cap)} EUR a month`)
    const input = {
      account: paid.id,
      brief,
      ledgerMode: 'activity',
      user: 'demo',
      project: 'demo',
      environment: 'demo',
      ...(options.model === undefined ? {} : { model: options.model }),
    } as const
    const jobId = `demo-banner-${tag}`
    const request = bannerRequest(brief, options.model ?? config.PURSER_MODEL, 1, 1)
    const announced = await tellBound(terminal, ledger, request, budgetOf(paid).remaining, options)
    const result = await follow(await purser.banner.start({ jobId, ...input }), terminal, options.exact ?? false, announced)
    const [made] = result.banners
    if (made === undefined) throw new Error('broken promise: a job that succeeded without a banner')
    const blobs = blobStoreOf(config)
    const path = await writePicture(
      blobs,
      made.blob.ref,
      join(config.PURSER_HOME, 'demo', `${jobId}.png`),
      'free some space and run the demo again',
    )

    const free = await ensureAccount(ledger, {
      id: `demo-free-${tag}`,
      plan: 'free',
      timeZone: config.PURSER_TIME_ZONE,
      opening: { amount: FREE_OPENING, reason: 'demo' },
    })
    terminal.say(
      `\n  ${terminal.sayColour.bold(`2  ${free.id}`)}, plan free, ${shown(FREE_OPENING)} of its ${shown(budgetOf(free).cap)} EUR spent`,
    )
    const refusal = await expectRefusal(purser, `demo-refused-${tag}`, { ...input, account: free.id })
    terminal.say(
      `  refused before anything was sent: ${shown(ofMoney(refusal.needed))} EUR needed, ${shown(ofMoney(refusal.remaining))} left`,
    )
    for (const remedy of refusal.remedies) terminal.say(`    would work: ${remedyText(remedy)}`)

    const violations = await tellAudit(terminal, ledger)
    await tellLinks(terminal, ledger, dev, jobId, path)
    if (options.once === true && !dev.reused) terminal.say('\n  The job can be looked at while `npm run dev` runs.')
    return summaryOf(path, jobId, result, await showAccount(ledger, paid.id), refusal, violations)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** What one picture may cost at most, said before anything is sent; undefined when it has no price or there is no rate: then the job says so. */
async function tellBound(
  terminal: CliContext['terminal'],
  { sql }: Ledger,
  request: ModelRequest,
  remaining: Nano,
  { live = false, exact = false }: DemoOptions,
): Promise<Nano | undefined> {
  const { now, prices, ...known } = await pricesReachableNow({ sql }, request)
  const rate = await rateOn({ sql }, now)
  const bound = rate === undefined ? undefined : boundOf(request, prices, rate, now, known)
  if (bound === undefined) return undefined
  const { amount, flags } = bound
  if (live)
    terminal.warn(`one request to ${request.model} follows, billed by Google: at most ${showEur(amount, exact)} EUR. Ctrl-C stops it`)
  terminal.say(`  banner 1: ${atMost(amount, nano(remaining - amount), exact)}`)
  if (flags.includes('rate_stale'))
    terminal.say(terminal.sayColour.dim('  the euro rate is older than a week, so a little more is reserved than usual'))
  return amount
}

async function expectRefusal(purser: Purser, jobId: string, input: BannerInput): Promise<Refusal> {
  try {
    await (await purser.banner.start({ jobId, ...input })).result()
  } catch (error) {
    if (error instanceof JobFailed && error.code === 'budget_exceeded') return error.details as Refusal
    throw error
  }
  throw new PurserError('no_budget', 'the free account should have been refused: is its plan larger than 0.10 EUR here?')
}

/** How many invariants are broken. */
async function tellAudit(terminal: CliContext['terminal'], ledger: Ledger): Promise<number> {
  const { violations, checks } = await audit(ledger)
  terminal.say()
  const audited = `audit: ${checks} invariants checked, ${violations.length} violations`
  if (violations.length === 0) terminal.done(audited)
  else terminal.fail(audited)
  return violations.length
}

async function tellLinks(terminal: CliContext['terminal'], ledger: Ledger, dev: RunningDev, jobId: string, path: string): Promise<void> {
  const { steps } = await explainCost(ledger, jobId)
  terminal.say(`\n  banner  ${nearby(path)}`)
  terminal.say(
    `  job     ${dev.uiUrl === undefined ? jobId : `${dev.uiUrl}/namespaces/${dev.client.options.namespace}/workflows/${jobId}`}`,
  )
  terminal.say(`  cost    npx purser explain-cost ${steps[0]?.callRef ?? jobId}`)
}

function summaryOf(
  path: string,
  workflowId: string,
  result: BannerResult,
  account: Account,
  refusal: Refusal,
  violations: number,
): DemoSummary {
  const [made] = result.banners
  if (made === undefined) throw new Error('broken promise: a job that succeeded without a banner')
  const budget = budgetOf(account)
  return {
    banner: { path, width: made.blob.width, height: made.blob.height, sha256: made.blob.sha256 },
    job: { workflowId, costEur: made.cost.amount, reservedEur: made.reserved.amount, requests: made.requests },
    account: { plan: account.plan, capEur: exactEur(budget.cap), spentEur: exactEur(budget.spent), reservedEur: exactEur(budget.reserved) },
    refused: { code: refusal.code, neededEur: refusal.needed.amount, remainingEur: refusal.remaining.amount },
    audit: { violations },
  }
}

function budgetOf(account: Account): Account['budgets'][number] {
  const [budget] = account.budgets
  if (budget === undefined) throw new Error(`broken promise: account ${account.id} has no budget`)
  return budget
}

/** As a person would type it. */
function nearby(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

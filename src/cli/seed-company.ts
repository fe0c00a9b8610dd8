/** `purser demo --seed-company`: thirteen months of a made-up company, booked as any usage is. */
import { trackUsages } from '../calls/track-usage.ts'
import { ACCOUNTS, budgetsAt, plansAt, THRESHOLDS, TIME_ZONE } from '../company/terms.ts'
import { missingPrices } from '../company/prices.ts'
import { beginOf, KEY_PREFIX, keyPrefixOf, monthsUntil, usagesOf, type CompanyOptions } from '../company/usages.ts'
import { PurserError } from '../domain/errors.ts'
import { monthOf, type Month } from '../domain/period.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { ensureAccount } from '../ledger/accounts.ts'
import { rollUpAll } from '../insight/roll-up.ts'
import { audit } from '../ledger/audit.ts'
import { createBudget } from '../ledger/budgets.ts'
import { findOthers, findOtherKey } from '../ledger/find-others.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { setPlan } from '../ledger/plans.ts'
import { comparePrices, contentHashOf, importPrices } from '../prices/import-prices.ts'
import { wholeBook } from '../prices/list-prices.ts'
import { databaseNow } from '../prices/price-book.ts'
import type { PriceList } from '../prices/price-list.ts'
import { TRACKED_MAX } from '../schema/track-input.ts'
import { EXIT, type CliContext } from './context.ts'
import { companyJson, tellCompany, tellMonth, type Booked, type BookedMonth, type Company } from './show-company.ts'
import { stopAsked } from './stop-asked.ts'
import { withLedger, type Show } from './with-ledger.ts'

const SEED_MAX = 999_999
const SCALE_MAX = 200

/** What was typed of the company. Throws PurserError `bad_input`. */
export function companyOptionsOf(typed: { readonly seed: string; readonly scale: string }): CompanyOptions {
  return { seed: wholeNumber('seed', typed.seed, SEED_MAX), scale: wholeNumber('scale', typed.scale, SCALE_MAX) }
}

function wholeNumber(name: string, text: string, most: number): number {
  if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
  throw new PurserError('bad_input', `--${name} takes a whole number from 1 to ${most}`)
}

/** Those of `purser demo`, which makes two with each run. */
const DEMO_ACCOUNTS = '^demo-(paid|free)-[0-9a-f]{6}$'

/** Books what is not booked yet, audits the books, and tells what there is to see. Throws PurserError `conflict` where somebody else has books, before anything is changed. */
export async function seedCompany({ config, terminal, openDemoLedger }: CliContext, options: CompanyOptions, show: Show): Promise<number> {
  const stop = stopAsked(terminal)
  const opening = openDemoLedger(config, (there) => refuseForeign(there, options))
  return withLedger(opening, async (ledger) => {
    const { owner } = await opening
    await refuseOtherCompany(ledger, options)
    const now = await databaseNow(ledger)
    const months = monthsUntil(now)
    await terminal.step('making the company', async () => {
      await addPrices(owner, months, now)
      await makeTerms(ledger, options)
    })
    const startedAt = performance.now()
    const made: BookedMonth[] = []
    for (const month of months) {
      const usages = usagesOf(month, options).filter(({ at }) => at <= now)
      const one = { month, booked: await terminal.step(`booking ${month}`, () => book(ledger, usages, stop.signal)) }
      if (stop.signal.aborted) {
        terminal.warn('stopped: what is booked stays, and the same command goes on from there')
        return EXIT.interrupted
      }
      made.push(one)
      tellMonth(terminal, one, show)
    }
    const seconds = (performance.now() - startedAt) / 1000
    await terminal.step('adding it up', () => rollUpAll(ledger))
    const audited = await terminal.step('checking every invariant', () => audit(ledger))
    const company: Company = { options, months: made, seconds, violations: audited.violations.length, checks: audited.checks }
    await tellCompany(ledger, terminal, company, { ...show, isGiven: config.DATABASE_URL !== undefined })
    if (show.json === true) terminal.print(JSON.stringify(companyJson(company)))
    return audited.violations.length === 0 ? EXIT.done : EXIT.failed
  })
}

async function refuseForeign(there: Pick<Ledger, 'sql'>, options: CompanyOptions): Promise<void> {
  const others = await findOthers(there, {
    accounts: ACCOUNTS.map(({ id }) => id),
    accountForm: DEMO_ACCOUNTS,
    budgets: budgetsAt(options.scale).map(({ name }) => name),
  })
  if (others.length > 0)
    throw new PurserError(
      'conflict',
      `this ledger is somebody's: it has ${others.map((name) => `"${name}"`).join(', ')}. Made-up usage is booked only where nobody else has books: name another folder (PURSER_HOME), or an empty database (DATABASE_URL)`,
    )
}

/** Two companies in one ledger would be one that nobody can read. */
async function refuseOtherCompany(ledger: Ledger, options: CompanyOptions): Promise<void> {
  const other = await findOtherKey(ledger, { prefix: KEY_PREFIX, own: keyPrefixOf(options) })
  const [seed = '', scale = ''] = other?.slice(KEY_PREFIX.length).split(/[/ ]/) ?? []
  if (other !== undefined)
    throw new PurserError(
      'conflict',
      `this ledger has another company: go on with it by --seed ${seed} --scale ${scale}, or name another folder (PURSER_HOME)`,
    )
}

const SOURCE = 'made up, for `purser demo --seed-company`'

async function addPrices(owner: Pick<Ledger, 'sql'>, months: readonly Month[], now: Date): Promise<void> {
  const from = beginOf(months[0] ?? monthOf(now, TIME_ZONE))
  const missing = missingPrices(await wholeBook(owner), from)
  if (missing.length === 0) return
  const checkedOn = now.toISOString().slice(0, 10)
  const prices = missing.map((price) => ({ ...price, source: SOURCE, sourceDate: checkedOn }))
  const list: PriceList = { source: SOURCE, checkedOn, isWhole: false, prices, rejected: [], unknownKeys: [] }
  const compared = await comparePrices(owner, list, { only: [], from: undefined })
  const [problem] = compared.diff.impossible
  if (problem !== undefined) throw new PurserError('conflict', `a price that the company needs cannot be taken: ${problem}`)
  const text = prices
    .map(({ provider, model, unit, tier, effectiveFrom }) => [provider, model, unit, tier, effectiveFrom.toISOString()].join(' '))
    .join('\n')
  await importPrices(owner, compared, {
    contentHash: contentHashOf(list, [], text),
    why: 'a demo: thirteen months need prices from their first day on',
  })
}

/** Before any usage: a budget that is made later does not count the months before. */
async function makeTerms(ledger: Ledger, { scale }: CompanyOptions): Promise<void> {
  const reason = 'a demo'
  for (const { plan, cap } of plansAt(scale)) await setPlan(ledger, { plan, cap, reason, timeZone: TIME_ZONE })
  for (const { id, plan } of ACCOUNTS) await ensureAccount(ledger, { id, plan, timeZone: TIME_ZONE })
  const terms = { periodKind: 'month', timeZone: TIME_ZONE, thresholds: THRESHOLDS } as const
  for (const budget of budgetsAt(scale)) await createBudget(ledger, { ...terms, ...budget })
}

/** In sets, each one commit. Throws what stands in the place of a usage that cannot be booked. */
async function book(ledger: Ledger, usages: readonly TrackedUsage[], signal: AbortSignal): Promise<Booked[]> {
  const booked: Booked[] = []
  for (let from = 0; from < usages.length && !signal.aborted; from += TRACKED_MAX) {
    const set = usages.slice(from, from + TRACKED_MAX)
    const answers = await trackUsages(ledger, ledger, set)
    set.forEach((usage, at) => {
      const answer = answers[at]
      if (answer instanceof PurserError) throw answer
      if (answer !== undefined) booked.push({ usage, cost: answer.cost, isNew: answer.changed })
    })
  }
  return booked
}

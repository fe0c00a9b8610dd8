import { ACCOUNTS } from '../company/terms.ts'
import type { CompanyOptions } from '../company/usages.ts'
import { exactEur, nano, type Nano } from '../domain/money.ts'
import type { Month } from '../domain/period.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { listBudgets, type Budget } from '../ledger/budgets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { showEur, type Terminal } from './terminal.ts'
import type { Show } from './with-ledger.ts'

/** A usage as the books have it. */
export interface Booked {
  readonly usage: TrackedUsage
  readonly cost: Nano
  /** False: an earlier run has booked it. */
  readonly isNew: boolean
}

export interface BookedMonth {
  readonly month: Month
  readonly booked: readonly Booked[]
}

export interface Company {
  readonly options: CompanyOptions
  readonly months: readonly BookedMonth[]
  readonly seconds: number
  readonly checks: number
  readonly violations: number
}

/** What some usages come to. */
interface Sum {
  readonly name: string
  readonly usages: number
  readonly cost: Nano
}

const sumOf = (name: string, booked: readonly Booked[]): Sum => ({
  name,
  usages: booked.length,
  cost: nano(booked.reduce((sum, { cost }) => sum + cost, 0n)),
})

/** By a name of theirs, the dearest first. */
const sumsBy = (booked: readonly Booked[], nameOf: (usage: TrackedUsage) => string): Sum[] =>
  [...Map.groupBy(booked, ({ usage }) => nameOf(usage))]
    .map(([name, some]) => sumOf(name, some))
    .toSorted((a, b) => Number(b.cost > a.cost) - Number(b.cost < a.cost))

const featureOf = ({ scope }: TrackedUsage): string => scope.feature ?? ''
const modelOf = ({ provider, model }: TrackedUsage): string => `${provider}/${model}`
const accountOf = ({ scope }: TrackedUsage): string => scope.account
const hasFailed = ({ usage }: Booked): boolean => usage.error !== undefined

/** A line of progress. */
export function tellMonth(terminal: Terminal, { month, booked }: BookedMonth, { exact = false }: Show): void {
  const { usages, cost } = sumOf(month, booked)
  const known = booked.filter(({ isNew }) => !isNew).length
  const before = known === 0 ? '' : known === usages ? ', known before' : `, ${counted(known)} of them known before`
  terminal.done(`${month}  ${counted(usages).padStart(6)} calls  ${showEur(cost, exact).padStart(8)} EUR${before}`)
}

const counted = (count: number): string => count.toLocaleString('en')

/** What was booked, how its budgets stand, and where to look next. */
export async function tellCompany(
  ledger: Ledger,
  terminal: Terminal,
  company: Company,
  { exact = false, json = false, isGiven }: Show & { readonly isGiven: boolean },
): Promise<void> {
  const booked = company.months.flatMap((one) => one.booked)
  const all = sumOf('all', booked)
  const isNew = booked.filter((one) => one.isNew)
  terminal.say()
  const audited = `audit: ${company.checks} invariants checked, ${company.violations} violations`
  if (company.violations === 0) terminal.done(audited)
  else terminal.fail(audited)
  const took = isNew.length === 0 ? 'nothing was new' : `${counted(isNew.length)} booked now, in ${company.seconds.toFixed(0)} s`
  terminal.say(
    `\n  ${terminal.sayColour.bold('A company in')} ${company.months.length} months: ${counted(all.usages)} calls (${counted(booked.filter(hasFailed).length)} failed), ${showEur(all.cost, exact)} EUR; ${took}\n`,
  )
  // With --json, stdout is for the machine.
  if (!json) {
    for (const [head, nameOf] of [
      ['feature', featureOf],
      ['model', modelOf],
      ['account', accountOf],
    ] as const)
      terminal.print(`${tableOf(terminal, head, sumsBy(booked, nameOf), exact)}\n`)
    terminal.print(budgetsOf(terminal, await companyBudgets(ledger), exact))
  }
  tellWays(terminal, isGiven)
}

const tableOf = (terminal: Terminal, head: string, sums: readonly Sum[], exact: boolean): string =>
  terminal.table(
    [head.padEnd(32), 'calls', 'EUR'],
    sums.map(({ name, usages, cost }) => [name, counted(usages), showEur(cost, exact)]),
    [1, 2],
  )

const companyBudgets = async (ledger: Ledger): Promise<Budget[]> =>
  (await listBudgets(ledger, { after: 0, limit: 100 })).filter(({ scope, name }) =>
    scope.account === undefined ? name.startsWith('demo ') : ACCOUNTS.some(({ id }) => id === scope.account),
  )

const budgetsOf = (terminal: Terminal, budgets: readonly Budget[], exact: boolean): string =>
  terminal.table(
    ['budget, this month'.padEnd(32), 'cap EUR', 'spent', '%'],
    budgets.map(({ name, cap, spent, percentageUsed }) => [name, showEur(cap, exact), showEur(spent, exact), percentageUsed]),
    [1, 2, 3],
  )

function tellWays(terminal: Terminal, isGiven: boolean): void {
  const ways = [
    ['npx purser report --by feature', 'the last month that is over: by team, user, model … too'],
    ['npx purser analytics users', 'who spent the most in the last thirty days; and features, vendors, latency …'],
    ['npx purser budget forecast "demo company"', 'what this month will have cost when it ends'],
    ['npx purser tail --no-follow --lines 20', 'the last calls'],
    ['npx purser account list', 'caps, and what is left of them'],
    ['npx purser budget list', 'the same by feature, team and environment'],
    ['npx purser outbox events', 'thresholds that were reached, and caps that were passed'],
    ['npx purser prices show example/house-chat', 'a model whose price falls each June'],
    ['npx purser keys create me --scope budgets:read,reports:read', 'a key for the HTTP API: docs/api.md'],
    ...(isGiven ? [] : [['npx purser dev', 'everything up over these books, with the HTTP API and its /docs']]),
  ]
  terminal.say('\n  Look around:')
  for (const [command = '', what = ''] of ways) terminal.say(`    ${command.padEnd(66)} ${what}`)
}

/** For `--json`: amounts with nine digits. */
export function companyJson({ options, months, violations }: Company): Record<string, unknown> {
  const booked = months.flatMap((one) => one.booked)
  const { usages, cost } = sumOf('', booked)
  return {
    ...options,
    calls: usages,
    costEur: exactEur(cost),
    booked: booked.filter(({ isNew }) => isNew).length,
    failed: booked.filter(hasFailed).length,
    months: months.map(({ month, booked: some }) => sumJson(sumOf(month, some))),
    features: sumsBy(booked, featureOf).map(sumJson),
    models: sumsBy(booked, modelOf).map(sumJson),
    accounts: sumsBy(booked, accountOf).map(sumJson),
    audit: { violations },
  }
}

const sumJson = ({ name, usages, cost }: Sum): Record<string, unknown> => ({ name, calls: usages, costEur: exactEur(cost) })

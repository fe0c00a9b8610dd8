import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { DIMENSIONS, isDimension } from '../insight/dimension.ts'
import { csvOf, numberColumn, textColumn, type Column } from '../insight/csv.ts'
import { monthReport, NOTHING, type MonthReport } from '../insight/report.ts'
import { shortSpent, spentText, type Currency, type SpendingGroup } from '../insight/spending.ts'
import { scopeOf, scopeText } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'
import type { Terminal } from './terminal.ts'
import { withLedger, type Show } from './with-ledger.ts'

interface Options extends Show {
  csv?: boolean
  by: string
  month?: string
  scope: string
  currency: string
  timeZone?: string
}

/** `purser report`: a month's spending, by anything. */
export function reportCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('report')
    .description('what was spent in a month, by anything, dearest first: the sums are what the budgets have spent')
    .option('--by <what>', `${DIMENSIONS.join(', ')} or label:NAME`, 'feature')
    .option('--month <month>', 'such as 2026-11 (default: the last one that is over)')
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
    .option('--currency <currency>', 'EUR, or USD: each call at the rate that was pinned with it', 'EUR')
    .option('--time-zone <zone>', `where the month begins (default: ${config.PURSER_TIME_ZONE})`)
    .option('--exact', 'all digits of an amount')
    .option('--json', 'one JSON object')
    .option('--csv', 'one line per value, with all digits; without the sum')
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const { by, month, timeZone = config.PURSER_TIME_ZONE, currency } = o
      if (!isDimension(by)) throw new PurserError('bad_input', `--by ${by}: write ${DIMENSIONS.join(', ')} or label:NAME`)
      if (currency !== 'EUR' && currency !== 'USD') throw new PurserError('bad_input', `--currency ${currency}: write EUR or USD`)
      if (!isTimeZone(timeZone)) throw new PurserError('bad_input', `--time-zone ${timeZone}: write one like Europe/Berlin`)
      const asked = month === undefined ? undefined : parsed(monthSchema, month, 'month')
      const filter = scopeOf(o.scope)
      await withLedger(openLedger(config), async (ledger) => {
        const report = await monthReport(ledger, { month: asked, timeZone, filter, by })
        if (o.csv === true) return terminal.pipe(csvOf(columnsOf(by, currency), report.groups))
        if (o.json === true) return terminal.print(JSON.stringify(jsonOf(report, by, currency)))
        show(terminal, report, { by, currency, timeZone, scope: scopeText(filter), exact: o.exact === true })
      })
    }),
  )
}

interface Shown {
  readonly by: string
  readonly currency: Currency
  readonly timeZone: string
  readonly scope: string
  readonly exact: boolean
}

const RIGHT = [1, 2, 3, 4, 5, 6]

function show(terminal: Terminal, { month, whole, groups }: MonthReport, { by, currency, timeZone, scope, exact }: Shown): void {
  const of = scope === 'all' ? '' : ` of ${scope}`
  if (groups.length === 0) return terminal.say(`nothing was spent in ${month} (${timeZone})${of}; another month: --month 2026-11`)
  terminal.say(`${month} by ${by}${of} (${timeZone})`)
  const money = exact ? spentText : shortSpent
  const row = (name: string, group: SpendingGroup, share: string): string[] => [
    name,
    count(group.calls),
    count(group.failed),
    count(group.inputTokens),
    count(group.outputTokens),
    money(group.total, currency),
    `${share} %`,
  ]
  const rows = groups.map((group) => row(group.names[0] ?? '(none)', group, group.share))
  const head = [by, 'calls', 'failed', 'input tokens', 'output tokens', currency, 'share']
  terminal.print(terminal.table(head, [...rows, row('in all', whole, '100.00')], RIGHT))
}

/** In groups of three. */
const count = (value: bigint): string => value.toLocaleString('en-US')

const jsonOf = ({ month, whole, groups }: MonthReport, by: string, currency: Currency) => ({
  month,
  by,
  currency,
  ...figuresOf(whole, currency),
  groups: groups.map((group) => ({ name: group.names[0] ?? null, ...figuresOf(group, currency), share: group.share })),
})

const figuresOf = (group: SpendingGroup, currency: Currency) => ({
  total: spentText(group.total, currency),
  input: spentText(group.input, currency),
  output: spentText(group.output, currency),
  other: spentText(group.other, currency),
  calls: Number(group.calls),
  failed: Number(group.failed),
  inputTokens: Number(group.inputTokens),
  outputTokens: Number(group.outputTokens),
})

type Group = MonthReport['groups'][number]

function columnsOf(by: string, currency: Currency): readonly Column<Group>[] {
  const figures: Column<Group>[] = Object.keys(figuresOf(NOTHING, currency)).map((name) =>
    numberColumn(snake(name), (group) => String(figuresOf(group, currency)[name as keyof ReturnType<typeof figuresOf>])),
  )
  return [
    textColumn(by.replace(':', '_'), ({ names }) => names[0] ?? null),
    textColumn('currency', () => currency),
    ...figures,
    numberColumn('share_percent', ({ share }) => share),
  ]
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

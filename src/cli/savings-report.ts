import { Command } from 'commander'
import { dayStart, daysLater } from '../domain/day.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { monthOf, monthsLater } from '../domain/period.ts'
import { csvOf } from '../insight/csv.ts'
import { SAVINGS_COLUMNS } from '../insight/savings-csv.ts'
import { grouped, hadNoEffect, hitRateText, NO_EFFECT, qualityText, savings, summedUp, type SavingsGroup } from '../insight/savings.ts'
import { scopeOf } from '../schema/budget-input.ts'
import { day } from '../schema/day.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'
import { showEur } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

interface Options {
  month?: string
  from?: string
  to?: string
  by?: string
  scope: string
  exact?: boolean
  json?: boolean
  csv?: boolean
}

/** `purser savings report`: what each strategy saved, from real usage at the price that would have been paid. */
export function savingsReportCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('report')
    .description(
      'what each strategy saved, by feature, the largest first: from real usage at the price that would have been paid; and what is on without effect',
    )
    .option('--month <month>', 'such as 2026-11 (default: this one)')
    .option('--from <day>', 'instead of a month: the first day')
    .option('--to <day>', 'the last day, inclusive')
    .option('--by <what>', 'feature or strategy (default: both)')
    .option('--scope <scope>', 'which calls: account=acme,feature=chat; "all" for every call', 'all')
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object')
    .option('--csv', 'one line per group')
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const { by } = o
      if (by !== undefined && by !== 'feature' && by !== 'strategy')
        throw new PurserError('bad_input', `--by ${by}: write feature or strategy`)
      const { first, behind } = daysOf(o, config.PURSER_TIME_ZONE)
      const question = {
        filter: scopeOf(o.scope),
        from: dayStart(first, config.PURSER_TIME_ZONE),
        to: dayStart(behind, config.PURSER_TIME_ZONE),
      }
      await withLedger(openLedger(config), async (ledger) => {
        const all = await savings(ledger, question)
        const groups = grouped(all, by ?? 'strategy_and_feature')
        if (o.csv === true) return terminal.pipe(csvOf(SAVINGS_COLUMNS, groups))
        const whole = summedUp(all)
        if (o.json === true)
          return terminal.print(
            JSON.stringify({ from: first, to: daysLater(behind, -1), savedEur: exactEur(whole.saved), savings: groups.map(jsonOf) }),
          )
        if (groups.length === 0)
          return terminal.say(
            `nothing was saved from ${first} to ${daysLater(behind, -1)}, and no strategy was on: \`purser savings switches\``,
          )
        const rows = groups.map((group) => [group.strategy ?? 'all', nameOf(group), ...figuresOf(group, o.exact === true)])
        terminal.print(
          terminal.table(
            HEAD,
            [...rows, ['in all', '', ...figuresOf({ ...whole, with: NONE, without: NONE }, o.exact === true)]],
            [2, 3, 4, 5, 6, 7, 8],
          ),
        )
      })
    }),
  )
}

const NONE = { calls: 0n, quality: 0n }
const HEAD = ['strategy', 'feature', 'calls', 'of seen', 'saved, EUR', 'tokens not sent', 'cache hits, %', 'quality with', 'and without']

const nameOf = ({ feature }: SavingsGroup): string => (feature === undefined ? 'all' : (feature ?? '(none)'))

const figuresOf = (group: SavingsGroup, exact: boolean): string[] => [
  group.calls.toLocaleString('en-US'),
  group.seen.toLocaleString('en-US'),
  hadNoEffect(group) && group.strategy !== null ? NO_EFFECT : showEur(group.saved, exact),
  group.tokens.toLocaleString('en-US'),
  hitRateText(group) ?? '–',
  qualityText(group.with) ?? '–',
  qualityText(group.without) ?? '–',
]

const jsonOf = (group: SavingsGroup) => ({
  strategy: group.strategy,
  feature: group.feature ?? null,
  calls: Number(group.calls),
  savedEur: exactEur(group.saved),
  tokensNotSent: Number(group.tokens),
  effect: hadNoEffect(group) ? 'none' : 'saved',
  callsSeen: Number(group.seen),
  hits: Number(group.hits),
  misses: Number(group.misses),
  hitRate: hitRateText(group),
  scoredWith: Number(group.with.calls),
  qualityWith: qualityText(group.with),
  scoredWithout: Number(group.without.calls),
  qualityWithout: qualityText(group.without),
})

/** The first day, and the one behind the last. */
function daysOf({ month, from, to }: Options, timeZone: string): { readonly first: string; readonly behind: string } {
  if (from === undefined && to === undefined) {
    const of = month === undefined ? monthOf(new Date(), timeZone) : parsed(monthSchema, month, 'month')
    return { first: `${of}-01`, behind: `${monthsLater(of, 1)}-01` }
  }
  if (month !== undefined || from === undefined || to === undefined) throw new PurserError('bad_input', 'say --month, or --from and --to')
  const [first, last] = [parsed(day, from, 'day'), parsed(day, to, 'day')]
  if (last < first) throw new PurserError('bad_input', `--to ${last} is before --from ${first}`)
  return { first, behind: daysLater(last, 1) }
}

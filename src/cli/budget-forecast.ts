import { Command } from 'commander'
import { exactEur } from '../domain/money.ts'
import { budgetForecast, type BudgetForecast } from '../insight/budget-forecast.ts'
import type { CliContext, Run } from './context.ts'
import { minute, showEur } from './terminal.ts'
import { budgetName, shown, withLedger, type Show } from './with-ledger.ts'

/** `purser budget forecast`: how a budget's period will end. */
export function forecastCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(
    new Command('forecast').description('what a budget will have spent when its period ends, and when its cap is reached: an estimate'),
    'budget',
  ).argument('<budget>', 'its name or id')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const o = command.opts<Show>()
        const told = await budgetForecast(ledger, budgetName(command.args[0]))
        if (o.json === true) return terminal.print(JSON.stringify(jsonOf(told)))
        for (const line of linesOf(told, o.exact === true)) terminal.print(line)
      }),
    ),
  )
}

function linesOf(b: BudgetForecast, exact: boolean): string[] {
  const eur = (value: BudgetForecast['cap']): string => `${showEur(value, exact)} EUR`
  const held = b.reserved === 0n ? '' : `, and ${eur(b.reserved)} set aside for calls under way`
  const lines = [
    `${b.name}, ${b.period} (${b.timeZone}), as of ${minute(b.asOf.toISOString())}`,
    `  spent so far         ${eur(b.spent)} of ${eur(b.cap)}${held}`,
  ]
  if (b.forecast.kind === 'not_enough_data')
    return [
      ...lines,
      `  expected             not enough data: ${b.forecast.days} whole day${b.forecast.days === 1 ? '' : 's'} since the first spending, ${b.forecast.daysNeeded} are needed`,
    ]
  const { end, perDay } = b.forecast
  const ends = b.periodEndsAt === null ? undefined : minute(b.periodEndsAt.toISOString())
  if (end !== null) {
    lines.push(`  expected at the end  ${eur(end.expected)}, in four of five cases between ${eur(end.low)} and ${eur(end.high)}`)
    lines.push(`  over the cap         in ${end.percentOverCap} % of cases`)
  }
  return [...lines, `  a day to come        ${eur(perDay)} on average`, `  cap reached          ${capReached(b, ends)}`]
}

function capReached({ exhaustedAt, isHard, spent, cap }: BudgetForecast, ends: string | undefined): string {
  if (exhaustedAt === null) return ends === undefined ? 'not within a year' : `not before the period ends, ${ends}`
  const then = isHard ? '; from then on calls are refused' : '; it is soft: nothing is refused'
  return `${spent >= cap ? 'already' : `about ${minute(exhaustedAt.toISOString())}`}${then}`
}

function jsonOf({ forecast, cap, spent, reserved, ...b }: BudgetForecast): Record<string, unknown> {
  const told = forecast.kind === 'forecast' ? forecast : undefined
  const eur = (value: typeof cap | undefined): string | null => (value === undefined ? null : exactEur(value))
  return {
    ...b,
    status: forecast.kind,
    capEur: exactEur(cap),
    spentEur: exactEur(spent),
    reservedEur: exactEur(reserved),
    expectedEur: eur(told?.end?.expected),
    lowEur: eur(told?.end?.low),
    highEur: eur(told?.end?.high),
    percentOverCap: told?.end?.percentOverCap ?? null,
    perDayEur: eur(told?.perDay),
  }
}

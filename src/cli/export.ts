import { Command } from 'commander'
import { callsCsv } from '../insight/calls-csv.ts'
import { focusCsv } from '../insight/focus.ts'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { moment } from '../schema/day.ts'
import { scopeOf } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'
import { withLedger } from './with-ledger.ts'

/** `purser export`: what other programs read, as CSV. */
export function exportCommand(context: CliContext, run: Run): Command {
  const command = new Command('export').description('CSV for other programs, on stdout')
  for (const sub of [callsCommand, focusCommand]) command.addCommand(sub(context, run))
  return command
}

const NEVER = new Date('9999-01-01T00:00:00Z')
const THIRTY_DAYS_MS = 30 * 86_400_000

function callsCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('calls')
    .description('every call, one line each, those of the newest job first')
    .option('--from <moment>', 'reserved from then on, such as 2026-11-01T00:00:00Z (default: thirty days ago)')
    .option('--to <moment>', 'and before then (default: now)')
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
  return command.action(
    run(async () => {
      const o = command.opts<{ from?: string; to?: string; scope: string }>()
      const from = o.from === undefined ? new Date(Date.now() - THIRTY_DAYS_MS) : momentOf(o.from)
      const to = o.to === undefined ? NEVER : momentOf(o.to)
      const filter = scopeOf(o.scope)
      await withLedger(openLedger(config), (ledger) => terminal.pipe(callsCsv(ledger, { filter, from, to })))
    }),
  )
}

const momentOf = (text: string): Date => parsed(moment('write it like 2026-11-03T14:30:00Z'), text, 'moment')

function focusCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('focus')
    .description('a month in the form of FOCUS 1.2, which tools of finance read: its BilledCost is what was spent, to the last digit')
    .requiredOption('--month <month>', 'such as 2026-11')
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
    .option('--time-zone <zone>', `where the month begins (default: ${config.PURSER_TIME_ZONE})`)
  return command.action(
    run(async () => {
      const o = command.opts<{ month: string; scope: string; timeZone?: string }>()
      const timeZone = o.timeZone ?? config.PURSER_TIME_ZONE
      if (!isTimeZone(timeZone)) throw new PurserError('bad_input', `--time-zone ${timeZone}: write one like Europe/Berlin`)
      const question = { month: parsed(monthSchema, o.month, 'month'), timeZone, filter: scopeOf(o.scope) }
      await withLedger(openLedger(config), (ledger) => terminal.pipe(focusCsv(ledger, question)))
    }),
  )
}

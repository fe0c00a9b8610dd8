import { Command } from 'commander'
import { callsCsv } from '../insight/calls-csv.ts'
import { moment } from '../schema/day.ts'
import { scopeOf } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { withLedger } from './with-ledger.ts'

/** `purser export`: what other programs read, as CSV. */
export function exportCommand(context: CliContext, run: Run): Command {
  const command = new Command('export').description('CSV for other programs, on stdout')
  command.addCommand(callsCommand(context, run))
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

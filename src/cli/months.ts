import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { daysWithoutBill } from '../ledger/bills.ts'
import { dropMonth, unbilledText } from '../ledger/drop-month.ts'
import { inspectMonth, listMonths, type CallMonth } from '../ledger/months.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { withLedger } from './with-ledger.ts'

export function monthsCommand(context: CliContext, run: Run): Command {
  const command = new Command('months').description(
    'the calls of past months: list them, and drop the oldest when nobody needs them any more',
  )
  for (const sub of [listCommand, dropCommand]) command.addCommand(sub(context, run))
  return command
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('the months whose calls are kept, and those that were dropped, oldest first')
    .option('--json', 'one JSON object per month')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const months = await listMonths(ledger)
        if (command.opts<{ json?: boolean }>().json === true) for (const month of months) terminal.print(JSON.stringify(month))
        else terminal.print(terminal.table(['month', 'calls are', 'attempts', 'MB', 'since', 'why'], months.map(rowOf), [2, 3]))
      }),
    ),
  )
}

/** Of a month that is kept the number of attempts is an estimate. */
const rowOf = ({ month, state, attempts, bytes, frozenAt, droppedAt, why }: CallMonth): string[] => [
  month,
  state,
  `${state === 'kept' ? '~' : ''}${attempts ?? ''}`,
  megabytes(bytes),
  (droppedAt ?? frozenAt ?? '').slice(0, 10),
  why ?? '',
]

interface Drop {
  month: string
  why?: string
  billReconciled?: boolean
  dryRun?: boolean
  json?: boolean
}

function dropCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('drop')
    .description(
      'drop the calls of the oldest month for ever; late answers and bills are still booked (needs the login of `purser migrate`)',
    )
    .requiredOption('--month <month>', 'of the start of their jobs in UTC, such as 2026-01')
    .option('--why <text>', 'kept with the month')
    .option(
      '--bill-reconciled',
      "you vouch that the provider's bill of the month is reconciled (not needed where approved bills cover its days)",
    )
    .option('--dry-run', 'say what stands in the way, and change nothing; exit code 1 if something does')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<Drop>()
      const month = parsed(monthSchema, o.month, 'month')
      const show = (answer: CallMonth, line: string) => terminal.print(o.json === true ? JSON.stringify(answer) : line)
      if (o.dryRun === true)
        return withLedger(openLedger(config), async (ledger) => {
          const seen = await inspectMonth(ledger, month)
          const unbilled = seen.state === 'kept' && o.billReconciled !== true ? await daysWithoutBill(ledger, month) : []
          show({ ...seen, ...(unbilled.length > 0 && { withoutBill: unbilled }) }, wouldDrop(seen))
          if (unbilled.length > 0) terminal.warn(`no approved bill: ${unbilledText(unbilled)}`)
          return seen.obstacles.length === 0 ? EXIT.done : EXIT.failed
        })
      const { why = '', billReconciled = false } = o
      if (why.trim() === '') throw new PurserError('bad_input', 'say why it may go: --why TEXT')
      return withLedger(openLedger(config, 'owner'), async (ledger) => {
        const spin = terminal.spin(`checking ${month}`)
        try {
          const dropped = await dropMonth(ledger, { month, why, billReconciled }, (n, of) =>
            spin.now(`keeping what is needed of ${n} of ${of} attempts`),
          )
          spin.stop()
          terminal.done(dropped.changed ? `${month} is dropped` : `${month} was dropped before: no effect`)
          show(dropped, sizeOf(dropped))
        } finally {
          spin.stop()
        }
      })
    }),
  )
}

function wouldDrop(seen: CallMonth & { readonly obstacles: readonly string[] }): string {
  if (seen.state === 'dropped') return `${seen.month} was dropped before`
  if (seen.obstacles.length === 0) return `${seen.month} could be dropped: ${sizeOf(seen)}`
  return [`${seen.month} cannot be dropped:`, ...seen.obstacles.map((obstacle) => `  ${obstacle}`)].join('\n')
}

const sizeOf = ({ attempts, bytes }: CallMonth): string => `${attempts ?? 0} attempt${attempts === 1 ? '' : 's'}, ${megabytes(bytes)} MB`

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

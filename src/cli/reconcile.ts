import { basename } from 'node:path'
import { Command, Option } from 'commander'
import { BILL_FORMATS, type BillFormat } from '../domain/bill.ts'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { approveBill, discardBill, driftOf, importBill, listBills, showBill, type Bill } from '../ledger/bills.ts'
import { readBill } from '../schema/bills/bill-file.ts'
import { meaningsSchema, type Meanings } from '../schema/bills/reading.ts'
import { label } from '../schema/names.ts'
import { parsed } from '../schema/parsed.ts'
import { textOf } from './prices-import.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { billJson, billRow, driftJson, driftRow, showSums } from './reconcile-text.ts'
import { minute, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { afterOf, ID_MAX, limitOf, withLedger } from './with-ledger.ts'

/** `purser reconcile`: a provider's bill beside the ledger. */
export function reconcileCommand(context: CliContext, run: Run): Command {
  const command = new Command('reconcile').description(
    "a provider's bill: import it, compare it with the ledger (quantities, dollars, euros), and book what differs",
  )
  for (const sub of [importCommand, listCommand, showCommand, approveCommand, discardCommand]) command.addCommand(sub(context, run))
  return command
}

interface Import {
  provider: string
  format: BillFormat
  timeZone?: string
  meanings?: string
  json?: boolean
}

function importCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('import')
    .description('stores the lines of a bill, each once, and shows what differs; books nothing')
    .argument('<file>', 'what the provider wrote (docs/reconcile.md has the forms)')
    .requiredOption('--provider <name>', 'as in the price book')
    .addOption(new Option('--format <form>', 'whose form it has').choices(BILL_FORMATS).default('purser'))
    .option('--time-zone <zone>', "in which the bill's days are days (default: America/Los_Angeles for google, else UTC)")
    .option(
      '--meanings <file>',
      'what the provider’s words for lines mean: JSON, {"words": {"model", "tier", "unit"}}, or null for what is left out',
    )
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<Import>()
      const file = command.args[0] ?? ''
      const provider = parsed(label, o.provider, 'provider')
      if (o.timeZone !== undefined && !isTimeZone(o.timeZone))
        throw new PurserError('bad_input', `"${o.timeZone}" is no time zone: write it like America/Los_Angeles`)
      const meanings = o.meanings === undefined ? {} : meaningsIn(await textOf(o.meanings))
      const text = await textOf(file)
      const { bill, leftOut } = readBill({ text, name: basename(file), provider, format: o.format, timeZone: o.timeZone, meanings })
      await withLedger(openLedger(config), async (ledger) => {
        const spin = terminal.spin(`storing ${bill.lines.length} lines`)
        try {
          const imported = await importBill(ledger, bill, who(), (lines, of) => spin.now(`storing line ${lines} of ${of}`))
          spin.now('comparing')
          const drift = await driftOf(ledger, imported.bill.billId)
          spin.stop()
          const { changed, known, knownIn } = imported
          if (o.json === true)
            return terminal.print(
              JSON.stringify({
                changed,
                known,
                knownIn,
                ...billJson(imported.bill),
                leftOut: Object.fromEntries(leftOut),
                drift: drift.map(driftJson),
              }),
            )
          for (const [words, count] of leftOut) terminal.warn(`left out: ${words} (${count})`)
          if (known > 0) terminal.warn(`${known} of its lines are of bill ${knownIn.join(', ')} already, and stay there`)
          terminal.done(
            changed
              ? `bill ${imported.bill.billId}: ${counted(imported.bill.stored, 'line')}`
              : `this file was imported before, as bill ${imported.bill.billId}: no effect`,
          )
          showDrift(terminal, drift)
          sayNext(terminal, imported.bill)
        } finally {
          spin.stop()
        }
      })
    }),
  )
}

function meaningsIn(text: string): Meanings {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new PurserError('bad_input', `--meanings is no JSON: ${(error as Error).message}`)
  }
  return parsed(meaningsSchema, value, 'list of meanings')
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('bills that were imported, the newest first, a page at a time')
    .option('--provider <name>', 'of this one only')
    .option('--before <bill>', 'continue before this bill (default: from the newest)')
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per bill')
  return command.action(
    run(async () => {
      const o = command.opts<{ provider?: string; before?: string; limit: string; json?: boolean }>()
      const [before, limit] = [o.before === undefined ? undefined : afterOf(o.before, 'bill'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const bills = await listBills(ledger, { provider: o.provider, before, limit })
        if (o.json === true) return bills.forEach((bill) => terminal.print(JSON.stringify(billJson(bill))))
        if (bills.length === 0) return terminal.say('no bills')
        terminal.print(
          terminal.table(['bill', 'provider', 'file', 'from', 'to', 'lines', 'USD', 'EUR', 'is'], bills.map(billRow), [0, 5, 6, 7]),
        )
        if (bills.length === limit) terminal.say(`more: purser reconcile list --before ${bills.at(-1)?.billId}`)
      })
    }),
  )
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description("a bill's days beside the ledger: where they differ, and in what; exit code 1 if something differs that is not booked")
    .argument('<bill>', 'its number, as the list shows it')
    .option('--all', 'also where both agree')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ all?: boolean; json?: boolean }>()
      const billId = billOf(command.args[0])
      return withLedger(openLedger(config), async (ledger) => {
        const bill = await showBill(ledger, billId)
        const drift = await driftOf(ledger, billId, o.all === true ? 'all' : 'differences')
        if (o.json === true) terminal.print(JSON.stringify({ ...billJson(bill), drift: drift.map(driftJson) }))
        else {
          terminal.say(
            `  bill ${billId} of ${bill.provider}, ${bill.fromDay} to ${bill.toDay} (${bill.timeZone}): ${counted(bill.stored, 'line')}, ${bill.attributed} of them of ${counted(bill.attempts, 'attempt')}`,
          )
          showDrift(terminal, drift)
          sayNext(terminal, bill)
        }
        return drift.some(({ differs, isBooked }) => differs.length > 0 && !isBooked) ? EXIT.failed : EXIT.done
      })
    }),
  )
}

function approveCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('approve')
    .description('you have looked at what differs: books it, on the attempts and on the house; broken off, it goes on where it was')
    .argument('<bill>', 'its number, as the list shows it')
    .requiredOption('--reason <text>', 'kept with the bill, and with each entry')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ reason: string; json?: boolean }>()
      const billId = billOf(command.args[0])
      await withLedger(openLedger(config), async (ledger) => {
        const spin = terminal.spin(`booking bill ${billId}`)
        try {
          const approved = await approveBill(ledger, { billId, why: o.reason, by: who() }, (lines, of) =>
            spin.now(`booking line ${lines} of ${of}`),
          )
          spin.stop()
          if (o.json === true) return terminal.print(JSON.stringify({ billId, ...approved }))
          terminal.done(
            approved.lines + approved.onTheHouse === 0
              ? `bill ${billId} was booked before: no effect`
              : `bill ${billId} is booked: ${counted(approved.lines, 'line')}, ${counted(approved.adjusted, 'attempt')} corrected, ${approved.onTheHouse} on the house`,
          )
        } finally {
          spin.stop()
        }
      })
    }),
  )
}

function discardCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('discard')
    .description(
      'the file was a mistake (another provider, form, time zone or meaning): its lines go, and may be imported again; not after it is booked',
    )
    .argument('<bill>', 'its number, as the list shows it')
    .requiredOption('--reason <text>', 'kept with the bill')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ reason: string; json?: boolean }>()
      const billId = billOf(command.args[0])
      await withLedger(openLedger(config), async (ledger) => {
        const { changed, ...bill } = await discardBill(ledger, { billId, why: o.reason, by: who() })
        if (o.json === true) terminal.print(JSON.stringify({ changed, ...billJson(bill) }))
        else terminal.done(changed ? `bill ${billId} is discarded` : `bill ${billId} was discarded before: no effect`)
      })
    }),
  )
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Throws PurserError `bad_input`. */
function billOf(text = ''): number {
  const id = Number(text)
  if (!Number.isInteger(id) || id < 1 || id > ID_MAX)
    throw new PurserError('bad_input', 'name a bill by its number: `purser reconcile list` shows them')
  return id
}

function showDrift(terminal: Terminal, drift: Parameters<typeof driftRow>[0][]): void {
  const differing = drift.filter(({ differs }) => differs.length > 0)
  if (drift.length > 0)
    terminal.print(
      terminal.table(
        ['day', 'model', 'unit', 'ledger', 'bill', 'ledger USD', 'bill USD', 'ledger EUR', 'bill EUR', 'differs in'],
        drift.map(driftRow),
        [3, 4, 5, 6, 7, 8],
      ),
    )
  if (differing.length === 0) terminal.done('both agree')
  else showSums(terminal, differing)
}

function sayNext(terminal: Terminal, { billId, state, approvedAt, why, discardedWhy }: Bill): void {
  if (state === 'discarded') return terminal.say(`  discarded: ${discardedWhy ?? ''}`)
  if (state === 'approved') terminal.say(`  booked ${approvedAt === null ? '' : minute(approvedAt)}: ${why ?? ''}`)
  else terminal.say(`  to book it: purser reconcile approve ${billId} --reason …`)
}

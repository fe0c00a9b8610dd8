import { Command } from 'commander'
import { exactEur, ofMoney, shortEur } from '../domain/money.ts'
import { recover, type Recovery } from '../ledger/recover.ts'
import { receiptOf } from '../schema/receipt-file.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

/** `purser recover`: after a restored backup or a promoted standby. */
export function recoverCommand({ config, terminal, openLedger, openBlobs }: CliContext, run: Run): Command {
  const command = new Command('recover')
    .description(
      'after a backup was restored or a standby promoted, when nothing starts any more: book the answers that only the blob store knows, audit, and let all go on',
    )
    .option('--dry-run', 'look, and change nothing; exit code 1 if the ledger is recovering')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const { dryRun = false, json = false } = command.opts<{ dryRun?: boolean; json?: boolean }>()
      const blobs = await openBlobs(config)
      return withLedger(openLedger(config), async (ledger) => {
        const found = await terminal.step('reading the receipts', () => recover(ledger, { blobs, receiptOf }, { dryRun }))
        if (json) terminal.print(JSON.stringify(recoveryJson(found)))
        else show(terminal, found, dryRun)
        return found.recovering === undefined || found.ended ? EXIT.done : EXIT.failed
      })
    }),
  )
}

const recoveryJson = ({ receipts: { cost, ...receipts }, recovering, lastEntryAt, ...found }: Recovery): Record<string, unknown> => ({
  recovering: recovering ?? null,
  lastEntryAt: lastEntryAt ?? null,
  receipts: { ...receipts, costEur: exactEur(ofMoney(cost)) },
  ...found,
})

function show(terminal: Terminal, { recovering, lastEntryAt, receipts, violations, ended, epoch }: Recovery, dryRun: boolean): void {
  if (recovering === undefined) {
    terminal.done(`the ledger is whole (epoch ${epoch}): there is nothing to recover`)
    return
  }
  const cost = `${shortEur(ofMoney(receipts.cost))} EUR`
  terminal.print(`recovering since ${minute(recovering.since)}: ${recovering.why}`)
  if (lastEntryAt !== undefined) terminal.print(`the last thing it knows is of ${minute(lastEntryAt)}`)
  if (dryRun) terminal.print(`${receipts.missing} answers in the blob store are not booked: ${cost}`)
  else {
    const { settled, uncovered, unbooked, failed, broken } = receipts
    terminal.print(`booked from the blob store: ${settled + uncovered} answers (${uncovered} to attempts that it does not know), ${cost}`)
    if (unbooked > 0) terminal.warn(`${unbooked} could not be booked, and wait for a person: \`purser unbooked\` shows them`)
    if (failed > 0) terminal.warn(`${failed} could not be booked just now: run it again`)
    if (broken > 0) terminal.warn(`${broken} are no receipts, and are set aside`)
  }
  for (const v of violations) terminal.print(`${terminal.printColour.red('broken')}  ${v.invariant}\n        at ${v.where}: ${v.found}`)
  if (dryRun) return
  if (!ended) {
    terminal.fail('the ledger is still recovering, and nothing starts: put right what is said above, and run it again')
    return
  }
  terminal.done(`the ledger is whole again (epoch ${epoch}): calls go on`)
  terminal.say(
    '  What people changed after the last thing that it knows (accounts, plans, budgets, top-ups, corrections), and requests that were sent',
  )
  terminal.say('  then and never answered, are in no receipt: do the former again, and wait for the bill with the latter.')
}

import { Command } from 'commander'
import { forgetOutboxConsumer, listOutboxConsumers } from '../ledger/outbox.ts'
import type { CliContext, Run } from './context.ts'
import { withLedger } from './with-ledger.ts'

export function outboxCommand(context: CliContext, run: Run): Command {
  const command = new Command('outbox').description('who reads the events of the ledger, and how far they are behind')
  for (const sub of [listCommand, forgetCommand]) command.addCommand(sub(context, run))
  return command
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('each consumer with what it has not acknowledged yet: nothing of that is pruned')
    .option('--json', 'one JSON object per consumer')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const consumers = await listOutboxConsumers(ledger)
        if (command.opts<{ json?: boolean }>().json === true) for (const one of consumers) terminal.print(JSON.stringify(one))
        else if (consumers.length === 0) terminal.say('nobody reads the outbox: its events are kept for a month')
        else
          terminal.print(
            terminal.table(
              ['consumer', 'unread', 'oldest unread', 'acknowledged'],
              consumers.map(({ name, unread, oldestUnreadAt, movedAt }) => [name, String(unread), minute(oldestUnreadAt), minute(movedAt)]),
              [1],
            ),
          )
      }),
    ),
  )
}

const minute = (at: string | null): string => (at === null ? '' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`)

function forgetCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('forget').description('keep nothing any more for a consumer that is gone').argument('<consumer>')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      await withLedger(openLedger(config), (ledger) => forgetOutboxConsumer(ledger, name))
      terminal.done(`"${name}" is forgotten`)
    }),
  )
}

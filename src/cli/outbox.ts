import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur, nano } from '../domain/money.ts'
import { EVENT_KINDS, forgetOutboxConsumer, listEvents, listOutboxConsumers, type OutboxEvent } from '../ledger/outbox.ts'
import type { CliContext, Run } from './context.ts'
import { eventText } from '../alerts/event-text.ts'
import { minute as minuteOf } from './terminal.ts'
import { limitOf, withLedger } from './with-ledger.ts'

export function outboxCommand(context: CliContext, run: Run): Command {
  const command = new Command('outbox').description(
    'the events of the ledger, alarms among them; who reads them, and how far they are behind',
  )
  for (const sub of [eventsCommand, listCommand, forgetCommand]) command.addCommand(sub(context, run))
  return command
}

function eventsCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('events')
    .description('what happened, in words, the newest first: crossed thresholds, refusals, overruns, freed money, and alarms')
    .option('--kind <kind>', `only these: ${EVENT_KINDS.join(', ')}`)
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per event')
  return command.action(
    run(async () => {
      const o = command.opts<{ kind?: string; limit: string; json?: boolean }>()
      const page = { kind: kindOf(o.kind), limit: limitOf(o.limit) }
      await withLedger(openLedger(config), async (ledger) => {
        const events = await listEvents(ledger, page)
        if (o.json === true) for (const event of events) terminal.print(JSON.stringify(eventJson(event)))
        else if (events.length === 0) terminal.say('no such events: those that everybody has read are kept for a month')
        else
          terminal.print(
            terminal.table(
              ['when', 'kind', 'account', 'what'],
              events.map((event) => [minuteOf(event.at), event.kind, event.account ?? '', eventText(event)]),
              [],
            ),
          )
      })
    }),
  )
}

function kindOf(text: string | undefined): OutboxEvent['kind'] | undefined {
  const kind = EVENT_KINDS.find((known) => known === text)
  if (text !== undefined && kind === undefined)
    throw new PurserError('bad_input', `there are no events of the kind "${text}": take one of ${EVENT_KINDS.join(', ')}`)
  return kind
}

const AMOUNTS = new Set(['cap', 'spent', 'reserved', 'overrun', 'needed', 'remaining', 'wanted', 'amount', 'cost'])

const eventJson = (event: OutboxEvent): Record<string, unknown> => ({
  ...event,
  details: Object.fromEntries(
    Object.entries(event.details).map(([name, value]: [string, unknown]) =>
      AMOUNTS.has(name) ? [`${name}Eur`, exactEur(nano(BigInt(String(value))))] : [name, value],
    ),
  ),
  text: eventText(event),
})

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

const minute = (at: string | null): string => (at === null ? '' : minuteOf(at))

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

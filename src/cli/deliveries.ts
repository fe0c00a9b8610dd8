import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { DELIVERY_STATES, type DeliveryState } from '../domain/notice.ts'
import { noteAct } from '../ledger/acts.ts'
import { listDeliveries, NEWEST_DELIVERY, resendDelivery, type Delivery } from '../ledger/deliveries.ts'
import type { CliContext, Run } from './context.ts'
import { meant } from './destinations.ts'
import { minute } from './terminal.ts'
import { who } from './who.ts'
import { limitOf, withLedger } from './with-ledger.ts'

/** `purser deliveries`: what is on its way, and what could not be delivered. */
export function deliveriesCommand(context: CliContext, run: Run): Command {
  const command = new Command('deliveries').description('notices on their way to destinations, and dead letters')
  for (const sub of [listCommand, resendCommand]) command.addCommand(sub(context, run))
  return command
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('deliveries, the newest first, a page at a time')
    .option('--state <state>', `only these: ${DELIVERY_STATES.join(', ')}`)
    .option('--destination <destination>', 'only those to it: its name, or its id')
    .option('--before <id>', 'continue before this delivery (default: from the newest)')
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per delivery')
  return command.action(
    run(async () => {
      const o = command.opts<{ state?: string; destination?: string; before?: string; limit: string; json?: boolean }>()
      const [state, limit] = [stateOf(o.state), limitOf(o.limit)]
      const before = o.before === undefined ? NEWEST_DELIVERY : idOf(o.before)
      await withLedger(openLedger(config), async (ledger) => {
        const destinationId = o.destination === undefined ? undefined : (await meant(ledger, o.destination)).id
        const deliveries = await listDeliveries(ledger, { account: undefined, state, destinationId, before, limit })
        if (o.json === true) for (const one of deliveries) terminal.print(JSON.stringify(one))
        else if (deliveries.length === 0)
          terminal.say(`no ${o.before === undefined ? '' : 'more '}${state ?? ''} deliveries`.replace(/ +/g, ' '))
        else terminal.print(terminal.table(['id', 'told', 'type', 'to', 'state', 'attempts', 'what'], deliveries.map(rowOf), [0, 5]))
        const last = deliveries.at(-1)
        if (deliveries.length === limit && last !== undefined && o.json !== true)
          terminal.say(
            `more: purser deliveries list${state === undefined ? '' : ` --state ${state}`}${destinationId === undefined ? '' : ` --destination dst_${destinationId}`} --before ${last.id}`,
          )
      })
    }),
  )
}

const rowOf = (d: Delivery): string[] => [d.id, minute(d.at), d.type, d.destination, d.state, String(d.attempts), storyOf(d)]

/** Why it is not there yet, or never will be. */
function storyOf({ state, deadWhy, lastError, nextAt, deliveredAt }: Delivery): string {
  if (state === 'delivered') return deliveredAt === null ? '' : minute(deliveredAt)
  const why = [deadWhy, lastError === deadWhy ? null : lastError].filter((one) => one !== null).join('; ')
  return state === 'dead' || nextAt === null ? why : `${why}; next at ${minute(nextAt)}`
}

function resendCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('resend')
    .description('send it again, as the same notice: a dead one, or what a receiver has lost')
    .argument('<ids...>', 'of `purser deliveries list`')
  return command.action(
    run(async () => {
      const ids = command.args.map(idOf)
      await withLedger(openLedger(config), async (ledger) => {
        for (const id of ids) {
          const { destination, account, resends } = await resendDelivery(ledger, { id })
          const what = { id: `dlv_${id}`, resends }
          await noteAct(ledger, { who: who(), act: 'delivery.resend', account: account ?? undefined, what, requestId: undefined })
          terminal.done(`delivery ${id} is on its way to "${destination}" again`)
        }
      })
    }),
  )
}

function stateOf(text: string | undefined): DeliveryState | undefined {
  const state = DELIVERY_STATES.find((known) => known === text)
  if (text !== undefined && state === undefined) throw new PurserError('bad_input', `--state takes one of ${DELIVERY_STATES.join(', ')}`)
  return state
}

/** `12`, or `dlv_12` as the API writes it. Throws PurserError `bad_input`. */
function idOf(text: string): string {
  const id = /^(?:dlv_)?([1-9]\d{0,17})$/.exec(text)?.[1]
  if (id !== undefined) return id
  throw new PurserError('bad_input', `"${text}" is no id of a delivery: \`purser deliveries list\` shows them`)
}

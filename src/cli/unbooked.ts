import { Command } from 'commander'
import { reservationRef } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { listUnbooked, resolveUnbooked, type Unbooked } from '../ledger/unbooked.ts'
import type { CliContext, Run } from './context.ts'
import { minute, showEur } from './terminal.ts'
import { afterOf, ID_MAX, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

/** `purser unbooked`: answers that the ledger could not book, and a person's decision. */
export function unbookedCommand(context: CliContext, run: Run): Command {
  const { config, terminal, openLedger } = context
  const described = new Command('unbooked').description(
    'answers that could not be booked and wait for a person: with the reason, the oldest first, a page at a time',
  )
  const command = paged(shown(described, 'item'), 'item')
  command.addCommand(resolveCommand(context, run))
  return command.action(
    run(async () => {
      const o = command.opts<Show & { after?: string; limit: string }>()
      const [after, limit] = [afterOf(o.after, 'item'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const items = await listUnbooked(ledger, { after, limit })
        if (o.json === true) for (const item of items) terminal.print(JSON.stringify(itemJson(item)))
        else if (items.length === 0) terminal.say(after === 0 ? 'nothing waits: every answer is booked' : 'no more items')
        else {
          const rows = items.map((i) => [
            String(i.id),
            minute(i.at),
            attemptOf(i),
            i.account ?? '',
            i.cost === undefined ? '' : showEur(i.cost, o.exact ?? false),
            i.reason,
          ])
          terminal.print(terminal.table(['id', 'came', 'attempt', 'account', 'EUR', 'why it could not be booked'], rows, [0, 4]))
          const last = items.at(-1)
          if (items.length === limit && last !== undefined) terminal.say(`more: purser unbooked --after ${last.id}`)
        }
      })
    }),
  )
}

const attemptOf = ({ reservationId }: Pick<Unbooked, 'reservationId'>): string =>
  reservationId === null ? '' : reservationRef(reservationId)

const itemJson = ({ cost, ...item }: Unbooked): Record<string, unknown> => ({
  ...item,
  attempt: attemptOf(item),
  costEur: cost === undefined ? null : exactEur(cost),
})

function resolveCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('resolve')
    .description('ends an item, with your reason: tried once more, or put aside')
    .argument('<id>', 'as the list shows it')
    .option('--book', 'try it again as it came, when what stood in its way is gone')
    .option('--put-aside', 'it is not booked: the reason says where its money is (a bill, or the answer that was booked first)')
    .requiredOption('--why <text>', 'kept with the item')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.optsWithGlobals<Show & { book?: boolean; putAside?: boolean; why: string }>()
      const id = Number(command.args[0])
      if (!Number.isInteger(id) || id < 1 || id > ID_MAX)
        throw new PurserError('bad_input', 'name an item by its number: `purser unbooked` lists them')
      if ((o.book === true) === (o.putAside === true))
        throw new PurserError('bad_input', 'say what becomes of it: either --book, or --put-aside')
      await withLedger(openLedger(config), async (ledger) => {
        const { changed, reservationId } = await resolveUnbooked(ledger, id, o.book === true ? 'booked' : 'put_aside', o.why)
        if (o.json === true) return terminal.print(JSON.stringify({ id, attempt: attemptOf({ reservationId }), changed }))
        const ended = o.book === true ? 'is booked' : 'is put aside'
        terminal.done(changed ? `item ${id} ${ended}: ${o.why}` : `this was said before: no effect; item ${id} ${ended}`)
      })
    }),
  )
}

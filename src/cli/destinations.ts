import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { newTarget } from '../delivery/destination.ts'
import { newSecret } from '../delivery/sign.ts'
import { PurserError } from '../domain/errors.ts'
import { DESTINATION_KINDS } from '../domain/notice.ts'
import { noteAct } from '../ledger/acts.ts'
import {
  createDestination,
  disableDestination,
  enableDestination,
  findDestination,
  listDestinations,
  rotateSecret,
  testDestination,
  type Destination,
} from '../ledger/destinations.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { destinationInputSchema } from '../schema/destination-input.ts'
import { rotationSchema } from '../schema/key-input.ts'
import { accountId } from '../schema/names.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { afterOf, ID_MAX, limitOf, paged, withLedger } from './with-ledger.ts'

/** `purser destinations`: where notices go. */
export function destinationsCommand(context: CliContext, run: Run): Command {
  const command = new Command('destinations').description('where notices go: webhooks, Slack, mail, the worker’s log')
  for (const sub of [addCommand, listCommand, removeCommand, enableCommand, rotateCommand, testCommand])
    command.addCommand(sub(context, run))
  return command
}

const named = (command: Command): Command =>
  command.argument('<destination>', 'its name, or its id (dst_3)').option('--account <id>', 'of this account, where it is named')

function addCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('add')
    .description('say where notices go from now on; the secret of a webhook is shown now, and never again')
    .argument('<name>', 'what it is called')
    .argument('<kind>', DESTINATION_KINDS.join(', '))
    .argument('[target]', 'https://… for webhook and slack, an address for email')
    .option('--types <types>', 'which notices, like budget.*,alert.opened', '*')
    .option('--account <id>', 'only notices about this account (default: all)')
    .option('--json', 'one JSON object, with the secret')
  return command.action(
    run(async () => {
      const o = command.opts<{ types: string; account?: string; json?: boolean }>()
      const [name = '', kind = '', target] = command.args
      const types = o.types.split(',').map((one) => one.trim())
      const asked = parsed(destinationInputSchema, { name, kind, target, types, account: o.account }, 'destination')
      const made = newTarget(asked.kind, asked.target, {
        toPrivate: config.PURSER_DELIVER_TO_PRIVATE,
        mail: config.PURSER_SMTP_URL !== undefined,
      })
      await withLedger(openLedger(config), async (ledger) => {
        const destination = await createDestination(ledger, { ...asked, ...made, types, account: asked.account })
        await noted(ledger, 'create', destination)
        terminal.done(
          `destination ${destination.id} "${destination.name}" gets ${types.join(', ')}: ${destination.kind}, ${destination.target}`,
        )
        showSecret(terminal, destination, made.secret, o.json)
      })
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(new Command('list').description('destinations by id, a page at a time: never what opens them'), 'destination')
    .option('--account <id>', 'only those of this account')
    .option('--disabled', 'those that get nothing any more, too')
    .option('--json', 'one JSON object per destination')
  return command.action(
    run(async () => {
      const o = command.opts<{ account?: string; disabled?: boolean; after?: string; limit: string; json?: boolean }>()
      const account = o.account === undefined ? undefined : parsed(accountId, o.account, 'account')
      const [after, limit] = [afterOf(o.after, 'destination'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const destinations = await listDestinations(ledger, { account, disabled: o.disabled, after, limit })
        if (o.json === true) for (const one of destinations) terminal.print(JSON.stringify(one))
        else if (destinations.length === 0)
          terminal.say(after === 0 ? 'no destinations yet: purser destinations add ops webhook https://…' : 'no more destinations')
        else show(terminal, destinations)
        const last = destinations.at(-1)
        if (destinations.length === limit && last !== undefined && o.json !== true)
          terminal.say(
            `more: purser destinations list${account === undefined ? '' : ` --account ${account}`}${o.disabled === true ? ' --disabled' : ''} --after ${last.id}`,
          )
      })
    }),
  )
}

function removeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = named(
    new Command('remove').description('nothing goes there any more, and what was on its way ends; again: no effect'),
  ).requiredOption('--why <text>', 'kept with it')
  return command.action(
    run(async () => {
      const { account, why } = command.opts<{ account?: string; why: string }>()
      await withLedger(openLedger(config), async (ledger) => {
        const { id } = await meant(ledger, command.args[0], account)
        const after = await disableDestination(ledger, { id, why })
        if (after.changed) await noted(ledger, 'disable', after)
        terminal.done(`destination ${id} "${after.name}" gets nothing any more. To go on: purser destinations enable dst_${id}`)
      })
    }),
  )
}

function enableCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = named(new Command('enable').description('it gets what is told from now on; again: no effect'))
  return command.action(
    run(async () => {
      const { account } = command.opts<{ account?: string }>()
      await withLedger(openLedger(config), async (ledger) => {
        const after = await enableDestination(ledger, await meant(ledger, command.args[0], account).then(({ id }) => ({ id })))
        if (after.changed) await noted(ledger, 'enable', after)
        terminal.done(`destination ${after.id} "${after.name}" gets ${after.types.join(', ')}`)
      })
    }),
  )
}

function rotateCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = named(new Command('rotate').description('a new secret; the old one signs beside it for a while'))
    .option('--overlap <time>', 'so long the old one goes on, like 24h, 30m or 0m', '24h')
    .option('--json', 'one JSON object, with the secret')
  return command.action(
    run(async () => {
      const o = command.opts<{ account?: string; overlap: string; json?: boolean }>()
      const { overlap } = parsed(rotationSchema, { overlap: o.overlap }, 'rotation')
      await withLedger(openLedger(config), async (ledger) => {
        const { id } = await meant(ledger, command.args[0], o.account)
        const secret = newSecret()
        const { oldValidUntil, ...after } = await rotateSecret(ledger, { id, secret, overlapMs: overlap })
        await noted(ledger, 'rotate', after)
        terminal.done(`destination ${id} "${after.name}" has secret ${after.secretVersion}`)
        showSecret(terminal, after, secret, o.json)
        terminal.say(oldValidUntil === null ? '    the old one has ended' : `    the old one signs too until ${minute(oldValidUntil)}`)
      })
    }),
  )
}

function testCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = named(new Command('test').description('send it a notice of the type destination.test, whatever it takes else'))
  return command.action(
    run(async () => {
      const { account } = command.opts<{ account?: string }>()
      await withLedger(openLedger(config), async (ledger) => {
        const { id, name } = await meant(ledger, command.args[0], account)
        const delivery = await testDestination(ledger, { id, key: `cli ${randomUUID()}` })
        terminal.done(`delivery ${delivery.id} to "${name}" is on its way. How it went: purser deliveries list --destination dst_${id}`)
      })
    }),
  )
}

/** `3` and `dst_3` are ids, everything else is the name of one that is enabled. Throws PurserError `not_found`. */
export async function meant(ledger: Ledger, text = '', account?: string): Promise<Destination> {
  const id = /^(?:dst_)?([1-9]\d{0,9})$/.exec(text)?.[1]
  const isId = id !== undefined && Number(id) <= ID_MAX
  const found = await findDestination(ledger, isId ? { id: Number(id) } : { name: text, account })
  if (found !== undefined) return found
  throw new PurserError(
    'not_found',
    `there is no destination "${text}"${account === undefined ? '' : ` of account ${account}`}: \`purser destinations list --disabled\` shows them`,
  )
}

const noted = (ledger: Ledger, act: string, { id, name, account, kind, target, types }: Destination): Promise<void> =>
  noteAct(ledger, {
    who: who(),
    act: `destination.${act}`,
    account: account ?? undefined,
    what: { id: `dst_${id}`, name, kind, target, types },
    requestId: undefined,
  })

function showSecret(terminal: Terminal, destination: Destination, secret: string | undefined, json = false): void {
  if (json) return terminal.print(JSON.stringify({ ...destination, secret: secret ?? null }))
  if (secret === undefined) return
  terminal.print(secret)
  terminal.say('    It is shown this once: the receiver verifies with it (docs/alerts.md)')
}

function show(terminal: Terminal, destinations: readonly Destination[]): void {
  const rows = destinations.map((d) => [
    String(d.id),
    d.name,
    d.kind,
    d.target,
    d.types.join(' '),
    d.account ?? 'all',
    d.disabledAt === null ? '' : `${minute(d.disabledAt)}: ${d.disabledWhy ?? ''}`,
  ])
  terminal.print(terminal.table(['id', 'name', 'kind', 'target', 'gets', 'account', 'disabled'], rows, [0]))
}

import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey, type ApiKey, type NewApiKey } from '../ledger/api-keys.ts'
import { keyInputSchema, rotationSchema } from '../schema/key-input.ts'
import { accountId } from '../schema/names.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { afterOf, ID_MAX, limitOf, paged, withLedger } from './with-ledger.ts'

/** `purser keys`: what opens the HTTP API. */
export function keysCommand(context: CliContext, run: Run): Command {
  const command = new Command('keys').description('API keys: what opens the HTTP API, and for whom')
  for (const sub of [createCommand, listCommand, rotateCommand, revokeCommand]) command.addCommand(sub(context, run))
  return command
}

const jsonOption = (command: Command): Command => command.option('--json', 'one JSON object per key')
const testOption = (command: Command): Command =>
  command.option('--test', 'a key that says psk_test_: for an installation that is no live one; it opens the same')

function createCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = testOption(jsonOption(new Command('create').description('make a key; it is shown now, and never again')))
    .argument('<name>', 'what it is for')
    .requiredOption('--scope <scopes>', 'what it may do, e.g. reservations:write,track:write; admin may do everything')
    .option('--account <id>', 'binds it to an account: it does and sees nothing of others (default: the whole installation)')
    .option('--expires <day>', 'from this day on (UTC) it opens nothing (default: never)')
  return command.action(
    run(async () => {
      const o = command.opts<{ scope: string; account?: string; expires?: string; test?: boolean; json?: boolean }>()
      const { name, scope, account, expires } = parsed(
        keyInputSchema,
        { name: command.args[0] ?? '', scope: o.scope, account: o.account, expires: o.expires },
        'key',
      )
      await withLedger(openLedger(config), async (ledger) => {
        const mode = o.test === true ? 'test' : 'live'
        showNew(terminal, await createApiKey(ledger, { name, scopes: scope, account, expiresAt: expires, mode, who: who() }), o.json)
      })
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(jsonOption(new Command('list').description('keys by id, a page at a time: never their text')), 'key').option(
    '--account <id>',
    'only those that are bound to it',
  )
  return command.action(
    run(async () => {
      const o = command.opts<{ account?: string; after?: string; limit: string; json?: boolean }>()
      const account = o.account === undefined ? undefined : parsed(accountId, o.account, 'account')
      const [after, limit] = [afterOf(o.after, 'key'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const keys = await listApiKeys(ledger, { account, after, limit })
        if (keys.length === 0)
          terminal.say(after === 0 ? 'no keys yet: purser keys create backend --scope reservations:write' : 'no more keys')
        else show(terminal, keys, o.json)
        const last = keys.at(-1)
        if (keys.length === limit && last !== undefined && o.json !== true) terminal.say(`more: purser keys list --after ${last.id}`)
      })
    }),
  )
}

function rotateCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = testOption(jsonOption(new Command('rotate').description('make a key in place of another, which goes on for a while')))
    .argument('<id>', 'of `purser keys list`')
    .option('--overlap <time>', 'so long the old one goes on, like 24h, 30m or 7d', '24h')
    .option('--expires <day>', 'from this day on (UTC) the new one opens nothing (default: never)')
  return command.action(
    run(async () => {
      const o = command.opts<{ overlap: string; expires?: string; test?: boolean; json?: boolean }>()
      const id = idOf(command.args[0] ?? '')
      const { overlap, expires } = parsed(rotationSchema, { overlap: o.overlap, expires: o.expires }, 'rotation')
      await withLedger(openLedger(config), async (ledger) => {
        const mode = o.test === true ? 'test' : 'live'
        const { made, old } = await rotateApiKey(ledger, { id, mode, overlapMs: overlap, expiresAt: expires, who: who() })
        showNew(terminal, made, o.json)
        terminal.say(`    key ${old.id} goes on until ${old.expiresAt === null ? '' : minute(old.expiresAt)}`)
      })
    }),
  )
}

function revokeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = jsonOption(new Command('revoke').description('end a key for good, within five seconds everywhere; again: no effect'))
    .argument('<id>', 'of `purser keys list`')
    .requiredOption('--why <text>', 'kept with the act')
  return command.action(
    run(async () => {
      const o = command.opts<{ why: string; json?: boolean }>()
      const id = idOf(command.args[0] ?? '')
      await withLedger(openLedger(config), async (ledger) => {
        const key = await revokeApiKey(ledger, { id, why: o.why, who: who() })
        terminal.done(`key ${key.id} "${key.name}" is revoked`)
        if (o.json === true) show(terminal, [key], true)
      })
    }),
  )
}

/** `7`, or `key_7` as the API writes it. Throws PurserError `bad_input`. */
function idOf(text: string): number {
  const id = Number(text.replace(/^key_/, ''))
  if (Number.isInteger(id) && id >= 1 && id <= ID_MAX) return id
  throw new PurserError('bad_input', `"${text}" is no id of a key: \`purser keys list\` shows them`)
}

function showNew(terminal: Terminal, key: NewApiKey, json = false): void {
  if (json) return terminal.print(JSON.stringify(key))
  terminal.done(`key ${key.id} "${key.name}" made for ${key.account === null ? 'the whole installation' : `account ${key.account}`}`)
  terminal.print(key.text)
  terminal.say('    It is shown this once. Send it as: Authorization: Bearer …')
}

function show(terminal: Terminal, keys: readonly ApiKey[], json = false): void {
  if (json) {
    for (const key of keys) terminal.print(JSON.stringify(key))
    return
  }
  const rows = keys.map((key) => [
    String(key.id),
    key.name,
    `${key.prefix}…`,
    key.state,
    key.account ?? 'all',
    key.scopes.join(' '),
    key.expiresAt === null ? '' : minute(key.expiresAt),
    key.lastUsedAt === null ? '' : minute(key.lastUsedAt),
  ])
  terminal.print(terminal.table(['key', 'name', 'begins with', 'state', 'account', 'may', 'ends', 'last used'], rows))
}

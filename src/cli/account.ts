import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { accountInputSchema } from '../schema/account-input.ts'
import { parsed } from '../schema/parsed.ts'
import { accountJson, ensureAccount, listAccounts, setAccountStatus, showAccount, type Account } from '../ledger/accounts.ts'
import type { CliContext, Run } from './context.ts'
import { showEur, type Terminal } from './terminal.ts'
import { amountOf, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

export function accountCommand(context: CliContext, run: Run): Command {
  const command = new Command('account').description('make and look at accounts: who pays, on which plan')
  command.addCommand(createCommand(context, run))
  command.addCommand(listCommand(context, run))
  command.addCommand(showCommand(context, run))
  command.addCommand(statusCommand(context, run, 'suspend', 'suspended', 'reserve and send nothing for it from now on'))
  command.addCommand(statusCommand(context, run, 'activate', 'active', 'let it reserve and send again'))
  return command
}

function createCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(new Command('create').description('make an account; with the same plan again: no effect'))
    .argument('<id>', 'letters, digits and . _ : @ -')
    .requiredOption('--plan <plan>', 'such as free, paid or corporate: `purser plan list` shows them')
    .option('--time-zone <zone>', `where its months begin, e.g. Europe/Berlin (default: ${config.PURSER_TIME_ZONE})`)
    .option('--opening <eur>', 'spent from the start, for an account that moves in with history')
    .option('--reason <text>', 'why it has an opening amount', 'opening')
  return command.action(
    run(async () => {
      const [id = ''] = command.args
      const options = command.opts<Show & { plan: string; timeZone?: string; opening?: string; reason: string }>()
      const input = parsed(accountInputSchema, { id, plan: options.plan, timeZone: options.timeZone }, 'account')
      const opening = options.opening === undefined ? undefined : { amount: amountOf(options.opening), reason: options.reason }
      await withLedger(openLedger(config), async (ledger) => {
        const account = await ensureAccount(ledger, {
          ...input,
          defaultTimeZone: config.PURSER_TIME_ZONE,
          opening,
        })
        terminal.done(account.made ? `account ${id} made` : `account ${id} was there already`)
        showAccounts(terminal, [account], options)
      })
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(shown(new Command('list').description('accounts by id, a page at a time')), 'account')
  return command.action(
    run(async () => {
      const options = command.opts<Show & { after?: string; limit: string }>()
      const limit = limitOf(options.limit)
      await withLedger(openLedger(config), async (ledger) => {
        const accounts = await listAccounts(ledger, { after: options.after ?? '', limit })
        if (accounts.length === 0)
          terminal.say(options.after === undefined ? 'no accounts yet: purser account create acme --plan paid' : 'no more accounts')
        else showAccounts(terminal, accounts, options)
        const last = accounts.at(-1)
        if (accounts.length === limit && last !== undefined && options.json !== true)
          terminal.say(`more: purser account list --after ${last.id}`)
      })
    }),
  )
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(new Command('show').description('one account: cap, spent, reserved, left')).argument('<id>')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        showAccounts(terminal, [await showAccount(ledger, command.args[0] ?? '')], command.opts<Show>())
      }),
    ),
  )
}

function statusCommand(
  { config, terminal, openLedger }: CliContext,
  run: Run,
  verb: string,
  status: 'active' | 'suspended',
  what: string,
): Command {
  const command = shown(new Command(verb).description(what))
    .argument('<id>')
    .requiredOption('--reason <text>', 'kept with the entry')
    .option('--key <text>', 'the same key again has no effect (default: a new one)')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const o = command.opts<Show & { reason: string; key?: string }>()
        const account = await setAccountStatus(ledger, { id: command.args[0] ?? '', status, key: o.key ?? randomUUID(), reason: o.reason })
        terminal.done(`account ${account.id} is ${account.status}`)
        showAccounts(terminal, [account], o)
      }),
    ),
  )
}

function showAccounts(terminal: Terminal, accounts: readonly Account[], { exact = false, json = false }: Show): void {
  if (json) {
    for (const account of accounts) terminal.print(JSON.stringify(accountJson(account)))
    return
  }
  // Rows of one account are told apart by their budget; where everybody has just a plan, that column would say nothing.
  const isNamed = accounts.some((account) => account.budgets.length > 1)
  const rows = accounts.flatMap((account) =>
    account.budgets.map((b) => [
      account.id,
      account.plan,
      account.status,
      ...(isNamed ? [b.name] : []),
      b.period,
      showEur(b.cap, exact),
      showEur(b.spent, exact),
      showEur(b.reserved, exact),
      showEur(b.remaining, exact),
    ]),
  )
  const head = ['account', 'plan', 'status', ...(isNamed ? ['budget'] : []), 'period', 'cap EUR', 'spent', 'reserved', 'left']
  terminal.print(
    terminal.table(
      head,
      rows,
      [-4, -3, -2, -1].map((fromEnd) => head.length + fromEnd),
    ),
  )
}

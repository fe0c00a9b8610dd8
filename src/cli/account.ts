import { Command } from 'commander'
import { accountInputSchema } from '../schema/account-input.ts'
import { parsed } from '../schema/parsed.ts'
import { ensureAccount, listAccounts, showAccount } from '../ledger/accounts.ts'
import { accountPlanCommand, cancelCommand, plansCommand, statusCommand } from './account-changes.ts'
import type { CliContext, Run } from './context.ts'
import { sayToCome, showAccounts } from './show-account.ts'
import { amountOf, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

export function accountCommand(context: CliContext, run: Run): Command {
  const command = new Command('account').description('make and look at accounts: who pays, on which plan')
  const subs = [
    createCommand,
    listCommand,
    showCommand,
    accountPlanCommand,
    plansCommand,
    statusCommand('suspend', 'suspended', 'reserve and send nothing for it from now on'),
    statusCommand('activate', 'active', 'let it reserve and send again'),
    cancelCommand,
  ]
  for (const sub of subs) command.addCommand(sub(context, run))
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
        const account = await showAccount(ledger, command.args[0] ?? '')
        const o = command.opts<Show>()
        showAccounts(terminal, [account], o)
        if (o.json !== true) sayToCome(terminal, account)
      }),
    ),
  )
}

import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { exactEur } from '../domain/money.ts'
import { PurserError } from '../domain/errors.ts'
import { setAccountStatus, type ChangedAccount } from '../ledger/accounts.ts'
import { cancelAccount } from '../ledger/cancel-account.ts'
import { changePlan, listAccountPlans, type AccountPlan } from '../ledger/change-plan.ts'
import { planChangeInputSchema } from '../schema/account-change-input.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { sayDryRun, sayToCome, showAccounts, showChange } from './show-account.ts'
import { minute, showEur, type Terminal } from './terminal.ts'
import { afterOf, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

interface Change extends Show {
  reason: string
  key?: string
  dryRun?: boolean
}

/** The options of every change of an account. */
const changing = (name: string, what: string): Command =>
  shown(new Command(name).description(what))
    .argument('<id>')
    .requiredOption('--reason <text>', 'kept with the entry')
    .option('--key <text>', 'the same key again has no effect (default: a new one)')
    .option('--dry-run', 'say what each budget becomes and what is refused then, and change nothing')

export function accountPlanCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = changing('plan', 'change its plan: an upgrade now, a downgrade with its next month')
    .argument('<plan>', 'such as free, paid or corporate: `purser plan list` shows them')
    .option('--from <now|next-month>', 'when it begins (default: now, if it may spend no less than before; else next-month)')
    .option('--proration <none|days>', 'now: all that it may spend in a month, or by the days that are left (default: none)')
  return command.action(
    run(async () => {
      const [id = '', typed = ''] = command.args
      const o = command.opts<Change & { from?: string; proration?: string }>()
      const { plan, from, proration } = parsed(
        planChangeInputSchema,
        { plan: typed, from: o.from, proration: o.proration },
        'change of plan',
      )
      await withLedger(openLedger(config), async (ledger) => {
        const asked = { account: id, plan, from, proration, key: o.key ?? randomUUID(), reason: o.reason, dryRun: o.dryRun }
        const changed = await changePlan(ledger, asked)
        const begins = changed.nextPlan?.plan === plan ? `from ${minute(changed.nextPlan.from)} on` : 'now'
        say(terminal, changed, `account ${id} is on plan ${plan} ${begins}`)
        showChange(terminal, changed, o)
      })
    }),
  )
}

export function cancelCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = changing('cancel', 'end it with its month, until which it may spend; `activate` brings back who is cancelled')
    .option('--now', 'at once, instead of with its month')
    .option('--keep', 'before its month has ended: it goes on, after all')
  return command.action(
    run(async () => {
      const [id = ''] = command.args
      const o = command.opts<Change & { now?: boolean; keep?: boolean }>()
      if (o.now === true && o.keep === true) throw new PurserError('bad_input', 'it ends now, or goes on: say one of --now and --keep')
      await withLedger(openLedger(config), async (ledger) => {
        const from = o.now === true ? 'now' : o.keep === true ? 'never' : 'next_month'
        const changed = await cancelAccount(ledger, { id, from, key: o.key ?? randomUUID(), reason: o.reason, dryRun: o.dryRun })
        const ends = changed.cancelsAt === null ? 'goes on' : `is cancelled from ${minute(changed.cancelsAt)} on`
        say(terminal, changed, `account ${id} ${ends}`)
        showChange(terminal, changed, o)
      })
    }),
  )
}

export const statusCommand =
  (verb: string, status: 'active' | 'suspended', what: string) =>
  ({ config, terminal, openLedger }: CliContext, run: Run): Command => {
    const command = changing(verb, what)
    return command.action(
      run(() =>
        withLedger(openLedger(config), async (ledger) => {
          const o = command.opts<Change>()
          const asked = { id: command.args[0] ?? '', status, key: o.key ?? randomUUID(), reason: o.reason, dryRun: o.dryRun }
          const changed = await setAccountStatus(ledger, asked)
          const { change, ...account } = changed
          if (change.dryRun) {
            sayDryRun(terminal)
            return showChange(terminal, changed, o)
          }
          terminal.done(`account ${account.id} is ${account.status}`)
          showAccounts(terminal, [account], o)
          if (o.json !== true) sayToCome(terminal, account)
        }),
      ),
    )
  }

export function plansCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const list = new Command('plans').description('which plans it had, has and will have, in the order in which they were decided')
  const command = paged(shown(list, 'plan'), 'plan').argument('<id>')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { after?: string; limit: string }>()
      const [account = ''] = command.args
      const limit = limitOf(o.limit)
      const after = o.after === undefined ? -1 : afterOf(o.after, 'plan')
      await withLedger(openLedger(config), async (ledger) => {
        const plans = await listAccountPlans(ledger, { account, after, limit })
        if (plans.length === 0) terminal.say('no more plans')
        else showPlans(terminal, plans, o)
        const last = plans.at(-1)
        if (plans.length === limit && last !== undefined && o.json !== true)
          terminal.say(`more: purser account plans ${account} --after ${last.id}`)
      })
    }),
  )
}

function say(terminal: Terminal, { change }: ChangedAccount, line: string): void {
  if (change.dryRun) sayDryRun(terminal)
  else terminal.done(change.changed ? line : `${line}: no effect`)
}

function showPlans(terminal: Terminal, plans: readonly AccountPlan[], { exact = false, json = false }: Show): void {
  if (json) {
    for (const { capChange, ...plan } of plans)
      terminal.print(JSON.stringify({ ...plan, capChangeEur: capChange === null ? null : exactEur(capChange) }))
    return
  }
  const rows = plans.map((p) => [
    String(p.id),
    p.plan,
    minute(p.from),
    p.until === null ? '' : minute(p.until),
    p.state.replace('_', ' '),
    p.capChange === null ? '' : showEur(p.capChange, exact),
    p.reason,
  ])
  terminal.print(terminal.table(['id', 'plan', 'from', 'until', 'state', 'cap EUR', 'reason'], rows, [0, 5]))
}

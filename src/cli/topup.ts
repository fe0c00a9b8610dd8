import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { figuresJson } from '../ledger/account-change.ts'
import { budgetJson, changeCap } from '../ledger/budgets.ts'
import { moment } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { amountOf, budgetName, shown, withLedger, type Show } from './with-ledger.ts'
import { showBudgets } from './budget.ts'
import type { CliContext, Run } from './context.ts'
import { sayDryRun } from './show-account.ts'
import { minute, showEur } from './terminal.ts'

export function topupCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(
    new Command('topup').description("add to (or, below zero, take from) a budget's cap for its period of now"),
    'budget',
  )
    .argument('<eur>', 'such as 0.50; a cut is written like -0.50')
    .option('--account <id>', "the account whose plan's budget is meant")
    .option('--budget <budget>', 'or any budget, by name or id')
    .requiredOption('--reason <text>', 'kept with the entry')
    .option('--until <time>', 'a raise that ends before the period does: taken back then, such as 2026-12-05T18:00:00Z')
    .option('--dry-run', 'say what the budget becomes, and change nothing')
    .option('--key <text>', 'the same key again has no effect (default: a new one)')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { account?: string; budget?: string; until?: string; dryRun?: boolean; reason: string; key?: string }>()
      if ((o.account === undefined) === (o.budget === undefined))
        throw new PurserError('bad_input', 'say which budget: either --account ID, for its plan, or --budget NAME')
      const of = o.account === undefined ? budgetName(o.budget) : { account: o.account }
      const change = amountOf(command.args[0] ?? '')
      const until = parsed(moment.optional(), o.until, '--until')
      await withLedger(openLedger(config), async (ledger) => {
        const asked = { of, change, until, key: o.key ?? randomUUID(), reason: o.reason, dryRun: o.dryRun }
        const { changed, dryRun, before, ...budget } = await changeCap(ledger, asked)
        if (dryRun) sayDryRun(terminal)
        else
          terminal.done(changed ? `the cap of "${budget.name}" is changed` : `the cap of "${budget.name}" was changed so before: no effect`)
        if (o.json === true) return terminal.print(JSON.stringify({ ...budgetJson(budget), changed, dryRun, before: figuresJson(before) }))
        showBudgets(terminal, [budget], o)
        if (dryRun)
          terminal.say(
            `  now: a cap of ${showEur(before.cap, o.exact ?? false)} EUR, ${showEur(before.remaining, o.exact ?? false)} EUR left`,
          )
        if (until !== undefined) terminal.say(`  taken back ${minute(until.toISOString())}`)
      })
    }),
  )
}

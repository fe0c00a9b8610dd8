import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { changeCap } from '../ledger/budgets.ts'
import { amountOf, budgetName, shown, withLedger, type Show } from './with-ledger.ts'
import { showBudgets } from './budget.ts'
import type { CliContext, Run } from './context.ts'

export function topupCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(
    new Command('topup').description("add to (or, below zero, take from) a budget's cap for its period of now"),
    'budget',
  )
    .argument('<eur>', 'such as 0.50; a cut is written like -0.50')
    .option('--account <id>', "the account whose plan's budget is meant")
    .option('--budget <budget>', 'or any budget, by name or id')
    .requiredOption('--reason <text>', 'kept with the entry')
    .option('--key <text>', 'the same key again has no effect (default: a new one)')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { account?: string; budget?: string; reason: string; key?: string }>()
      if ((o.account === undefined) === (o.budget === undefined))
        throw new PurserError('bad_input', 'say which budget: either --account ID, for its plan, or --budget NAME')
      const of = o.account === undefined ? budgetName(o.budget) : { account: o.account }
      const change = amountOf(command.args[0] ?? '')
      await withLedger(openLedger(config), async (ledger) => {
        const budget = await changeCap(ledger, { of, change, key: o.key ?? randomUUID(), reason: o.reason })
        terminal.done(
          budget.changed ? `the cap of "${budget.name}" is changed` : `the cap of "${budget.name}" was changed so before: no effect`,
        )
        showBudgets(terminal, [budget], o)
      })
    }),
  )
}

import { Command } from 'commander'
import { listPlans, planJson, setPlan, type Plan, type PlanVersion } from '../ledger/plans.ts'
import { parsed } from '../schema/parsed.ts'
import { planInputSchema } from '../schema/plan-input.ts'
import type { CliContext, Run } from './context.ts'
import { minute, showEur, type Terminal } from './terminal.ts'
import { amountOf, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

export function planCommand(context: CliContext, run: Run): Command {
  const command = new Command('plan').description('monthly caps by name: what an account may spend; list them, change them')
  for (const sub of [listCommand, setCommand]) command.addCommand(sub(context, run))
  return command
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(shown(new Command('list').description('plans by name with their versions, a page at a time'), 'plan'), 'plan')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { after?: string; limit: string }>()
      const limit = limitOf(o.limit)
      await withLedger(openLedger(config), async (ledger) => {
        const plans = await listPlans(ledger, { after: o.after ?? '', limit, timeZone: config.PURSER_TIME_ZONE })
        if (plans.length === 0) terminal.say('no more plans')
        else showPlans(terminal, plans, o)
        const last = plans.at(-1)
        if (plans.length === limit && last !== undefined && o.json !== true) terminal.say(`more: purser plan list --after ${last.plan}`)
      })
    }),
  )
}

function setCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const description = 'what a plan may spend in a month from now, or a day, on: months that have begun keep their cap, later ones take it'
  const command = shown(new Command('set').description(description), 'plan')
    .argument('<plan>', 'such as paid; one that is not there is made')
    .requiredOption('--cap <eur>', 'such as 2.00, for each month')
    .option('--from <day>', 'such as 2026-12-01: the months that begin then or later, each where its budget lives (default: from now)')
    .option('--presumed-costs <account|house>', 'who bears what was sent and never answered (default: as before; at first, the account)')
    .requiredOption('--reason <text>', 'kept with the version')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { cap: string; from?: string; presumedCosts?: string; reason: string }>()
      const typed = { name: command.args[0], from: o.from, 'presumed-costs': o.presumedCosts }
      const { name, from, 'presumed-costs': presumedBy } = parsed(planInputSchema, typed, 'plan')
      const version = { plan: name, cap: amountOf(o.cap), presumedBy, from, reason: o.reason, timeZone: config.PURSER_TIME_ZONE }
      await withLedger(openLedger(config), async (ledger) => {
        const plan = await setPlan(ledger, version)
        const what = `${showEur(version.cap, o.exact ?? false)} EUR a month from ${from ?? 'now'} on`
        terminal.done(plan.changed ? `plan ${name}: ${what}` : `plan ${name} had these terms already: no effect`)
        if (plan.isNew) terminal.say(`  It is a new plan: purser account create ID --plan ${name}`)
        else if (plan.changed) terminal.say('  Months that have begun keep their cap; those that begin then or later take it.')
        showPlans(terminal, [plan], o)
      })
    }),
  )
}

function showPlans(terminal: Terminal, plans: readonly Plan[], { exact = false, json = false }: Show): void {
  if (json) {
    for (const plan of plans) terminal.print(JSON.stringify(planJson(plan)))
    return
  }
  const rows = plans.flatMap(({ plan, versions }) =>
    versions.map((v) => [plan, fromText(v), showEur(v.cap, exact), v.presumedBy, v.state.replace('_', ' '), v.reason]),
  )
  terminal.print(terminal.table(['plan', 'from', 'EUR a month', 'presumed costs', 'state', 'reason'], rows, [2]))
}

const fromText = ({ from }: PlanVersion): string => (from.includes('T') ? minute(from) : from)

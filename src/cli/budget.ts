import { Command } from 'commander'
import { archiveBudget, budgetJson, createBudget, holdersOf, listBudgets, showBudget, type Budget, type Holder } from '../ledger/budgets.ts'
import { budgetInputSchema, scopeOf, scopeText } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { forecastCommand } from './budget-forecast.ts'
import type { CliContext, Run } from './context.ts'
import { minute, showEur, type Terminal } from './terminal.ts'
import { afterOf, amountOf, budgetName, limitOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function budgetCommand(context: CliContext, run: Run): Command {
  const command = new Command('budget').description('caps over a scope and a period: make, list, show, forecast, archive')
  for (const sub of [createCommand, listCommand, showCommand, forecastCommand, archiveCommand]) command.addCommand(sub(context, run))
  return command
}

interface Create extends Show {
  cap: string
  scope: string
  soft?: boolean
  period: string
  timeZone?: string
  thresholds: string
  from?: string
  until?: string
  fromZero?: boolean
}

function createCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(
    new Command('create').description('in force for the next reservation, everywhere; the same terms again: no effect'),
    'budget',
  )
    .argument('<name>', 'no two budgets in force have the same')
    .requiredOption('--cap <eur>', 'such as 5.00, for each period')
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
    .option('--soft', 'refuse nothing: its status alone says that it is exceeded')
    .option('--period <kind>', 'day, month or total', 'month')
    .option('--time-zone <zone>', `where its days and months begin (default: ${config.PURSER_TIME_ZONE})`)
    .option('--thresholds <percents>', 'percents of the cap to be told of, each once a period', '50,80,95,100')
    .option('--from <moment>', 'when a total budget begins, such as 2026-12-01T00:00:00Z (default: it always has)')
    .option('--until <moment>', 'when a total budget ends (default: never)')
    .option('--from-zero', 'begin with nothing spent (default: what its scope has spent in the period so far)')
  return command.action(
    run(async () => {
      const o = command.opts<Create>()
      const input = parsed(
        budgetInputSchema,
        {
          name: command.args[0],
          period: o.period,
          'time-zone': o.timeZone ?? config.PURSER_TIME_ZONE,
          thresholds: o.thresholds,
          from: o.from,
          until: o.until,
        },
        'budget',
      )
      const terms = {
        name: input.name,
        scope: scopeOf(o.scope),
        isHard: o.soft !== true,
        periodKind: input.period,
        timeZone: input['time-zone'],
        cap: amountOf(o.cap),
        thresholds: input.thresholds,
        startsAt: input.from,
        endsAt: input.until,
        fromZero: o.fromZero ?? false,
      }
      await withLedger(openLedger(config), async (ledger) => {
        const budget = await createBudget(ledger, terms)
        terminal.done(budget.made ? `budget "${budget.name}" made` : `budget "${budget.name}" was there already`)
        showBudgets(terminal, [budget], o)
      })
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const list = new Command('list').description('budgets in the order in which they were made, a page at a time')
  const command = paged(shown(list, 'budget'), 'budget')
    .option('--account <id>', 'only those that name this account')
    .option('--archived', 'archived ones, too')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { account?: string; archived?: boolean; after?: string; limit: string }>()
      const [after, limit] = [afterOf(o.after, 'budget'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const budgets = await listBudgets(ledger, { account: o.account, archived: o.archived, after, limit })
        if (budgets.length === 0) terminal.say(noBudgets(after, o.account))
        else showBudgets(terminal, budgets, o)
        const last = budgets.at(-1)
        if (budgets.length === limit && last !== undefined && o.json !== true)
          terminal.say(
            `more: purser budget list${o.account === undefined ? '' : ` --account ${o.account}`}${o.archived === true ? ' --archived' : ''} --after ${last.budgetId}`,
          )
      })
    }),
  )
}

function noBudgets(after: number, account: string | undefined): string {
  if (after > 0) return 'no more budgets'
  return account === undefined ? 'no budgets yet: purser budget create everything --cap 100.00' : `no budget names the account "${account}"`
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const show = new Command('show').description('one budget, who holds its money now, the largest first, and when that ends')
  const command = shown(show, 'budget')
    .argument('<budget>', 'its name or id')
    .option('--after <reservation>', 'continue with who holds less than this reservation (default: from the largest)')
    .option('--limit <n>', 'how many holders at the most (1 to 1000)', '20')
  return command.action(
    run(async () => {
      const o = command.opts<Show & { after?: string; limit: string }>()
      const [name, limit] = [budgetName(command.args[0]), limitOf(o.limit)]
      if (o.after !== undefined && !UUID.test(o.after)) throw new PurserError('bad_input', '--after takes the id of a reservation')
      await withLedger(openLedger(config), async (ledger) => {
        const budget = await showBudget(ledger, name)
        const holders = await holdersOf(ledger, name, { after: o.after, limit })
        if (o.json === true) {
          const held = holders.map(({ amount, ...h }) => ({ ...h, amountEur: exactEur(amount) }))
          return terminal.print(JSON.stringify({ ...budgetJson(budget), holders: held }))
        }
        showBudgets(terminal, [budget], o)
        for (const { amount, until, reason } of budget.raises)
          terminal.say(`of its cap, ${showEur(amount, o.exact ?? false)} EUR are taken back ${minute(until)}: ${reason}`)
        if (holders.length === 0) terminal.say(o.after === undefined ? 'nobody holds money of it now' : 'nobody else holds money of it now')
        else showHolders(terminal, holders, o.exact ?? false)
        const last = holders.at(-1)
        if (holders.length === limit && last !== undefined)
          terminal.say(`more: purser budget show ${budget.budgetId} --after ${last.reservationId}`)
        if (budget.phase === 'current' && budget.periodKind !== 'total' && budget.periodEndsAt !== null)
          terminal.say(`the next ${budget.periodKind} begins ${minute(budget.periodEndsAt)}, with its whole cap`)
      })
    }),
  )
}

function archiveCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = shown(
    new Command('archive').description('it refuses nothing any more, and still takes what is settled on it'),
    'budget',
  ).argument('<budget>', 'its name or id')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const budget = await archiveBudget(ledger, budgetName(command.args[0]))
        terminal.done(`budget "${budget.name}" archived`)
        showBudgets(terminal, [budget], command.opts<Show>())
      }),
    ),
  )
}

export function showBudgets(terminal: Terminal, budgets: readonly Budget[], { exact = false, json = false }: Show): void {
  if (json) {
    for (const budget of budgets) terminal.print(JSON.stringify(budgetJson(budget)))
    return
  }
  const rows = budgets.map((b) => [
    String(b.budgetId),
    b.name,
    scopeText(b.scope),
    b.isHard ? 'hard' : 'soft',
    periodText(b),
    showEur(b.cap, exact),
    showEur(b.spent, exact),
    showEur(b.reserved, exact),
    showEur(b.remaining, exact),
    `${b.percentageUsed} %`,
    (b.phase === 'current' ? b.status : b.phase).replace('_', ' '),
  ])
  const head = ['id', 'budget', 'covers', 'kind', 'period', 'cap EUR', 'spent', 'reserved', 'left', 'used', 'status']
  terminal.print(terminal.table(head, rows, [0, 5, 6, 7, 8, 9]))
}

function showHolders(terminal: Terminal, holders: readonly Holder[], exact: boolean): void {
  const rows = holders.map((h) => [
    h.account,
    h.workflowId,
    h.callId,
    h.state.replace('_', ' '),
    showEur(h.amount, exact),
    minute(h.since),
    minute(h.endsAt),
    h.endsAs === 'released' ? 'given back' : 'spent in full',
  ])
  terminal.print('')
  terminal.print(terminal.table(['held by', 'job', 'call', 'state', 'EUR', 'since', 'ends by itself', 'then'], rows, [4]))
}

/** A month or a day by its name, a total with its beginning, as long as it is to come, and its end. */
function periodText({ period, phase, startsAt, endsAt }: Budget): string {
  const from = phase === 'not_begun' && startsAt !== null ? ` from ${minute(startsAt)}` : ''
  return `${period}${from}${endsAt === null ? '' : ` until ${minute(endsAt)}`}`
}

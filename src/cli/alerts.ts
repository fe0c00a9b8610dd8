import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import {
  acknowledgeAlert,
  ALERT_STATES,
  findAlert,
  listAlerts,
  NEWEST_ALERT,
  resolveAlert,
  type Alert,
  type AlertState,
} from '../ledger/alerts.ts'
import type { CliContext, Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { ID_MAX, limitOf, withLedger } from './with-ledger.ts'

/** `purser alerts`: what rules have found, and a person's word on it. */
export function alertsCommand(context: CliContext, run: Run): Command {
  const command = new Command('alerts').description('what is out of the ordinary, or soon will be; acknowledge it, and say when it is over')
  for (const sub of [listCommand, showCommand]) command.addCommand(sub(context, run))
  command.addCommand(wordCommand(context, run, 'ack'))
  command.addCommand(wordCommand(context, run, 'resolve'))
  return command
}

interface List {
  state?: string
  account?: string
  before?: string
  limit: string
  json?: boolean
}

const STATES = [...ALERT_STATES, 'unresolved', 'all'] as const

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('alerts, the newest first, a page at a time')
    .option('--state <state>', `only these: ${STATES.join(', ')}`, 'unresolved')
    .option('--account <id>', 'only those about this account')
    .option('--before <id>', 'continue before this alert (default: from the newest)')
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per alert')
  return command.action(
    run(async () => {
      const o = command.opts<List>()
      const limit = limitOf(o.limit)
      const page = { state: stateOf(o.state), account: o.account, before: o.before === undefined ? NEWEST_ALERT : idIn(o.before), limit }
      await withLedger(openLedger(config), async (ledger) => {
        const alerts = await listAlerts(ledger, page)
        if (o.json === true) for (const alert of alerts) terminal.print(JSON.stringify(alert))
        else if (alerts.length === 0) terminal.say(o.before === undefined ? 'no such alerts' : 'no more alerts')
        else showList(terminal, alerts)
        const last = alerts.at(-1)
        if (alerts.length === limit && last !== undefined && o.json !== true)
          terminal.say(
            `more: purser alerts list --state ${o.state}${o.account === undefined ? '' : ` --account ${o.account}`} --before ${last.alertId}`,
          )
      })
    }),
  )
}

function stateOf(text = ''): AlertState | 'unresolved' | undefined {
  const state = STATES.find((known) => known === text)
  if (state === undefined) throw new PurserError('bad_input', `--state ${text}: write ${STATES.join(', ')}`)
  return state === 'all' ? undefined : state
}

function idIn(text: string): number {
  const id = Number(text.replace(/^alr_/, ''))
  if (!Number.isInteger(id) || id < 1 || id > ID_MAX)
    throw new PurserError('bad_input', `"${text}" is no id of an alert: \`purser alerts list\` has them`)
  return id
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''

function showList(terminal: Terminal, alerts: readonly Alert[]): void {
  const rows = alerts.map((a) => [String(a.alertId), a.action, a.state, minute(a.openedAt), String(a.times), firstLine(a.text)])
  terminal.print(terminal.table(['id', 'action', 'state', 'since', 'times', 'what'], rows, [0, 4]))
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description('one alert: what it is, what to do, and by what it was found')
    .argument('<alert>', 'as the list has it')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const id = idIn(command.args[0] ?? '')
      await withLedger(openLedger(config), async (ledger) => {
        const alert = await findAlert(ledger, id)
        if (alert === undefined) throw new PurserError('not_found', `there is no alert ${id}: \`purser alerts list --state all\` has them`)
        if (command.opts<{ json?: boolean }>().json === true) return terminal.print(JSON.stringify(alert))
        show(terminal, alert)
      })
    }),
  )
}

function show(terminal: Terminal, a: Alert): void {
  terminal.print(a.text)
  terminal.print(
    `Alert ${a.alertId}, rule ${a.rule} (${a.action}): ${a.state}; since ${minute(a.openedAt)}, ${a.times} times, last ${minute(a.lastAt)}`,
  )
  if (a.acknowledgedAt !== null)
    terminal.print(`Acknowledged ${minute(a.acknowledgedAt)} by ${a.acknowledgedBy ?? ''}: ${a.acknowledgedWhy ?? ''}`)
  if (a.resolvedAt !== null) terminal.print(`Resolved ${minute(a.resolvedAt)} by ${a.resolvedBy ?? ''}: ${a.resolvedWhy ?? ''}`)
  terminal.print(JSON.stringify(a.evidence, null, 2))
}

function wordCommand({ config, terminal, openLedger }: CliContext, run: Run, name: 'ack' | 'resolve'): Command {
  const [description, say, done] =
    name === 'ack'
      ? ['you have it in hand: it says no more until it is over', acknowledgeAlert, 'acknowledged']
      : ['it is over; a stop that it made stands until `purser resume`', resolveAlert, 'resolved']
  const command = new Command(name)
    .description(description)
    .argument('<alert>', 'as the list has it')
    .requiredOption('--why <text>', 'kept with the alert')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ why: string; json?: boolean }>()
      const id = idIn(command.args[0] ?? '')
      await withLedger(openLedger(config), async (ledger) => {
        const alert = await say(ledger, { id, by: who(), why: o.why })
        if (o.json === true) terminal.print(JSON.stringify(alert))
        terminal.done(alert.changed ? `alert ${id} is ${done}` : `alert ${id} was ${alert.state} before: no effect`)
      })
    }),
  )
}

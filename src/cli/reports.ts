import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { requireTerms, SCHEDULED } from '../insight/questions/scheduled.ts'
import {
  createReportSchedule,
  endReportSchedule,
  listReportSchedules,
  type ReportAsked,
  type ReportSchedule,
} from '../ledger/report-schedules.ts'
import { parsed } from '../schema/parsed.ts'
import { reportScheduleFields as fields } from '../schema/report-schedule-input.ts'
import type { CliContext, Run } from './context.ts'
import { minute } from './terminal.ts'
import { afterOf, ID_MAX, limitOf, paged, withLedger } from './with-ledger.ts'

interface Options {
  question: string
  every: string
  hour: string
  timeZone?: string
  account?: string
  by?: string
  unit?: string
  limit?: string
  currency?: string
}

/** `purser reports`: questions that are answered by themselves, after each day, week or month. */
export function reportsCommand(context: CliContext, run: Run): Command {
  const command = new Command('reports').description('reports that are sent by themselves, to whatever destination takes `report.ready`')
  for (const sub of [scheduleCommand, listCommand, endCommand]) command.addCommand(sub(context, run))
  return command
}

function scheduleCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('schedule')
    .description('send the answer to a question after each day, week or month')
    .argument('<name>', 'such as users-each-monday')
    .requiredOption('--question <question>', SCHEDULED.map(({ name }) => name).join(', '))
    .requiredOption('--every <time>', 'day, week or month')
    .option('--hour <n>', 'from this hour on of the day after (0 to 23)', '7')
    .option('--time-zone <zone>', `where days, weeks and months begin (default: ${config.PURSER_TIME_ZONE})`)
    .option('--account <account>', 'of this account only')
    .option('--by <what>', 'of latency: model or feature')
    .option('--unit <unit>', 'of infrastructure: day, week or month')
    .option('--limit <n>', 'how many rows at the most')
    .option('--currency <currency>', 'EUR or USD')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      const o = command.opts<Options>()
      const { currency } = o
      if (currency !== undefined && currency !== 'EUR' && currency !== 'USD')
        throw new PurserError('bad_input', `--currency ${currency}: write EUR or USD`)
      const asked: ReportAsked = { by: o.by, unit: o.unit, limit: o.limit === undefined ? undefined : limitOf(o.limit), currency }
      requireTerms(o.question, asked)
      const schedule = {
        name: parsed(fields.name, name, 'name'),
        account: o.account === undefined ? null : parsed(fields.account, o.account, '--account'),
        question: o.question,
        asked,
        every: parsed(fields.every, o.every, '--every'),
        hour: parsed(fields.hour, Number(o.hour), '--hour'),
        timeZone: parsed(fields.timeZone, o.timeZone ?? config.PURSER_TIME_ZONE, '--time-zone'),
      }
      await withLedger(openLedger(config), async (ledger) => {
        const made = await createReportSchedule(ledger, schedule)
        terminal.done(
          `"${made.name}" is sent each ${made.every}, for the first time ${minute(made.nextAt)}; \`purser destinations list\` shows to whom`,
        )
      })
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(new Command('list').description('which there are, and when they are sent next'), 'report').option(
    '--json',
    'one JSON object per report',
  )
  return command.action(
    run(async () => {
      const o = command.opts<{ after?: string; limit: string; json?: boolean }>()
      await withLedger(openLedger(config), async (ledger) => {
        const limit = limitOf(o.limit)
        const schedules = await listReportSchedules(ledger, { account: undefined, after: afterOf(o.after, 'report'), limit })
        if (o.json === true) for (const one of schedules) terminal.print(JSON.stringify(one))
        else if (schedules.length === 0) terminal.say('no report is sent by itself: `purser reports schedule`')
        else terminal.print(terminal.table(['id', 'name', 'question', 'every', 'account', 'next'], schedules.map(rowOf), [0]))
        const last = schedules.at(-1)
        if (schedules.length === limit && last !== undefined && o.json !== true)
          terminal.say(`more: purser reports list --after ${last.id}`)
      })
    }),
  )
}

const rowOf = ({ id, name, question, every, hour, timeZone, account, nextAt }: ReportSchedule): string[] => [
  String(id),
  name,
  question,
  `${every}, ${hour}:00 ${timeZone}`,
  account ?? '',
  minute(nextAt),
]

function endCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('end').description('send it no more').argument('<report>', 'its id, as the list has it')
  return command.action(
    run(async () => {
      const id = idIn(command.args[0] ?? '')
      await withLedger(openLedger(config), async (ledger) => {
        const ended = await endReportSchedule(ledger, id)
        terminal.done(`"${ended.name}" is sent no more`)
      })
    }),
  )
}

/** `3`, or `rep_3` as the API writes it. Throws PurserError `bad_input`. */
function idIn(text: string): number {
  const id = Number(text.replace(/^rep_/, ''))
  if (!Number.isInteger(id) || id < 1 || id > ID_MAX)
    throw new PurserError('bad_input', `"${text}" is no id of a report: \`purser reports list\` has them`)
  return id
}

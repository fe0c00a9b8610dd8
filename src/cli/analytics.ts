import { spentText } from '../insight/spending.ts'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { cellText, shortAmount, wallTime } from '../insight/cell-text.ts'
import { csvOf } from '../insight/csv.ts'
import { DIMENSIONS, isDimension, type Dimension } from '../insight/dimension.ts'
import { isInstant } from '../insight/instant.ts'
import { QUESTIONS } from '../insight/questions/all.ts'
import { costsTable } from '../insight/questions/costs.ts'
import { isEmpty, lastHours, rangeOf, type Asked, type NamedQuestion } from '../insight/questions/question.ts'
import type { Reading } from '../insight/reading.ts'
import { csvColumns, type CellKind, type Table } from '../insight/table.ts'
import { day } from '../schema/day.ts'
import { parsed } from '../schema/parsed.ts'
import { scopeOf, scopeText } from '../schema/budget-input.ts'
import type { CliContext, Run } from './context.ts'
import type { Terminal } from './terminal.ts'
import { withLedger, type Show } from './with-ledger.ts'

interface Options extends Show {
  csv?: boolean
  from?: string
  to?: string
  hours?: string
  by?: string
  unit?: string
  limit?: string
  scope: string
  currency: string
  timeZone?: string
}

/** `purser analytics users --from 2026-10-01 --to 2026-11-01`: the named questions, and any by two dimensions. */
export function analyticsCommand(context: CliContext, run: Run): Command {
  const command = new Command('analytics').description('where the money goes: every question of /v1/analytics as a table, CSV or JSON')
  command.addCommand(costsCommand(context, run))
  for (const question of QUESTIONS) command.addCommand(questionCommand(question, context, run))
  return command
}

function questionCommand(question: NamedQuestion, context: CliContext, run: Run): Command {
  const { name, summary, time, limit, by, unit, isInEur } = question
  const command = new Command(name).description(sentence(summary))
  timed(command, time)
  if (by !== undefined) command.option('--by <what>', by.from.join(' or '), by.default)
  if (unit !== undefined) command.option('--unit <unit>', unit.from.join(', '), unit.default)
  if (limit !== undefined) command.option('--limit <n>', `how many at the most (1 to ${limit.max})`, String(limit.default))
  if (isInEur !== true) command.option('--currency <currency>', 'EUR, or USD: each call at the rate that was pinned with it', 'EUR')
  common(command, context)
  return command.action(
    run(async () => {
      const o: Options = { ...command.opts<Options>(), ...(isInEur === true ? { currency: 'EUR' } : {}) }
      oneOf('--by', o.by, by?.from)
      oneOf('--unit', o.unit, unit?.from)
      const asked = askedBy(o, context, time, limit?.max ?? 1)
      await answer(context, o, asked, question, (reading) => question.ask(reading, asked))
    }),
  )
}

function costsCommand(context: CliContext, run: Run): Command {
  const command = new Command('costs').description('what was spent by any one or two dimensions, and by hour, day, week or month')
  timed(command, 'range')
    .option('--by <what>', `one or two of ${DIMENSIONS.join(', ')} or label:NAME, with a comma between`)
    .option('--unit <unit>', 'hour, day, week or month')
    .option('--limit <n>', 'how many at the most (1 to 10000)', '1000')
    .option('--currency <currency>', 'EUR, or USD: each call at the rate that was pinned with it', 'EUR')
  common(command, context)
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      oneOf('--unit', o.unit, ['hour', 'day', 'week', 'month'])
      const by = (o.by ?? '').split(',').filter((one) => one !== '')
      if (by.length > 2 || new Set(by).size < by.length || !by.every(isDimension))
        throw new PurserError('bad_input', `--by ${o.by}: write one or two of ${DIMENSIONS.join(', ')} or label:NAME, with a comma between`)
      const asked = { ...askedBy(o, context, 'range', 10_000), by }
      await answer(context, o, asked, { name: 'costs' }, (reading) => costsTable(reading, asked))
    }),
  )
}

const timed = (command: Command, time: NamedQuestion['time']): Command =>
  time === 'hours'
    ? command.option('--hours <n>', 'the last so many, this one among them (1 to 168)', '24')
    : command
        .option('--from <day>', 'a day, or a moment like 2026-11-01T12:00:00Z (default: thirty days before --to)')
        .option('--to <day>', 'before it: a day, or a moment (default: the end of today)')

const common = (command: Command, { config }: CliContext): Command =>
  command
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
    .option('--time-zone <zone>', `where days, weeks and months begin (default: ${config.PURSER_TIME_ZONE})`)
    .option('--exact', 'all digits of an amount')
    .option('--json', 'one JSON object')
    .option('--csv', 'one line per row, with all digits')

function oneOf(option: string, given: string | undefined, from: readonly string[] | undefined): void {
  if (given !== undefined && from !== undefined && !from.includes(given))
    throw new PurserError('bad_input', `${option} ${given}: write ${from.join(', ')}`)
}

function askedBy(o: Options, { config }: CliContext, time: NamedQuestion['time'], limitMax: number): Asked {
  const { timeZone = config.PURSER_TIME_ZONE, currency } = o
  if (currency !== 'EUR' && currency !== 'USD') throw new PurserError('bad_input', `--currency ${currency}: write EUR or USD`)
  if (!isTimeZone(timeZone)) throw new PurserError('bad_input', `--time-zone ${timeZone}: write one like Europe/Berlin`)
  const range = { from: momentOf('--from', o.from), to: momentOf('--to', o.to) }
  const span = time === 'hours' ? lastHours(wholeNumber('--hours', o.hours ?? '24', 168)) : rangeOf(range, timeZone)
  if (isEmpty(span))
    throw new PurserError('bad_input', `from ${span.from} to before ${span.to} is no time at all: --to must be after --from`)
  return {
    ...span,
    timeZone,
    filter: scopeOf(o.scope),
    currency,
    limit: wholeNumber('--limit', o.limit ?? '1', limitMax),
    by: o.by === undefined ? [] : (o.by.split(',') as Dimension[]),
    unit: o.unit as Asked['unit'],
  }
}

function momentOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!isInstant(text)) return parsed(day, text, option)
  const at = Date.parse(text)
  if (Number.isNaN(at) || !/(Z|[+-]\d\d:\d\d)$/.test(text))
    throw new PurserError('bad_input', `${option} ${text}: write a day like 2026-11-01, or a moment like 2026-11-01T12:00:00Z`)
  return new Date(at).toISOString()
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new PurserError('bad_input', `${option} takes a whole number from 1 to ${max}`)
  return value
}

const sentence = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`

async function answer(
  { config, terminal, openLedger }: CliContext,
  o: Options,
  asked: Asked,
  question: Pick<NamedQuestion, 'name' | 'description'>,
  ask: (reading: Reading) => Promise<Table>,
): Promise<void> {
  await withLedger(openLedger(config), async (ledger) => {
    const table = await ask(ledger)
    if (o.csv === true) return terminal.pipe(csvOf(csvColumns(table), table.rows))
    if (o.json === true) return terminal.print(JSON.stringify(jsonOf(table, asked)))
    show(terminal, table, asked, question, o.exact === true)
  })
}

const jsonOf = (table: Table, { from, to, timeZone }: Asked) => ({
  from,
  to,
  timeZone,
  currency: table.currency,
  ...(table.whole === undefined ? {} : { totalCost: spentText(table.whole, table.currency) }),
  rowCount: table.rowCount,
  rows: table.rows.map((row) => Object.fromEntries(table.columns.map(({ name }, n) => [name, row[n]]))),
})

const RIGHT: ReadonlySet<CellKind> = new Set(['money', 'eur', 'price', 'count', 'percent'])

function show(
  terminal: Terminal,
  table: Table,
  { from, to, timeZone, filter }: Asked,
  { name, description }: Pick<NamedQuestion, 'name' | 'description'>,
  exact: boolean,
): void {
  const of = Object.keys(filter).length === 0 ? '' : ` of ${scopeText(filter)}`
  const moment = (text: string): string => (isInstant(text) ? wallTime(text, timeZone) : text)
  const span = `${moment(from)} to before ${moment(to)} (${timeZone})`
  if (table.rows.length === 0) {
    terminal.say(`${name}${of}: nothing from ${span}; another time: --from 2026-10-01 --to 2026-11-01`)
    if (description !== undefined) terminal.say(description)
    return
  }
  const all = table.rowCount > table.rows.length ? `, ${table.rows.length} of ${table.rowCount}` : ''
  terminal.say(`${name}${of}, ${span}${all}, amounts in ${table.currency}`)
  const rows = table.rows.map((row) => row.map((cell, n) => cellText(cell, table.columns[n]?.kind ?? 'text', { timeZone, exact })))
  const right = table.columns.flatMap(({ kind }, n) => (RIGHT.has(kind) ? [n] : []))
  terminal.print(
    terminal.table(
      table.columns.map((column) => column.name.replaceAll('_', ' ')),
      rows,
      right,
    ),
  )
  if (table.whole !== undefined && table.rows.length > 1 && table.columns.some((column) => column.name === 'total_cost')) {
    const whole = spentText(table.whole, table.currency)
    terminal.say(`in all ${exact ? whole : shortAmount(whole)} ${table.currency}`)
  }
}

import { PurserError } from '../domain/errors.ts'
import { cellText } from '../insight/cell-text.ts'
import { csvOf } from '../insight/csv.ts'
import { QUESTIONS } from '../insight/questions/all.ts'
import type { Asked } from '../insight/questions/question.ts'
import { spentText } from '../insight/spending.ts'
import { csvColumns, type Table } from '../insight/table.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { dueReports, sendReport, type DueReport } from '../ledger/report-schedules.ts'
import { untilStopped, type Running } from '../until-stopped.ts'

const EVERY_MS = 20_000
const AT_ONCE = 20
/** Rows of a report that is sent; the rest is counted. */
const ROWS_MAX = 1_000
/** Of these, the first ones stand in the text that people read. */
const ROWS_TOLD = 20
/** And no more of them than fit into so many characters: a notice holds ten thousand. */
const TEXT_MAX = 9_000

/** Sends reports that are due, in every worker: each once, whoever is first. What cannot be made is told, and tried again. */
export const startReports = ({ ledger, warn }: { readonly ledger: Ledger; readonly warn: (line: string) => void }): Running =>
  untilStopped(
    async () => {
      await sendDueReports(ledger, warn)
      return EVERY_MS
    },
    (error) => warn(`reports that are due could not be read: ${String(error)}`),
  )

/** Answers how many it sent. Those that could not be made are due all the time, and first: so it looks behind them, too. */
export async function sendDueReports(ledger: Ledger, warn: (line: string) => void): Promise<number> {
  const failed = new Set<number>()
  let sent = 0
  for (;;) {
    const failedBefore = failed.size
    for (const due of await dueReports(ledger, AT_ONCE + failed.size)) {
      if (failed.has(due.id)) continue
      try {
        const answer = await sendReport(ledger, due, await reportOf(ledger, due))
        if (answer.sent) sent += 1
      } catch (error) {
        failed.add(due.id)
        warn(`the report "${due.name}" could not be sent: ${String(error)}`)
      }
    }
    if (failed.size === failedBefore) return sent
  }
}

async function reportOf(ledger: Ledger, due: DueReport): Promise<{ readonly text: string; readonly data: object }> {
  const question = QUESTIONS.find(({ name }) => name === due.question)
  if (question === undefined) throw new PurserError('not_found', `there is no question "${due.question}"`)
  const asked: Asked = {
    from: due.since,
    to: due.till,
    timeZone: due.timeZone,
    filter: due.account === null ? {} : { account: due.account },
    currency: due.asked.currency ?? 'EUR',
    limit: Math.min(due.asked.limit ?? question.limit?.default ?? ROWS_MAX, ROWS_MAX),
    by: question.by === undefined ? [] : [(due.asked.by ?? question.by.default) as typeof question.by.default],
    unit: question.unit === undefined ? undefined : ((due.asked.unit ?? question.unit.default) as typeof question.unit.default),
  }
  const table = await question.ask(ledger, asked)
  const rows = table.rows.slice(0, ROWS_MAX)
  const whole = table.whole === undefined ? undefined : spentText(table.whole, table.currency)
  return {
    text: textOf(due, table, whole),
    data: {
      report: due.name,
      question: due.question,
      from: due.since,
      to: due.till,
      time_zone: due.timeZone,
      currency: table.currency,
      ...(whole === undefined ? {} : { total_cost: whole }),
      row_count: table.rowCount,
      rows: rows.map((row) => Object.fromEntries(table.columns.map(({ name }, n) => [name, row[n]]))),
      csv: await textFrom(csvOf(csvColumns(table), rows)),
    },
  }
}

async function textFrom(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

/** A line a row, each with the names of its columns: whoever reads it has no table. No more lines than a notice holds. */
function textOf({ name, question, since, till, timeZone }: DueReport, table: Table, whole: string | undefined): string {
  const all = whole === undefined ? `, amounts in ${table.currency}` : `, in all ${whole} ${table.currency}`
  const title = `${name}: ${question}, ${since} to before ${till} (${timeZone})${all}`
  const lines = table.rows.slice(0, ROWS_TOLD).map((row) => {
    const cells = table.columns.flatMap(({ name: column, kind }, n) => {
      const cell = row[n] ?? null
      return cell === null && kind !== 'text' ? [] : [`${column.replaceAll('_', ' ')} ${cellText(cell, kind, { timeZone })}`]
    })
    return `- ${cells.join(', ')}`
  })
  while (lines.reduce((sum, line) => sum + line.length, title.length) > TEXT_MAX) lines.pop()
  const rest = table.rowCount > lines.length ? [`and ${table.rowCount - lines.length} more`] : []
  return [title, ...(table.rows.length === 0 ? ['nothing was spent'] : lines), ...rest].join('\n')
}

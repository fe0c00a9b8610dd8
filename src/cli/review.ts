import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { monthOf, monthsLater } from '../domain/period.ts'
import { namedBaseline, review, type Review } from '../insight/review.ts'
import { reviewBody } from '../insight/review-body.ts'
import { reviewHtml } from '../insight/review-html.ts'
import { reviewMarkdown, titleOf } from '../insight/review-markdown.ts'
import { sectionsOf } from '../insight/review-sections.ts'
import { noteAct } from '../ledger/acts.ts'
import { setReviewBaseline } from '../ledger/reviews.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'
import type { Terminal } from './terminal.ts'
import { who } from './who.ts'
import { withLedger } from './with-ledger.ts'

interface Options {
  month?: string
  baseline?: string
  account?: string
  exact?: boolean
  json?: boolean
  markdown?: boolean
  html?: boolean
}

/** `purser review --month 2026-10`: the month as finance reads it. */
export function reviewCommand(context: CliContext, run: Run): Command {
  const { config, terminal, openLedger } = context
  const command = new Command('review')
    .description('a month beside a baseline month: what costs most, budgets, causes, what could be saved and how; switches nothing')
    .option('--month <month>', 'such as 2026-10 (default: the last one that is over)')
    .option(
      '--baseline <month>',
      'what it is compared with (default: the one that `purser review baseline` names, else the first month with calls)',
    )
    .option('--account <account>', 'of this account only (default: all)')
    .option('--exact', 'all digits of an amount')
    .option('--json', 'one JSON object')
    .option('--markdown', 'for a wiki, on stdout')
    .option('--html', 'a page to print, on stdout')
    .addCommand(baselineCommand(context, run))
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      if ([o.json, o.markdown, o.html].filter((one) => one === true).length > 1)
        throw new PurserError('bad_input', 'name one of --json, --markdown and --html')
      const { PURSER_TIME_ZONE: timeZone } = config
      const month = o.month === undefined ? monthsLater(monthOf(new Date(), timeZone), -1) : parsed(monthSchema, o.month, 'month')
      const baseline = o.baseline === undefined ? undefined : parsed(monthSchema, o.baseline, 'baseline')
      const read = await withLedger(openLedger(config), (ledger) => review(ledger, { month, baseline, account: o.account, timeZone }))
      if (o.json === true) return terminal.print(JSON.stringify(reviewBody(read)))
      if (o.markdown === true) return terminal.print(reviewMarkdown(read, o).trimEnd())
      if (o.html === true) return terminal.print(reviewHtml(read, o).trimEnd())
      show(terminal, read, o.exact)
    }),
  )
}

/** `purser review baseline 2025-11`: for all that name none themselves. */
function baselineCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('baseline')
    .description('the month that others are reviewed beside: show it, or name it')
    .argument('[month]', 'such as 2025-11; "first" for the first month with calls')
  return command.action(
    run(async () => {
      const [said] = command.args
      const month = said === undefined || said === 'first' ? undefined : parsed(monthSchema, said, 'month')
      await withLedger(openLedger(config), async (ledger) => {
        if (said === undefined) return terminal.print((await namedBaseline(ledger)) ?? 'first')
        const { changed } = await setReviewBaseline(ledger, month)
        if (changed)
          await noteAct(ledger, {
            who: who(),
            act: 'review.baseline',
            account: undefined,
            what: { month: month ?? null },
            requestId: undefined,
          })
        const now = month ?? 'the first one with calls'
        terminal.done(changed ? `the baseline is now ${now}` : `the baseline was ${now} before: no effect`)
      })
    }),
  )
}

function show(terminal: Terminal, read: Review, exact: boolean | undefined): void {
  terminal.say(`${titleOf(read)}, beside ${read.baseline ?? 'no other month'} (${read.timeZone})`)
  for (const { title, said, head, numbers, rows } of sectionsOf(read, { exact })) {
    terminal.print(`\n${title}`)
    for (const line of said) terminal.print(`  ${line}`)
    if (head.includes('how')) for (const row of rows) showAdvice(terminal, row)
    else if (rows.length > 0)
      terminal.print(
        terminal.table(
          [...head],
          rows.map((row) => [...row]),
          [...numbers],
        ),
      )
  }
}

/** As a table, its sentences would be too wide. */
function showAdvice(terminal: Terminal, [saves = '', what = '', how = '']: readonly string[]): void {
  terminal.print(`  ${saves.padStart(9)}${saves === '–' ? '    ' : ' EUR'}  ${what}`)
  terminal.print(`${' '.repeat(17)}${how}`)
}

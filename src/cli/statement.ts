import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur, shortEur, type Nano } from '../domain/money.ts'
import { monthOf } from '../domain/period.ts'
import { csvOf } from '../insight/csv.ts'
import { STATEMENT_COLUMNS, statementLines } from '../insight/statement-csv.ts'
import { statementHtml } from '../insight/statement-html.ts'
import { listStatements, showStatement, verifyStatements, type StatementPart, type WholeStatement } from '../insight/statements.ts'
import { statementBody } from '../insight/statement-body.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'
import { EXIT } from './context.ts'
import type { Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

/** `purser statement`: an account's months as documents. */
export function statementCommand(context: CliContext, run: Run): Command {
  const command = new Command('statement').description(
    'an account’s month as a document: sealed when the month is closed, provisional before',
  )
  for (const sub of [showCommand, listCommand, verifyCommand]) command.addCommand(sub(context, run))
  return command
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description('a statement with its lines')
    .argument('<account>')
    .option('--month <month>', 'such as 2026-11 (default: this one, provisional)')
    .option('--exact', 'all digits of an amount')
    .option('--json', 'one JSON object')
    .option('--csv', 'one line per amount, with all digits')
    .option('--html', 'a page to print, on stdout')
  return command.action(
    run(async () => {
      const o = command.opts<{ month?: string; exact?: boolean; json?: boolean; csv?: boolean; html?: boolean }>()
      const [account = ''] = command.args
      const month = o.month === undefined ? monthOf(new Date(), config.PURSER_TIME_ZONE) : parsed(monthSchema, o.month, 'month')
      await withLedger(openLedger(config), async (ledger) => {
        const statement = await showStatement(ledger, account, month)
        if (o.json === true) return terminal.print(JSON.stringify(statementBody(statement)))
        if (o.csv === true) return terminal.pipe(csvOf(STATEMENT_COLUMNS, statementLines(statement)))
        if (o.html === true) return terminal.print(statementHtml(statement))
        show(terminal, statement, o.exact === true ? exactEur : shortEur)
      })
    }),
  )
}

function show(terminal: Terminal, s: WholeStatement, money: (amount: Nano) => string): void {
  terminal.say(`${s.account}: statement of ${s.month} (${s.timeZone}), ${s.state}`)
  const head: [string, Nano | undefined, string][] = [
    ['allowance', s.allowance, `plan ${s.plan}`],
    ['top-ups, cuts, plans', s.capChanges, ''],
    ['spent', s.spent, `${s.calls} calls, ${s.failed} without an answer`],
    ['of it presumed', s.presumed, ''],
    ['corrections', s.corrections, `${s.corrected} lines of earlier months`],
    ['total', s.total, ''],
    ['still reserved', s.open, ''],
    ['over the cap', s.overrun, ''],
    ['saved by caches', s.saved, ''],
  ]
  const always = ['allowance', 'spent', 'total']
  const shown = head.filter(([name, amount]) => amount !== undefined && (amount !== 0n || always.includes(name)))
  terminal.print(
    terminal.table(
      ['', 'EUR', ''],
      shown.map(([name, amount, note]) => [name, amount === undefined ? '' : money(amount), note]),
      [1],
    ),
  )
  const part = (title: string, parts: readonly StatementPart[]): void => {
    if (parts.length === 0) return
    terminal.print('')
    terminal.print(
      terminal.table(
        [title, 'calls', 'EUR'],
        parts.map(({ name, calls, spent }) => [name ?? '(none)', String(calls), money(spent)]),
        [1, 2],
      ),
    )
  }
  part('feature', s.features)
  part('model', s.models)
  part('user', s.users)
  if (s.correctionLines.length > 0) {
    terminal.print('')
    const rows = s.correctionLines.map(({ month, rowId, knownAt, change }) => [month, rowId, knownAt.slice(0, 10), money(change)])
    terminal.print(terminal.table(['correction of', 'call', 'known since', 'EUR'], rows, [3]))
  }
  terminal.say(
    s.hash === null ? 'provisional: it may change until the month is closed' : `sealed ${s.sealedAt?.slice(0, 16)} UTC, ${s.hash}`,
  )
}

const PAGE = 1_000

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('sealed statements, by month')
    .option('--account <account>', 'of this account only')
    .option('--month <month>', 'of this month only')
    .option('--limit <count>', `so many at most, ${PAGE} or fewer`, '100')
    .option('--json', 'one JSON object a line')
  return command.action(
    run(async () => {
      const o = command.opts<{ account?: string; month?: string; limit: string; json?: boolean }>()
      const limit = Number(o.limit)
      if (!Number.isInteger(limit) || limit < 1 || limit > PAGE)
        throw new PurserError('bad_input', `--limit ${o.limit}: write a number from 1 to ${PAGE}`)
      const month = o.month === undefined ? undefined : parsed(monthSchema, o.month, 'month')
      await withLedger(openLedger(config), async (ledger) => {
        const found = await listStatements(ledger, { account: o.account, month, limit })
        if (o.json === true) return found.forEach((one) => terminal.print(JSON.stringify(statementBody(one))))
        if (found.length === 0) return terminal.say('there are none: `purser close --month 2026-11` seals those of a month that is over')
        const rows = found.map((s) => [
          s.month,
          s.account,
          s.plan,
          String(s.calls),
          shortEur(s.spent),
          shortEur(s.corrections),
          shortEur(s.total),
          s.hash?.slice(0, 12) ?? '',
        ])
        terminal.print(terminal.table(['month', 'account', 'plan', 'calls', 'spent', 'corrections', 'total', 'hash'], rows, [3, 4, 5, 6]))
        if (found.length === limit) terminal.say('there may be more: --limit, --account, --month')
      })
    }),
  )
}

function verifyCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('verify')
    .description('reckon every sealed statement of an account anew, from the facts: exit code 1 when one is not as it was sealed')
    .argument('<account>')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const [account = ''] = command.args
      const verified = await withLedger(openLedger(config), (ledger) => verifyStatements(ledger, account))
      const wrong = verified.filter(({ faults }) => faults.length > 0)
      if (command.opts<{ json?: boolean }>().json === true)
        terminal.print(
          JSON.stringify({ account, statements: verified.map(({ total, ...one }) => ({ ...one, totalEur: exactEur(total) })) }),
        )
      else {
        if (verified.length === 0) terminal.say(`${account} has no sealed statement yet`)
        for (const { month, hash, faults } of verified)
          (faults.length === 0 ? terminal.done : terminal.fail)(faults.length === 0 ? `${month} ${hash}` : `${month} ${faults.join('; ')}`)
      }
      return wrong.length === 0 ? EXIT.done : EXIT.failed
    }),
  )
}

import { Command } from 'commander'
import { reservationRef } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur, nano, type Nano } from '../domain/money.ts'
import { adjust } from '../ledger/adjust.ts'
import { listDoubtful, type DoubtfulAttempt } from '../ledger/doubtful.ts'
import type { CliContext, Run } from './context.ts'
import { minute, showEur, type Terminal } from './terminal.ts'
import { amountOf, limitOf, noteOf, paged, shown, withLedger, type Show } from './with-ledger.ts'

interface List extends Show {
  inDoubt?: boolean
  presumed?: boolean
  account?: string
  after?: string
  limit: string
}

/** `purser attempts`: what was sent and never answered, and a person's word on it. */
export function attemptsCommand(context: CliContext, run: Run): Command {
  const { config, terminal, openLedger } = context
  const described = new Command('attempts').description(
    'requests that were sent and never answered: in doubt (their money is held) or presumed (it is spent), a page at a time',
  )
  const command = paged(shown(described, 'attempt'), 'attempt')
    .option('--in-doubt', 'only those in doubt')
    .option('--presumed', 'only those that are presumed')
    .option('--account <id>', 'only those of this account')
  command.addCommand(resolveCommand(context, run))
  return command.action(
    run(async () => {
      const o = command.opts<List>()
      const [limit, after] = [limitOf(o.limit), o.after === undefined ? undefined : idOf(o.after, '--after takes the id of an attempt')]
      const both = (o.inDoubt ?? false) === (o.presumed ?? false)
      const page = { inDoubt: both || o.inDoubt === true, presumed: both || o.presumed === true, account: o.account, after, limit }
      await withLedger(openLedger(config), async (ledger) => {
        const attempts = await listDoubtful(ledger, page)
        if (o.json === true) for (const attempt of attempts) terminal.print(JSON.stringify(attemptJson(attempt)))
        else if (attempts.length === 0) terminal.say(after === undefined ? 'no such attempts: every answer is known' : 'no more attempts')
        else show(terminal, attempts, o.exact ?? false)
        const last = attempts.at(-1)
        if (attempts.length === limit && last !== undefined && o.json !== true) terminal.say(`more: ${nextPage(o, last)}`)
      })
    }),
  )
}

const nextPage = ({ inDoubt, presumed, account }: List, last: DoubtfulAttempt): string =>
  [
    'purser attempts',
    ...(inDoubt === true ? ['--in-doubt'] : []),
    ...(presumed === true ? ['--presumed'] : []),
    ...(account === undefined ? [] : [`--account ${account}`]),
    `--after ${reservationRef(last.reservationId)}`,
  ].join(' ')

const attemptJson = ({ amount, reservationId, ...attempt }: DoubtfulAttempt): Record<string, unknown> => ({
  attempt: reservationRef(reservationId),
  reservationId,
  ...attempt,
  amountEur: exactEur(amount),
})

function show(terminal: Terminal, attempts: readonly DoubtfulAttempt[], exact: boolean): void {
  const rows = attempts.map((a) => [
    reservationRef(a.reservationId),
    a.account,
    a.workflowId,
    a.callId,
    a.state.replace('_', ' '),
    showEur(a.amount, exact),
    minute(a.sentAt),
    a.state === 'in_doubt' ? minute(a.presumedFrom) : '',
    a.why ?? '',
  ])
  const head = ['attempt', 'account', 'job', 'call', 'state', 'EUR', 'sent', 'presumed from', 'why']
  terminal.print(terminal.table(head, rows, [5]))
}

interface Resolve extends Show {
  notBilled?: boolean
  billed?: string
  why: string
  note?: string
}

function resolveCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const described = new Command('resolve').description(
    'your word on what an attempt cost: booked with your reason; an answer or a bill counts more, whenever it comes',
  )
  const command = shown(described, 'attempt')
    .argument('<attempt>', 'rsv_…, as the list and the provider’s log show it')
    .option('--not-billed', 'it cost nothing: its money comes back (only when no answer can come any more)')
    .option('--billed <eur>', 'what it cost, such as 0.0347')
    .requiredOption('--why <text>', 'how you know; kept with the entry')
    .option('--note <id>', 'your note or ticket: the same one again has no effect (default: made of what you say)')
  return command.action(
    run(async () => {
      // Both have --json and --exact, and the list takes them first.
      const o = command.optsWithGlobals<Resolve>()
      const reservationId = idOf(command.args[0] ?? '', 'name an attempt like rsv_ and 32 hex digits: `purser attempts` lists them')
      const total = totalOf(o)
      const sourceId = noteOf(o, String(total))
      await withLedger(openLedger(config), async (ledger) => {
        const said = await adjust(ledger, { reservationId, total, source: 'person', sourceId, why: o.why })
        const attempt = reservationRef(reservationId)
        const cost = `${showEur(said.cost, o.exact ?? false)} EUR`
        if (said.kind === 'outranked')
          throw new PurserError('conflict', `an answer or a bill has named the cost of ${attempt}: it stays ${cost}`)
        if (o.json === true)
          return terminal.print(JSON.stringify({ attempt, reservationId, changed: said.changed, costEur: exactEur(said.cost) }))
        terminal.done(
          said.changed ? `${attempt} has cost ${cost}: ${o.why}` : `this was said before: no effect; ${attempt} has cost ${cost}`,
        )
      })
    }),
  )
}

/** Throws PurserError `bad_input` unless exactly one of the two is said. */
function totalOf({ notBilled = false, billed }: Resolve): Nano {
  if (notBilled === (billed !== undefined)) throw new PurserError('bad_input', 'say what it cost: either --not-billed, or --billed AMOUNT')
  if (billed === undefined) return nano(0n)
  const total = amountOf(billed)
  if (total <= 0n) throw new PurserError('bad_input', 'a bill is above zero: say --not-billed if it cost nothing')
  return total
}

/** An attempt's id, as people see it or as the ledger keeps it. Throws PurserError `bad_input`. */
function idOf(text: string, advice: string): string {
  const hex = text.toLowerCase().replace(/^rsv_/, '').replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new PurserError('bad_input', advice)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

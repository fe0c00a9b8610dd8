import { Command } from 'commander'
import { z } from 'zod'
import { isStale } from '../domain/bound.ts'
import { PurserError } from '../domain/errors.ts'
import { decimalOf, millionths } from '../domain/millionths.ts'
import { fetchRates, type FetchedRate } from '../prices/fetch-rates.ts'
import { addRate, listRates, rateOn, type KnownRate } from '../prices/rates.ts'
import { day } from '../schema/day.ts'
import { text } from '../schema/names.ts'
import { parsed } from '../schema/parsed.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import type { Terminal } from './terminal.ts'
import { limitOf, withLedger } from './with-ledger.ts'

const FIRST_DAY = '1999-01-04'

export function ratesCommand(context: CliContext, run: Run): Command {
  const command = new Command('rates').description(
    'euro rates: what a dollar is charged as; read from the European Central Bank once a day',
  )
  for (const sub of [listCommand, showCommand, fetchCommand, setCommand]) command.addCommand(sub(context, run))
  return command
}

const today = (): string => new Date().toISOString().slice(0, 10)

const listSchema = z.strictObject({ from: day, until: day })

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('rates by day, the newest first, a page at a time')
    .option('--from <day>', 'from this day on (default: the first)')
    .option('--until <day>', 'up to this day (default: today)')
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per rate')
  return command.action(
    run(async () => {
      const o = command.opts<{ from?: string; until?: string; limit: string; json?: boolean }>()
      const days = parsed(listSchema, { from: o.from ?? FIRST_DAY, until: o.until ?? today() }, 'list of rates')
      const limit = limitOf(o.limit)
      await withLedger(openLedger(config), async (ledger) => {
        const rates = await listRates(ledger, { ...days, limit })
        if (o.json === true) for (const rate of rates) terminal.print(JSON.stringify(rateJson(rate)))
        else if (rates.length === 0) terminal.say('no rates of these days')
        else showRates(terminal, rates)
        const last = rates.at(-1)
        // A day may have several, so the next page begins with the whole of it.
        if (rates.length === limit && last !== undefined && o.json !== true) terminal.say(`more: purser rates list --until ${last.day}`)
      })
    }),
  )
}

const rateJson = (rate: KnownRate): Record<string, unknown> => ({
  day: rate.day,
  usdPerEur: decimalOf(rate.usdMicrosPerEur),
  source: rate.source,
  fetchedOn: rate.fetchedOn,
  why: rate.why,
})

function showRates(terminal: Terminal, rates: readonly KnownRate[]): void {
  const rows = rates.map((r) => [r.day, decimalOf(r.usdMicrosPerEur), r.source, r.fetchedOn, r.why ?? ''])
  terminal.print(terminal.table(['day', 'USD per EUR', 'source', 'read on', 'why'], rows, [1]))
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description('the rate that holds on a day: its own, or that of the last working day before it')
    .argument('[day]', 'such as 2026-10-31 (default: today)')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const asked = parsed(day, command.args[0] ?? today(), 'day')
      await withLedger(openLedger(config), async (ledger) => {
        const at = new Date(`${asked}T12:00:00Z`)
        const rate = await rateOn(ledger, at)
        if (rate === undefined) throw new PurserError('rate_missing', `there is no euro rate of ${asked} or before it`)
        const stale = isStale(rate, at)
        const shown = { asked, day: rate.day, usdPerEur: decimalOf(rate.usdMicrosPerEur), source: rate.source, isStale: stale }
        if (command.opts<{ json?: boolean }>().json === true) return terminal.print(JSON.stringify(shown))
        terminal.print(`${asked}: 1 EUR = ${shown.usdPerEur} USD, the rate of ${rate.day} (${rate.source})`)
        if (stale) terminal.warn('it is older than a week: bounds have a higher margin. `purser rates fetch` reads a newer one')
      })
    }),
  )
}

function fetchCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('fetch')
    .description('read the bank’s page now (PURSER_RATES_URL) and append what is new; exit code 1 if a rate could not be taken')
    .option('--json', 'one JSON object per day of the page')
  return command.action(
    run(async () => {
      if (config.PURSER_RATES_URL === '')
        throw new PurserError('bad_input', 'PURSER_RATES_URL is empty, so rates are not read: `purser rates set` takes them by hand')
      return withLedger(openLedger(config), async (ledger) => {
        const fetched = await terminal.step('reading the euro rates', () => fetchRates(ledger, config.PURSER_RATES_URL))
        for (const rate of fetched) tell(terminal, rate, command.opts<{ json?: boolean }>().json ?? false)
        return fetched.some(({ kind }) => kind === 'conflict' || kind === 'implausible') ? EXIT.failed : EXIT.done
      })
    }),
  )
}

function tell(terminal: Terminal, { kind, readDay, usdMicrosPerEur, day: knownDay, known }: FetchedRate, json: boolean): void {
  const usdPerEur = decimalOf(usdMicrosPerEur)
  if (json) terminal.print(JSON.stringify({ kind, day: readDay, usdPerEur, knownDay, knownUsdPerEur: decimalOf(known) }))
  switch (kind) {
    case 'added':
      return terminal.done(`${readDay}: 1 EUR = ${usdPerEur} USD`)
    case 'same':
      return terminal.done(`${readDay}: ${usdPerEur} was known`)
    case 'conflict':
      return terminal.fail(`${readDay}: the page says ${usdPerEur}, but ${decimalOf(known)} was read first and stays: ${BY_HAND}`)
    case 'implausible':
      return terminal.fail(`${readDay}: ${usdPerEur} is too far from ${decimalOf(known)} of ${knownDay} and was not taken: ${BY_HAND}`)
  }
}

const BY_HAND = 'if it is right, `purser rates set` with a source of your own takes it'

const setSchema = z.strictObject({
  day,
  rate: z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'write dollars per euro like 1.1172, with at most six decimals'),
  source: text(100).min(1),
  why: text(1000).min(1),
})

function setCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('set')
    .description('a rate of your own, from that day on until the next one; it counts more than what was read of the same day')
    .argument('<day>', 'such as 2026-11-03')
    .argument('<usd-per-eur>', 'dollars per euro, such as 1.1172')
    .requiredOption('--source <text>', 'where it comes from, such as "bank statement 2026-11"')
    .requiredOption('--why <text>', 'kept with the rate')
    .option('--accept', 'also if it is far from the last known one')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ source: string; why: string; accept?: boolean; json?: boolean }>()
      const typed = parsed(setSchema, { day: command.args[0], rate: command.args[1], source: o.source, why: o.why }, 'rate')
      const usdMicrosPerEur = millionths(typed.rate)
      await withLedger(openLedger(config), async (ledger) => {
        const { source, why } = typed
        const added = await addRate(ledger, { day: typed.day, usdMicrosPerEur, source, why, accept: o.accept })
        const known = decimalOf(added.known)
        if (added.kind === 'conflict')
          throw new PurserError('conflict', `"${source}" has said ${known} of ${typed.day}, which stays: name another source`)
        if (added.kind === 'implausible')
          throw new PurserError(
            'bad_input',
            `${typed.rate} is too far from ${known} of ${added.day}: check it, and say --accept if it is right`,
          )
        if (o.json === true) terminal.print(JSON.stringify({ kind: added.kind, day: typed.day, usdPerEur: known, source, why }))
        terminal.done(added.kind === 'added' ? `${typed.day}: 1 EUR = ${known} USD` : `this was said before: no effect`)
      })
    }),
  )
}

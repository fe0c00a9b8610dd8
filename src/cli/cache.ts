import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { percentCell } from '../insight/table.ts'
import { noteAct } from '../ledger/acts.ts'
import { cacheStats, clearCache, type CacheStats } from '../ledger/response-cache.ts'
import type { CliContext, Run } from './context.ts'
import { showEur, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { limitOf, withLedger } from './with-ledger.ts'

export const cacheCommand = (context: CliContext, run: Run): Command =>
  new Command('cache')
    .description('answers that are heard again at no cost: how many, what they saved, and how to forget them')
    .addCommand(statsCommand(context, run))
    .addCommand(clearCommand(context, run))

const DAY_MS = 86_400_000
const DAYS_MAX = 100

interface StatsOptions {
  account?: string
  days: string
  limit: string
  exact?: boolean
  json?: boolean
}

function statsCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('stats')
    .description('what is kept now, and by feature how often it was asked and what it saved')
    .option('--account <id>', 'of one account (default: of all)')
    .option('--days <n>', `hits and misses of so many days (1 to ${DAYS_MAX})`, '30')
    .option('--limit <n>', 'how many features at the most (1 to 1000)', '50')
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<StatsOptions>()
      const days = Number(o.days)
      if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
        throw new PurserError('bad_input', `--days takes a whole number from 1 to ${DAYS_MAX}`)
      const page = { account: o.account, since: new Date(Date.now() - days * DAY_MS), limit: limitOf(o.limit) }
      const stats = await withLedger(openLedger(config), (ledger) => cacheStats(ledger, page))
      if (o.json === true)
        terminal.print(
          JSON.stringify({ ...jsonOf(stats), features: stats.features.map((one) => ({ feature: one.feature, ...jsonOf(one) })) }),
        )
      else showStats(terminal, stats, o.exact === true)
    }),
  )
}

type Counted = Omit<CacheStats, 'features'>
const jsonOf = (counted: Counted) => ({
  entries: counted.entries,
  bytes: Number(counted.bytes),
  hits: counted.hits,
  misses: counted.misses,
  hitRate: percentCell(BigInt(counted.hits), BigInt(counted.hits + counted.misses)),
  savedEur: exactEur(counted.saved),
})

/** A tenth of a percent is enough in a table. */
function shortRate({ hits, misses }: Counted): string {
  return hits + misses === 0 ? '' : `${((hits * 100) / (hits + misses)).toFixed(1)} %`
}

function showStats(terminal: Terminal, stats: CacheStats, exact: boolean): void {
  const row = (name: string, counted: Counted) => [
    name,
    String(counted.entries),
    `${Math.ceil(Number(counted.bytes) / 1000).toLocaleString('en-US')} kB`,
    String(counted.hits),
    String(counted.misses),
    shortRate(counted),
    `${showEur(counted.saved, exact)} EUR`,
  ]
  const rows = [...stats.features.map((one) => row(one.feature ?? '(none)', one)), row('all', stats)]
  terminal.print(terminal.table(['feature', 'entries', 'size', 'hits', 'misses', 'hit rate', 'saved'], rows, [1, 2, 3, 4, 5, 6]))
}

interface ClearOptions {
  feature?: string
  model?: string
  account?: string
  all?: boolean
}

function clearCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('clear')
    .description('forget answers, and keep none of those that are asked for now; calls that heard one hear it again')
    .option('--feature <name>', 'those of this feature')
    .option('--model <name>', 'those of this model')
    .option('--account <id>', 'those that this account’s calls made')
    .option('--all', 'all of them')
  return command.action(
    run(async () => {
      const { all, ...filter } = command.opts<ClearOptions>()
      const isNamed = Object.keys(filter).length > 0
      if (isNamed === (all === true)) throw new PurserError('bad_input', 'say which answers: --feature, --model or --account; or --all')
      const { removed, bytes } = await withLedger(openLedger(config), async (ledger) => {
        const cleared = await clearCache(ledger, filter)
        const what = { ...filter, removed: cleared.removed }
        await noteAct(ledger, { who: who(), act: 'cache.clear', account: filter.account, what, requestId: undefined })
        return cleared
      })
      terminal.done(`forgotten: ${removed} answers, ${Math.ceil(Number(bytes) / 1000).toLocaleString('en-US')} kB`)
    }),
  )
}

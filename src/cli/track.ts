import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { trackUsage } from '../calls/track-usage.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Tracked } from '../ledger/track.ts'
import { trackedUsageOf, trackedUsagesIn, TRACKED_MAX } from '../schema/track-input.ts'
import { pairsOf } from './pairs.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { withScopeValues } from './scope-options.ts'
import { showEur, type Terminal } from './terminal.ts'
import { withLedger, type Show } from './with-ledger.ts'

interface Options extends Show {
  file?: string
  usage?: string[]
  label?: string[]
  key?: string
  account?: string
  user?: string
  team?: string
  project?: string
  feature?: string
  environment?: string
  provider?: string
  model?: string
  endpoint?: string
  tier?: string
  at?: string
  durationMs?: string
  error?: string
}

/** `purser track`: what was used elsewhere, or is no model call. */
export function trackCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('track')
    .description(
      'book what was used elsewhere, or is no model call (hours, storage, trainings), as spent: priced by the book at its time, once per key, never refused',
    )
    .option('--key <key>', 'your own name of it, such as "invoice 17 line 3": the same again has no effect')
    .option('--account <id>', 'who pays')
    .option('--provider <name>', 'as in the price book')
    .option('--model <name>', 'as in the price book')
    .option('--tier <tier>', 'as in the price book (default: standard)')
    .option('--usage <unit=quantity...>', 'what was used: input_text_tokens=1500 output_text_tokens=500, gpu_hours=2.5')
    .option('--at <moment>', 'when it happened, such as 2026-11-03T14:30:00Z')
    .option('--duration-ms <n>', 'how long it took')
    .option('--error <text>', 'it failed, though it was billed: why')
  withScopeValues(command)
    .option(
      '--file <path>',
      `many, one JSON object a line (${TRACKED_MAX} at most): {"key","account","provider","model","usage":{"gpu_hours":"2.5"},"at",…}`,
    )
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object per usage')
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const usages = o.file === undefined ? [trackedUsageOf(typedIn(o))] : trackedUsagesIn(await fileOf(o))
      return withLedger(openLedger(config), async (ledger) => {
        if (o.file !== undefined) return many(ledger, terminal, usages, o)
        for (const usage of usages) tell(terminal, usage, await trackUsage(ledger, ledger, usage), o)
        return EXIT.done
      })
    }),
  )
}

/** Each by itself: one that cannot be booked harms no other, and the file again books only what is missing. */
async function many(ledger: Ledger, terminal: Terminal, usages: readonly TrackedUsage[], o: Options): Promise<number> {
  let [booked, known, failed] = [0, 0, 0]
  for (const usage of usages) {
    try {
      const tracked = await trackUsage(ledger, ledger, usage)
      if (tracked.changed) booked += 1
      else known += 1
      if (o.json === true) tell(terminal, usage, tracked, o)
    } catch (error) {
      if (!(error instanceof PurserError)) throw error
      failed += 1
      terminal.fail(`${usage.key}: ${error.message} [${error.code}]`)
      if (o.json === true) terminal.print(JSON.stringify({ key: usage.key, error: error.code, message: error.message }))
    }
  }
  terminal.done(`${booked} booked, ${known} known before, ${failed} not booked`)
  return failed > 0 ? EXIT.failed : EXIT.done
}

function tell(terminal: Terminal, { key }: TrackedUsage, tracked: Tracked, { json = false, exact = false }: Options): void {
  if (json) {
    const { cost, budgets, ...rest } = tracked
    const over = budgets.map(({ overrun, ...budget }) => ({ ...budget, overrunEur: exactEur(overrun) }))
    return terminal.print(JSON.stringify({ key, ...rest, costEur: exactEur(cost), budgets: over }))
  }
  const cost = `${showEur(tracked.cost, exact)} EUR`
  terminal.done(tracked.changed ? `${key}: ${cost}` : `${key} was booked before: no effect; it is ${cost}`)
  for (const { name, period, overrun } of tracked.budgets)
    if (overrun > 0n) terminal.warn(`"${name}" ${period} is over its cap by ${showEur(overrun, exact)} EUR`)
}

/** What was typed of the usage itself. */
function typedIn(o: Options): Record<string, unknown> {
  const given = Object.entries(o).filter(([name]) => !['usage', 'label', 'file', 'exact', 'json', 'durationMs'].includes(name))
  return {
    ...Object.fromEntries(given),
    ...(o.durationMs === undefined ? {} : { duration_ms: Number(o.durationMs) }),
    usage: pairsOf(o.usage ?? [], 'usage'),
    ...(o.label === undefined ? {} : { labels: pairsOf(o.label, 'label') }),
  }
}

async function fileOf({ file = '', ...others }: Options): Promise<string> {
  const extra = Object.keys(others).filter((name) => name !== 'json' && name !== 'exact')
  if (extra.length > 0) throw new PurserError('bad_input', `--file says everything itself: leave out --${extra.join(', --')}`)
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new PurserError('bad_input', `${file} cannot be read: ${(error as Error).message}`)
  })
}

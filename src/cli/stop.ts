import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { listStops, resumeScope, stopScope, type Stop } from '../ledger/stop.ts'
import { quoted } from '../domain/quoted.ts'
import { scopeOf, scopeText } from '../schema/budget-input.ts'
import { afterOf, limitOf, paged, withLedger } from './with-ledger.ts'
import type { CliContext, Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'

const SCOPE = 'which calls: account=acme,model=gemini-2.5-flash-image; "all" for every call'

export function stopCommand(context: CliContext, run: Run): Command {
  const { config, terminal, openLedger } = context
  const command = new Command('stop')
    .description('the panic switch: nothing of a scope is reserved or sent any more, at once and everywhere')
    // Asked for by hand: an option that commander requires of a command, it requires of its subcommands too.
    .option('--scope <scope>', SCOPE)
    .option('--reason <text>', 'kept with the stop, and told to the jobs that it ends')
    .addCommand(listCommand(context, run))
  return command.action(
    run(async () => {
      const { scope, reason } = command.opts<{ scope?: string; reason?: string }>()
      if (scope === undefined || reason === undefined)
        throw new PurserError('bad_input', 'say which calls, and why: purser stop --scope account=acme --reason "too much"')
      const stop = await withLedger(openLedger(config), (ledger) => stopScope(ledger, scopeOf(scope), reason))
      terminal.done(stop.stopped ? `stopped: ${scope}` : `stopped before: ${scope}, since ${minute(stop.since)} (${stop.reason})`)
      terminal.say(`  What was sent is still booked. To go on: purser resume --scope ${quoted(scope)} --reason …`)
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const list = new Command('list').description('what is stopped now, in the order in which it was, a page at a time')
  const command = paged(list, 'stop').option('--resumed', 'what goes on again, too').option('--json', 'one JSON object per stop')
  return command.action(
    run(async () => {
      const o = command.opts<{ after?: string; limit: string; resumed?: boolean; json?: boolean }>()
      const [after, limit] = [afterOf(o.after, 'stop'), limitOf(o.limit)]
      await withLedger(openLedger(config), async (ledger) => {
        const stops = await listStops(ledger, { after, limit, resumed: o.resumed })
        if (o.json === true) for (const stop of stops) terminal.print(JSON.stringify(stop))
        else if (stops.length === 0) terminal.say(after > 0 ? 'no more stops' : 'nothing is stopped')
        else showStops(terminal, stops, o.resumed ?? false)
        const last = stops.at(-1)
        if (stops.length === limit && last !== undefined && o.json !== true)
          terminal.say(`more: purser stop list${o.resumed === true ? ' --resumed' : ''} --after ${last.stopId}`)
      })
    }),
  )
}

function showStops(terminal: Terminal, stops: readonly Stop[], withResumed: boolean): void {
  const rows = stops.map((s) => [
    String(s.stopId),
    scopeText(s.scope),
    s.reason,
    minute(s.since),
    ...(withResumed ? [s.resumedAt === null ? '' : minute(s.resumedAt), s.resumedWhy ?? ''] : []),
  ])
  terminal.print(terminal.table(['id', 'scope', 'reason', 'since', ...(withResumed ? ['resumed', 'because'] : [])], rows, [0]))
}

export function resumeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('resume')
    .description('end a stop of exactly this scope (`purser stop list` shows what is stopped)')
    .requiredOption('--scope <scope>', SCOPE)
    .requiredOption('--reason <text>', 'kept with the stop')
  return command.action(
    run(async () => {
      const { scope, reason } = command.opts<{ scope: string; reason: string }>()
      await withLedger(openLedger(config), (ledger) => resumeScope(ledger, scopeOf(scope), reason))
      terminal.done(`resumed: ${scope}`)
    }),
  )
}

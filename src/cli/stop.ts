import { Command } from 'commander'
import { resumeScope, stopScope } from '../ledger/stop.ts'
import { scopeOf } from '../schema/budget-input.ts'
import { withLedger } from './with-ledger.ts'
import type { CliContext, Run } from './context.ts'

const SCOPE = 'which calls: account=acme,model=gemini-2.5-flash-image; "all" for every call'

export function stopCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('stop')
    .description('the panic switch: nothing of a scope is reserved or sent any more, at once and everywhere')
    .requiredOption('--scope <scope>', SCOPE)
    .requiredOption('--reason <text>', 'kept with the stop')
  return command.action(
    run(async () => {
      const { scope, reason } = command.opts<{ scope: string; reason: string }>()
      const stopped = await withLedger(openLedger(config), (ledger) => stopScope(ledger, scopeOf(scope), reason))
      terminal.done(stopped.stopped ? `stopped: ${scope}` : `stopped before: ${scope}`)
      terminal.say(`  What was sent is still booked. To go on: purser resume --scope ${quoted(scope)} --reason …`)
    }),
  )
}

export function resumeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('resume')
    .description('end a stop of exactly this scope')
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

/** As a shell takes it. */
const quoted = (text: string): string => (/^[\w=.,:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { resumeScope, stopScope } from '../ledger/stop.ts'
import { scopeFrom, scopeSchema } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { withLedger } from './account.ts'
import type { CliContext, Run } from './context.ts'

const SCOPE = 'which calls: account=acme,model=gemini-2.5-flash-image; "all" for every call'

export function stopCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('stop')
    .description('the panic switch: nothing of a scope is reserved or sent any more, at once and everywhere')
    .requiredOption('--scope <scope>', SCOPE)
    .requiredOption('--reason <text>', 'kept, and told to whom it stops')
  return command.action(
    run(async () => {
      const { scope, reason } = command.opts<{ scope: string; reason: string }>()
      const stopped = await withLedger(openLedger(config), (ledger) => stopScope(ledger, meant(scope), reason))
      terminal.done(stopped.stopped ? `stopped: ${scope}` : `${scope} was stopped before`)
      terminal.say(`  What was sent is still booked. Go on with: purser resume --scope ${scope} --reason …`)
    }),
  )
}

export function resumeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('resume')
    .description('end a stop')
    .requiredOption('--scope <scope>', SCOPE)
    .requiredOption('--reason <text>', 'kept with the stop')
  return command.action(
    run(async () => {
      const { scope, reason } = command.opts<{ scope: string; reason: string }>()
      await withLedger(openLedger(config), (ledger) => resumeScope(ledger, meant(scope), reason))
      terminal.done(`resumed: ${scope}`)
    }),
  )
}

/** Everything must be meant: an empty scope would be a slip of the hand. */
function meant(text: string) {
  if (text === 'all') return {}
  const scope = parsed(scopeSchema, scopeFrom(text), 'scope')
  if (Object.keys(scope).length === 0) throw new PurserError('bad_input', 'this scope names nothing: write "all" if every call is meant')
  return scope
}

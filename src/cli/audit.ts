import { Command } from 'commander'
import { exactEur, nano, shortEur } from '../domain/money.ts'
import { audit } from '../ledger/audit.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { withLedger } from './with-ledger.ts'

export function auditCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('audit')
    .description('check every invariant of the ledger on the live database; exit code 1 if one is broken')
    .option('--json', 'one JSON object')
  return command.action(
    run(() =>
      withLedger(openLedger(config), async (ledger) => {
        const result = await terminal.step('checking every invariant', () => audit(ledger))
        const { attempts, nanoEur } = result.held
        if (command.opts<{ json?: boolean }>().json === true) {
          terminal.print(
            JSON.stringify({
              checks: result.checks,
              violations: result.violations,
              heldAttempts: attempts,
              heldEur: exactEur(nano(nanoEur)),
            }),
          )
        } else {
          for (const v of result.violations)
            terminal.print(`${terminal.printColour.red('broken')}  ${v.invariant}\n        at ${v.where}: ${v.found}`)
          if (attempts > 0)
            terminal.print(`held: ${shortEur(nano(nanoEur))} EUR for ${counted(attempts, 'attempt')} whose outcome is not known`)
          terminal.print(`${result.checks} invariants checked, ${counted(result.violations.length, 'violation')}`)
        }
        return result.violations.length === 0 ? EXIT.done : EXIT.failed
      }),
    ),
  )
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

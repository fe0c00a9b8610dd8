import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { monthOf } from '../domain/period.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CliContext, Run } from './context.ts'

export function resetCommand({ config, terminal, openPurser }: CliContext, run: Run): Command {
  const command = new Command('reset')
    .description(
      'open the budget periods of a month with the plans in force; again: no effect (a schedule does it every first of the month)',
    )
    .option('--month <month>', 'such as 2026-11; default: the month it is now')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const options = command.opts<{ month?: string; json?: boolean }>()
      if (options.month !== undefined) checkMonth(options.month, config.PURSER_TIME_ZONE)
      const { purser, close } = await openPurser(config)
      try {
        const result = await purser.reset(options.month)
        terminal.print(
          options.json === true
            ? JSON.stringify(result)
            : `${result.budgets} budgets seen, ${result.opened} periods opened${result.opened === 0 ? ': nothing was missing' : ''}`,
        )
      } finally {
        await close()
      }
    }),
  )
}

/** A month that has not begun cannot be opened: its plans are not known yet. */
function checkMonth(text: string, timeZone: string): void {
  if (parsed(monthSchema, text, 'month') > monthOf(new Date(Date.now() + 86_400_000), timeZone))
    throw new PurserError('bad_input', `${text} has not begun, so its plans are not known yet`)
}

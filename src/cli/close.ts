import { Command } from 'commander'
import { shortMoney } from '../domain/money.ts'
import { parsed } from '../schema/parsed.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { CloseProgress } from '../client.ts'
import type { CliContext, Run } from './context.ts'

/** `purser close`: seals the statements of months that are over. */
export function closeCommand({ config, terminal, openPurser }: CliContext, run: Run): Command {
  const command = new Command('close')
    .description(
      'seal the statements of a month that is over, and of those before it; again: no effect (a schedule does it every first of the month)',
    )
    .requiredOption('--month <month>', 'such as 2026-11')
    .option('--dry-run', 'seal nothing, and say what would be sealed')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ month: string; dryRun?: boolean; json?: boolean }>()
      const month = parsed(monthSchema, o.month, 'month')
      const dryRun = o.dryRun === true
      const { purser, close } = await openPurser(config)
      const spin = terminal.spin('closing')
      try {
        const result = await purser.closeMonth(month, { dryRun, told: ({ months }) => spin.now(lineOf(months.at(-1))) })
        spin.stop()
        if (o.json === true) terminal.print(JSON.stringify(result))
        else if (result.months.length === 0) terminal.print(`nothing to close until ${month}: every month that is over has its statements`)
        else
          for (const one of result.months)
            terminal.print(`${one.month}: ${one.sealed} statements ${dryRun ? 'would be ' : ''}sealed, ${shortMoney(one.total)} in all`)
        for (const { month: of, told, error } of result.reviews)
          if (error !== undefined) terminal.warn(`the review of ${of} could not be told, the next close tries again: ${error}`)
          else if (told) terminal.say(`the review of ${of} is told: purser review --month ${of}`)
      } finally {
        spin.stop()
        await close()
      }
    }),
  )
}

const BAR = 24

/** `closing 2026-11 ██████░░░░░░ 12,000 of 50,000 statements` */
function lineOf(month: CloseProgress['months'][number] | undefined): string {
  if (month === undefined) return 'closing'
  const full = month.accounts === 0 ? BAR : Math.min(BAR, Math.floor((month.sealed * BAR) / month.accounts))
  return `closing ${month.month} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${month.sealed.toLocaleString('en')} of ${month.accounts.toLocaleString('en')} statements`
}

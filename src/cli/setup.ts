import { Command } from 'commander'
import type { CliContext, Run } from './context.ts'

export function setupCommand({ config, terminal, openPurser, setUp }: CliContext, run: Run): Command {
  return new Command('setup').description("register Purser's search attributes and schedules in Temporal; again: no effect").action(
    run(async () => {
      const { client, close } = await openPurser(config)
      try {
        const { searchAttributes, schedule } = await setUp(client, config, terminal.warn)
        terminal.print(`search attributes ${searchAttributes ? 'registered' : 'not registered'}`)
        terminal.print(`schedule purser-monthly-reset ${schedule === 'made' ? 'made' : 'was there already'}`)
      } finally {
        await close()
      }
    }),
  )
}

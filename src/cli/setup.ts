import { Command } from 'commander'
import { EXIT, type CliContext, type Run } from './context.ts'

const SCHEDULE = {
  made: 'made',
  there: 'was there already',
  changed: 'changed to this task queue and time zone',
  failed: 'not made',
} as const

export function setupCommand({ config, terminal, openPurser, setUp }: CliContext, run: Run): Command {
  return new Command('setup').description("register Purser's search attributes and schedules in Temporal; again: no effect").action(
    run(async () => {
      const { client, close } = await openPurser(config)
      try {
        const { searchAttributes, schedules } = await setUp(client, config, terminal.warn)
        terminal.print(`search attributes ${searchAttributes ? 'registered' : 'not registered'}`)
        for (const [id, state] of Object.entries(schedules)) terminal.print(`schedule ${id} ${SCHEDULE[state]}`)
        return searchAttributes && !Object.values(schedules).includes('failed') ? EXIT.done : EXIT.failed
      } finally {
        await close()
      }
    }),
  )
}

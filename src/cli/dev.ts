import { join } from 'node:path'
import { Command } from 'commander'
import { PlatformError } from '../platform/platform-error.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import type { RunningDev } from './start-dev.ts'
import { stopAsked, type StopAsked } from './stop-asked.ts'
import type { Terminal } from './terminal.ts'

export function devCommand({ config, terminal }: CliContext, run: Run): Command {
  const command = new Command('dev')
    .description('start everything on this machine and stay up: Postgres, Temporal with its UI, emulator, API, worker')
    .option('--live', 'use the real provider (GEMINI_API_KEY) instead of the emulator')
  return command.action(
    run(async () => {
      const { live = false } = command.opts<{ live?: boolean }>()
      const stop = stopAsked(terminal)
      const { startDev } = await import('./start-dev.ts')
      const dev = await startDev(config, terminal, { live, stop })
      if (dev === undefined) return EXIT.interrupted
      try {
        if (dev.reused) {
          terminal.say(`\n  Purser already runs here. Jobs: ${dev.uiUrl ?? 'in your Temporal UI'}`)
          return EXIT.done
        }
        terminal.say(`\n  Jobs     ${dev.uiUrl ?? 'in your Temporal UI'}`)
        terminal.say(`  Health   ${dev.apiUrl}/readyz`)
        terminal.say(`  Log      ${join(config.PURSER_HOME, 'purser.log')}`)
        terminal.say('\n  Try, in another terminal:  npm run demo\n  Ctrl-C stops everything.')
        await stayUp(dev, stop)
      } finally {
        await stopSaying(dev, terminal)
      }
    }),
  )
}

/** Until somebody asks to stop. Throws when a server is gone for good. */
export async function stayUp(dev: RunningDev, stop: StopAsked): Promise<void> {
  const lost = await Promise.race([stop.asked, dev.lost])
  if (lost !== undefined) throw new PlatformError('program_failed', `${lost}. What was committed is safe: start again`)
}

/** Stops what runs, and says so when it is done: on a terminal, silence would leave a doubt. */
export async function stopSaying(dev: RunningDev, terminal: Terminal): Promise<void> {
  await dev.stop()
  if (!dev.reused) terminal.done('everything is stopped')
}

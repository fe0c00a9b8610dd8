import { Command } from 'commander'
import type { CliContext, Run } from './context.ts'

export function migrateCommand({ config, terminal, migrateLedger }: CliContext, run: Run): Command {
  return new Command('migrate')
    .description('bring the ledger of DATABASE_URL (or of this machine) to the newest schema; again: no effect')
    .action(
      run(async () => {
        const { applied, already } = await migrateLedger(config)
        for (const file of applied) terminal.print(`applied ${file}`)
        terminal.print(
          applied.length === 0 ? `nothing to do: ${already} migrations were applied before` : `${applied.length} migrations applied`,
        )
      }),
    )
}

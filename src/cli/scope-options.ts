import type { Command } from 'commander'

/** The scope values of one call, but for its account, provider and model. */
export function withScopeValues(command: Command): Command {
  command.option('--user <name>', 'and more of its scope: --team, --project, --feature, --environment, --endpoint, --label tier=gold')
  for (const key of ['team', 'project', 'feature', 'environment', 'endpoint']) command.option(`--${key} <name>`)
  return command.option('--label <name=value...>')
}

import { Command } from 'commander'
import { listRateLimits, removeRateLimit, setRateLimit, type RateLimit } from '../ledger/rate-limits.ts'
import { scopeOf, scopeText } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import { LIMITED_PER, limitNameSchema, rateLimitSchema } from '../schema/rate-limit-input.ts'
import type { CliContext, Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

export function rateLimitsCommand(context: CliContext, run: Run): Command {
  return new Command('rate-limits')
    .description('requests and tokens a minute, and the share of what is left that may be spent in a day: for all processes together')
    .addCommand(setCommand(context, run))
    .addCommand(listCommand(context, run))
    .addCommand(removeCommand(context, run))
}

function setCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('set')
    .description('set a limit, or change it: in force within a second, everywhere')
    .argument('<name>', 'like gemini-minute')
    .option('--scope <scope>', 'which calls: provider=gemini,feature=chat; "all" for every call', 'all')
    .option('--per <dimension>', `each value of it has the limit to itself: ${LIMITED_PER.join(', ')}`)
    .option('--requests <n>', 'requests a minute')
    .option('--tokens <n>', 'input tokens and output limits a minute')
    .option('--pace <percent>', 'of what a budget has left in the morning, so much in a day')
    .requiredOption('--reason <text>', 'kept with the limit')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      const o = command.opts<{ scope: string; per?: string; requests?: string; tokens?: string; pace?: string; reason: string }>()
      const limit = parsed(
        rateLimitSchema,
        {
          name,
          scope: scopeOf(o.scope),
          per: o.per,
          requestsPerMinute: numberOf(o.requests),
          tokensPerMinute: numberOf(o.tokens),
          pacePercent: numberOf(o.pace),
          reason: o.reason,
        },
        'rate limit',
      )
      const set = await withLedger(openLedger(config), (ledger) => setRateLimit(ledger, limit))
      terminal.done(`${set.name}: ${limitText(set)}, ${scopeText(set.scope)}${set.per === null ? '' : `, each ${set.per} by itself`}`)
    }),
  )
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list').description('all limits').option('--json', 'one JSON object per limit')
  return command.action(
    run(async () => {
      const limits = await withLedger(openLedger(config), (ledger) => listRateLimits(ledger))
      if (command.opts<{ json?: boolean }>().json === true) for (const limit of limits) terminal.print(JSON.stringify(limit))
      else if (limits.length === 0) terminal.say('no rate limits')
      else showLimits(terminal, limits)
    }),
  )
}

function showLimits(terminal: Terminal, limits: readonly RateLimit[]): void {
  const rows = limits.map((l) => [l.name, scopeText(l.scope), l.per ?? '', limitText(l), l.reason, minute(l.setAt)])
  terminal.print(terminal.table(['name', 'scope', 'each', 'limit', 'reason', 'since'], rows, []))
}

function limitText({ requestsPerMinute, tokensPerMinute, pacePercent }: RateLimit): string {
  return [
    ...(requestsPerMinute === null ? [] : [`${requestsPerMinute} requests a minute`]),
    ...(tokensPerMinute === null ? [] : [`${tokensPerMinute} tokens a minute`]),
    ...(pacePercent === null ? [] : [`${pacePercent} % of what is left in a day`]),
  ].join(', ')
}

function removeCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('remove').description('there is no such limit any more').argument('<name>')
  return command.action(
    run(async () => {
      const name = parsed(limitNameSchema, command.args[0], 'name of a rate limit')
      await withLedger(openLedger(config), (ledger) => removeRateLimit(ledger, name))
      terminal.done(`removed: ${name}`)
    }),
  )
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

import type { Command } from 'commander'
import type { PurserApi, ReservationTerms } from '../api.ts'
import { PurserError } from '../domain/errors.ts'
import type { Config } from '../platform/config.ts'
import { pairsOf } from './pairs.ts'
import { withScopeValues } from './scope-options.ts'

/** The API of PURSER_URL. Throws PurserError `bad_input` when there is no key. */
export async function openApi({ PURSER_URL: url, PURSER_KEY: key }: Config): Promise<PurserApi> {
  if (key === undefined)
    throw new PurserError(
      'bad_input',
      `set PURSER_KEY to an API key: \`purser keys create shell --scope reservations:write\` makes one; this asks the API at ${url} (PURSER_URL)`,
    )
  const { purserApi } = await import('../api.ts')
  return purserApi({ url, key })
}

interface Typed {
  account?: string
  model: string
  provider?: string
  tier?: string
  endpoint?: string
  inputTokensMax: string
  maxOutputTokens: string
  user?: string
  team?: string
  project?: string
  feature?: string
  environment?: string
  label?: string[]
}

/** What names a call. */
export function withTerms(command: Command): Command {
  command
    .requiredOption('--model <name>', 'as in the price book')
    .requiredOption('--input-tokens-max <n>', 'input tokens of every kind, at most')
    .requiredOption('--max-output-tokens <n>', 'output tokens of every kind, at most: the limit that you send along')
    .option('--account <id>', 'who pays (a key that is bound to an account need not say it)')
    .option('--provider <name>', 'if several have the model')
    .option('--tier <tier>', 'as in the price book (default: standard)')
  return withScopeValues(command)
}

/** As they are typed: what is wrong with them, the API says. Throws PurserError `bad_input`. */
export function termsOf(command: Command): ReservationTerms {
  const { inputTokensMax, maxOutputTokens, label, account, model, provider, tier, endpoint, ...scope } = command.opts<Typed>()
  const { user, team, project, feature, environment } = scope
  const given = { account, provider, tier, endpoint, user, team, project, feature, environment }
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ReservationTerms>),
    model,
    inputTokensMax: countOf(inputTokensMax, 'input-tokens-max'),
    maxOutputTokens: countOf(maxOutputTokens, 'max-output-tokens'),
    ...(label === undefined ? {} : { labels: pairsOf(label, 'label') }),
  }
}

function countOf(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new PurserError('bad_input', `--${option} ${text}: write a whole number`)
  return Number(text)
}

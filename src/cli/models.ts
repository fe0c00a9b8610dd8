import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { listModels, raiseBound, type ModelReport } from '../ledger/models.ts'
import { limitModel, type LimitWord } from '../prices/model-limits.ts'
import { day } from '../schema/day.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { limitsJson, limitsText } from './limits-text.ts'
import { showEur, type Terminal } from './terminal.ts'
import { noteOf, shown, withLedger, type Show } from './with-ledger.ts'

const USUAL_DAYS = 30
const DAY_MS = 86_400_000

/** `purser models`: how well bounds fit, and what a person does about one that was too low. */
export function modelsCommand(context: CliContext, run: Run): Command {
  const { config, terminal, openLedger } = context
  const described = new Command('models').description(
    'per model: answered calls, what was reserved for them and what they cost, how often a bound was too low, and whether the model is stopped',
  )
  const command = shown(described, 'model').option(
    '--since <day>',
    `calls from this day on, such as 2026-11-01 (default: the last ${USUAL_DAYS} days)`,
  )
  for (const sub of [raiseCommand, limitCommand]) command.addCommand(sub(context, run))
  return command.action(
    run(async () => {
      const o = command.opts<Show & { since?: string }>()
      const since =
        o.since === undefined ? new Date(Date.now() - USUAL_DAYS * DAY_MS) : new Date(`${parsed(day, o.since, 'day')}T00:00:00Z`)
      await withLedger(openLedger(config), async (ledger) => {
        const models = await listModels(ledger, since)
        if (o.json === true) for (const model of models) terminal.print(JSON.stringify(modelJson(model)))
        else if (models.length === 0) terminal.say('no model was asked in this time')
        else show(terminal, models, o.exact ?? false)
      })
    }),
  )
}

const modelJson = ({ reserved, cost, boundPerMille, ...model }: ModelReport): Record<string, unknown> => ({
  ...model,
  reservedEur: exactEur(reserved),
  costEur: exactEur(cost),
  boundPercent: percentOf(boundPerMille),
})

/** 1,250 thousandths → `125`; 1,001 → `100.1`. */
const percentOf = (perMille: bigint): string => (perMille % 10n === 0n ? `${perMille / 10n}` : `${perMille / 10n}.${perMille % 10n}`)

function show(terminal: Terminal, models: readonly ModelReport[], exact: boolean): void {
  const rows = models.map((m) => [
    m.provider,
    m.model,
    String(m.calls),
    showEur(m.reserved, exact),
    showEur(m.cost, exact),
    m.ratio ?? '',
    String(m.violations),
    `${percentOf(m.boundPerMille)} %`,
    m.stopped ?? '',
  ])
  const head = ['provider', 'model', 'calls', 'reserved', 'cost', 'reserved/cost', 'too low', 'bound', 'stopped']
  terminal.print(terminal.table(head, rows, [2, 3, 4, 5, 6, 7]))
}

interface Raise {
  by: string
  why: string
  provider?: string
  note?: string
  json?: boolean
}

function raiseCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('raise')
    .description('raise the bounds of a model, and let it go on if it was stopped because one was too low')
    .argument('<model>', 'as in the price book')
    .requiredOption('--by <percent>', 'of what they are now, a whole number from 1 to 900')
    .requiredOption('--why <text>', 'kept with the raise, and with the end of the stop')
    .option('--provider <name>', 'where two providers have a model of this name')
    .option('--note <id>', 'your note or ticket: the same one again has no effect (default: made of what you say)')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      // Both have --json, and the list takes it first.
      const o = command.optsWithGlobals<Raise>()
      const byPercent = percentIn(o.by)
      const key = noteOf(o, String(byPercent))
      const raise = { provider: o.provider, model: command.args[0] ?? '', byPercent, why: o.why, key }
      await withLedger(openLedger(config), async (ledger) => {
        const raised = await raiseBound(ledger, raise)
        const percent = percentOf(raised.boundPerMille)
        if (o.json === true) terminal.print(JSON.stringify({ ...raised, boundPerMille: undefined, boundPercent: percent }))
        const name = `${raised.model} of ${raised.provider}`
        if (!raised.changed) return terminal.done(`this was said before: no effect; bounds of ${name} are ${percent} % of what is computed`)
        terminal.done(`bounds of ${name} are now ${percent} % of what is computed${raised.resumed ? '; it goes on' : ''}`)
      })
    }),
  )
}

interface Limit {
  inputTokens?: string
  outputTokens?: string
  imageTokens?: string
  why: string
  provider?: string
  json?: boolean
}

function limitCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('limit')
    .description(
      'say what a request to a model may have at the most: its bounds and what is refused depend on it. What you leave out stays',
    )
    .argument('<model>', 'as in the price book')
    .option('--input-tokens <n>', 'tokens of its input; `unknown` where the provider says none')
    .option('--output-tokens <n>', 'tokens of its output, thoughts too; or `unknown`')
    .option('--image-tokens <n>', 'tokens that one image of the input comes to, at most; or `unknown`')
    .requiredOption('--why <text>', 'where you know it from: kept with it')
    .option('--provider <name>', 'where two providers have a model of this name')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.optsWithGlobals<Limit>()
      const [input, output, image] = [
        tokensIn('--input-tokens', o.inputTokens),
        tokensIn('--output-tokens', o.outputTokens),
        tokensIn('--image-tokens', o.imageTokens),
      ]
      if (input === undefined && output === undefined && image === undefined)
        throw new PurserError('bad_input', 'say what it takes: --input-tokens, --output-tokens or --image-tokens')
      const said = { provider: o.provider, model: command.args[0] ?? '', input, output, image, why: o.why }
      await withLedger(openLedger(config), async ({ sql }) => {
        const limits = await limitModel({ sql }, said)
        if (o.json === true) return terminal.print(JSON.stringify(limitsJson(limits)))
        const name = `${limits.model} of ${limits.provider}`
        terminal.done(`${limits.changed ? '' : 'that was known: no effect; '}${name}: ${limitsText(limits)}`)
      })
    }),
  )
}

const TOKENS_MAX = 100_000_000

/** Throws PurserError `bad_input`. */
function tokensIn(option: string, text: string | undefined): LimitWord | undefined {
  if (text === undefined || text === 'unknown') return text
  const tokens = Number(text)
  if (!/^\d{1,9}$/.test(text) || tokens < 1 || tokens > TOKENS_MAX)
    throw new PurserError('bad_input', `${option} takes a whole number from 1 to ${TOKENS_MAX}, or \`unknown\``)
  return tokens
}

/** Throws PurserError `bad_input`. */
function percentIn(text: string): number {
  const percent = Number(text)
  if (!/^\d{1,3}$/.test(text) || percent < 1 || percent > 900)
    throw new PurserError('bad_input', '--by takes a whole percent from 1 to 900')
  return percent
}

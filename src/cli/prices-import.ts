import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { PurserError } from '../domain/errors.ts'
import type { PriceDiff } from '../prices/diff.ts'
import { perText, usdText } from '../prices/exact-usd.ts'
import { comparePrices, contentHashOf, importedBefore, importPrices } from '../prices/import-prices.ts'
import type { BookRow } from '../prices/list-prices.ts'
import { readLitellm } from '../prices/litellm.ts'
import { readPriceFile } from '../prices/price-file.ts'
import type { ListedPrice, PriceList } from '../prices/price-list.ts'
import { day } from '../schema/day.ts'
import { parsed } from '../schema/parsed.ts'
import { momentSchema, priceFileSchema } from '../schema/price-file.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { minute, type Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

interface Import {
  format: 'purser' | 'litellm'
  only?: string[]
  from?: string
  source: string
  checkedOn?: string
  dryRun?: boolean
  accept?: boolean
  why?: string
  json?: boolean
}

export function importCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('import')
    .description(
      'shows what a list of prices would change in the book, then changes it, as a new version (needs the login of `purser migrate`)',
    )
    .argument('<file>', 'in Purser’s own form (docs/prices.md), or LiteLLM’s')
    .addOption(new Option('--format <form>', 'whose form it has').choices(['purser', 'litellm']).default('purser'))
    .option('--only <model...>', 'such as gemini/gemini-2.5-pro, or a whole provider: gemini')
    .option(
      '--from <day>',
      'when prices begin that do not say it (default: new ones now, changed ones when no call holds less than they cost)',
    )
    .option('--source <text>', 'for LiteLLM’s form: where the list is from', 'LiteLLM, model_prices_and_context_window.json (MIT)')
    .option('--checked-on <day>', 'for LiteLLM’s form: when it was read there (default: today)')
    .option('--dry-run', 'show the changes, and change nothing; exit code 1 if something stands in the way')
    .option('--accept', 'you have looked at the rows that it refuses: steep changes, other sources, prices that are no longer named')
    .option('--why <text>', 'kept with the version')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<Import>()
      const why = o.why?.trim() ?? ''
      if (why === '' && o.dryRun !== true) throw new PurserError('bad_input', 'say why the prices change: --why TEXT')
      const from = o.from === undefined ? undefined : new Date(parsed(momentSchema, o.from, 'day'))
      const text = await textOf(command.args[0] ?? '')
      const [list, only] = [listOf(text, o), o.only ?? []]
      const contentHash = contentHashOf(list, only, text)
      return withLedger(openLedger(config, o.dryRun === true ? 'app' : 'owner'), async ({ sql }) => {
        const before = await importedBefore({ sql }, contentHash)
        if (before !== undefined) return sayNoEffect(terminal, o, before, 'this was imported before')
        const compared = await comparePrices({ sql }, list, { only, from })
        const { diff } = compared
        const refusal = refusalOf(diff, o)
        if (o.json !== true) showDiff(terminal, list, diff)
        if (refusal !== undefined || o.dryRun === true) {
          if (o.json === true) terminal.print(JSON.stringify({ changed: false, version: null, ...diffJson(list, diff) }))
          if (o.dryRun !== true && refusal !== undefined) throw refusal
          if (refusal !== undefined) terminal.warn(refusal.message)
          return refusal === undefined ? EXIT.done : EXIT.failed
        }
        if (diff.added.length + diff.changed.length + diff.ended.length === 0)
          return sayNoEffect(terminal, o, null, 'the book says all of this already', list, diff)
        const { version } = await importPrices({ sql }, compared, { contentHash, why })
        if (o.json === true) terminal.print(JSON.stringify({ changed: true, version, ...diffJson(list, diff) }))
        else terminal.done(`import ${version}: ${countsOf(diff)}`)
      })
    }),
  )
}

/** A file that somebody named. Throws PurserError `bad_input`. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new PurserError('bad_input', `cannot read ${file}: ${(error as Error).message}`)
  }
}

/** Throws PurserError `bad_input` for a file that is cut, empty or of another form, and for a hand-written row that cannot be stored. */
function listOf(text: string, { format, source, checkedOn }: Import): PriceList {
  const list = format === 'litellm' ? readLitellm(text, { source, checkedOn: dayOf(checkedOn) }) : ownListOf(text)
  if (list.prices.length === 0) throw new PurserError('bad_input', 'there are no prices in the file: is it cut, or of another --format?')
  return list
}

const dayOf = (text: string | undefined): string => (text === undefined ? new Date().toISOString().slice(0, 10) : parsed(day, text, 'day'))

function ownListOf(text: string): PriceList {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new PurserError('bad_input', `this is no JSON (is the file cut?): ${(error as Error).message}`)
  }
  const list = readPriceFile(parsed(priceFileSchema, value, 'price file'))
  if (list.rejected.length > 0)
    throw new PurserError(
      'bad_input',
      `these rows cannot be taken:\n${lines(list.rejected.map(({ model, key, why }) => `${model}, ${key}: ${why}`))}`,
    )
  return list
}

const LINES_MAX = 40

/** At most forty, and how many more there are. */
const lines = (all: readonly string[]): string =>
  [...all.slice(0, LINES_MAX), ...(all.length > LINES_MAX ? [`and ${all.length - LINES_MAX} more`] : [])]
    .map((line) => `  ${line}`)
    .join('\n')

function refusalOf({ impossible, toAccept }: PriceDiff, { accept = false }: Import): PurserError | undefined {
  if (impossible.length > 0) return new PurserError('conflict', `these rows cannot be imported:\n${lines(impossible)}`)
  if (toAccept.length === 0 || accept) return undefined
  return new PurserError('conflict', `look at these rows, and say --accept if they are right:\n${lines(toAccept)}`)
}

function sayNoEffect(terminal: Terminal, { json }: Import, version: number | null, what: string, list?: PriceList, diff?: PriceDiff): void {
  if (json === true)
    terminal.print(JSON.stringify({ changed: false, version, ...(list === undefined || diff === undefined ? {} : diffJson(list, diff)) }))
  else terminal.done(`${what}${version === null ? '' : `, as version ${version}`}: no effect`)
}

const countsOf = ({ added, changed, ended, same }: PriceDiff): string =>
  `${added.length} new, ${changed.length} changed, ${ended.length} ended, ${same} as they were`

function showDiff(terminal: Terminal, { rejected, unknownKeys }: PriceList, diff: PriceDiff): void {
  const rows = [
    ...diff.changed.map(({ price, was, percent }) => [
      'changed',
      ...nameCells(price),
      usdText(was.unit, was),
      usdText(price.unit, price),
      perText(price.unit),
      percent === undefined ? 'was free' : `${percent} %`,
      momentText(price.effectiveFrom),
    ]),
    ...diff.ended.map(({ row, until }) => [
      'ended',
      ...nameCells(row),
      usdText(row.unit, row),
      '',
      perText(row.unit),
      '',
      momentText(until),
    ]),
    ...diff.added.map(({ price }) => [
      'new',
      ...nameCells(price),
      '',
      usdText(price.unit, price),
      perText(price.unit),
      '',
      momentText(price.effectiveFrom),
    ]),
  ]
  const head = ['', 'model', 'tier', 'unit', 'above tokens', 'USD before', 'USD', 'per', 'of it', 'from']
  if (rows.length > 0) terminal.print(terminal.table(head, rows, [4, 5, 6, 8]))
  if (rejected.length > 0)
    terminal.warn(`${rejected.length} figures are left out:\n${lines(rejected.map((r) => `${r.model}, ${r.key} ${r.figure}: ${r.why}`))}`)
  if (unknownKeys.length > 0)
    terminal.warn(
      `the book has no unit for these keys, so they are left out: ${unknownKeys.map((k) => `${k.key} (${k.models})`).join(', ')}`,
    )
  terminal.say(`  ${countsOf(diff)}`)
}

const nameCells = ({ provider, model, tier, unit, aboveTokens }: ListedPrice | BookRow): string[] => [
  `${provider}/${model}`,
  tier,
  unit,
  aboveTokens === 0n ? '' : String(aboveTokens),
]

const momentText = (moment: Date | undefined): string => (moment === undefined ? 'now' : minute(moment.toISOString()))

const diffJson = ({ rejected, unknownKeys }: PriceList, diff: PriceDiff): Record<string, unknown> => ({
  new: diff.added.map(({ price }) => priceJson(price)),
  changedPrices: diff.changed.map(({ price, was, percent }) => ({
    ...priceJson(price),
    usdBefore: usdText(was.unit, was),
    sourceBefore: was.source,
    percent: percent === undefined ? null : Number(percent),
  })),
  ended: diff.ended.map(({ row, until }) => ({ ...priceJson(row), until: until ?? null })),
  same: diff.same,
  impossible: diff.impossible,
  toAccept: diff.toAccept,
  rejected,
  unknownKeys,
})

const priceJson = (price: ListedPrice | BookRow): Record<string, unknown> => ({
  provider: price.provider,
  model: price.model,
  tier: price.tier,
  unit: price.unit,
  aboveTokens: Number(price.aboveTokens),
  usd: usdText(price.unit, price),
  per: perText(price.unit),
  effectiveFrom: price.effectiveFrom ?? null,
  source: price.source,
})

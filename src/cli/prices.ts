import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { checkPrices, type PriceCheck } from '../prices/check.ts'
import { perText, usdText } from '../prices/exact-usd.ts'
import { showLimits, type KnownLimits } from '../prices/model-limits.ts'
import { listPrices, showModel, wholeBook, type BookRow, type PriceVersion } from '../prices/list-prices.ts'
import { readLitellm } from '../prices/litellm.ts'
import { genaiPricesList, litellmList } from '../prices/other-lists.ts'
import { parsed } from '../schema/parsed.ts'
import { momentSchema } from '../schema/price-file.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { importCommand, textOf } from './prices-import.ts'
import { limitsJson, limitsText } from './limits-text.ts'
import { minute, type Terminal } from './terminal.ts'
import { afterOf, limitOf, paged, withLedger } from './with-ledger.ts'

/** `purser prices`: the book, what is added to it, and what others think of it. */
export function pricesCommand(context: CliContext, run: Run): Command {
  const command = new Command('prices').description('the price book: list it, show a model, import a list, compare it with two others')
  for (const sub of [listCommand, showCommand, importCommand, checkCommand]) command.addCommand(sub(context, run))
  return command
}

interface List {
  provider?: string
  model?: string
  at?: string
  after?: string
  limit: string
  json?: boolean
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(new Command('list').description('the prices that are in force, a page at a time'), 'price')
    .option('--provider <name>', 'only those of this provider')
    .option('--model <name>', 'only those of this model')
    .option('--at <day>', 'those in force on this day, such as 2027-01-01 (default: now)')
    .option('--json', 'one JSON object per price')
  return command.action(
    run(async () => {
      const o = command.opts<List>()
      const at = o.at === undefined ? undefined : new Date(parsed(momentSchema, o.at, 'day'))
      const page = { after: afterOf(o.after, 'price'), limit: limitOf(o.limit) }
      const of = {
        ...(o.provider === undefined ? {} : { provider: o.provider }),
        ...(o.model === undefined ? {} : { model: o.model }),
        ...(at === undefined ? {} : { at }),
      }
      await withLedger(openLedger(config), async ({ sql }) => {
        const rows = await listPrices({ sql }, { ...page, ...of })
        if (o.json === true) for (const row of rows) terminal.print(JSON.stringify(rowJson(row)))
        else if (rows.length === 0) terminal.say(page.after === 0 ? 'no such prices: `purser prices list` shows all' : 'no more prices')
        else showRows(terminal, rows)
        const last = rows.at(-1)
        if (rows.length === page.limit && last !== undefined && o.json !== true) terminal.say(`more: ${nextPage(o, last)}`)
      })
    }),
  )
}

const nextPage = ({ provider, model, at }: List, last: BookRow): string =>
  [
    'purser prices list',
    ...Object.entries({ provider, model, at }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`])),
    `--after ${last.id}`,
  ].join(' ')

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description('all that the book has ever said of a model, with the imports and sources that it came from, and what the model takes')
    .argument('<model>', 'such as gemini-2.5-pro, or gemini/gemini-2.5-pro')
    .option('--json', 'one JSON object per price, past and future ones too')
  return command.action(
    run(async () => {
      const name = command.args[0] ?? ''
      await withLedger(openLedger(config), async ({ sql }) => {
        const { rows, versions } = await showModel({ sql }, name)
        if (rows.length === 0)
          throw new PurserError('not_found', `the book has no model "${name}": \`purser prices list\` shows what it has`)
        const limits = await showLimits({ sql }, name)
        if (command.opts<{ json?: boolean }>().json === true) {
          const imports = new Map(versions.map((version) => [version.id, version]))
          for (const row of rows)
            terminal.print(
              JSON.stringify({
                ...rowJson(row),
                import: row.version === undefined ? null : imports.get(row.version),
                limits: ofModel(limits, row),
              }),
            )
        } else showHistory(terminal, rows, versions, limits)
      })
    }),
  )
}

function ofModel(limits: readonly KnownLimits[], { provider, model }: BookRow): object | null {
  const known = limits.find((one) => one.provider === provider && one.model === model)
  return known === undefined ? null : limitsJson(known)
}

function showHistory(
  terminal: Terminal,
  rows: readonly BookRow[],
  versions: readonly PriceVersion[],
  limits: readonly KnownLimits[],
): void {
  showRows(terminal, rows)
  terminal.print('')
  for (const known of limits)
    terminal.print(
      `${known.provider} ${known.model}: ${limitsText(known)} (${known.source}, ${known.sourceDate}${known.why === null ? '' : `: ${known.why}`})`,
    )
  for (const source of new Set(rows.map((row) => `source: ${row.source}, read on ${row.sourceDate}`))) terminal.print(source)
  for (const { id, at, source, checkedOn, importedBy, why } of versions)
    terminal.print(`import ${id}: ${minute(at.toISOString())} by ${importedBy}: ${why} (${source}, checked on ${checkedOn})`)
}

function showRows(terminal: Terminal, rows: readonly BookRow[]): void {
  const cells = rows.map((row) => [
    String(row.id),
    row.provider,
    row.model,
    row.tier,
    row.unit,
    row.aboveTokens === 0n ? '' : String(row.aboveTokens),
    usdText(row.unit, row),
    perText(row.unit),
    minute(row.effectiveFrom.toISOString()),
    row.effectiveUntil === undefined ? '' : minute(row.effectiveUntil.toISOString()),
    String(row.version ?? ''),
  ])
  const head = ['price', 'provider', 'model', 'tier', 'unit', 'above tokens', 'USD', 'per', 'from', 'until', 'import']
  terminal.print(terminal.table(head, cells, [0, 5, 6, 10]))
}

const rowJson = (row: BookRow): Record<string, unknown> => ({
  id: row.id,
  provider: row.provider,
  model: row.model,
  tier: row.tier,
  unit: row.unit,
  aboveTokens: Number(row.aboveTokens),
  usd: usdText(row.unit, row),
  per: perText(row.unit),
  effectiveFrom: row.effectiveFrom,
  effectiveUntil: row.effectiveUntil ?? null,
  source: row.source,
  sourceDate: row.sourceDate,
  version: row.version ?? null,
})

/** LiteLLM's list, but for the models that the first book does not have; prices/README.md says from where. */
const LITELLM_FILE = fileURLToPath(new URL('../../prices/litellm-1.106.2.json', import.meta.url))
const LITELLM_DAY = '2026-11-01'

function checkCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('check')
    .description('compares what usages cost by the book with LiteLLM and genai-prices; exit code 1 if a difference has no known cause')
    .option('--litellm <file>', 'another list of LiteLLM’s than the one that comes along')
    .option('--json', 'one JSON object, on the last line')
  return command.action(
    run(async () => {
      const o = command.opts<{ litellm?: string; json?: boolean }>()
      const text = await textOf(o.litellm ?? LITELLM_FILE)
      const litellm = readLitellm(text, { source: 'LiteLLM', checkedOn: LITELLM_DAY })
      const { calcPrice } = await import('@pydantic/genai-prices')
      const book = await withLedger(openLedger(config), ({ sql }) => wholeBook({ sql }))
      const check = checkPrices(book, [litellmList(litellm), genaiPricesList(calcPrice)], new Date())
      if (o.json === true) terminal.print(JSON.stringify(check))
      else showCheck(terminal, check)
      return check.unexplained.length === 0 ? EXIT.done : EXIT.failed
    }),
  )
}

const UNEXPLAINED_SHOWN = 50

function showCheck(terminal: Terminal, { compared, explained, unexplained }: PriceCheck): void {
  const causes = Object.entries(explained).map(([cause, n]) => [cause, String(n)])
  terminal.print(terminal.table(['differs, or cannot be asked, because', 'usages'], causes, [1]))
  for (const { list, question, oursUsd, theirsUsd } of unexplained.slice(0, UNEXPLAINED_SHOWN))
    terminal.fail(`${question}: the book says ${oursUsd} USD, ${list} ${theirsUsd === undefined ? 'has no price' : `${theirsUsd} USD`}`)
  const rest = unexplained.length - UNEXPLAINED_SHOWN
  if (rest > 0) terminal.fail(`and ${rest} more: --json has all`)
  if (unexplained.length === 0) terminal.done(`${compared} figures compared, every difference has its cause (docs/prices.md)`)
  else
    terminal.say(`  ${compared} figures compared, ${unexplained.length} differ without a known cause: correct the book, or name the cause`)
}

import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur, nano } from '../domain/money.ts'
import { explainCost, type ExplainedAttempt, type ExplainedLine } from '../ledger/explain-cost.ts'
import type { CliContext, Run } from './context.ts'
import type { Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

export function explainCostCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('explain-cost')
    .description('every line of a cost, from its price and its rate to the last digit')
    .argument('<call>', 'call_…, or a job id for all of its calls')
    .option('--json', 'one JSON object per attempt')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      await withLedger(openLedger(config), async (ledger) => {
        const attempts = await explainCost(ledger, name)
        if (attempts.length === 0)
          throw new PurserError(
            'not_found',
            `no call and no job "${name}" has asked for money: \`purser account list\` shows who has spent`,
          )
        const json = command.opts<{ json?: boolean }>().json ?? false
        for (const attempt of attempts) {
          if (json) terminal.print(JSON.stringify(attemptJson(attempt)))
          else explain(terminal, attempt)
        }
      })
    }),
  )
}

/** Amounts as decimal strings with their currency in the name; counts, prices and rates as whole numbers in text. */
function attemptJson({ amount, margin, cost, lines, ...attempt }: ExplainedAttempt): Record<string, unknown> {
  return {
    ...attempt,
    reservedEur: exactEur(nano(amount)),
    marginEur: exactEur(nano(margin)),
    costEur: cost === null ? null : exactEur(nano(cost)),
    lines: lines.map(({ nanoEur, picoUsd, quantity, picoUsdPer, per, usdMicrosPerEur, ...line }) => ({
      ...line,
      quantity: quantity.toString(),
      picoUsdPer: picoUsdPer.toString(),
      per: per.toString(),
      picoUsd: picoUsd.toString(),
      usdMicrosPerEur: usdMicrosPerEur.toString(),
      costEur: exactEur(nano(nanoEur)),
    })),
  }
}

function explain(terminal: Terminal, a: ExplainedAttempt): void {
  const { bold, dim } = terminal.printColour
  terminal.print(bold(`${a.callRef}  attempt ${a.attempt}: ${a.state}`) + (a.why === null ? '' : `  (${a.why})`))
  terminal.print(
    `  job ${a.workflowId}, call ${a.callId}, account ${a.account}, ${a.model}, ${a.at.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
  )
  terminal.print(
    `  reserved ${exactEur(nano(a.amount))} EUR (margin ${exactEur(nano(a.margin))}${a.flags.includes('rate_stale') ? ', the higher one: the euro rate was older than a week' : ''})`,
  )
  if (a.flags.length > 0) terminal.print(`  flags ${a.flags.join(', ')}`)
  if (a.lines.length > 0) {
    const rows = a.lines.map((l) => [
      l.unit,
      l.quantity.toString(),
      usd(l.picoUsdPer) + (l.per === 1n ? '' : ` per ${l.per}`),
      usd(l.picoUsd),
      micros(l.usdMicrosPerEur),
      exactEur(nano(l.nanoEur)),
    ])
    const table = terminal.table(['unit', 'quantity', '× USD each', '= USD', '÷ USD per EUR', '= EUR, rounded up'], rows, [1, 2, 3, 4, 5])
    terminal.print(table.replace(/^/gm, '  '))
    for (const source of sources(a.lines)) terminal.print(dim(`  ${source}`))
  }
  if (a.cost !== null)
    terminal.print(
      bold(`  cost ${exactEur(nano(a.cost))} EUR`) +
        (a.cost <= a.amount ? `, given back ${exactEur(nano(a.amount - a.cost))} EUR` : ', above its bound'),
    )
}

/** pico-USD as dollars, without trailing zeros. */
const usd = (pico: bigint): string => {
  const digits = pico.toString().padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, '')
}
const micros = (value: bigint): string => usd(value * 1_000_000n)

const sources = (lines: readonly ExplainedLine[]): string[] => [
  ...new Set(lines.flatMap((l) => [`price: ${l.priceSource}, ${l.priceSourceDate}`, `rate:  ${l.rateSource}, ${l.rateDay}`])),
]

import { decimalOf } from '../domain/millionths.ts'
import { exactEur, exactUsd, nano, type PicoUsd } from '../domain/money.ts'
import type { ExplainedLine } from '../ledger/explain-cost.ts'
import { minute, type Terminal } from './terminal.ts'

/** The lines of a cost: as a table, and each as the calculation that made it, to the last digit, with its price and its rate as the books have them. */
export function explainLines(terminal: Terminal, lines: readonly ExplainedLine[]): void {
  const rows = lines.map((l) => [
    l.unit,
    l.quantity.toString(),
    usd(l.picoUsdPer) + (l.per === 1n ? '' : ` per ${l.per}`),
    usd(l.picoUsd),
    decimalOf(l.usdMicrosPerEur),
    exactEur(nano(l.nanoEur)),
  ])
  const table = terminal.table(['unit', 'quantity', '× USD each', '= USD', '÷ USD per EUR', '= EUR, rounded up'], rows, [1, 2, 3, 4, 5])
  terminal.print(table.replace(/^/gm, '  '))
  const { dim } = terminal.printColour
  for (const line of lines) {
    terminal.print(`  ${line.unit}`)
    terminal.print(`    ${picoUsdText(line)}`)
    terminal.print(`    ${nanoEurText(line)}`)
    terminal.print(dim(`    price ${line.priceId}: ${priceText(line)}`))
    terminal.print(dim(`      ${line.priceSource}, ${line.priceSourceDate}`))
  }
  for (const rate of new Set(
    lines.map((l) => `rate ${l.rateId}: ${decimalOf(l.usdMicrosPerEur)} USD per EUR, ${l.rateSource}, ${l.rateDay}`),
  ))
    terminal.print(dim(`  ${rate}`))
}

/** Amounts as decimal strings with their currency in the name; counts, prices and rates as whole numbers in text. */
export function lineJson({
  nanoEur,
  picoUsd,
  quantity,
  picoUsdPer,
  per,
  priceAboveTokens,
  usdMicrosPerEur,
  ...line
}: ExplainedLine): Record<string, unknown> {
  return {
    ...line,
    priceAboveTokens: priceAboveTokens.toString(),
    quantity: quantity.toString(),
    picoUsdPer: picoUsdPer.toString(),
    per: per.toString(),
    picoUsd: picoUsd.toString(),
    usdMicrosPerEur: usdMicrosPerEur.toString(),
    nanoEur: nanoEur.toString(),
    costEur: exactEur(nano(nanoEur)),
  }
}

const picoUsdText = ({ quantity, picoUsdPer, per, picoUsd }: ExplainedLine): string =>
  per === 1n
    ? `${quantity} × ${picoUsdPer} = ${picoUsd} pico-USD`
    : `${quantity} × ${picoUsdPer} ÷ ${per} = ${dividedText(quantity * picoUsdPer, per)} pico-USD`

/** 10¹² pico-USD are a dollar, 10⁹ nano-EUR a euro, and the rate counts millionths of a dollar. */
const nanoEurText = ({ picoUsd, usdMicrosPerEur }: ExplainedLine): string =>
  `${picoUsd} × 1000 ÷ ${usdMicrosPerEur} = ${dividedText(picoUsd * 1000n, usdMicrosPerEur)} nano-EUR`

/** `21517 and 528400/1157200, rounded up 21518`: nothing is left out. */
function dividedText(dividend: bigint, divisor: bigint): string {
  const [whole, rest] = [dividend / divisor, dividend % divisor]
  return rest === 0n ? `${whole}` : `${whole} and ${rest}/${divisor}, rounded up ${whole + 1n}`
}

function priceText(l: ExplainedLine): string {
  const unit = l.priceUnit === l.unit ? '' : `${l.priceUnit} of `
  const above = l.priceAboveTokens === 0n ? '' : `, for prompts of more than ${l.priceAboveTokens} tokens`
  const version = l.priceVersion === null ? 'before there were imports' : `import ${l.priceVersion}`
  return `${unit}${l.priceProvider}/${l.priceModel}, ${l.priceTier}${above}, since ${minute(l.priceFrom.toISOString())}, ${version}`
}

/** pico-USD as dollars, without trailing zeros. */
const usd = (pico: bigint): string => exactUsd(pico as PicoUsd).replace(/\.?0+$/, '')

/**
 * After the bill was imported and approved: the ledger is the emulator's bill, in quantities and in pico-USD, and each attempt costs what its
 * billed lines come to in euros. Adds the bill up by itself.
 */
import type { Attempt } from './books.ts'
import { nameOf, nanoEurOf } from './judge.ts'
import type { Drift, Reconciled } from './reconcile.ts'

/** A request on the emulator's bill, with its moment by the ledger's clock. */
export interface BilledLines {
  readonly at: string
  readonly model: string
  /** Absent: standard. */
  readonly tier?: string
  readonly clientRequestId: string | null
  readonly lines: readonly { readonly unit: string; readonly quantity: number; readonly picoUsd: string }[]
}

/** All zeros when right. */
export interface BillVerdict {
  /** By how much the bill and the ledger differ, over all days, models and units, whichever way. */
  readonly unreconciledPicoUsd: bigint
  /** What else cannot be: another quantity, a line without its attempt, an attempt with another cost than its lines, something that the same bill changed again. */
  readonly violations: number
  /** Each fault in words. */
  readonly findings: readonly string[]
}

interface Evidence {
  readonly bill: readonly BilledLines[]
  /** After the approval. */
  readonly attempts: readonly Attempt[]
  readonly reconciled: Reconciled
}

interface Sum {
  quantity: bigint
  picoUsd: bigint
}

export function judgeBill({ bill, attempts, reconciled }: Evidence): BillVerdict {
  const findings: string[] = []
  const tell = (finding: string): void => void findings.push(finding)
  judgeLines(bill, reconciled, tell)
  judgeAttempts(bill, attempts, tell)
  const violations = findings.length
  const { picoUsd, quantities } = judgeSums(bill, reconciled.drift, tell)
  return { unreconciledPicoUsd: picoUsd, violations: violations + quantities, findings }
}

type Tell = (finding: string) => void

function judgeLines(bill: readonly BilledLines[], { stored, attributed, again }: Reconciled, tell: Tell): void {
  const lines = bill.flatMap((entry) => entry.lines).length
  if (stored !== lines) tell(`the bill: ${lines} lines, ${stored} stored`)
  if (attributed !== stored) tell(`the bill: ${stored - attributed} lines have not found their attempt`)
  if (again !== 0) tell(`the bill: imported and approved again, it had ${again} effects`)
}

/** Each costs its lines, each rounded up, at the rate that it pinned; what is not on the bill costs nothing. */
function judgeAttempts(bill: readonly BilledLines[], attempts: readonly Attempt[], tell: Tell): void {
  const billed = Map.groupBy(bill, ({ clientRequestId }) => clientRequestId)
  for (const attempt of attempts) {
    const lines = (billed.get(nameOf(attempt)) ?? []).flatMap((entry) => entry.lines)
    const cost = lines.reduce((sum, { picoUsd }) => sum + nanoEurOf(BigInt(picoUsd), attempt.usdMicrosPerEur), 0n)
    if ((attempt.cost ?? 0n) !== cost) tell(`${nameOf(attempt)}: ${attempt.state} at ${attempt.cost} nano-EUR, billed ${cost}`)
  }
}

/** Per day, model, tier and unit: both books, as `purser reconcile show` tells them, beside the bill added up here. */
function judgeSums(bill: readonly BilledLines[], drift: readonly Drift[], tell: Tell): { picoUsd: bigint; quantities: number } {
  const sums = sumsOf(bill)
  let [picoUsd, quantities] = [0n, 0]
  for (const { day, model, tier, unit, isBooked, differs, ...row } of drift) {
    const name = `${day} ${model} ${tier} ${unit ?? 'without a unit'}`
    const sum = sums.get(name) ?? { quantity: 0n, picoUsd: 0n }
    sums.delete(name)
    const [ledger, billed] = [picoOf(row.ledgerUsd), picoOf(row.billUsd)]
    const off = distance(ledger, sum.picoUsd) + distance(billed, sum.picoUsd)
    picoUsd += off
    if (off !== 0n) tell(`${name}: billed ${sum.picoUsd} pico-USD, the ledger has ${ledger}, and of the bill ${billed}`)
    const isQuantity = BigInt(row.ledgerQuantity) === sum.quantity && row.billQuantity === String(sum.quantity)
    if (isQuantity && isBooked && differs.length === 0) continue
    quantities += 1
    const figures = `billed ${sum.quantity}, the ledger has ${row.ledgerQuantity}, and of the bill ${row.billQuantity}`
    tell(`${name}: ${figures}${isBooked ? '' : ', not booked'}${differs.length > 0 ? `; differs: ${differs.join(', ')}` : ''}`)
  }
  for (const [name, sum] of sums) {
    picoUsd += sum.picoUsd
    tell(`${name}: billed ${sum.picoUsd} pico-USD, and the comparison does not know it`)
  }
  return { picoUsd, quantities }
}

function sumsOf(bill: readonly BilledLines[]): Map<string, Sum> {
  const sums = new Map<string, Sum>()
  for (const { at, model, tier = 'standard', lines } of bill)
    for (const { unit, quantity, picoUsd } of lines) {
      const name = `${at.slice(0, 10)} ${model} ${tier} ${unit}`
      const sum = sums.get(name) ?? { quantity: 0n, picoUsd: 0n }
      sum.quantity += BigInt(quantity)
      sum.picoUsd += BigInt(picoUsd)
      sums.set(name, sum)
    }
  return sums
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a)

/** `0.000000012345`: whole dollars, and twelve digits. */
function picoOf(usd: string): bigint {
  const [whole = '0', digits = ''] = usd.split('.')
  return BigInt(whole + digits.padEnd(12, '0'))
}

import { exactEur, exactUsd, nano, picoUsd } from '../domain/money.ts'
import type { Bill, Difference, Drift, ShownBill } from '../ledger/bills.ts'
import type { Terminal } from './terminal.ts'

const eur = (value: bigint): string => exactEur(nano(value))
const usd = (value: bigint): string => exactUsd(picoUsd(value))
const eurOrNull = (value: bigint | null): string | null => (value === null ? null : eur(value))

/** A bill as one line of JSON: amounts are decimals with all digits. */
export const billJson = ({ picoUsd: pico, nanoEur, ...bill }: Bill | ShownBill): Record<string, unknown> => ({
  ...bill,
  costUsd: usd(BigInt(pico)),
  costEur: nanoEur === null ? null : eur(BigInt(nanoEur)),
})

export const billRow = (b: Bill): string[] => [
  String(b.billId),
  b.provider,
  b.name,
  b.fromDay,
  b.toDay,
  String(b.lines),
  usd(BigInt(b.picoUsd)),
  b.nanoEur === null ? '' : eur(BigInt(b.nanoEur)),
  b.state,
]

export const driftJson = (d: Drift): Record<string, unknown> => ({
  day: d.day,
  model: d.model,
  tier: d.tier,
  unit: d.unit,
  ledgerQuantity: String(d.quantity.ledger),
  billQuantity: d.quantity.bill === null ? null : String(d.quantity.bill),
  ledgerUsd: usd(d.picoUsd.ledger),
  billUsd: usd(d.picoUsd.bill),
  ledgerEur: eur(d.nanoEur.ledger),
  billEur: eurOrNull(d.nanoEur.bill),
  differs: d.differs,
  missingRequests: d.missingRequests,
  missingInLedgerUsd: usd(d.missingInLedger),
  missingOnBillUsd: usd(d.missingOnBill),
  presumedUsd: usd(d.presumed),
  quantityUsd: usd(d.quantityPart),
  priceUsd: usd(d.pricePart),
  fxEur: eur(d.fxPart),
  onTheHouseEur: eur(d.house),
  isBooked: d.isBooked,
})

const WORDS: Readonly<Record<Difference, string>> = {
  missing_in_ledger: 'missing in the ledger',
  missing_on_bill: 'missing on the bill',
  presumed: 'presumed',
  quantity: 'quantity',
  price: 'price',
  fx: 'euro rate',
}

export const driftRow = (d: Drift): string[] => [
  d.day,
  d.tier === 'standard' ? d.model : `${d.model} (${d.tier})`,
  d.unit ?? '',
  d.unit === null ? '' : String(d.quantity.ledger),
  d.quantity.bill === null ? '?' : String(d.quantity.bill),
  usd(d.picoUsd.ledger),
  usd(d.picoUsd.bill),
  eur(d.nanoEur.ledger),
  eurOrNull(d.nanoEur.bill) ?? '',
  d.differs.map((difference) => WORDS[difference]).join(', '),
]

/** One line per kind of difference, with what it comes to in all. */
export function showSums(terminal: Terminal, drift: readonly Drift[]): void {
  const sum = (of: (one: Drift) => bigint): bigint => drift.reduce((total, one) => total + of(one), 0n)
  const requests = drift.reduce((most, { missingRequests }) => Math.max(most, missingRequests), 0)
  const sums: readonly (readonly [Difference, string])[] = [
    ['missing_in_ledger', `${usd(sum((d) => d.missingInLedger))} USD${requests > 0 ? `, ${requests} requests at least` : ''}`],
    ['missing_on_bill', `${usd(sum((d) => d.missingOnBill))} USD`],
    ['presumed', `${usd(sum((d) => d.presumed))} USD`],
    ['quantity', `${usd(sum((d) => d.quantityPart))} USD`],
    ['price', `${usd(sum((d) => d.pricePart))} USD`],
    ['fx', `${eur(sum((d) => d.fxPart))} EUR`],
  ]
  for (const [difference, text] of sums)
    if (drift.some(({ differs }) => differs.includes(difference))) terminal.say(`  ${WORDS[difference]}: ${text}`)
}

import { PurserError } from '../domain/errors.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'
import type { BillFile, BillFileLine } from '../domain/bill.ts'

/** An imported bill. Amounts are whole pico-USD and nano-EUR, as its file says them; `nanoEur` is null where it says none. */
export interface Bill {
  readonly billId: number
  readonly provider: string
  readonly format: string
  readonly name: string
  readonly hash: string
  readonly currency: string
  readonly timeZone: string
  readonly fromDay: string
  readonly toDay: string
  readonly lines: number
  readonly picoUsd: string
  readonly nanoEur: string | null
  /** `importing`, `approving`: broken off; the same again goes on. */
  readonly state: 'importing' | 'imported' | 'approving' | 'approved' | 'discarded'
  readonly importedBy: string
  readonly importedAt: string
  readonly approvedBy: string | null
  readonly approvedAt: string | null
  readonly why: string | null
  readonly discardedBy: string | null
  readonly discardedAt: string | null
  readonly discardedWhy: string | null
}

/** With what has become of its lines: those that this file named first, those that name a request, have found its attempt, and are booked. */
export interface ShownBill extends Bill {
  readonly stored: number
  readonly named: number
  readonly attributed: number
  readonly attempts: number
  readonly booked: number
  /** On which it has lines that name no request. */
  readonly daysOfSums: readonly string[]
}

export interface ImportedBill {
  readonly bill: ShownBill
  /** False: this file was imported before. */
  readonly changed: boolean
  /** Lines that other files have named before, and those files. */
  readonly known: number
  readonly knownIn: readonly number[]
}

/** Lines that one call looks at: well under a second. */
const PAGE_LINES = 2_000
const PAGE_MATCHED = 20_000

/**
 * Stores the lines of a bill that are not stored yet, and finds their attempts. Books nothing. The same file again has no effect; broken off, it goes on.
 * Throws PurserError `bad_input`, naming rows, before anything is stored: a line is known with other figures.
 */
export async function importBill(
  ledger: Ledger,
  file: BillFile,
  by: string,
  stored: (lines: number, of: number) => void = () => {},
): Promise<ImportedBill> {
  const { sql } = ledger
  const { lines, ...terms } = file
  const pages = pagesOf(lines)
  const { known, knownIn } = await checked(ledger, file, pages)
  const bill = await asked<Bill>(
    () =>
      sql`select purser.begin_bill(${sql.json({ ...terms, lines: lines.length, picoUsd: sumOf(lines.map((l) => l.picoUsd)), nanoEur: eurOf(lines) })}, ${by}) as answer`,
  )
  // A file that was imported before has its lines, unless those were another's, which was discarded.
  if (bill.state !== 'importing' && known === lines.length)
    return { bill: await showBill(ledger, bill.billId), changed: false, known: 0, knownIn: [] }
  for (const [index, page] of pages.entries()) {
    await asked(
      () => sql`select purser.store_bill_lines(${bill.billId}, ${sql.json(page.map((line) => told(file.provider, line)))}) as answer`,
    )
    stored(Math.min(lines.length, (index + 1) * PAGE_LINES), lines.length)
  }
  await findAttempts(ledger, bill.billId)
  await asked(() => sql`select purser.end_bill(${bill.billId}) as answer`)
  return { bill: await showBill(ledger, bill.billId), changed: true, known, knownIn: knownIn.filter((id) => id !== bill.billId) }
}

/** Of lines that are not booked yet. */
async function findAttempts({ sql }: Pick<Ledger, 'sql'>, billId: number): Promise<void> {
  for (let after: string | null = '0'; after !== null;) {
    const page: { last: string | null } = await asked(
      () => sql`select purser.match_bill(${billId}, ${after}::text::bigint, ${PAGE_MATCHED}) as answer`,
    )
    after = page.last
  }
}

interface Checked {
  readonly known: number
  readonly bills: readonly number[]
  readonly problems: readonly { readonly row: number; readonly what: string }[]
}

async function checked({ sql }: Ledger, { provider }: BillFile, pages: readonly (readonly BillFileLine[])[]) {
  let known = 0
  const knownIn = new Set<number>()
  const problems: string[] = []
  for (const page of pages) {
    const answer = await asked<Checked>(
      () => sql`select purser.check_bill_lines(${sql.json(page.map((line) => told(provider, line)))}) as answer`,
    )
    known += answer.known
    for (const id of answer.bills) knownIn.add(id)
    problems.push(...answer.problems.map(({ row, what }) => `row ${row}: ${what}`))
  }
  if (problems.length > 0)
    throw new PurserError(
      'conflict',
      `${problems.length} lines were stored before, with other figures, so nothing is stored:\n  ${problems.slice(0, 20).join('\n  ')}`,
      {
        problems,
      },
    )
  return { known, knownIn: [...knownIn] }
}

const pagesOf = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / PAGE_LINES) }, (_, page) => all.slice(page * PAGE_LINES, (page + 1) * PAGE_LINES))

const told = (provider: string, line: BillFileLine) => ({
  ...line,
  provider,
  picoUsd: String(line.picoUsd),
  picoSlack: String(line.picoSlack),
  nanoSlack: String(line.nanoSlack),
  nanoEur: line.nanoEur === null ? null : String(line.nanoEur),
  quantity: line.quantity === null ? null : String(line.quantity),
})

const sumOf = (values: readonly bigint[]): string => String(values.reduce((sum, value) => sum + value, 0n))
const eurOf = (lines: readonly BillFileLine[]): string | null => {
  const said = lines.flatMap(({ nanoEur }) => (nanoEur === null ? [] : [nanoEur]))
  return said.length === 0 ? null : sumOf(said)
}

/** Newest first, before `before`. */
export const listBills = (
  { sql }: Ledger,
  page: { readonly provider: string | undefined; readonly before: number | undefined; readonly limit: number },
): Promise<Bill[]> => asked(() => sql`select purser.list_bills(${page.provider ?? null}, ${page.before ?? null}, ${page.limit}) as answer`)

/** Throws PurserError `not_found`. */
export const showBill = ({ sql }: Pick<Ledger, 'sql'>, billId: number): Promise<ShownBill> =>
  asked(() => sql`select purser.show_bill(${billId}) as answer`)

/** A file that was a mistake: its lines go, and are free for another. Throws PurserError `not_found`, `bad_input`, `conflict` (it is booked). */
export const discardBill = (
  { sql }: Ledger,
  { billId, why, by }: { readonly billId: number; readonly why: string; readonly by: string },
): Promise<Bill & { readonly changed: boolean }> => asked(() => sql`select purser.discard_bill(${billId}, ${why}, ${by}) as answer`)

/** What a day, model, tier and unit differ in. `presumed`: the bill knows what the ledger only presumes. */
export type Difference = 'missing_in_ledger' | 'missing_on_bill' | 'presumed' | 'quantity' | 'price' | 'fx'

/** A day, model, tier and unit in both books. In dollars the parts add up to what the bill has more: missing in the ledger − missing on the bill + presumed + quantity + price. */
export interface Drift {
  readonly day: string
  readonly model: string
  readonly tier: string
  /** Null: a cost without lines, such as a presumed one. */
  readonly unit: string | null
  /** Null on the bill: it does not say it. */
  readonly quantity: { readonly ledger: bigint; readonly bill: bigint | null }
  readonly picoUsd: { readonly ledger: bigint; readonly bill: bigint }
  readonly nanoEur: { readonly ledger: bigint; readonly bill: bigint | null }
  readonly differs: readonly Difference[]
  /** Requests that are billed, and that the ledger does not have. */
  readonly missingRequests: number
  /** In pico-USD. */
  readonly missingInLedger: bigint
  readonly missingOnBill: bigint
  readonly presumed: bigint
  readonly quantityPart: bigint
  readonly pricePart: bigint
  /** In nano-EUR: the bill's euros less its dollars at the ledger's rates. */
  readonly fxPart: bigint
  /** What the house bears of it, in nano-EUR. */
  readonly house: bigint
  /** All of its lines are approved and booked. */
  readonly isBooked: boolean
}

/** Compares a bill's days with the ledger: with all lines that are stored of its provider on them. Read-only. Throws PurserError `not_found`. */
export async function driftOf({ sql }: Ledger, billId: number, only: 'differences' | 'all' = 'differences'): Promise<Drift[]> {
  const raw = await asked<RawDrift[]>(() => sql`select purser.bill_drift(${billId}, ${only === 'differences'}) as answer`)
  return raw.map((r) => ({
    day: r.day,
    model: r.model,
    tier: r.tier,
    unit: r.unit,
    quantity: { ledger: BigInt(r.ledgerQuantity), bill: orNull(r.billQuantity) },
    picoUsd: { ledger: BigInt(r.ledgerPicoUsd), bill: BigInt(r.billPicoUsd) },
    nanoEur: { ledger: BigInt(r.ledgerNanoEur), bill: orNull(r.billNanoEur) },
    differs: r.differs,
    missingRequests: r.missingRequests,
    missingInLedger: BigInt(r.missingInLedger),
    missingOnBill: BigInt(r.missingOnBill),
    presumed: BigInt(r.presumed),
    quantityPart: BigInt(r.quantity),
    pricePart: BigInt(r.price),
    fxPart: BigInt(r.fx),
    house: BigInt(r.house),
    isBooked: r.isBooked,
  }))
}

const orNull = (text: string | null): bigint | null => (text === null ? null : BigInt(text))

type Text =
  | 'ledgerQuantity'
  | 'ledgerPicoUsd'
  | 'billPicoUsd'
  | 'ledgerNanoEur'
  | 'missingInLedger'
  | 'missingOnBill'
  | 'presumed'
  | 'quantity'
  | 'price'
  | 'fx'
  | 'house'
type RawDrift = Readonly<Record<Text, string>> &
  Pick<Drift, 'day' | 'model' | 'tier' | 'unit' | 'differs' | 'missingRequests' | 'isBooked'> & {
    readonly billQuantity: string | null
    readonly billNanoEur: string | null
  }

/** What an approval booked: lines, attempts whose total was another, and entries on the house. */
export interface Approved {
  readonly lines: number
  readonly adjusted: number
  readonly onTheHouse: number
}

const PAGE_BOOKED = 500

interface Approval {
  readonly billId: number
  readonly why: string
  readonly by: string
  readonly pagesMax?: number
}

/**
 * Books what a person has looked at: the totals of attempts, what is beyond all attempts, and the difference of the euro, page by page, so
 * many pages at most. Broken off, it goes on; again it has no effect, but where attempts or answers have become known since. Throws PurserError `not_found`, `bad_input`, `conflict`, `rate_missing`.
 */
export async function approveBill(
  { sql }: Pick<Ledger, 'sql'>,
  { billId, why, by, pagesMax = Infinity }: Approval,
  booked: (lines: number, of: number) => void = () => {},
): Promise<Approved> {
  const bill = await showBill({ sql }, billId)
  if (bill.state === 'imported') await findAttempts({ sql }, billId)
  const due = bill.stored - bill.booked
  const sum = { lines: 0, adjusted: 0, onTheHouse: 0 }
  for (let [more, pages] = [true, 0]; more && pages < pagesMax; pages += 1) {
    const page = await asked<Approved & { more: boolean }>(
      () => sql`select purser.approve_bill(${billId}, ${why}, ${by}, ${PAGE_BOOKED}) as answer`,
    )
    sum.lines += page.lines
    sum.adjusted += page.adjusted
    sum.onTheHouse += page.onTheHouse
    booked(sum.lines, due)
    ;({ more } = page)
  }
  // Booked before: what was answered since is not beyond the sums any more.
  if (sum.lines === 0)
    for (const day of bill.daysOfSums) {
      const again = await asked<Approved>(() => sql`select purser.rebook_bill(${billId}, ${day}) as answer`)
      sum.onTheHouse += again.onTheHouse
    }
  return sum
}

/** A provider, and days (UTC) of a month on which its jobs have sent something, and that no approved bill covers. */
export interface DaysWithoutBill {
  readonly provider: string
  readonly days: readonly string[]
}

/** Empty: the month's bill is reconciled. Throws PurserError `bad_input`. */
export const daysWithoutBill = ({ sql }: Ledger, month: string): Promise<readonly DaysWithoutBill[]> =>
  asked(() => sql`select purser.days_without_bill(${month}) as answer`)

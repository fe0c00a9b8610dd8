/**
 * Compares the ledger with the provider's own bill, attempt by attempt. It shares nothing with the ledger but the rule by which a dollar
 * becomes a euro, and computes that itself. No SQL, no clock: whoever calls it has waited until every deadline was over.
 */
import type { Attempt, Balance, Books, Line, Told } from './books.ts'

/** One billed request, as the emulator writes it. */
export interface Billed {
  readonly clientRequestId: string | null
  readonly picoUsd: string
}

/** One physical request, as the emulator saw it: under which name, and when (ISO 8601, by the clock that the ledger's server has, too). */
export interface Requested {
  readonly clientRequestId: string | null
  readonly at: string
}

/** Amounts in nano-EUR. `presumed` is no fault: requests whose answer nobody has, spent at their full amount. All else must be zero. */
export interface Verdict {
  readonly overspend: bigint
  readonly unbooked: bigint
  readonly doubleBooked: bigint
  readonly stuckReservations: number
  readonly presumed: bigint
  readonly falseRefusals: number
  /** What else cannot be: versions with gaps, one attempt with two requests, a request that nobody dispatched. */
  readonly otherViolations: number
  /** Each fault in words. */
  readonly findings: readonly string[]
}

interface Evidence {
  readonly books: Books
  readonly bill: readonly Billed[]
  /** Every physical request that the provider saw, billed or not. */
  readonly requests: readonly Requested[]
  /** The ids of attempts whose answers lie beside the blobs, booked or not. */
  readonly stored: ReadonlySet<string>
  /** Thresholds, as they were told by notices and received over HTTP, each notice once. Undefined: nobody tells. */
  readonly told?: Readonly<Record<'told' | 'received', readonly Told[]>> | undefined
}

/** What is found, as it is found. */
interface Sheet {
  overspend: bigint
  unbooked: bigint
  doubleBooked: bigint
  stuckReservations: number
  presumed: bigint
  falseRefusals: number
  otherViolations: number
  findings: string[]
}

const OPEN = ['reserved', 'dispatched', 'in_doubt']

/** A soft budget's cap in the hot row: it only alerts. */
const SOFT_CAP = 4_000_000_000_000_000_000n

export function judge(evidence: Evidence): Verdict {
  const sheet: Sheet = {
    overspend: 0n,
    unbooked: 0n,
    doubleBooked: 0n,
    stuckReservations: 0,
    presumed: 0n,
    falseRefusals: 0,
    otherViolations: 0,
    findings: [],
  }
  judgeRequests(evidence, sheet)
  judgeBill(evidence, sheet)
  judgeAttempts(evidence, sheet)
  judgePeriods(evidence, sheet)
  return sheet
}

/** An attempt's name on the bill. */
export const nameOf = ({ id }: Pick<Attempt, 'id'>): string => `rsv_${id.replaceAll('-', '')}`

/** pico-USD × 1000 ÷ (millionths of a dollar per euro), rounded up. */
export const nanoEurOf = (picoUsd: bigint, usdMicrosPerEur: bigint): bigint => (picoUsd * 1000n + usdMicrosPerEur - 1n) / usdMicrosPerEur

const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n)

/** Every request has its attempt, whose dispatch was there before it, and no attempt has two. */
function judgeRequests({ books, requests }: Evidence, sheet: Sheet): void {
  const dispatched = new Map(books.attempts.flatMap((a) => (a.dispatchedAt === null ? [] : [[nameOf(a), a.dispatchedAt] as const])))
  const seen = new Set<string | null>()
  for (const { clientRequestId: name, at } of requests) {
    const dispatchedAt = dispatched.get(name ?? '')
    if (dispatchedAt === undefined) tell(sheet, `request ${name ?? 'without a name'}: nobody dispatched it`)
    else if (Date.parse(at) < dispatchedAt.getTime()) tell(sheet, `request ${name}: sent before its dispatch`)
    else if (seen.has(name)) tell(sheet, `request ${name}: sent twice`)
    seen.add(name)
  }
}

function tell(sheet: Sheet, finding: string): void {
  sheet.otherViolations += 1
  sheet.findings.push(finding)
}

/** Everything that was billed is booked: exactly where it was answered, in full where the answer is not known. */
function judgeBill({ books, bill }: Evidence, sheet: Sheet): void {
  const attempts = new Map(books.attempts.map((attempt) => [nameOf(attempt), attempt]))
  const receipts = Map.groupBy(books.receipts, ({ reservation }) => nameOf({ id: reservation }))
  const anyRate = books.attempts[0]?.usdMicrosPerEur ?? 1_000_000n
  for (const [name, lines] of Map.groupBy(bill, ({ clientRequestId }) => clientRequestId ?? 'without a name')) {
    const attempt = attempts.get(name)
    const rate = attempt?.usdMicrosPerEur ?? anyRate
    const billedPico = sumOf(lines.map(({ picoUsd }) => BigInt(picoUsd)))
    const billed = nanoEurOf(billedPico, rate)
    const answered = receipts.get(name) ?? []
    if (attempt === undefined && answered.length === 0) missing(sheet, billed, `${name}: billed, and the ledger does not know it`)
    else if (attempt === undefined || (attempt.state === 'settled' && attempt.source === 'answer'))
      judgeAnswered({ name, billedPico, billed, bookedPico: sumOf(answered.map(({ picoUsd }) => picoUsd)), rate }, sheet)
    else if (attempt.cost === null) missing(sheet, billed, `${name}: billed, and ${attempt.state}`)
    else if (attempt.cost < billed) missing(sheet, billed - attempt.cost, `${name}: billed above what was ${attempt.state}`)
  }
}

interface Pair {
  readonly name: string
  readonly billedPico: bigint
  readonly billed: bigint
  readonly bookedPico: bigint
  readonly rate: bigint
}

function judgeAnswered({ name, billedPico, billed, bookedPico, rate }: Pair, sheet: Sheet): void {
  const booked = nanoEurOf(bookedPico, rate)
  const figures = `${name}: billed ${billedPico} pico-USD, booked ${bookedPico}`
  // A pico-USD too little is a fault, however little it is in euros.
  if (bookedPico < billedPico) missing(sheet, billed > booked ? billed - booked : 1n, figures)
  if (bookedPico > billedPico) twice(sheet, booked > billed ? booked - billed : 1n, figures)
}

function missing(sheet: Sheet, nanoEur: bigint, finding: string): void {
  sheet.unbooked += nanoEur
  sheet.findings.push(`not booked: ${finding}`)
}

function twice(sheet: Sheet, nanoEur: bigint, finding: string): void {
  sheet.doubleBooked += nanoEur
  sheet.findings.push(`booked too much: ${finding}`)
}

/** What is settled was billed, and costs what its answer says; nothing waits any more. */
function judgeAttempts({ books, bill, stored }: Evidence, sheet: Sheet): void {
  const billed = new Set(bill.map(({ clientRequestId }) => clientRequestId))
  const receipts = new Map(books.receipts.map((receipt) => [`${receipt.reservation} ${receipt.token}`, receipt]))
  for (const attempt of books.attempts) {
    const { id, token, state, source } = attempt
    const cost = attempt.cost ?? 0n
    if (OPEN.includes(state)) {
      sheet.stuckReservations += 1
      sheet.findings.push(`stuck: ${nameOf(attempt)} is ${state} past its deadlines`)
    }
    // An answer without usage is settled at its bound: as with a presumption, that may be more than was billed.
    if (source === 'presumption') sheet.presumed += cost
    if (state === 'presumed' && stored.has(id)) tell(sheet, `${nameOf(attempt)}: presumed, although its answer lies beside the blobs`)
    if (state !== 'settled') continue
    if (!billed.has(nameOf(attempt))) twice(sheet, cost, `${nameOf(attempt)}: settled, and nobody billed it`)
    const answered = receipts.get(`${id} ${token}`)?.cost ?? 0n
    if (cost !== answered) {
      const figures = `${nameOf(attempt)}: its receipt says ${answered} nano-EUR, it costs ${cost}`
      if (cost > answered) twice(sheet, cost - answered, figures)
      else missing(sheet, answered - cost, figures)
    }
  }
  for (const { reservation, reason, cost } of books.unbooked)
    missing(sheet, cost, `attempt ${reservation}: the ledger keeps it as ${reason}`)
}

/** No cap was passed at any version, every refusal was true at one, and what is spent is what its attempts cost. */
function judgePeriods({ books, told }: Evidence, sheet: Sheet): void {
  const byPeriod = Map.groupBy(books.lines, ({ period }) => period)
  for (const balance of books.balances) {
    const { period, name, reserved, spent } = balance
    const states = statesOf(byPeriod.get(period) ?? [], name, sheet)
    const last = states.at(-1) ?? { cap: 0n, reserved: 0n, spent: 0n }
    if (last.reserved !== reserved || last.spent !== spent) tell(sheet, `${name}: its counters are not the fold of its entries`)
    const over = grownOver(states)
    if (last.cap < SOFT_CAP && over > 0n) {
      sheet.overspend += over
      sheet.findings.push(`overspent: ${name} was ${over} nano-EUR past its cap`)
    }
    const cost = costOn(period, books)
    const figures = `${name}: ${spent} nano-EUR spent, its attempts cost ${cost}`
    if (spent > cost) twice(sheet, spent - cost, figures)
    if (spent < cost) missing(sheet, cost - spent, figures)
    const refused = books.refusals.filter((refusal) => refusal.period === period)
    judgeRefusals(refused, states, sheet)
    for (const [how, all] of Object.entries(told ?? {})) judgeThresholds(balance, states, { how, all }, sheet)
  }
}

/** Each percent that was spent is told once in the period, and no other. */
function judgeThresholds(
  { told, name, thresholds }: Balance,
  states: readonly State[],
  { how, all }: { readonly how: string; readonly all: readonly Told[] },
  sheet: Sheet,
): void {
  const ofPeriod = all.filter(({ about }) => about === told)
  const percents = new Set([...thresholds, ...ofPeriod.map(({ percent }) => percent)])
  for (const percent of percents) {
    const isCrossed = thresholds.includes(percent) && states.some(({ cap, spent }) => spent * 100n >= realCapOf(cap) * BigInt(percent))
    const times = ofPeriod.filter((one) => one.percent === percent).length
    if (times !== (isCrossed ? 1 : 0))
      tell(sheet, `${name}: ${percent} % ${isCrossed ? 'was' : 'was not'} spent, and ${how} ${times} times`)
  }
}

const realCapOf = (cap: bigint): bigint => (cap >= SOFT_CAP ? cap - SOFT_CAP : cap)

/** What its attempts cost, and the answers that were booked on it without cover. */
function costOn(period: number, { attempts, receipts }: Books): bigint {
  const tokens = new Set(attempts.map(({ id, token }) => `${id} ${token}`))
  const uncovered = receipts.filter((r) => r.periods?.includes(period) && !tokens.has(`${r.reservation} ${r.token}`))
  return sumOf([...attempts.filter((a) => a.periods.includes(period)).map((a) => a.cost ?? 0n), ...uncovered.map(({ cost }) => cost)])
}

interface State {
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
}

/** What the counters were after each version. */
function statesOf(lines: readonly Line[], name: string, sheet: Sheet): State[] {
  const sorted = lines.toSorted((a, b) => a.version - b.version)
  if (sorted.some(({ version }, i) => version !== i + 1)) tell(sheet, `${name}: its versions have gaps`)
  let now: State = { cap: 0n, reserved: 0n, spent: 0n }
  return sorted.map((line) => (now = { cap: now.cap + line.cap, reserved: now.reserved + line.reserved, spent: now.spent + line.spent }))
}

/** By how much it went past its cap at one version, at the most. A cap that is cut below what is spent is no such version, nor what stays above it. */
function grownOver(states: readonly State[]): bigint {
  const overOf = ({ cap, reserved, spent }: State): bigint => (reserved + spent > cap ? reserved + spent - cap : 0n)
  const grown = states.map((state, i) => {
    const before = states[i - 1]
    return before !== undefined && state.cap < before.cap ? 0n : overOf(state) - (before === undefined ? 0n : overOf(before))
  })
  return grown.reduce((most, by) => (by > most ? by : most), 0n)
}

/** Its figures must have been true at some version, and leave too little. */
function judgeRefusals(refusals: Books['refusals'], states: readonly State[], sheet: Sheet): void {
  const known = new Set(states.map(({ cap, reserved, spent }) => `${cap} ${reserved} ${spent}`))
  for (const { job, cap, reserved, spent, needed } of refusals) {
    const wereTrue = known.has(`${cap} ${reserved} ${spent}`)
    if (wereTrue && needed > cap - spent - reserved) continue
    sheet.falseRefusals += 1
    const why = wereTrue ? 'there was room' : 'its figures were never true'
    sheet.findings.push(`refused falsely: ${job} needed ${needed}, cap ${cap}, ${spent} spent, ${reserved} reserved: ${why}`)
  }
}

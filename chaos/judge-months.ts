/**
 * Compares the statements of all months with what each attempt has cost: every nano-EUR is on exactly one statement, in the month in which
 * its attempt was reserved or as a correction on a later one. No SQL; what is sealed is added up here, line by line.
 */
import type { Books } from './books.ts'
import { monthAt, monthsFrom, ZONES, type Zone } from './months.ts'
import type { SeenSealed, Stated, Statement } from './stated.ts'

/** All zeros when right. */
export interface MonthsVerdict {
  /** By how much statements and ledger differ, over all attempts, whichever way. Nano-EUR. */
  readonly unstated: bigint
  /** What else cannot be: a month without a statement, or with two; one that does not verify, or is not as it was seen; a line or a correction on two. */
  readonly violations: number
  /** Each fault in words. */
  readonly findings: readonly string[]
}

interface Evidence {
  readonly books: Pick<Books, 'attempts' | 'receipts'>
  readonly stated: Stated
  /** Statements that were seen sealed before: they are there, and as they were. */
  readonly seen: readonly SeenSealed[]
}

export function judgeMonths({ books, stated, seen }: Evidence): MonthsVerdict {
  const findings: string[] = []
  const tell = (finding: string): void => void findings.push(finding)
  judgeRows(stated, tell)
  judgeSealed(stated, seen, tell)
  judgeTold(stated, tell)
  for (const statement of stated.statements) judgeStatement(statement, tell)
  judgeOnce(stated.statements, tell)
  const violations = findings.length
  const unstated = judgeCosts(books, stated.statements, tell)
  return { unstated, violations, findings }
}

type Tell = (finding: string) => void

const nameOf = ({ account, month }: { readonly account: string; readonly month: string }): string => `statement ${account} ${month}`
const sumOf = (values: readonly { readonly cost: bigint }[]): bigint => values.reduce((sum, { cost }) => sum + cost, 0n)

/** Each account has one statement for each of its months: sealed, if it is over. */
function judgeRows({ accounts, statements }: Stated, tell: Tell): void {
  const byName = Map.groupBy(statements, nameOf)
  for (const { id: account, first, now } of accounts) {
    for (let month = first; month <= now; month = monthsFrom(month, 1)) {
      const found = byName.get(nameOf({ account, month })) ?? []
      byName.delete(nameOf({ account, month }))
      if (found.length !== 1) tell(`${nameOf({ account, month })}: there are ${found.length}`)
      else if ((found[0]?.hash === null) !== (month === now))
        tell(`${nameOf({ account, month })}: ${month === now ? 'sealed before it is over' : 'over, and not sealed'}`)
    }
  }
  for (const name of byName.keys()) tell(`${name}: of a month that the account does not have`)
}

function judgeSealed({ statements }: Stated, seen: readonly SeenSealed[], tell: Tell): void {
  const hashes = new Map(statements.map((statement) => [nameOf(statement), statement.hash]))
  const told = new Set<string>()
  for (const before of seen) {
    const name = nameOf(before)
    if (hashes.get(name) === before.hash || told.has(name)) continue
    told.add(name)
    tell(`${name}: was seen sealed, and is ${hashes.has(name) ? 'another one' : 'not there'}`)
  }
}

/** That a month is closed is told once, when all that have a statement of it have it, and nobody is still to come. */
function judgeTold({ accounts, statements, closed }: Stated, tell: Tell): void {
  const open = accounts.map(({ now }) => now).toSorted()[0] ?? ''
  const times = new Map([...Map.groupBy(closed, (month) => month)].map(([month, all]) => [month, all.length]))
  const over = new Set(statements.filter(({ hash, month }) => hash !== null && month < open).map(({ month }) => month))
  for (const month of new Set([...over, ...times.keys()]))
    if ((times.get(month) ?? 0) !== (over.has(month) ? 1 : 0)) tell(`month ${month}: told ${times.get(month) ?? 0} times that it is closed`)
}

/** Its sums are those of its lines, and each line is of a call that was reserved in its month. */
function judgeStatement(statement: Statement, tell: Tell): void {
  const { spent, corrections, lines, changes, faults, timeZone, month } = statement
  for (const fault of faults) tell(`${nameOf(statement)}: ${fault}`)
  if (sumOf(lines) !== spent) tell(`${nameOf(statement)}: its lines come to ${sumOf(lines)} nano-EUR, it says ${spent}`)
  if (sumOf(changes) !== corrections)
    tell(`${nameOf(statement)}: its corrections come to ${sumOf(changes)} nano-EUR, it says ${corrections}`)
  if (!isZone(timeZone)) return tell(`${nameOf(statement)}: nobody lives in ${timeZone}`)
  for (const { row, at } of lines)
    if (monthAt(at, timeZone) !== month) tell(`${nameOf(statement)}: ${row} was reserved in ${monthAt(at, timeZone)}`)
}

const isZone = (name: string): name is Zone => name in ZONES

/** A line is on one statement, and so is a correction. */
function judgeOnce(statements: readonly Statement[], tell: Tell): void {
  const places = new Map<string, string>()
  for (const statement of statements) {
    const named = [...statement.lines.map(({ row }) => `line ${row}`), ...statement.changes.map(({ id }) => `correction ${id}`)]
    // An answer that came beside its attempt has a line of its own there.
    for (const name of new Set(named)) {
      const other = places.get(name)
      if (other !== undefined) tell(`${name}: is on ${other} and on ${nameOf(statement)}`)
      places.set(name, nameOf(statement))
    }
  }
}

const add = (to: Map<string, bigint>, row: string, cost: bigint): void => void to.set(row, (to.get(row) ?? 0n) + cost)

/** What all statements together say of an attempt is what it costs. Answers with its differences, added up. */
function judgeCosts({ attempts, receipts }: Evidence['books'], statements: readonly Statement[], tell: Tell): bigint {
  const stated = new Map<string, bigint>()
  for (const { row, cost } of statements.flatMap(({ lines, changes }) => [...lines, ...changes])) add(stated, row, cost)
  const spent = new Map<string, bigint>()
  for (const { id, cost } of attempts) add(spent, id, cost ?? 0n)
  const tokens = new Set(attempts.map(({ id, token }) => `${id} ${token}`))
  for (const { reservation, token, cost } of receipts) if (!tokens.has(`${reservation} ${token}`)) add(spent, reservation, cost)
  let unstated = 0n
  for (const row of new Set([...stated.keys(), ...spent.keys()])) {
    const [says, costs] = [stated.get(row) ?? 0n, spent.get(row) ?? 0n]
    if (says === costs) continue
    unstated += says > costs ? says - costs : costs - says
    tell(`attempt ${row}: statements say ${says} nano-EUR, it costs ${costs}`)
  }
  return unstated
}

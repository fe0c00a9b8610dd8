import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBooks, type Books } from '../../chaos/books.ts'
import { putAheadClock } from '../../chaos/clock.ts'
import { judgeMonths } from '../../chaos/judge-months.ts'
import { monthAt, monthEnd, monthsFrom } from '../../chaos/months.ts'
import { readSealed, readStated, type SeenSealed, type Stated, type Statement } from '../../chaos/stated.ts'
import { eur } from '../../src/domain/money.ts'
import { month } from '../../src/domain/period.ts'
import { sealStatements, tellMonthClosed } from '../../src/ledger/statements.ts'
import { openTestLedger } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'

const ZONE = 'UTC'
const ALWAYS = { validUntil: new Date('2099-01-01T00:00:00Z') }

/** A sealed month with one answer, one that came when it was sealed, and one in the month of now. */
async function trueWorld() {
  const t = await openTestLedger()
  const clock = await putAheadClock(t.owner)
  const account = await t.accountWith({ cap: '1.00', timeZone: ZONE })
  const early = t.call(account)
  await early.settle(await early.sent(ALWAYS), eur('0.01'))
  const late = t.call(account)
  const flying = await late.sent(ALWAYS)
  const over = monthAt(clock.now(), ZONE)
  await clock.goTo(new Date(monthEnd(clock.now(), ZONE).getTime() + 61_000))
  await takenIn(t.ledger, t.owner)
  await sealStatements(t.ledger, { month: month(over), after: undefined, limit: 10, dryRun: false })
  await tellMonthClosed(t.ledger, month(over))
  await late.settle(flying, eur('0.02'))
  const next = t.call(account)
  await next.settle(await next.sent(ALWAYS), eur('0.03'))
  await takenIn(t.ledger, t.owner)
  const [books, stated, seen] = [await readBooks(t.owner), await readStated(t.owner), await readSealed(t.owner)]
  return { ...t, account, over, books, stated, seen }
}

let w: Awaited<ReturnType<typeof trueWorld>>
beforeAll(async () => void (w = await trueWorld()))
afterAll(() => w.drop())

const verdict = (lie: { readonly books?: Books; readonly stated?: Stated; readonly seen?: readonly SeenSealed[] } = {}) =>
  judgeMonths({ books: w.books, stated: w.stated, seen: w.seen, ...lie })

/** As a hand with every right could do it; taken back afterwards. */
async function falsified(change: string): Promise<ReturnType<typeof judgeMonths>> {
  let found: ReturnType<typeof judgeMonths> | undefined
  const takenBack = new Error('taken back')
  await w.owner
    .begin(async (tx) => {
      await tx.unsafe(`set local session_replication_role = replica; ${change}`)
      found = verdict({ stated: await readStated(tx as never) })
      throw takenBack
    })
    .catch((error: unknown) => {
      if (error !== takenBack) throw error
    })
  if (found === undefined) throw new Error('nothing was judged')
  return found
}

const isSealed = ({ hash }: Statement): boolean => hash !== null
/** The statements with some of them told otherwise. */
const lie = (about: (statement: Statement) => boolean, otherwise: (statement: Statement) => readonly Statement[]): Stated => ({
  ...w.stated,
  statements: w.stated.statements.flatMap((one) => (about(one) ? otherwise(one) : [one])),
})
const nameOf = (of: string): string => `statement ${w.account} ${of}`

test('true months: what came when the month was sealed is a correction on the next one, and nothing is found', () => {
  expect(verdict()).toEqual({ unstated: 0n, violations: 0, findings: [] })
  expect(w.stated.statements.map(({ spent, corrections }) => [spent, corrections])).toEqual([
    [eur('0.01'), 0n],
    [eur('0.03'), eur('0.02')],
  ])
})

test('a cost that is on no statement is named, with its amount: whether its line is missing, or its correction', async () => {
  const found = await falsified(`delete from purser.fact where cost = ${eur('0.03')}`)
  expect(found.unstated).toBe(eur('0.03'))
  expect(found.findings).toContainEqual(expect.stringMatching(/^attempt \S+: statements say 0 nano-EUR, it costs 30000000$/))
  const without = lie(
    ({ changes }) => changes.length > 0,
    (one) => [{ ...one, changes: [], corrections: 0n }],
  )
  expect(verdict({ stated: without })).toMatchObject({
    unstated: eur('0.02'),
    findings: [expect.stringContaining('statements say 0 nano-EUR, it costs 20000000')],
  })
})

test('a line on two statements, and a correction on two, are named', () => {
  const [sealed, now] = w.stated.statements
  const stated = lie(
    (one) => one === now,
    (one) => [{ ...one, lines: [...one.lines, ...(sealed?.lines ?? [])], spent: one.spent + eur('0.01') }],
  )
  const found = verdict({ stated })
  expect(found.unstated).toBe(eur('0.01'))
  expect(found.findings).toContainEqual(expect.stringMatching(/^line \S+: is on statement .* and on statement /))
  expect(found.findings).toContainEqual(expect.stringContaining(`was reserved in ${w.over}`))
  const twice = lie(isSealed, (one) => [{ ...one, changes: now?.changes ?? [], corrections: eur('0.02') }])
  expect(verdict({ stated: twice }).findings).toContainEqual(expect.stringMatching(/^correction \d+: is on statement /))
})

test('a month without a statement, with two, one that is over and open, and one that is sealed too early, are named', () => {
  const now = monthsFrom(w.over, 1)
  expect(verdict({ stated: lie(isSealed, () => []) }).findings).toContain(`${nameOf(w.over)}: there are 0`)
  expect(verdict({ stated: lie(isSealed, (one) => [one, one]) }).findings).toContain(`${nameOf(w.over)}: there are 2`)
  expect(verdict({ stated: lie(isSealed, (one) => [{ ...one, hash: null }]) }).findings).toContain(
    `${nameOf(w.over)}: over, and not sealed`,
  )
  const early = lie(
    ({ hash }) => hash === null,
    (one) => [{ ...one, hash: 'ab' }],
  )
  expect(verdict({ stated: early }).findings).toContain(`${nameOf(now)}: sealed before it is over`)
  const later = monthsFrom(now, 1)
  expect(verdict({ stated: lie(isSealed, (one) => [one, { ...one, month: later, lines: [], spent: 0n }]) }).findings).toContain(
    `${nameOf(later)}: of a month that the account does not have`,
  )
})

test('a statement that was changed is named: by its sums, by its hash, and by whoever saw it before', async () => {
  const dearer = await falsified('update purser.statement set spent = spent + 1')
  expect(dearer.findings).toContain(`${nameOf(w.over)}: its lines come to 10000000 nano-EUR, it says 10000001`)
  const hashed = await falsified(`update purser.statement set hash = sha256('another')`)
  expect(hashed.findings).toEqual([
    `${nameOf(w.over)}: was seen sealed, and is another one`,
    `${nameOf(w.over)}: its hash is not that of what it says`,
  ])
  const gone = verdict({ seen: [...w.seen, { account: w.account, month: '2020-01', hash: 'ab' }] })
  expect(gone).toMatchObject({ violations: 1, findings: [`${nameOf('2020-01')}: was seen sealed, and is not there`] })
  const corrected = await falsified(`update purser.statement_change set cost = cost + 1`)
  expect(corrected.findings.length).toBeGreaterThan(0)
})

test('a month that nobody was told of, and one that was told twice, are named', () => {
  const told = (closed: readonly string[]) => verdict({ stated: { ...w.stated, closed } }).findings
  expect(told([])).toEqual([`month ${w.over}: told 0 times that it is closed`])
  expect(told([w.over, w.over])).toEqual([`month ${w.over}: told 2 times that it is closed`])
  expect(told([w.over, '2020-01'])).toEqual(['month 2020-01: told 1 times that it is closed'])
})

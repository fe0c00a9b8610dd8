/** What a plan change makes of a budget, against arithmetic of its own: days by JavaScript's calendar, amounts in whole numbers. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { nano, type Nano } from '../../src/domain/money.ts'
import type { PurserError } from '../../src/domain/errors.ts'
import { ensureAccount, openPeriods, showAccount } from '../../src/ledger/accounts.ts'
import { audit } from '../../src/ledger/audit.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
const clock = await putClock(t.owner, new Date('2024-01-01T00:00:00Z'))
afterAll(() => t.drop())

/** From twelve hours behind to fourteen before, quarters of hours, and clocks that change at midnight. */
const ZONES = [
  'Etc/GMT+12',
  'Pacific/Pago_Pago',
  'America/New_York',
  'America/Havana',
  'America/St_Johns',
  'Atlantic/Azores',
  'UTC',
  'Europe/Berlin',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
]
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Local {
  readonly year: number
  readonly month: number
  readonly day: number
}
function localDay(at: number, timeZone: string): Local {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .format(at)
    .split('-')
    .map(Number)
  return { year: parts[0] ?? 0, month: parts[1] ?? 0, day: parts[2] ?? 0 }
}
const monthOf = (at: number, zone: string): string => {
  const { year, month } = localDay(at, zone)
  return `${year}-${String(month).padStart(2, '0')}`
}
const daysOf = ({ year, month }: Local): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
/** The first moment after `at` in another month: found by looking. */
function monthsEnd(at: number, zone: string): number {
  const month = monthOf(at, zone)
  let [inside, outside] = [at, at + 32 * DAY]
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2)
    if (monthOf(middle, zone) === month) inside = middle
    else outside = middle
  }
  return outside
}
const ceilOf = (of: bigint, by: bigint): bigint => of / by + (of % by > 0n ? 1n : 0n)

type Op =
  | {
      readonly do: 'plan'
      readonly plan: number
      readonly from: 'now' | 'next_month' | undefined
      readonly proration: 'none' | 'days' | undefined
    }
  | { readonly do: 'top up'; readonly amount: bigint }
  | { readonly do: 'raise'; readonly amount: bigint; readonly share: number }
/** How much later: to a moment of this month, to its last or to the first of the next, or by some days. */
type Step = { readonly pass: 'hours'; readonly hours: number } | { readonly pass: 'last' | 'first' | 'nothing' }

const ops = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('plan' as const),
      plan: fc.nat({ max: 3 }),
      from: fc.constantFrom(undefined, 'now' as const, 'next_month' as const),
      proration: fc.constantFrom(undefined, 'none' as const, 'days' as const, 'days' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('top up' as const), amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('raise' as const),
      amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      share: fc.nat({ max: 100 }),
    }),
  },
)
const steps = fc.oneof(
  fc.record({ pass: fc.constant('hours' as const), hours: fc.nat({ max: 900 }) }),
  fc.record({ pass: fc.constantFrom('last' as const, 'first' as const, 'nothing' as const) }),
)
const caps = fc.array(fc.oneof(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: 1n, max: 10n ** 17n })), {
  minLength: 4,
  maxLength: 4,
})

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** One account by another book. */
function bookOf(planCaps: readonly bigint[], zone: string, at: number) {
  const first = planCaps[0] ?? 0n
  const book = { plan: 0, next: undefined as number | undefined, cap: first, given: first, full: first, month: monthOf(at, zone), at }
  let raises: { until: number; amount: bigint }[] = []
  return {
    book,
    /** Of the plan that the next month begins with. */
    nextCap: (): bigint => planCaps[book.next ?? book.plan] ?? 0n,
    passTo: (to: number): void => {
      book.at = to
      if (monthOf(to, zone) !== book.month) {
        const plan = book.next ?? book.plan
        const cap = planCaps[plan] ?? 0n
        Object.assign(book, { plan, next: undefined, cap, given: cap, full: cap, month: monthOf(to, zone) })
        raises = []
      }
      for (const due of raises.filter(({ until }) => until <= to).toSorted((a, b) => a.until - b.until))
        book.cap -= least(due.amount, book.cap)
      raises = raises.filter(({ until }) => until > to)
    },
    /** False: it is refused. */
    does: (op: Op): boolean => {
      if (op.do === 'plan') return change(op)
      if (book.cap + op.amount < 0n || op.amount === 0n) return false
      book.cap += op.amount
      if (op.do === 'raise') raises.push({ until: untilOf(op.share, book.at, zone), amount: op.amount })
      return true
    },
  }
  function change({ plan, from, proration }: Op & { do: 'plan' }): boolean {
    const cap = planCaps[plan] ?? 0n
    if ((from ?? (plan === book.plan || cap >= book.full ? 'now' : 'next_month')) === 'next_month') {
      if (proration === 'days') return false
      book.next = plan
      return true
    }
    const day = localDay(book.at, zone)
    const [days, left] = [daysOf(day), daysOf(day) - day.day + 1]
    const meant = proration === 'days' ? ceilOf((cap - book.full) * BigInt(left), BigInt(days)) : cap - book.given
    const by = plan === book.plan ? 0n : meant < -book.cap ? -book.cap : meant
    Object.assign(book, { plan, next: undefined, cap: book.cap + by, given: book.given + by, full: plan === book.plan ? book.full : cap })
    return true
  }
}
/** A moment between now and the month's end. */
const untilOf = (share: number, at: number, zone: string): number => at + 1 + Math.floor(((monthsEnd(at, zone) - at - 1) * share) / 101)

function laterBy(step: Step, at: number, zone: string): number {
  switch (step.pass) {
    case 'hours':
      return at + step.hours * HOUR
    case 'last':
      return monthsEnd(at, zone) - 1
    case 'first':
      return monthsEnd(at, zone)
    case 'nothing':
      return at
  }
}

async function newAccount(planCaps: readonly bigint[], zone: string, at: number) {
  const name = randomUUID().slice(0, 8)
  for (const [i, cap] of planCaps.entries())
    await t.owner`insert into purser.plan_version values (${`${name} ${i}`}, '2020-01-01T00:00:00Z', ${cap}, 'test')`
  await clock.set(new Date(at))
  const { id } = await ensureAccount(t.ledger, { id: name, plan: `${name} 0`, timeZone: zone })
  await t.owner`update purser.account set created_at = '2020-01-01' where id = ${id}`
  await t.owner`update purser.budget set created_at = '2020-01-01' where account = ${id}`
  return { id, planName: (i: number) => `${name} ${i}` }
}

function asked(id: string, planName: (i: number) => string, op: Op, at: number, zone: string) {
  const terms = { key: randomUUID(), reason: 'because' }
  if (op.do === 'plan') {
    const change = { account: id, plan: planName(op.plan), from: op.from, proration: op.proration, ...terms }
    return async (dryRun: boolean): Promise<{ readonly cap: Nano; readonly next: bigint | undefined }> => {
      const { change: made } = await changePlan(t.ledger, { ...change, dryRun })
      return { cap: made.budgets[0]?.after.cap ?? nano(-1n), next: made.budgets[1]?.after.cap }
    }
  }
  const until = op.do === 'raise' ? new Date(untilOf(op.share, at, zone)) : undefined
  return async (dryRun: boolean) => ({
    cap: (await changeCap(t.ledger, { of: { account: id }, change: nano(op.amount), until, dryRun, ...terms })).cap,
    next: undefined,
  })
}

test('what each budget becomes is what the dry run said, and what another book says, to the nano-euro', async () => {
  const histories = fc.record({
    zone: fc.constantFrom(...ZONES),
    // Four years with a leap day.
    start: fc.integer({ min: Date.UTC(2024, 0, 2) / MINUTE, max: Date.UTC(2027, 11, 31) / MINUTE }),
    planCaps: caps,
    moves: fc.array(fc.tuple(steps, ops), { minLength: 1, maxLength: 7 }),
  })
  await fc.assert(
    fc.asyncProperty(histories, async ({ zone, start, planCaps, moves }) => {
      const { id, planName } = await newAccount(planCaps, zone, start * MINUTE)
      const { book, nextCap, passTo, does } = bookOf(planCaps, zone, start * MINUTE)
      for (const [step, op] of moves) {
        passTo(laterBy(step, book.at, zone))
        await clock.set(new Date(book.at))
        const change = asked(id, planName, op, book.at, zone)
        const made = (dryRun: boolean) => change(dryRun).catch((error: PurserError) => error.code)
        const shown = await showAccount(t.ledger, id)
        expect([shown.plan, shown.budgets[0]?.period, shown.budgets[0]?.cap]).toEqual([planName(book.plan), book.month, book.cap])
        const nextBefore = nextCap()
        const expected = does(op) ? { cap: book.cap, next: nextCap() === nextBefore ? undefined : nextCap() } : 'bad_input'
        expect(await made(true)).toEqual(expected)
        expect((await showAccount(t.ledger, id)).budgets[0]?.cap).toBe(shown.budgets[0]?.cap)
        expect(await made(false)).toEqual(expected)
        const after = await showAccount(t.ledger, id)
        expect([after.budgets[0]?.cap, after.plan]).toEqual([book.cap, planName(book.plan)])
        const from = after.nextPlan === null ? undefined : new Date(after.nextPlan.from).getTime()
        expect([after.nextPlan?.plan, from]).toEqual(
          book.next === undefined || book.next === book.plan ? [undefined, undefined] : [planName(book.next), monthsEnd(book.at, zone)],
        )
      }
      // The next month, opened by a page of the reset that nobody has asked for anything before.
      passTo(monthsEnd(book.at, zone))
      await clock.set(new Date(book.at))
      await openPeriods(t.ledger, { at: new Date(book.at), after: (await newest()) - 1, limit: 10 })
      expect(await showAccount(t.ledger, id)).toMatchObject({ plan: planName(book.plan), budgets: [{ period: book.month, cap: book.cap }] })
    }),
    { numRuns: 60 },
  )
  expect((await audit(t.ledger)).violations).toEqual([])
})

const newest = async (): Promise<number> => (await t.owner<{ id: number }[]>`select max(id) as id from purser.budget`)[0]?.id ?? 0

test.for([
  ['the leap day', '2028-02-29T12:00:00Z', 'UTC', 1n, 29n],
  ['the last moment of a month', '2026-11-30T10:59:59.999Z', 'Pacific/Auckland', 1n, 30n],
  ['the first moment of a month', '2026-11-30T11:00:00Z', 'Pacific/Auckland', 31n, 31n],
  ['the day of 23 hours', '2026-03-29T12:00:00Z', 'Europe/Berlin', 3n, 31n],
  ['the day of 25 hours, in its second half past two', '2026-10-25T01:30:00Z', 'Europe/Berlin', 7n, 31n],
  ['the day before it is the same day in the west', '2026-11-16T05:00:00Z', 'Pacific/Pago_Pago', 16n, 30n],
] as const)('on %s there are so many days left', async ([, at, zone, left, days]) => {
  // So much that a division of seventeen digits must not be rounded.
  const more = 10n ** 17n + 3n
  const planCaps = [1n, 1n + more]
  const { id, planName } = await newAccount(planCaps, zone, Date.parse(at))
  const changed = await changePlan(t.ledger, { account: id, plan: planName(1), proration: 'days', key: id, reason: 'because' })
  expect(changed.budgets[0]?.cap).toBe(1n + ceilOf(more * left, days))
})

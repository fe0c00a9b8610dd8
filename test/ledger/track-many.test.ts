import { randomUUID } from 'node:crypto'
import type { TransactionSql } from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { PurserError } from '../../src/domain/errors.ts'
import { eur, nano } from '../../src/domain/money.ts'
import type { TrackedUsage } from '../../src/domain/tracked-usage.ts'
import { audit } from '../../src/ledger/audit.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { track, trackMany, type PricedUsage, type Tracked } from '../../src/ledger/track.ts'
import { chance, type Chance } from '../support/chance.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const clean = async () => expect((await audit(t.ledger)).violations).toEqual([])

/** So many pico-USD are so many nano-EUR: a usage of any cost. */
const usageOf = (account: string, amount: bigint, change: Partial<Omit<TrackedUsage, 'scope'>> & { team?: string } = {}): PricedUsage => {
  const { team, ...rest } = change
  return {
    usage: {
      key: randomUUID(),
      scope: { account, ...(team === undefined ? {} : { team }) },
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_text_tokens', quantity: Number(amount * 1_000n) }],
      at: new Date('2026-10-15T12:00:00Z'),
      ...rest,
    },
    cost: t.cost(nano(amount)),
  }
}

/** Accounts and budgets that bear the same names as those of another world, but for its own. */
async function worldOf(name: string) {
  const accounts = await Promise.all(times(3, () => t.accountWith({ cap: '0.01', timeZone: 'UTC' })))
  const terms = { timeZone: 'UTC', startsAt: undefined, endsAt: undefined, fromZero: false, thresholds: [50, 80, 100] } as const
  const team = `team ${name}`
  await createBudget(t.ledger, {
    ...terms,
    name: `month ${name}`,
    scope: { team },
    periodKind: 'month',
    cap: eur('0.02'),
    isHard: true,
  } as never)
  await createBudget(t.ledger, {
    ...terms,
    name: `day ${name}`,
    scope: { team },
    periodKind: 'day',
    cap: eur('0.004'),
    isHard: false,
  } as never)
  await createBudget(t.ledger, {
    ...terms,
    name: `total ${name}`,
    scope: { team },
    periodKind: 'total',
    cap: eur('0.05'),
    isHard: true,
  } as never)
  /** What is in the books of it, without its own names. */
  async function books(sql: typeof t.owner | TransactionSql<{ bigint: bigint }> = t.owner) {
    const rows = await sql<{ budget: string; account: string | null; period: string }[]>`
      select case when b.plan is null then split_part(b.name, ' ', 1) else 'plan' end as budget, b.account, p.period,
             v.cap, v.reserved, v.spent, v.overrun, v.version, v.alert_at, v.wanted, p.told,
             (select json_agg(json_build_array(l.version, l.spent_change, e.kind, split_part(e.reason, '#', 2)) order by l.version)
                from purser.entry_line l join purser.entry e on e.id = l.entry where l.budget_period_id = p.id) as lines,
             (select json_agg(json_build_array(o.kind, o.version, o.details) order by o.id) from purser.outbox o where o.budget_period_id = p.id) as events
        from purser.budget b join purser.budget_period p on p.budget_id = b.id join purser.balance v on v.budget_period_id = p.id
       where b.account = any (${accounts}) or b.scope ->> 'team' = ${team}`
    return rows
      .map(({ account, ...row }) => ({ ...row, account: account === null ? null : accounts.indexOf(account) }))
      .toSorted((a, b) => (`${a.budget} ${a.account} ${a.period}` < `${b.budget} ${b.account} ${b.period}` ? -1 : 1))
  }
  return { accounts, team, books }
}
type World = Awaited<ReturnType<typeof worldOf>>

/** Usages of a world that another one can have just so; some are none. */
function usagesOf(dice: Chance, count: number): ((world: World) => PricedUsage)[] {
  return times(count, (i) => {
    const [who, amount, day, kind, before] = [dice(3), BigInt(dice(3_000_000)), dice(3), dice(20), dice(Math.max(1, i))]
    const [month, inTeam] = [9 + dice(2), dice(3) > 0]
    return (world) => {
      const account = kind === 0 ? 'nobody' : (world.accounts[who] ?? '')
      const at = kind === 1 ? new Date('2999-01-01T00:00:00Z') : new Date(Date.UTC(2026, month, 1 + day, 12))
      // Some have the key of one before, and mostly other terms.
      const key = `${world.team} #${kind === 2 ? before : i}`
      const usage = usageOf(account, amount, { key, at, ...(inTeam ? { team: world.team } : {}) })
      return kind === 3 ? { ...usage, cost: { ...usage.cost, nanoEur: nano(usage.cost.nanoEur + 1n) } } : usage
    }
  })
}

/** What came of one, without what is its own. */
const cameOf = (one: Tracked | PurserError) =>
  one instanceof PurserError ? one.code : { changed: one.changed, cost: one.cost, periods: one.budgets.length }

async function oneByOne(usages: readonly PricedUsage[]): Promise<(Tracked | PurserError)[]> {
  const came: (Tracked | PurserError)[] = []
  for (const { usage, cost } of usages)
    came.push(
      await track(t.ledger, usage, cost).catch((error: unknown) => {
        if (error instanceof PurserError) return error
        throw error
      }),
    )
  return came
}

test.for([1, 2, 3, 4, 5, 6])(
  'a set leaves the books that one after the other leaves: balances, entries, versions, events (%s)',
  async (seed) => {
    const dice = chance(seed * 7_919)
    const [single, together] = [await worldOf(`single ${seed}`), await worldOf(`together ${seed}`)]
    const size = 1 + dice(60)
    for (const [round, usages] of [usagesOf(dice, size), usagesOf(dice, size)].entries()) {
      const told = (world: World) =>
        usages.map((make) => make(world)).map((one) => ({ ...one, usage: { ...one.usage, key: `${one.usage.key} ${round}` } }))
      const expected = await oneByOne(told(single))
      const came = await trackMany(t.ledger, told(together))
      expect(came.map(cameOf)).toEqual(expected.map(cameOf))
      expect(await together.books()).toEqual(await single.books())
      // Somebody was refused, and what he wanted is free again.
      for (const { team } of [single, together])
        await t.owner`
        update purser.balance v set wanted = 1000 from purser.budget_period p join purser.budget b on b.id = p.budget_id
         where p.id = v.budget_period_id and b.scope ->> 'team' = ${team}`
    }
    await clean()
  },
)

test('a set leaves what the function that books all other money would have left, entry by entry', async () => {
  const [byHand, together] = [await worldOf('by hand'), await worldOf('as a set')]
  await trackMany(
    t.ledger,
    usagesOf(chance(42), 60).map((make) => make(together)),
  )
  const expected = await together.books()
  const booked = await t.owner<{ at: Date; account: string; team: string | null; cost: bigint; said: string }[]>`
    select t.at, s.account, s.terms ->> 'team' as team, t.cost, e.reason as said from purser.tracked t join purser.scope s on s.id = t.scope
      join purser.entry e on e.kind = 'uncovered' and e.key = format('%s %s', t.reservation_id, t.token)
     where s.account = any (${together.accounts}) order by e.id`
  expect(booked.length).toBeGreaterThan(40)
  const takenBack = new Error('taken back: such entries have no receipt')
  await expect(
    t.owner.begin(async (tx) => {
      for (const { at, account, team, cost, said } of booked) {
        const payer = byHand.accounts[together.accounts.indexOf(account)] ?? ''
        await tx`
          select purser.book('uncovered', ${payer}, null, array(select purser.open_period(b, ${at}::timestamptz) from purser.budget b
            where b.account = ${payer} or (${team !== null} and b.scope ->> 'team' = ${byHand.team}) order by b.id), 0, ${cost}, ${randomUUID()}, ${said})`
      }
      expect(await byHand.books(tx)).toEqual(expected)
      throw takenBack
    }),
  ).rejects.toBe(takenBack)
  const kinds = await t.owner<{ kind: string }[]>`
    select distinct o.kind from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id join purser.budget b on b.id = p.budget_id
     where b.account = any (${together.accounts}) order by 1`
  expect(kinds.map(({ kind }) => kind)).toEqual(['overrun', 'threshold'])
})

test('the whole set again has no effect', async () => {
  const id = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  const usages = times(50, (i) => usageOf(id, BigInt(1_000 + i)))
  const first = await trackMany(t.ledger, usages)
  const again = await trackMany(t.ledger, usages)
  expect(first.map(cameOf)).toEqual(usages.map(({ cost }) => ({ changed: true, cost: cost.nanoEur, periods: 1 })))
  expect(again.map(cameOf)).toEqual(usages.map(({ cost }) => ({ changed: false, cost: cost.nanoEur, periods: 1 })))
  expect(await t.counters(id)).toMatchObject({ spent: usages.reduce((sum, { cost }) => sum + cost.nanoEur, 0n) })
  await clean()
})

test('sets side by side that share budgets and keys all come through, whatever the order in which they are told', async () => {
  const world = await worldOf('side by side')
  const usages = times(200, (i) =>
    usageOf(world.accounts[i % 3] ?? '', BigInt(1_000 + i), { team: world.team, at: new Date(Date.UTC(2026, 8 + (i % 3), 1 + (i % 9))) }),
  )
  const all = await Promise.all(times(6, (i) => trackMany(t.ledger, i % 2 === 0 ? usages : usages.toReversed())))
  expect(all.flat().filter((one) => one instanceof PurserError)).toEqual([])
  expect(all.flat().filter((one) => 'changed' in one && one.changed)).toHaveLength(usages.length)
  await clean()
})

test('who reserves beside sets of a thousand is granted, though they share his budgets', async () => {
  const id = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const thousand = () => times(1_000, () => usageOf(id, 1_000n, { at: new Date() }))
  const sets = { areBooked: false }
  const booking = (async () => {
    for (let i = 0; i < 3; i += 1) await trackMany(t.ledger, thousand())
  })().finally(() => (sets.areBooked = true))
  const waitedMs: number[] = []
  while (!sets.areBooked) {
    const beganAt = performance.now()
    expect(await t.call(id).reserve({ amount: nano(1_000n) })).toMatchObject({ kind: 'reserved' })
    waitedMs.push(performance.now() - beganAt)
  }
  await booking
  expect(waitedMs.length).toBeGreaterThan(3)
  expect(await t.counters(id)).toMatchObject({ spent: 3_000_000n, reserved: BigInt(waitedMs.length) * 1_000n })
  await clean()
})

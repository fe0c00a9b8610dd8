import { afterEach, beforeEach, expect } from 'vitest'
import { month, type Month } from '../../src/domain/period.ts'
import { audit } from '../../src/ledger/audit.ts'
import { dropMonth } from '../../src/ledger/drop-month.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { cents } from './flights.ts'
import { openTestLedger } from './ledger.ts'

/** The middle of a month so many months ago. */
export function ago(months: number): { readonly at: Date; readonly name: Month } {
  const now = new Date()
  const at = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15, 12))
  return { at, name: month(at.toISOString().slice(0, 7)) }
}

/** What an operator says who drops a month. */
export const vouched = { why: 'a test', billReconciled: true } as const

/**
 * Seals the statements of all months up to this one, as if it were over: a test's calls are of now, however old their job is. The clock is moved in this
 * transaction only.
 */
export const sealedAhead = (t: Pick<TestLedger, 'owner'>): Promise<unknown> =>
  t.owner.begin(async (tx) => {
    await tx`create function purser.clock_timestamp() returns timestamptz language sql as $$ select pg_catalog.clock_timestamp() + interval '32 days' $$`
    const doors = ['purser.unsealed_months', 'purser.seal_statements']
    for (const door of doors) await tx.unsafe(`alter function ${door} set search_path = purser, pg_catalog, pg_temp`)
    // What is taken in meanwhile may be of a month before all.
    for (let left = ['']; left.length > 0;) {
      const [row] = await tx<{ left: { month: string }[] }[]>`select purser.unsealed_months(${ago(0).name}) as left`
      left = (row?.left ?? []).map(({ month: over }) => over)
      for (const over of left) await tx`select purser.seal_statements(${over}, null, 50000, false)`
    }
    for (const door of doors) await tx.unsafe(`alter function ${door} set search_path = purser, pg_temp`)
    await tx`drop function purser.clock_timestamp()`
  })

/** The month whose calls a test drops. */
export const OLD = ago(4)

export type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

/** Drops a month whose statements are sealed. */
export async function dropSealed(t: TestLedger, name: Month) {
  await sealedAhead(t)
  return dropMonth({ ...t.ledger, sql: t.owner }, { ...vouched, month: name })
}

/** A ledger for each test of a file, with calls of a month that is over, and what an operator does with it. It is audited when the test is over. */
export function pastLedgers(opened: (t: TestLedger) => void) {
  let t: TestLedger
  beforeEach(async () => {
    t = await openTestLedger()
    opened(t)
  })
  afterEach(async () => {
    expect((await audit(t.ledger)).violations).toEqual([])
    await t.drop()
  })
  return {
    /** Only the owner drops months. */
    owned: (): Ledger => ({ ...t.ledger, sql: t.owner }),
    drop: (name = OLD.name) => dropSealed(t, name),
    freeze: async () => {
      await sealedAhead(t)
      await t.owner`select purser.freeze_month(${OLD.name}, 'a test', true)`
    },
    keep: (limit: number) => t.owner`select purser.keep_attempts(${OLD.name}, ${limit})`,

    /** An attempt of a call of that month, settled at two cents. */
    settled: async (account: string, at = OLD.at, cost = cents(2)) => {
      const call = t.call(account, {}, at)
      const go = await call.sent()
      await call.settle(go, cost)
      return { call, go }
    },

    /** One that was sent and never answered: spent in full, three cents. */
    presumed: async (account: string) => {
      const call = t.call(account, {}, OLD.at)
      const go = await call.sent()
      await call.inDoubt(go.reservationId, go.token)
      await t.age(go.reservationId, 3_600)
      expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
      return { call, go }
    },

    resolveUnbooked: async (): Promise<void> => {
      await t.owner`update purser.unbooked set resolved_at = clock_timestamp()`
    },
  }
}

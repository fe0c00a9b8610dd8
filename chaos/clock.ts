import type { Sql } from 'postgres'
import { lookAtOwnClock } from '../test/support/clock.ts'

/** The clock of the ledger, which runs as ever, so far ahead of the server's as it is set. */
export interface AheadClock {
  readonly setAhead: (minutes: number) => Promise<unknown>
}

/** Deadlines of a quarter of an hour come when the chaos is over and says so. Only for the owner of a database that is thrown away. */
export async function putAheadClock(owner: Sql<{ bigint: bigint }>): Promise<AheadClock> {
  await owner`create table purser.chaos_clock (ahead interval not null)`
  await owner`insert into purser.chaos_clock values ('0')`
  await owner`
    create function purser.clock_timestamp() returns timestamptz language sql as 'select pg_catalog.clock_timestamp() + ahead from purser.chaos_clock'`
  await owner`grant select on purser.chaos_clock to public`
  await lookAtOwnClock(owner)
  return { setAhead: (minutes) => owner`update purser.chaos_clock set ahead = make_interval(mins => ${minutes})` }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { lookAtOwnClock } from '../test/support/clock.ts'

/** The clock of the ledger, which runs as ever, so far ahead of the server's as it is set. */
export interface AheadClock {
  readonly setAhead: (minutes: number) => Promise<void>
  readonly now: () => Date
  /** What it said at a moment of the machine's clock. While it was being set: what it said then. */
  readonly at: (machine: Date) => Date
  /** Sets it to this moment, as soon as Postgres is there. No effect when that is over. */
  readonly goTo: (moment: Date) => Promise<void>
}

const PAUSE_MS = 100

/** The ledger tells time by `clock_timestamp()`, in its functions, as what columns have by default, and in what clients ask; all find this one. Only for the owner of a database that is thrown away. */
export async function putAheadClock(owner: Sql<{ bigint: bigint }>): Promise<AheadClock> {
  await owner`create table purser.chaos_clock (ahead interval not null)`
  await owner`insert into purser.chaos_clock values ('0')`
  await owner`
    create function purser.clock_timestamp() returns timestamptz language sql as 'select pg_catalog.clock_timestamp() + ahead from purser.chaos_clock'`
  await owner`grant select on purser.chaos_clock to public`
  await lookAtOwnClock(owner)
  await owner.unsafe(`
    do $$ declare c record; begin
      for c in select d.adrelid::regclass as tab, a.attname as col, pg_get_expr(d.adbin, d.adrelid) as was
                 from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum join pg_class t on t.oid = d.adrelid
                where t.relnamespace = 'purser'::regnamespace and pg_get_expr(d.adbin, d.adrelid) ~ '^clock_timestamp\\(\\)' order by t.relispartition loop
        execute format('alter table %s alter column %I set default %s', c.tab, c.col, replace(c.was, 'clock_timestamp()', 'purser.clock_timestamp()'));
      end loop;
    end $$`)
  // Who connects from now on, finds it too.
  await owner.unsafe(
    `do $$ begin execute format('alter database %I set search_path = purser, pg_catalog, public', current_database()); end $$`,
  )
  const steps = [{ fromMs: 0, aheadMs: 0 }]
  const at = (machine: Date): Date => {
    const step = steps.findLast(({ fromMs }) => fromMs <= machine.getTime())
    return new Date(machine.getTime() + (step?.aheadMs ?? 0))
  }
  const setAheadMs = async (aheadMs: number): Promise<void> => {
    // From now on it may be so; that it is so a little later does no harm.
    steps.push({ fromMs: Date.now(), aheadMs })
    const set = () =>
      owner`update purser.chaos_clock set ahead = make_interval(secs => ${aheadMs}::double precision / 1000)`.then(
        () => true,
        () => false,
      )
    while (!(await set())) await sleep(PAUSE_MS)
  }
  return {
    setAhead: (minutes) => setAheadMs(minutes * 60_000),
    at,
    now: () => at(new Date()),
    async goTo(moment) {
      const aheadMs = moment.getTime() - Date.now()
      if (aheadMs > (steps.at(-1)?.aheadMs ?? 0)) await setAheadMs(aheadMs)
    },
  }
}

import type { Sql } from 'postgres'

type Owner = Sql<{ bigint: bigint }>

/**
 * Puts a clock into a database that only the test moves. The ledger tells time by `clock_timestamp()`, and its functions look into their own
 * schema and then into Postgres's: here they look into `purser` first for that as well, and find this clock. So deadlines and month ends come for all at
 * once, when the test says so, and a slow machine changes nothing. Only for the owner of a database that is thrown away.
 */
export async function putClock(owner: Owner, at: Date): Promise<{ readonly set: (at: Date) => Promise<unknown> }> {
  await owner`create table purser.test_clock (now timestamptz not null)`
  await owner`insert into purser.test_clock values (${at})`
  await owner`create function purser.clock_timestamp() returns timestamptz language sql as 'select now from purser.test_clock'`
  await owner`grant select on purser.test_clock to public`
  await lookAtOwnClock(owner)
  return { set: (to) => owner`update purser.test_clock set now = ${to}` }
}

/** From now on the ledger's functions tell time by `purser.clock_timestamp()`, which is there already. */
export async function lookAtOwnClock(owner: Owner): Promise<void> {
  const [moved] = await owner<{ functions: number }[]>`
    select count(*)::int as functions from pg_proc where pronamespace = 'purser'::regnamespace and 'search_path=purser, pg_temp' = any (proconfig)`
  if ((moved?.functions ?? 0) < 10) throw new Error('the ledger’s functions do not look where this clock expects')
  await owner.unsafe(`
    do $$ declare f regprocedure; begin
      for f in select oid from pg_proc where pronamespace = 'purser'::regnamespace and 'search_path=purser, pg_temp' = any (proconfig) loop
        execute format('alter function %s set search_path = purser, pg_catalog, pg_temp', f);
      end loop;
    end $$`)
}

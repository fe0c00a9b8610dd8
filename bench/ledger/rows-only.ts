import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import type { Measured } from './full-calls.ts'

const BATCH = 64
/** As in `hot64`: two budgets of each call's own, one shared by all. */
const OWN_BUDGETS = 2

/**
 * The rows that a full call writes, in the same batches and over one connection like the batcher's, with nothing decided: what Postgres itself
 * takes for them. Tables and indexes are copies of the ledger's.
 */
export function rowsOnly(server: RunningPostgres, database: string): (ms: number) => Promise<Measured> {
  let ready: Promise<void> | undefined
  return async (ms) => {
    await (ready ??= initialise(server.url(database)))
    const sql = postgres(server.url(database), { max: 1, fetch_types: false, onnotice: () => {} })
    const startedAt = performance.now()
    let calls = 0
    while (performance.now() - startedAt < ms) {
      const ids = `{${Array.from({ length: BATCH }, () => timed(randomUUID())).join(',')}}`
      for (const step of ['reserve', 'dispatch', 'settle']) await sql.unsafe(`select bench_rows.${step}($1)`, [ids], { prepare: true })
      calls += BATCH
    }
    const perSecond = calls / ((performance.now() - startedAt) / 1_000)
    await sql.end({ timeout: 5 })
    return { perSecond }
  }
}

/** An id that begins with the time, as the ledger's do. */
const timed = (uuid: string): string => {
  const hex = Date.now().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${uuid.slice(14)}`
}

async function initialise(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const [row] = await sql<{ month: string }[]>`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY_MM') as month`
  const copy = (table: string, from = `${table}_${row?.month}`): string =>
    `create table bench_rows.${table} (like purser.${from} including all);`
  await sql.unsafe(`
    create schema bench_rows;
    ${copy('call')} ${copy('reservation')} ${copy('receipt')} ${copy('entry', 'entry')}
    alter table bench_rows.reservation set (fillfactor = 45);
    create table bench_rows.balance (like purser.balance including all) with (fillfactor = 40);
    insert into bench_rows.balance (budget_period_id, cap) select i, 4000000000000000 from generate_series(1, ${BATCH * OWN_BUDGETS + 1}) i;
    create function bench_rows.book(ids uuid[], r bigint, s bigint) returns void language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    declare periods int[]; versions bigint[];
    begin
      with b as (update bench_rows.balance b set reserved = reserved + r, spent = spent + s, version = version + 1
        from (select unnest(array(select generate_series(1, ${BATCH * OWN_BUDGETS + 1}))) as p) d where b.budget_period_id = d.p
        returning b.budget_period_id as p, b.version as v)
        select array_agg(p), array_agg(v) into periods, versions from b;
      insert into bench_rows.entry (kind, reserved_ids, settled_ids, settled_costs, period_ids, versions, reserved_changes, spent_changes)
        values ('calls', ids, null, null, periods, versions, array_fill(r, array[cardinality(periods)]), array_fill(s, array[cardinality(periods)]));
    end $$;
    create function bench_rows.reserve(ids uuid[]) returns void language plpgsql as $$
    begin
      insert into bench_rows.call (id, installation, workflow_id, call_id, account, run_ids)
        select id, id, 'job-' || id, 'banner-1', 'acc-1', array[id::text] from unnest(ids) id;
      insert into bench_rows.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until, request_hash)
        select id, id, 1, 1, id::text, 1, 1, 'reserved', 56820931, 1654979, 1, now(), now(), now(), '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730'
          from unnest(ids) id;
      perform bench_rows.book(ids, 56820931, 0);
    end $$;
    create function bench_rows.dispatch(ids uuid[]) returns void language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    begin
      update bench_rows.reservation r set state = 'dispatched', token = i.id, dispatched_at = now(), request_timeout_ms = 1, provider_max_ms = 1
        from (select unnest(ids) as id) i where r.id = i.id;
    end $$;
    create function bench_rows.settle(ids uuid[]) returns void language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
    begin
      update bench_rows.reservation r set state = 'settled', cost = 1, cost_source = 'answer', ended_at = now(), answers = true
        from (select unnest(ids) as id) i where r.id = i.id;
      insert into bench_rows.receipt (reservation_id, token, cost, pico_usd, answer, scope, units, quantities, price_ids, pico_usd_pers, pers, pico_usds, nano_eurs,
          rate_id, usd_micros_per_eur)
        select id, id, 38506982, 43020000000, '{"usage":[{"unit":"output_image_tokens","quantity":1290}],"response":{"responseId":"r","modelVersion":"bench-model","finishReason":"STOP","requests":1},"blob":{"ref":"sha256/3f/3f.png","sha256":"3f","bytes":400000,"mimeType":"image/png"},"flags":[],"durationMs":1,"source":"answer"}', 1,
               '{output_image_tokens,input_text_tokens}', '{1290,144}', '{1,1}', '{30000000,30000000}', '{1,1}', '{38700000000,4320000000}', '{34640172,3866810}', 1, 1117200
          from unnest(ids) id;
      perform bench_rows.book(ids, -56820931, 34681000);
    end $$;`)
  await sql.end()
}

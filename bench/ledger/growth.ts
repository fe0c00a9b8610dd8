import postgres from 'postgres'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import type { BenchOptions } from '../measure.ts'
import { prepared } from './town.ts'
import { fullCalls } from './full-calls.ts'

/** Ledger lines (what one move did to one budget period) in the month: a full call on three budgets makes six. */
const LINES = 10_000_000
const LINES_A_CALL = 6
const CALLS_A_STEP = 50_000
const CALLERS = 64

/** Full calls a second of 64 callers in a month with ten million lines, over those in a month that has just begun, a ratio a round. */
export async function growthOf(server: RunningPostgres, turnMs: number, options: BenchOptions): Promise<number[]> {
  const calls = Math.round((LINES / LINES_A_CALL) * options.scale)
  const [young, old] = [
    await prepared(server, 'purser_young', CALLERS, options.say),
    await prepared(server, 'purser_old', CALLERS, options.say),
  ]
  await fill(server.url('purser_old'), calls, options.say)
  const ratios: number[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    const figures: number[] = []
    for (const town of [young, old])
      figures.push((await fullCalls(town, { callers: CALLERS, ms: turnMs, shared: true, direct: false })).perSecond)
    const [begun = 1, grown = 0] = figures
    ratios.push(grown / begun)
    options.say(
      `  growth, round ${round} of ${options.rounds}: ${Math.round(grown)} a second with ${calls * LINES_A_CALL} lines, ${Math.round(begun)} with few`,
    )
  }
  await young.close()
  await old.close()
  return ratios
}

/** Calls of this month that have ended, as the ledger leaves them. Made by the server itself, a step at a time. */
async function fill(url: string, calls: number, say: (line: string) => void): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const hash = '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730'
  const month = "date_trunc('month', clock_timestamp(), 'UTC')"
  for (let done = 0; done < calls; done += CALLS_A_STEP) {
    const count = Math.min(CALLS_A_STEP, calls - done)
    await sql.unsafe(`
      create temp table made on commit drop as
        select (left(replace(purser.first_id(${month} + (${done} + i) * interval '1 millisecond')::text, '-', ''), 12) || substr(md5(random()::text), 1, 20))::uuid as id,
               ${month} + (${done} + i) * interval '1 millisecond' as at, gen_random_uuid() as token, i from generate_series(1, ${count}) i;
      insert into purser.call (id, installation, workflow_id, call_id, account, run_ids)
        select id, id, 'job-' || id, 'banner-1', 'acc-1', array[token::text] from made;
      insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, answers, amount, margin, rate_id, at, hold_until, bound_valid_until,
          request_hash, token, request_timeout_ms, provider_max_ms, dispatched_at, ended_at, cost, cost_source)
        select id, id, 1, 1, token::text, 1 + i % 1000, 1 + i % 1000, 'settled', true, 56820931, 1654979, 1, at, at, at, '${hash}', token, 120000, 600000, at, at, 34681000, 'answer' from made;
      insert into purser.receipt (reservation_id, token, at, cost, pico_usd, answer, scope, units, quantities, price_ids, pico_usd_pers, pers, pico_usds, nano_eurs,
          rate_id, usd_micros_per_eur)
        select m.id, m.token, m.at, n.image + n.text, 43020000000,
               '{"usage":[{"unit":"output_image_tokens","quantity":1290}],"response":{"requests":1},"flags":[],"durationMs":1}', 1,
               '{output_image_tokens,input_text_tokens}', '{1290,144}', array[p.id, p.id], '{30000000,30000000}', '{1,1}', '{38700000000,4320000000}',
               array[n.image, n.text], t.id, t.usd_micros_per_eur
          from made m, (select * from purser.price where provider = 'bench' limit 1) p, (select * from purser.rate order by day desc limit 1) t,
               lateral (select purser.nano_eur_of(38700000000, t.usd_micros_per_eur) as image, purser.nano_eur_of(4320000000, t.usd_micros_per_eur) as text) n;
      insert into purser.entry (kind, reserved_ids, settled_ids, settled_costs)
        select 'calls', array_agg(id), array_agg(id), array_agg(34681000::bigint) from made group by i / 64;`)
    if ((done / CALLS_A_STEP) % 5 === 0)
      say(`  growth: ${((done + count) * LINES_A_CALL).toLocaleString('en')} of ${(calls * LINES_A_CALL).toLocaleString('en')} lines`)
  }
  await sql.unsafe('vacuum analyze')
  await sql.end()
}

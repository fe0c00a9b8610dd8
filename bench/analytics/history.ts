/** Thirteen months of calls, twice: as the usual plain table of calls, and as the ledger's facts with their sums. */
import type { Sql } from 'postgres'

const DAYS = 395
const USERS = 10_000
const MODELS = 50
const FEATURES = 200
const ACCOUNTS = 1_000

/** The usual table; it gets the usual indexes when it is full. */
const USUAL = `
  create schema usual;
  create table usual.calls (
    id bigint generated always as identity, timestamp timestamptz not null, user_id text not null, feature text not null, provider text not null, model text not null, endpoint text not null,
    input_tokens int not null, output_tokens int not null, cost numeric(14, 9) not null, latency_ms int not null, success boolean not null)`

/** Built when the tables are full, as everybody does who loads so much. */
const INDEXES = [
  'alter table usual.calls add primary key (id)',
  'create index calls_by_time on usual.calls (timestamp)',
  'create index calls_by_user on usual.calls (user_id)',
  'create index calls_by_model on usual.calls (model)',
  'create index fact_by_time on purser.fact (at)',
  'create index fact_by_scope on purser.fact (scope, at)',
  'create index fact_by_hash on purser.fact (hash) where hash is not null',
  'alter table purser.fact add constraint fact_once primary key (row_id, token)',
]
const WITHOUT_INDEXES =
  'drop index purser.fact_by_time, purser.fact_by_scope, purser.fact_by_hash; alter table purser.fact drop constraint fact_once'

/** Who calls what: each user has three features, and each feature one model, or now and then another one. */
const SCOPES = `
  create table usual.kind as
    select row_number() over () as id, u as person, f as feature, m as model from (
      select u, (u * 7919 + k * 104729) % ${FEATURES} as f, ((u * 7919 + k * 104729) % ${FEATURES} * 31 + alt * 17) % ${MODELS} as m
        from generate_series(0, ${USERS - 1}) u, generate_series(0, 2) k, generate_series(0, 1) alt) x;
  insert into purser.account (id, plan, time_zone) select 'acc-' || i, 'corporate', 'UTC' from generate_series(0, ${ACCOUNTS - 1}) i on conflict do nothing;
  alter table usual.kind add scope int;
  with made as (
    insert into purser.scope (terms)
      select jsonb_build_object('account', 'acc-' || person % ${ACCOUNTS}, 'user', 'user-' || person, 'team', 'team-' || person % 20, 'project', 'project-' || feature % 40,
        'feature', 'feature-' || feature, 'environment', case when person % 5 = 0 then 'staging' else 'production' end, 'provider', 'provider-' || model % 5, 'model', 'model-' || model,
        'endpoint', (array['chat', 'embed', 'image', 'tools'])[1 + feature % 4])
      from (select distinct person, feature, model from usual.kind) k
      returning id, terms)
  update usual.kind k set scope = m.id from made m
   where m.terms ->> 'user' = 'user-' || k.person and m.terms ->> 'feature' = 'feature-' || k.feature and m.terms ->> 'model' = 'model-' || k.model;
  create unique index on usual.kind (id);
  analyze usual.kind;`

/** One day's calls, into both. Users are not alike: a few call often. */
const DAY = `
  with dice as materialized (
    select n, 1 + floor(random() ^ 2 * (select count(*) from usual.kind))::bigint as kind from generate_series(0, $2::int - 1) n),
  made as materialized (
    select $1::timestamptz + n * interval '1 day' / $2::int as at, gen_random_uuid() as token, k.*, 200 + (random() ^ 3 * 8000)::int as input_tokens, 20 + (random() ^ 2 * 1500)::int as output_tokens,
           200 + (random() ^ 4 * 20000)::int as latency_ms, random() > 0.02 as success, random() < 0.3 as is_reserved, random() as chance
      from dice join usual.kind k on k.id = dice.kind),
  priced as materialized (
    select *, case when success then input_tokens::bigint * (20 + model) else 0 end as input_cost, case when success then output_tokens::bigint * (80 + 4 * model) else 0 end as output_cost from made),
  usual as (
    insert into usual.calls (timestamp, user_id, feature, provider, model, endpoint, input_tokens, output_tokens, cost, latency_ms, success)
      select at, 'user-' || person, 'feature-' || feature, 'provider-' || model % 5, 'model-' || model, (array['chat', 'embed', 'image', 'tools'])[1 + feature % 4],
             input_tokens, output_tokens, (input_cost + output_cost) / 1e9, latency_ms, success from priced)
  insert into purser.fact (row_id, token, at, scope, is_house, is_repeat, calls, failed, cost, input_cost, output_cost, pico_usd, input_usd, output_usd, input_tokens, output_tokens,
      cached_tokens, saved, reserved, duration_ms, quality, value, hash)
    select (left(purser.first_id(at)::text, 14) || substr(token::text, 15))::uuid, token, at, scope, false, is_reserved and chance < 0.05, 1, (not success)::int, input_cost + output_cost,
           input_cost, output_cost, (input_cost + output_cost) * 1160, input_cost * 1160, output_cost * 1160, case when success then input_tokens else 0 end,
           case when success then output_tokens else 0 end, case when chance < 0.2 then input_tokens / 2 end, case when chance < 0.2 then input_cost / 4 end,
           case when is_reserved then (input_cost + output_cost) * 3 + 1000 end, latency_ms, case when chance < 0.01 then 800 end, case when chance < 0.01 then 1000000 end,
           case when is_reserved then case when chance < 0.05 then (chance * 100000)::bigint else hashtextextended(token::text, 0) end end
      from priced`

const day = (end: Date, back: number): Date => new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), end.getUTCDate() - back))

/** Fills an empty, migrated ledger with whole days up to yesterday: two at once. */
export async function fill(owner: Sql<{ bigint: bigint }>, calls: number, say: (line: string) => void): Promise<void> {
  await owner.unsafe(USUAL)
  await owner.unsafe(SCOPES)
  await owner.unsafe(WITHOUT_INDEXES)
  const aDay = Math.max(1, Math.round(calls / DAYS))
  const started = Date.now()
  const tell = (what: string): void => say(`  ${what} after ${Math.round((Date.now() - started) / 1000)} s`)
  await daily(
    (since) => owner.unsafe(DAY, [since.toISOString(), aDay], { prepare: true }),
    (days) => tell(`calls of ${days} of ${DAYS} days`),
  )
  await twoAtOnce(INDEXES.map((index) => () => owner.unsafe(index)))
  await owner.unsafe('vacuum (analyze) usual.calls')
  await owner.unsafe('vacuum (analyze) purser.fact')
  tell('indexes')
  await owner`update purser.rollup_state set first_at = (select min(at) from purser.fact)`
  const add = (since: Date) =>
    owner`select purser.add_to_rollups(array(select f from purser.fact f where at >= ${since} and at < ${since}::timestamptz + interval '1 day'))`
  await daily(add, (days) => tell(`sums of ${days} of ${DAYS} days`))
  for (let more = true; more;) {
    const [row] = await owner<{ more: boolean }[]>`select purser.build_block() as more`
    more = row?.more === true
  }
  tell('blocks of days')
  await owner.unsafe('vacuum (analyze) purser.rollup')
}

async function daily(work: (since: Date) => Promise<unknown>, told: (days: number) => void): Promise<void> {
  const today = new Date()
  let done = 0
  const days = Array.from({ length: DAYS }, (_, n) => async () => {
    await work(day(today, DAYS - n))
    if (++done % 79 === 0) told(done)
  })
  await twoAtOnce(days)
}

async function twoAtOnce(work: readonly (() => Promise<unknown>)[]): Promise<void> {
  const next = work.values()
  const one = async (): Promise<void> => {
    for (const item of next) await item()
  }
  await Promise.all([one(), one()])
}

/** On disk, in bytes, with indexes: of the usual table, and of facts and sums. */
export async function sizes(owner: Sql<{ bigint: bigint }>): Promise<{ readonly usual: bigint; readonly ours: bigint }> {
  const [row] = await owner<{ usual: bigint; ours: bigint }[]>`
    select pg_total_relation_size('usual.calls') as usual,
           (select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'purser'::regnamespace and relname ~ '^(fact|rollup)')::bigint as ours`
  return row ?? { usual: 0n, ours: 0n }
}

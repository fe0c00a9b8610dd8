-- 0001: prices and rates. The price book and the euro rates: the only authority on what a call may cost.
-- Why: a reservation and its settlement must name the very rows that they were computed from, so that any line can be computed again.
-- Locks: new tables, none.   Undo: drop schema purser cascade.

create schema purser;

-- Runs the product day by day: may read, and may execute the ledger's functions; may write no table (see 0005).
-- Roles belong to the whole server, so several databases may share this one.
do $$
begin
  create role purser_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;

-- A price is in whole pico-USD for `per` units; a finer one is stored per 1,000 or per 1,000,000 units.
create table purser.price (
  id              int generated always as identity primary key,
  provider        text not null,
  model           text not null,
  unit            text not null,
  tier            text not null default 'standard',
  pico_usd_per    bigint not null constraint price_not_negative check (pico_usd_per >= 0),
  per             bigint not null default 1 constraint price_per_known check (per in (1, 1000, 1000000)),
  effective_from  timestamptz not null,
  effective_until timestamptz,
  source          text not null,
  source_date     date not null,
  constraint price_interval check (effective_until is null or effective_until > effective_from),
  constraint price_once unique (provider, model, unit, tier, effective_from)
);

-- USD per EUR, in millionths of a dollar.
create table purser.rate (
  id                 int generated always as identity primary key,
  day                date not null,
  usd_micros_per_eur bigint not null constraint rate_positive check (usd_micros_per_eur > 0),
  source             text not null,
  fetched_on         date not null,
  constraint rate_once unique (day, source)
);

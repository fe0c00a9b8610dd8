-- 0022: price versions. The units that the book knows, where each price came from, and prices that hold for long prompts only.
-- Why: a price that nobody can trace, or that holds for another prompt than it is charged for, makes a wrong bill that looks right.
-- Locks: purser.price exclusively, for a moment.   Undo: drop the tables and columns; the prices of 0002 do not need them.

-- What providers count. `src/domain/usage.ts` has the same list. A quantity counts millionths where a part of a unit can be used.
create table purser.unit (
  name            text primary key,
  is_in_millionths boolean not null default false
);
insert into purser.unit (name, is_in_millionths) values
  ('input_text_tokens', false), ('input_image_tokens', false), ('input_audio_tokens', false), ('input_video_tokens', false),
  ('input_cached_tokens', false), ('input_cached_audio_tokens', false),
  ('input_cache_write_tokens', false), ('input_cache_write_5m_tokens', false), ('input_cache_write_30m_tokens', false), ('input_cache_write_1h_tokens', false), ('input_cache_write_12h_tokens', false),
  ('input_embedding_tokens', false), ('input_other_tokens', false),
  ('output_text_tokens', false), ('output_image_tokens', false), ('output_audio_tokens', false), ('output_thought_tokens', false), ('output_other_tokens', false),
  ('training_tokens', false), ('images', false), ('requests', false), ('search_queries', false),
  ('gpu_hours', true), ('vector_db_hours', true), ('vector_db_queries', false), ('storage_gb_months', true), ('egress_gb', true), ('workflow_executions', false);

-- One import of prices: what was read where, on which day, by whom and why. The same content is imported once.
create table purser.price_version (
  id           int generated always as identity primary key,
  at           timestamptz not null default clock_timestamp(),
  source       text not null,
  checked_on   date not null,
  content_hash text not null constraint price_version_hash check (content_hash ~ '^[0-9a-f]{64}$'),
  imported_by  text not null,
  why          text not null,
  constraint price_version_once unique (content_hash)
);

alter table purser.price
  add version int references purser.price_version,
  -- Holds when the prompt has more tokens than this, cached ones included: then for the whole request.
  add above_tokens bigint not null default 0 constraint price_above_not_negative check (above_tokens >= 0),
  add constraint price_unit_known foreign key (unit) references purser.unit,
  drop constraint price_once,
  add constraint price_once unique (provider, model, unit, tier, above_tokens, effective_from);

grant select on purser.unit, purser.price_version to purser_app;

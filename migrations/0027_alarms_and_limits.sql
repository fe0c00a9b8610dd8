-- 0027: more alarms where machines listen, and what a model takes. A stale rate and a unit without a price are events of the outbox, each once.
-- Why: such costs may be wrong, and a bound is only as good as what is known of its model.
-- Locks: purser.receipt exclusively, for a moment, for its trigger.   Undo: drop what is new here.

-- ── Alarms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Told by whoever looks at the rates, once a day at most: a key that is there has no effect.
create function purser.tell_stale_rate(p_newest date) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  insert into purser.outbox (kind, key, details)
    values ('rate_stale', (clock_timestamp() at time zone 'UTC')::date::text, jsonb_build_object('newest', p_newest)) on conflict do nothing;
  return jsonb_build_object('told', found);
end $$;

-- What was charged at a price that is not its own: a unit, or the tier or model that answered, has none.
create function purser.note_unpriced(p_reservation uuid, p_token uuid, p_scope int, p_answer jsonb, p_units text[], p_price_ids int[]) returns void
language plpgsql as $$
declare
  v_tier constant text := p_answer -> 'response' ->> 'tier';
  v_units text[];
  v_terms jsonb;
begin
  if not coalesce(p_answer -> 'flags' ? 'unpriced', false) then return; end if;
  select array_agg(distinct l.unit) filter (where b.unit <> l.unit or b.tier <> v_tier) into v_units
    from unnest(p_units, p_price_ids) as l (unit, price) join purser.price b on b.id = l.price;
  if v_units is null then
    v_units := case when p_units <> '{}' then array(select distinct unnest(p_units) order by 1)
      else array(select distinct u ->> 'unit' from jsonb_array_elements(case jsonb_typeof(p_answer -> 'usage') when 'array' then p_answer -> 'usage' else '[]' end) u order by 1) end;
  end if;
  select terms into v_terms from purser.scope where id = p_scope;
  insert into purser.outbox (kind, account, details)
    values ('unpriced', v_terms ->> 'account', jsonb_strip_nulls(jsonb_build_object('provider', v_terms ->> 'provider',
      'model', coalesce(p_answer -> 'response' ->> 'modelVersion', v_terms ->> 'model'), 'tier', v_tier, 'units', to_jsonb(v_units),
      'attempt', 'rsv_' || replace(p_reservation::text, '-', ''),
      'trackedAs', (select key from purser.tracked where reservation_id = p_reservation and token = p_token))));
end $$;

create function purser.note_unpriced_receipt() returns trigger language plpgsql as $$
begin
  perform purser.note_unpriced(new.reservation_id, new.token, new.scope, new.answer::jsonb, new.units, new.price_ids);
  return null;
end $$;
-- A receipt is written once, on whatever path, so this is told once. The condition is looked at in place: the plain path pays no call for it.
create trigger receipt_is_unpriced after insert on purser.receipt for each row when (new.answer::text like '%"unpriced"%') execute function purser.note_unpriced_receipt();

-- The same for an answer to a dropped attempt; not for what is kept of a receipt when its month is dropped: that was told when it was written.
create function purser.note_unpriced_late() returns trigger language plpgsql as $$
begin
  if exists (select from purser.receipt where reservation_id = new.reservation_id and token = new.token) then return null; end if;
  perform purser.note_unpriced(new.reservation_id, new.token, coalesce(new.scope, (select scope from purser.dropped_attempt where id = new.reservation_id)), new.receipt,
    array(select l ->> 'unit' from jsonb_array_elements(new.receipt -> 'lines') l), array(select (l ->> 'priceId')::int from jsonb_array_elements(new.receipt -> 'lines') l));
  return null;
end $$;
create trigger late_receipt_is_unpriced after insert on purser.late_receipt for each row when (new.receipt -> 'flags' ? 'unpriced')
  execute function purser.note_unpriced_late();

-- ── What a model takes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What a request to a model may have at the most: tokens of its input, of its output (thoughts too), and of one picture in its input. Null: not known. The newest
-- row of a model counts, as a whole. `why`: a person's word; null: read from its source.
create table purser.model_limit (
  id                int generated always as identity primary key,
  provider          text not null,
  model             text not null,
  input_tokens_max  bigint constraint model_limit_input_positive check (input_tokens_max > 0),
  output_tokens_max bigint constraint model_limit_output_positive check (output_tokens_max > 0),
  image_tokens_max  bigint constraint model_limit_image_positive check (image_tokens_max > 0),
  source            text not null,
  source_date       date not null,
  why               text constraint model_limit_why_said check (why ~ '\S'),
  at                timestamptz not null default clock_timestamp()
);
create index model_limit_of_model on purser.model_limit (provider, model, id desc);
create trigger model_limit_append_only before update or delete or truncate on purser.model_limit
  for each statement execute function purser.refuse_change();
grant select on purser.model_limit to purser_app;

-- Of the first book's models, from LiteLLM 1.106.2 (MIT): max_input_tokens and max_output_tokens. Left out (null): the input of an embedding, whose figure is of one text
-- among many; of claude-sonnet-4-5, whose prices go on above it; the output of gemini-4-argon, which has its input's figure. Pictures: what was observed of Gemini 3's
-- image models (LiteLLM's issues 18182 and 31945); before them they are cut into tiles, as many as their size makes, so no figure is known.
insert into purser.model_limit (provider, model, input_tokens_max, output_tokens_max, image_tokens_max, source, source_date)
select provider, model, input_max, output_max, image_max,
       'the provider''s pages through LiteLLM 1.106.2 (MIT)' || case when image_max is null then '' else '; a picture: LiteLLM''s issues 18182 and 31945' end, date '2026-11-01'
  from (values
    ('anthropic', 'claude-fable-5-1', 1000000, 128000, null),
    ('anthropic', 'claude-haiku-4-5', 200000, 64000, null),
    ('anthropic', 'claude-haiku-5-5', 1000000, 128000, null),
    ('anthropic', 'claude-mythos-5-1', 1000000, 128000, null),
    ('anthropic', 'claude-opus-4-8', 1000000, 128000, null),
    ('anthropic', 'claude-opus-5', 1000000, 128000, null),
    ('anthropic', 'claude-opus-5-5', 1000000, 128000, null),
    ('anthropic', 'claude-sonnet-4-5', null, 64000, null),
    ('anthropic', 'claude-sonnet-4-6', 1000000, 128000, null),
    ('anthropic', 'claude-sonnet-5', 1000000, 128000, null),
    ('anthropic', 'claude-sonnet-5-5', 1000000, 128000, null),
    ('gemini', 'gemini-2.5-flash', 1048576, 65536, null),
    ('gemini', 'gemini-2.5-flash-image', 65536, 32768, null),
    ('gemini', 'gemini-2.5-flash-lite', 1048576, 65536, null),
    ('gemini', 'gemini-2.5-pro', 1048576, 65536, null),
    ('gemini', 'gemini-3-pro-image', 65536, 32768, 1120),
    ('gemini', 'gemini-3.1-flash-image', 131072, 32768, 1120),
    ('gemini', 'gemini-3.1-flash-lite', 1048576, 65536, null),
    ('gemini', 'gemini-3.1-flash-lite-image', 65536, 4096, 1120),
    ('gemini', 'gemini-3.1-pro-preview', 1048576, 65536, null),
    ('gemini', 'gemini-3.5-flash', 1048576, 65536, null),
    ('gemini', 'gemini-3.5-flash-lite', 1048576, 65536, null),
    ('gemini', 'gemini-3.6-flash', 1048576, 65536, null),
    ('gemini', 'gemini-3.7-flash', 1048576, 65536, null),
    ('gemini', 'gemini-3.8-flash', 1048576, 65536, null),
    ('gemini', 'gemini-4-argon', 1048576, null, null),
    ('gemini', 'gemini-nano-banana-2.1', 131072, 32768, null),
    ('openai', 'gpt-3.5-turbo', 16385, 4096, null),
    ('openai', 'gpt-4', 8192, 4096, null),
    ('openai', 'gpt-4-turbo', 128000, 4096, null),
    ('openai', 'gpt-4.1', 1047576, 32768, null),
    ('openai', 'gpt-4.1-mini', 1047576, 32768, null),
    ('openai', 'gpt-4o', 128000, 16384, null),
    ('openai', 'gpt-4o-mini', 128000, 16384, null),
    ('openai', 'gpt-5', 272000, 128000, null),
    ('openai', 'gpt-5-mini', 272000, 128000, null),
    ('openai', 'gpt-5-nano', 272000, 128000, null),
    ('openai', 'gpt-5.2', 272000, 128000, null),
    ('openai', 'gpt-5.4', 1050000, 128000, null),
    ('openai', 'gpt-5.4-mini', 272000, 128000, null),
    ('openai', 'gpt-5.5', 1050000, 128000, null),
    ('openai', 'gpt-5.6-luna', 922000, 128000, null),
    ('openai', 'gpt-5.6-sol', 922000, 128000, null),
    ('openai', 'gpt-5.6-terra', 922000, 128000, null),
    ('openai', 'gpt-6-astra', 922000, 128000, null),
    ('openai', 'gpt-6-luna', 922000, 128000, null),
    ('openai', 'gpt-6-sol', 922000, 128000, null),
    ('openai', 'gpt-6.1-sol', 922000, 128000, null),
    ('openai', 'o3', 200000, 100000, null)
  ) as l (provider, model, input_max, output_max, image_max);

-- A person's word on what a model takes; what is not named stays as it was, and 'unknown' forgets a figure. The same again: no effect.
create function purser.limit_model(p_provider text, p_model text, p_limits jsonb, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_provider text;
  v_old purser.model_limit;
  v_new purser.model_limit;
  v_changed boolean;
begin
  perform purser.require_reason(p_why);
  v_provider := purser.provider_of_model(p_provider, p_model);
  -- One at a time: each builds on the one before.
  lock table purser.model_limit in share row exclusive mode;
  select * into v_old from purser.model_limit where provider = v_provider and model = p_model order by id desc limit 1;
  v_new := v_old;
  if p_limits ? 'input' then v_new.input_tokens_max := nullif(p_limits ->> 'input', 'unknown')::bigint; end if;
  if p_limits ? 'output' then v_new.output_tokens_max := nullif(p_limits ->> 'output', 'unknown')::bigint; end if;
  if p_limits ? 'image' then v_new.image_tokens_max := nullif(p_limits ->> 'image', 'unknown')::bigint; end if;
  v_changed := (v_new.input_tokens_max, v_new.output_tokens_max, v_new.image_tokens_max)
    is distinct from (v_old.input_tokens_max, v_old.output_tokens_max, v_old.image_tokens_max);
  if v_changed then
    insert into purser.model_limit (provider, model, input_tokens_max, output_tokens_max, image_tokens_max, source, source_date, why)
      values (v_provider, p_model, v_new.input_tokens_max, v_new.output_tokens_max, v_new.image_tokens_max, 'purser models limit',
        (clock_timestamp() at time zone 'UTC')::date, p_why);
  end if;
  return jsonb_build_object('provider', v_provider, 'model', p_model, 'changed', v_changed, 'inputTokensMax', v_new.input_tokens_max,
    'outputTokensMax', v_new.output_tokens_max, 'imageTokensMax', v_new.image_tokens_max);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.tell_stale_rate, purser.limit_model to purser_app;

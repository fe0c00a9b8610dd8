-- 0047: what each strategy saved: an answer from the cache, a smaller model, a shorter prompt, a batch.
-- Why: a saving is a figure of the product's own, computed from real usage at the price that would have been paid, and counted once.
-- Locks: none beyond those of new tables and functions.   Undo: drop what is new here.

create table purser.saving (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default clock_timestamp(),
  -- The caller's: the same saving again has no effect.
  key      text not null constraint saving_once unique,
  -- The call, where there is one in the ledger: an answer from the cache needs none.
  call     uuid,
  scope    int not null references purser.scope,
  strategy text not null constraint saving_strategy_known check (strategy in ('cache', 'route', 'compress', 'batch')),
  -- What would have been paid without it, less what was paid with it. Below zero: it cost more.
  saved    bigint not null,
  -- Input tokens that were not sent.
  tokens   bigint not null default 0,
  details  jsonb not null default '{}'
);
create index saving_by_time on purser.saving (at);
create index saving_by_scope on purser.saving (scope, at);
create trigger saving_append_only before update or delete or truncate on purser.saving for each statement execute function purser.refuse_change();

create function purser.note_saving(p_key text, p_call uuid, p_terms jsonb, p_strategy text, p_saved bigint, p_tokens bigint, p_details jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  insert into saving (key, call, scope, strategy, saved, tokens, details) values (p_key, p_call, (intern_scope(p_terms)).id, p_strategy, p_saved, p_tokens, p_details)
    on conflict on constraint saving_once do nothing;
  return '{}';
end $$;

grant select on purser.saving to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.note_saving to purser_app;

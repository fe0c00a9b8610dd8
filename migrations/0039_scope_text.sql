-- 0039: a scope as it is typed keeps the commas of its values apart from its own.
-- Why: the line that lifts a stop named another scope, or none, where a value has a comma.
-- Locks: none.   Undo: purser.scope_text of 0013.

-- `feature=search\, all,label.tier=gold`: a comma or a backslash of a value has a backslash before it.
create or replace function purser.scope_text(p_scope jsonb) returns text language sql immutable as $$
  select coalesce(string_agg(name || '=' || replace(replace(value, '\', '\\'), ',', '\,'), ',' order by is_label, name), 'all') from (
    select false as is_label, key as name, value from jsonb_each_text(p_scope - 'labels')
    union all select true, 'label.' || key, value from jsonb_each_text(p_scope -> 'labels')) x
$$;

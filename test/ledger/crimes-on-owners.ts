/** What somebody could do to what other rows belong to. */
import type { Crime } from './crimes.ts'

export const FOLD = 'counters are the fold of the entries, and versions have no gaps'
const OWNED = 'every period belongs to a budget, every balance to a period, and every statement to an account'

export const CRIMES_ON_OWNERS: readonly Crime[] = [
  {
    what: 'a period of a budget that never was',
    statement: `insert into purser.budget_period (id, budget_id, period, starts_at, ends_at) values (nextval('purser.narrow_period_id'), 999999, '2026-01', '2026-01-01', '2026-02-01')`,
    found: [OWNED],
  },
  {
    what: 'counters of a period that never was',
    statement: 'insert into purser.balance (budget_period_id, cap, version) values (999999, 0, 0)',
    found: [FOLD, OWNED],
  },
  {
    what: 'a statement of an account that never was',
    statement: `insert into purser.statement (account, month, time_zone, covers_from, starts_at, ends_at, plan, cap_changes, calls, failed, spent, pico_usd, saved, presumed, corrections, corrected, open, overrun,
      refusals, budgets, changes_to, hash, sealed_at) values ('nobody', '2020-01', 'UTC', '-infinity', '2020-01-01', '2020-02-01', 'p', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 0, '\\x00', '2020-02-02')`,
    found: [OWNED],
  },
]

/** What somebody could do to the sums of facts. */
import type { Crime } from './crimes.ts'

export const SUMS = 'the sums of every set and level, with the changes that wait, are the facts of their time'
export const VALUES = 'the sums of every account, model or other value are its facts, at every level'
const PAGES = 'the page of a day is its sums'

export const CRIMES_ON_SUMS: readonly Crime[] = [
  {
    what: 'sums by the hour of a set that has none',
    statement: "insert into purser.rollup (set, level, since, calls) values (1, 0, '2026-01-01T00:00:00Z', 1)",
    found: [SUMS, VALUES],
  },
  { what: 'changes that never came to the sums', statement: 'delete from purser.fact_change', found: [SUMS, VALUES] },
  {
    what: 'blocks that are said to be made',
    statement: "update purser.rollup_state set built_to[1] = built_to[1] + interval '40000 days'",
    found: [SUMS, VALUES],
  },
  {
    what: 'sums that were given to somebody else',
    statement: "update purser.rollup set a = 'somebody else' where set = 1 and level = 1 and a is not null",
    found: [VALUES],
  },
  {
    what: 'blocks of days that were given to another model',
    statement: "update purser.rollup set a = 'another model' where set = 8 and level = 4",
    found: [VALUES],
  },
  { what: 'a page of a day that says more', statement: 'update purser.rollup_page set cost = calls where set = 8', found: [PAGES] },
  {
    what: 'a page of a day with names of others',
    statement: "update purser.rollup_page set a = replace(a, '\"', '\"x') where set = 8",
    found: [PAGES],
  },
  {
    what: 'a page of a day without sums',
    statement: "update purser.rollup_page set since = since + interval '3000 days' where set = 8",
    found: [PAGES],
  },
]

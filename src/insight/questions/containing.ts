import type { Filter, Reading } from '../reading.ts'

/** Of a scope that has these values. */
export const containing = (sql: Reading['sql'], filter: Filter) =>
  Object.keys(filter).length === 0 ? sql`` : sql`and terms @> ${sql.json(filter)}`

import type { Sql } from 'postgres'
import { rollUpAll } from '../../src/insight/roll-up.ts'
import type { Reading } from '../../src/insight/reading.ts'
import { until } from './until.ts'

/** Everything that was booked is in the facts: other databases of this server may hold that up for a while. */
export const takenIn = (reading: Reading, owner: Sql<{ bigint: bigint }>): Promise<unknown> =>
  until('everything is in the facts', async () => {
    await rollUpAll(reading)
    const [row] = await owner<
      { left: number }[]
    >`select count(*)::int as left from purser.entry e, purser.rollup_state v where (e.xid, e.id) > (v.xid, v.id)`
    return row?.left === 0
  })

import type { Sql } from 'postgres'
import { rollUpAll } from '../../src/insight/roll-up.ts'
import type { Reading } from '../../src/insight/reading.ts'
import { until } from './until.ts'

type Owner = Sql<{ bigint: bigint }>

/** What was booked may be taken in: transactions of other tests, on the same server, hold that up for a while. */
export const settled = (owner: Owner): Promise<unknown> =>
  until('nothing older is open', async () => {
    const [row] = await owner<{ open: boolean }[]>`select exists (select from purser.entry where xid >= purser.oldest_number()) as open`
    return row?.open === false
  })

/** Everything that was booked is in the facts, and in the sums. */
export async function takenIn(reading: Reading, owner: Owner): Promise<void> {
  await settled(owner)
  await until('everything is in the facts', async () => {
    await rollUpAll(reading)
    const [row] = await owner<{ behind: boolean }[]>`
      select exists (select from purser.rollup_state s join purser.entry e on (e.xid, e.id) > (s.xid, s.id)) as behind`
    return row?.behind === false
  })
}

import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Takes back raises that are over, a page at a time. Calls do not wait for it: the first one afterwards takes them back itself. */
export const endRaises = ({ sql }: Ledger, limit: number): Promise<number> =>
  asked(() => sql`select purser.end_raises(p_limit => ${limit}) as answer`)

import type { Month } from '../domain/period.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** The calls of the jobs that started in a month (UTC): kept, or frozen on the way to being dropped, or dropped. */
export interface CallMonth {
  readonly month: Month
  readonly state: 'kept' | 'frozen' | 'dropped'
  /** Of a month that is kept an estimate, null while there is none. */
  readonly attempts: number | null
  /** On the disk; of a dropped month: what it had. */
  readonly bytes: number
  readonly why: string | null
  readonly frozenAt: string | null
  readonly droppedAt: string | null
}

/** Oldest first, dropped ones too. */
export const listMonths = ({ sql }: Ledger): Promise<readonly CallMonth[]> => asked(() => sql`select purser.list_months() as answer`)

/** What dropping a month would do, and what stands in its way. Counts every attempt of it; changes nothing. Throws PurserError `not_found`, `bad_input`. */
export const inspectMonth = (
  { sql }: Ledger,
  month: Month,
): Promise<CallMonth & { readonly attempts: number; readonly obstacles: readonly string[] }> =>
  asked(() => sql`select purser.inspect_month(${month}) as answer`)

import type { Month } from '../domain/period.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** The months until `until` that are closed and whose review was not told, oldest first: those that are over in this time zone. Throws PurserError `bad_input`. */
export const unreviewedMonths = ({ sql }: Pick<Ledger, 'sql'>, until: Month, timeZone: string): Promise<readonly Month[]> =>
  asked(() => sql`select purser.unreviewed_months(${until}, ${timeZone}) as answer`)

/** Tells the review of a closed month to whoever takes `month.review`: once, whoever is first. Throws PurserError `bad_input`. */
export const tellReview = (
  { sql }: Pick<Ledger, 'sql'>,
  month: Month,
  { text, data }: { readonly text: string; readonly data: object },
): Promise<{ readonly told: boolean }> =>
  asked(() => sql`select purser.tell_review(${month}, ${text}, ${sql.json(data as never)}) as answer`)

/** Names the month that others are reviewed beside; undefined: the first one with calls. `changed` false: it was so. Throws PurserError `bad_input`. */
export const setReviewBaseline = (
  { sql }: Pick<Ledger, 'sql'>,
  month: Month | undefined,
): Promise<{ readonly month: Month | null; readonly changed: boolean }> =>
  asked(() => sql`select purser.set_review_baseline(${month ?? null}) as answer`)

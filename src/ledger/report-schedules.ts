import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A report that is sent by itself: what a question says of each day, week or month that is over. */
export interface ReportSchedule {
  readonly id: number
  readonly name: string
  /** Null: of all accounts. */
  readonly account: string | null
  /** The name of a question of `/v1/analytics`. */
  readonly question: string
  readonly asked: ReportAsked
  readonly every: 'day' | 'week' | 'month'
  /** From this hour on of the day after, in its time zone. */
  readonly hour: number
  readonly timeZone: string
  readonly nextAt: string
  readonly madeAt: string
  readonly endedAt: string | null
}

/** What of a question is not left to its default. */
export interface ReportAsked {
  readonly by?: string | undefined
  readonly unit?: string | undefined
  readonly limit?: number | undefined
  readonly currency?: 'EUR' | 'USD' | undefined
}

export type NewReportSchedule = Pick<ReportSchedule, 'name' | 'account' | 'question' | 'asked' | 'every' | 'hour' | 'timeZone'>

/** Throws PurserError `unknown_account`, `conflict` (its name is another's). */
export const createReportSchedule = ({ sql }: Ledger, r: NewReportSchedule): Promise<ReportSchedule> =>
  asked(
    () => sql`select purser.create_report_schedule(p_name => ${r.name}, p_account => ${r.account}, p_question => ${r.question}, p_asked => ${sql.json(r.asked as never)},
      p_every => ${r.every}, p_hour => ${r.hour}, p_time_zone => ${r.timeZone}) as answer`,
  )

/** A page of those that are not ended, by id: those behind `after`; of one account, or of all. */
export const listReportSchedules = (
  { sql }: Ledger,
  page: { readonly account: string | undefined; readonly after: number; readonly limit: number },
): Promise<readonly ReportSchedule[]> =>
  asked(() => sql`select purser.list_report_schedules(${page.account ?? null}, ${page.after}, ${page.limit}) as answer`)

export const findReportSchedule = async ({ sql }: Ledger, id: number): Promise<ReportSchedule | undefined> =>
  (await asked<ReportSchedule | null>(() => sql`select purser.show_report_schedule(${id}) as answer`)) ?? undefined

/** Nothing of it is sent any more. Again: no effect. Throws PurserError `not_found`. */
export const endReportSchedule = ({ sql }: Ledger, id: number): Promise<ReportSchedule & { readonly changed: boolean }> =>
  asked(() => sql`select purser.end_report_schedule(${id}) as answer`)

/** A report that is due, with its time: days, from `since` to before `till`. */
export type DueReport = ReportSchedule & { readonly since: string; readonly till: string }

export const dueReports = ({ sql }: Ledger, limit: number): Promise<readonly DueReport[]> =>
  asked(() => sql`select purser.due_reports(${limit}) as answer`)

/** Sends it as a notice, and sets the next time. `sent` false: somebody else did, or it is ended. */
export const sendReport = (
  { sql }: Ledger,
  { id, nextAt }: DueReport,
  said: { readonly text: string; readonly data: object },
): Promise<{ readonly sent: boolean }> =>
  asked(() => sql`select purser.send_report(${id}, ${nextAt}::timestamptz, ${said.text}, ${sql.json(said.data as never)}) as answer`)

import { money, type Money, type Nano } from '../domain/money.ts'
import type { CorrectionLine, Statement, StatementPart, WholeStatement } from './statements.ts'

/** A statement as JSON, for the API and for programs: amounts as decimals with their currency, names in the API's form. */
export function statementBody(s: Statement | WholeStatement) {
  return {
    account: s.account,
    month: s.month,
    state: s.state,
    time_zone: s.timeZone,
    starts_at: new Date(s.startsAt).toISOString(),
    ends_at: new Date(s.endsAt).toISOString(),
    plan: s.plan,
    allowance: orNull(s.allowance),
    cap_changes: money(s.capChanges),
    counted_by_plan_budget: orNull(s.counted),
    call_count: s.calls,
    failed_count: s.failed,
    spent: money(s.spent),
    corrections: money(s.corrections),
    correction_count: s.corrected,
    total: money(s.total),
    presumed: money(s.presumed),
    saved_by_caches: money(s.saved),
    still_reserved: money(s.open),
    over_cap: money(s.overrun),
    refusal_count: s.refusals,
    budgets: s.budgets.map((b) => ({
      name: b.name,
      period: b.period,
      cap: money(b.cap),
      spent: money(b.spent),
      reserved: money(b.reserved),
      over_cap: money(b.overrun),
    })),
    previous_hash: s.previous,
    hash: s.hash,
    sealed_at: s.sealedAt === null ? null : new Date(s.sealedAt).toISOString(),
    ...('features' in s ? linesBody(s) : {}),
  }
}

const orNull = (amount: Nano | undefined): Money | null => (amount === undefined ? null : money(amount))

const linesBody = (s: WholeStatement) => ({
  features: s.features.map(partBody),
  models: s.models.map(partBody),
  users: s.users.map(partBody),
  correction_lines: s.correctionLines.map(correctionBody),
})

const partBody = ({ name, calls, spent }: StatementPart) => ({ name, call_count: calls, spent: money(spent) })

const correctionBody = ({ rowId, month, at, change, knownAt }: CorrectionLine) => ({
  call: rowId,
  month,
  reserved_at: new Date(at).toISOString(),
  change: money(change),
  known_at: new Date(knownAt).toISOString(),
})

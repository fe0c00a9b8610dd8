/** A statement as CSV. */
import { exactEur, type Nano } from '../domain/money.ts'
import type { Column } from './csv.ts'
import { numberColumn, textColumn } from './csv.ts'
import type { StatementPart, WholeStatement } from './statements.ts'

/** A line of a statement's CSV: `section` says which list it is of. */
interface Line {
  readonly section: string
  readonly name: string
  readonly calls: number | null
  readonly amount: Nano
}

export const STATEMENT_COLUMNS: readonly Column<Line>[] = [
  textColumn('section', ({ section }) => section),
  textColumn('name', ({ name }) => name),
  numberColumn('calls', ({ calls }) => (calls === null ? null : String(calls))),
  numberColumn('amount_eur', ({ amount }) => exactEur(amount)),
]

/** The head, then what each feature, model and user spent, and the corrections. Features, models and users each come to `spent`; spent and corrections to `total`. */
export function statementLines(s: WholeStatement): Line[] {
  return [
    ...head('allowance', s.allowance),
    ...head('cap_changes', s.capChanges),
    { section: 'statement', name: 'spent', calls: s.calls, amount: s.spent },
    ...head('corrections', s.corrections),
    ...head('total', s.total),
    ...head('of_it_presumed', s.presumed),
    ...head('saved_by_caches', s.saved),
    ...head('still_reserved', s.open),
    ...head('over_the_cap', s.overrun),
    ...parts('feature', s.features),
    ...parts('model', s.models),
    ...parts('user', s.users),
    ...s.correctionLines.map((line) => ({ section: 'correction', name: `${line.month} ${line.rowId}`, calls: null, amount: line.change })),
  ]
}

const head = (name: string, amount: Nano | undefined): Line[] =>
  amount === undefined ? [] : [{ section: 'statement', name, calls: null, amount }]

const parts = (section: string, list: readonly StatementPart[]): Line[] =>
  list.map(({ name, calls, spent }) => ({ section, name: name ?? '', calls, amount: spent }))

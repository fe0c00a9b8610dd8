import { changeJson, type AccountChange } from '../ledger/account-change.ts'
import { accountJson, type Account, type ChangedAccount } from '../ledger/accounts.ts'
import { minute, showEur, type Terminal } from './terminal.ts'
import type { Show } from './with-ledger.ts'

export function showAccounts(terminal: Terminal, accounts: readonly Account[], { exact = false, json = false }: Show): void {
  if (json) {
    for (const account of accounts) terminal.print(JSON.stringify(accountJson(account)))
    return
  }
  // Rows of one account are told apart by their budget; where everybody has just a plan, that column would say nothing.
  const isNamed = accounts.some((account) => account.budgets.length > 1)
  const rows = accounts.flatMap((account) =>
    account.budgets.map((b) => [
      account.id,
      account.plan,
      account.status,
      ...(isNamed ? [b.name] : []),
      b.period,
      showEur(b.cap, exact),
      showEur(b.spent, exact),
      showEur(b.reserved, exact),
      showEur(b.remaining, exact),
    ]),
  )
  const head = ['account', 'plan', 'status', ...(isNamed ? ['budget'] : []), 'period', 'cap EUR', 'spent', 'reserved', 'left']
  terminal.print(
    terminal.table(
      head,
      rows,
      [-4, -3, -2, -1].map((fromEnd) => head.length + fromEnd),
    ),
  )
}

/** What a change makes of an account's budgets, and what is refused then. */
export function showChange(terminal: Terminal, { change, ...account }: ChangedAccount, { exact = false, json = false }: Show): void {
  if (json) return terminal.print(JSON.stringify({ ...accountJson(account), change: changeJson(change) }))
  const rows = change.budgets.map(({ name, period, before, after }) => [
    name,
    period,
    showEur(before.cap, exact),
    showEur(after.cap, exact),
    showEur(after.spent, exact),
    showEur(after.reserved, exact),
    showEur(before.remaining, exact),
    showEur(after.remaining, exact),
  ])
  const head = ['budget', 'period', 'cap EUR', 'becomes', 'spent', 'reserved', 'left', 'becomes']
  terminal.print(terminal.table(head, rows, [2, 3, 4, 5, 6, 7]))
  sayRefused(terminal, change.refused, exact)
}

function sayRefused(terminal: Terminal, { everythingFrom, above, waiting }: AccountChange['refused'], exact: boolean): void {
  if (above !== null) terminal.say(`  refused: calls that may cost more than ${showEur(above, exact)} EUR`)
  if (everythingFrom !== null) terminal.say(`  refused: every call from ${minute(everythingFrom)} on`)
  if (waiting.attempts > 0)
    terminal.say(`  not sent any more: ${waiting.attempts} calls that hold ${showEur(waiting.amount, exact)} EUR and were not sent yet`)
}

export const sayDryRun = (terminal: Terminal): void => terminal.warn('a dry run: nothing is changed')

/** What is to come of an account. */
export function sayToCome(terminal: Terminal, { nextPlan, cancelsAt, status }: Account): void {
  if (nextPlan !== null) terminal.say(`  on plan ${nextPlan.plan} from ${minute(nextPlan.from)} on: ${nextPlan.reason}`)
  if (cancelsAt !== null && status !== 'cancelled') terminal.say(`  cancelled from ${minute(cancelsAt)} on`)
}

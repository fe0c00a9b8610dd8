import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { eur } from '../../src/domain/money.ts'
import type { BudgetScope, NewBudget } from '../../src/ledger/budgets.ts'
import type { OutboxEvent } from '../../src/ledger/outbox.ts'

/** A monthly budget of one euro, as a program asks for it. */
export const budgetFor = (scope: BudgetScope, over: Partial<NewBudget> = {}): NewBudget => ({
  name: `budget ${randomUUID()}`,
  scope,
  isHard: true,
  periodKind: 'month',
  timeZone: 'UTC',
  cap: eur('1.00'),
  thresholds: [50, 80, 100],
  ...over,
})

/** What the outbox tells of a budget, in its order. */
export async function eventsOf(owner: Sql<{ bigint: bigint }>, budgetId: number): Promise<string[]> {
  const rows = await owner<{ kind: string; details: Record<string, unknown> }[]>`
    select o.kind, o.details from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id where p.budget_id = ${budgetId} order by o.xid, o.id`
  return rows.map(({ kind, details }) => (kind === 'threshold' ? `${kind} ${String(details['percent'])}` : kind))
}

/** The share of the cap of which a threshold tells. */
export const percentOf = (event: OutboxEvent): number => (event.kind === 'threshold' ? Number(event.details['percent']) : 0)

import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { changeCap } from '../ledger/budgets.ts'
import { accountId, text } from '../schema/names.ts'
import type { Access } from './access.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { budgetBody, budgetSchema } from './budget-body.ts'
import { findBudget } from './budgets.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { moneyInput } from './money.ts'

const create = endpoint({
  method: 'post',
  path: '/v1/top-ups',
  name: 'createTopUp',
  resource: 'top-ups',
  summary: 'Add to a budget’s amount for its period of now; below zero, take from it',
  description:
    'Name a budget, or an account: then its plan’s budget is meant. A cut below what is used is an overrun. What a plan allows is the installation’s: its top-up needs the scope `admin`, and a key that is bound to no account.',
  scope: 'budgets:write',
  body: z
    .strictObject({
      budget_id: numberedId('bdg', 'budget').optional(),
      account: accountId.optional(),
      amount: moneyInput.refine((amount) => amount !== 0n, 'a change of nothing is none'),
      reason: text(1000).min(1),
    })
    .refine(
      ({ budget_id: id, account }) => (id === undefined) !== (account === undefined),
      'say either `budget_id`, or `account` for its plan',
    ),
  answers: { 200: { what: 'The budget, with its new amount', schema: budgetSchema } },
  problems: ['conflict', 'unknown_account'],
  async run(access, { body }) {
    const { of, account } = await meant(access, body)
    return access.once(account, async (reach) => {
      const budget = await changeCap(reach.ledger, { of, change: body.amount, key: changeKey(access), reason: body.reason })
      const what = { id: idOf('bdg', budget.budgetId), amount: money(body.amount), reason: body.reason }
      if (budget.changed) await note(access, reach, 'budget.top_up', budget.scope.account, what)
      return { status: 200, body: budgetBody(budget) }
    })
  },
})

async function meant(access: Access, body: { readonly budget_id?: number | undefined; readonly account?: string | undefined }) {
  if (body.budget_id === undefined) {
    requireSay(access, undefined)
    return { of: { account: body.account ?? '' }, account: body.account }
  }
  const { budget, account } = await findBudget(access, body.budget_id)
  requireSay(access, budget.plan === null ? account : undefined)
  return { of: { id: body.budget_id }, account: account ?? undefined }
}

export const TOP_UPS = [create]

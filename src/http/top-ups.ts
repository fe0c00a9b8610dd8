import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { changeCap } from '../ledger/budgets.ts'
import { moment } from '../schema/budget-input.ts'
import { accountId, text } from '../schema/names.ts'
import type { Access } from './access.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { budgetBody, budgetSchema } from './budget-body.ts'
import { findBudget } from './budgets.ts'
import { dryRun, figuresBody, figuresSchema } from './change-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { moneyInput } from './money.ts'

const toppedUpSchema = budgetSchema
  .extend({
    change: z.object({
      dry_run: z.boolean().openapi({ description: 'It was made and taken back: nothing is changed' }),
      changed: z.boolean(),
      before: figuresSchema,
    }),
  })
  .openapi('ToppedUpBudget')

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
      until: moment.clone().optional().openapi({
        type: 'string',
        format: 'date-time',
        description: 'Of a raise: taken back then, before the period ends. What was spent of it stands above the amount from then on',
      }),
      reason: text(1000).min(1),
      dry_run: dryRun,
    })
    .refine(
      ({ budget_id: id, account }) => (id === undefined) !== (account === undefined),
      'say either `budget_id`, or `account` for its plan',
    ),
  answers: { 200: { what: 'The budget, with its new amount', schema: toppedUpSchema } },
  problems: ['conflict', 'unknown_account'],
  async run(access, { body }) {
    const { of, account } = await meant(access, body)
    return access.once(account, async (reach) => {
      const asked = { of, change: body.amount, until: body.until, key: changeKey(access), reason: body.reason, dryRun: body.dry_run }
      const { changed, dryRun: isDry, before, ...budget } = await changeCap(reach.ledger, asked)
      const until = body.until === undefined ? {} : { until: body.until.toISOString() }
      const what = { id: idOf('bdg', budget.budgetId), amount: money(body.amount), ...until, reason: body.reason }
      if (changed && !isDry) await note(access, reach, 'budget.top_up', budget.scope.account, what)
      return { status: 200, body: { ...budgetBody(budget), change: { dry_run: isDry, changed, before: figuresBody(before) } } }
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

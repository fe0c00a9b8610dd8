import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { withRemedies } from '../domain/refusal.ts'
import { showBudget } from '../ledger/budgets.ts'
import { estimate, type EstimatedBudget } from '../ledger/estimate.ts'
import { priceOf } from '../prices/price-request.ts'
import { endpoint } from './endpoint.ts'
import { idOf } from './ids.ts'
import { moneySchema } from './money.ts'
import { Problem } from './problem.ts'
import { refused, refusedSchema } from './refused.ts'
import { createBody, requestOf } from './reservations.ts'

const { budget, needed, cap, spent, reserved, remaining, resets_at, what_would_work } = refusedSchema.shape

const estimateSchema = z
  .object({
    can_afford: z.boolean().openapi({ description: 'Whether a reservation of it would be granted at this moment' }),
    bound: moneySchema.openapi({ description: 'What it costs at worst, which a reservation would set aside' }),
    remaining: moneySchema
      .nullable()
      .openapi({ description: 'What the tightest hard budget has left that covers it and that the key may see; null when there is none' }),
    provider: z.string(),
    model: z.string(),
    tier: z.string(),
    stopped: z.string().nullable().openapi({ description: 'Why nothing of this scope may start; null when it may' }),
    refusal: z
      .object({ detail: z.string(), budget, needed, cap, spent, reserved, remaining, resets_at, what_would_work })
      .nullable()
      .openapi({ description: 'Which budget would refuse it, and what would work' }),
    budgets: z
      .array(
        z.object({
          id: z.string().openapi({ example: 'bdg_12' }),
          name: z.string(),
          period: z.string(),
          is_hard: z.boolean(),
          remaining: moneySchema,
        }),
      )
      .openapi({ description: 'Every budget that covers it and that the key may see' }),
  })
  .openapi('Estimate')

const estimateOne = endpoint({
  method: 'post',
  path: '/v1/estimates',
  name: 'createEstimate',
  resource: 'estimates',
  summary: 'What a call costs at worst, and whether its budgets could pay for it',
  description: 'It has no effect: nothing is set aside, so the answer is true for its moment only. Reserve to be sure.',
  scope: 'reservations:write',
  body: createBody,
  answers: { 200: { what: 'Yes or no, and why', schema: estimateSchema } },
  problems: ['ambiguous_model', 'no_budget', 'rate_missing', 'unknown_account', 'unpriced_model'],
  async run(access, { body }) {
    const reach = access.reach(body.account)
    const { account } = reach
    if (account === undefined)
      throw new Problem('bad_input', 'body.account: is missing', { errors: [{ field: 'body.account', message: 'is missing' }] })
    const request = await requestOf(reach, body)
    const { user, team, project, feature, environment, labels } = body
    const { bound } = await priceOf(reach.prices, request)
    const scope = { account, user, team, project, feature, environment, labels }
    const told = await estimate(reach.ledger, scope, request, bound.amount)
    const own = access.key.account
    const visible = told.budgets.filter((one) => own === null || one.account === own)
    const refusal = told.refusal === undefined ? undefined : withRemedies(told.refusal, bound)
    const isForeign =
      refusal !== undefined && own !== null && (await showBudget(reach.ledger, { id: refusal.budget.id })).scope.account !== own
    const problem = refusal === undefined ? undefined : refused(refusal, isForeign)
    return {
      status: 200,
      body: {
        can_afford: refusal === undefined && told.stopped === undefined,
        bound: money(bound.amount),
        remaining: tightest(visible),
        provider: request.provider,
        model: request.model,
        tier: request.tier,
        stopped: told.stopped ?? null,
        refusal: problem === undefined ? null : { detail: problem.message, ...problem.options.members },
        budgets: visible.map(({ id, name, period, isHard, remaining: left }) => ({
          id: idOf('bdg', id),
          name,
          period,
          is_hard: isHard,
          remaining: money(left),
        })),
      },
    }
  },
})

/** A soft budget refuses nothing, so what it has left says nothing about whether a call may start. */
function tightest(budgets: readonly EstimatedBudget[]) {
  const [least] = budgets.filter(({ isHard }) => isHard).toSorted((a, b) => (a.remaining < b.remaining ? -1 : 1))
  return least === undefined ? null : money(least.remaining)
}

export const ESTIMATES = [estimateOne]

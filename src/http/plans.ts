import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { listPlans, setPlan, showPlan, type Plan } from '../ledger/plans.ts'
import { day } from '../schema/day.ts'
import { label, text } from '../schema/names.ts'
import { note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyAboveZero, moneySchema } from './money.ts'

const presumedCosts = z
  .enum(['account', 'house'])
  .openapi({ description: 'Who bears what was sent and never answered: the account’s budgets, or the house’s' })

const planSchema = z
  .object({
    id: z.string().openapi({ description: 'Its name', example: 'paid' }),
    versions: z
      .array(
        z.object({
          from: z.string().openapi({ description: 'A day, which begins where each budget lives, or a moment', example: '2026-12-01' }),
          monthly_amount: moneySchema,
          presumed_costs: presumedCosts,
          reason: z.string(),
          state: z.enum(['past', 'in_force', 'later']),
        }),
      )
      .openapi({ description: 'The hundred newest, the oldest first' }),
  })
  .openapi('Plan')

const planBody = ({ plan, versions }: Plan): z.input<typeof planSchema> => ({
  id: plan,
  versions: versions.map(({ from, cap, presumedBy, reason, state }) => ({
    from,
    monthly_amount: money(cap),
    presumed_costs: presumedBy,
    reason,
    state,
  })),
})

const byId = z.object({ id: label })

const list = endpoint({
  method: 'get',
  path: '/v1/plans',
  name: 'listPlans',
  resource: 'plans',
  summary: 'Plans by name, with their versions',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of plans', schema: listSchema(planSchema, 'Plan') } },
  async run(access, { query }) {
    const { ledger, timeZone } = access.everywhere()
    const plans = await page(
      access,
      query,
      '',
      (after, limit) => listPlans(ledger, { after, limit, timeZone }),
      ({ plan }) => plan,
    )
    return { status: 200, body: { ...plans, data: plans.data.map(planBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/plans/{id}',
  name: 'getPlan',
  resource: 'plans',
  summary: 'A plan with its versions',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The plan', schema: planSchema } },
  problems: ['unknown_plan'],
  async run(access, { params }) {
    const { ledger, timeZone } = access.everywhere()
    return { status: 200, body: planBody(await showPlan(ledger, params.id, timeZone)) }
  },
})

const setVersion = endpoint({
  method: 'post',
  path: '/v1/plans/{id}/versions',
  name: 'setPlanVersion',
  resource: 'plans',
  summary: 'What a plan may spend in a month, from now or a day on',
  description:
    'A plan that is not there is made. Months that have begun keep their amount; those that begin then or later take it. The same terms again: no effect. Needs a key that is bound to no account.',
  scope: 'admin',
  params: byId,
  body: z.strictObject({
    monthly_amount: moneyAboveZero,
    from: day.optional().openapi({ description: 'From now, if left out' }),
    presumed_costs: presumedCosts.optional(),
    reason: text(1000).min(1),
  }),
  answers: { 200: { what: 'The plan', schema: planSchema } },
  problems: ['conflict'],
  async run(access, { params, body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const { monthly_amount: cap, from, presumed_costs: presumedBy, reason } = body
      const plan = await setPlan(reach.ledger, { plan: params.id, cap, from, presumedBy, reason, timeZone: reach.timeZone })
      const what = { plan: params.id, monthly_amount: money(cap), from: from ?? null, presumed_costs: presumedBy ?? null, reason }
      if (plan.changed) await note(access, reach, 'plan.set', undefined, what)
      return { status: 200, body: planBody(plan) }
    })
  },
})

export const PLANS = [list, show, setVersion]

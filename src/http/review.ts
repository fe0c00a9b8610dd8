import { z } from '@hono/zod-openapi'
import { monthOf, monthsLater } from '../domain/period.ts'
import { namedBaseline, review } from '../insight/review.ts'
import { reviewBody } from '../insight/review-body.ts'
import { setReviewBaseline } from '../ledger/reviews.ts'
import { accountId } from '../schema/names.ts'
import { note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { moneySchema } from './money.ts'
import { spendingMonth } from './spending.ts'

const name = z.string().nullable()
const count = z.int()
const percent = z.string().nullable().openapi({ description: 'In percent, with two digits; null of nothing', example: '48.18' })
const score = z.string().nullable().openapi({ description: 'Average, from 0 to 1', example: '0.950' })
const orNull = moneySchema.nullable()
const feature = name.openapi({ description: 'Null: of calls that have none' })

const totals = z.object({
  cost: moneySchema,
  infrastructure_cost: moneySchema.openapi({ description: 'Of the cost: of servers and storage' }),
  call_count: count,
  failed_count: count,
})

const features = z
  .array(
    z.object({
      feature,
      call_count: count,
      baseline_call_count: count,
      cost: moneySchema,
      share: percent,
      baseline_cost: moneySchema,
      difference: moneySchema,
      by_volume: moneySchema.openapi({ description: 'More calls, or fewer' }),
      by_mix: moneySchema.openapi({ description: 'Other models' }),
      by_size: moneySchema.openapi({ description: 'Longer calls, or shorter ones' }),
      by_price: moneySchema.openapi({ description: 'The same tokens, dearer or cheaper' }),
      is_anomaly: z.boolean().openapi({ description: 'It moved by a quarter, and by a hundredth of the dearer month' }),
    }),
  )
  .openapi({ description: 'Of either month, the dearest first. `by_volume + by_mix + by_size + by_price = difference`' })

const budgets = z
  .array(
    z.object({
      name: z.string(),
      kind: z.enum(['hard', 'soft']),
      period: z.enum(['day', 'month', 'total']),
      period_count: count,
      periods_over: count,
      cap: moneySchema,
      spent: moneySchema,
      used: percent,
      over: moneySchema.openapi({ description: 'Spent above the cap: of each period its own' }),
    }),
  )
  .openapi({ description: 'Beside the plans’, 100 at most: what is over comes first' })

const plans = z.array(
  z.object({
    plan: z.string(),
    account_count: count,
    accounts_over: count,
    allowance: moneySchema,
    spent: moneySchema,
    unused: moneySchema,
  }),
)
const unusedAllowances = z
  .array(z.object({ account: z.string(), plan: z.string(), allowance: moneySchema, spent: moneySchema, unused: moneySchema }))
  .openapi({ description: 'The 20 accounts that left most' })

const values = z
  .array(
    z.object({
      feature,
      cost: moneySchema,
      call_count: count,
      valued_count: count,
      value: orNull.openapi({ description: 'Of the calls of which somebody said it' }),
      worth: orNull.openapi({ description: 'Of all its calls, if the others are worth as much' }),
      excess: moneySchema.openapi({ description: 'The cost above that' }),
      quality: score,
      average_ms: count.nullable(),
      is_dear_for_quality: z
        .boolean()
        .openapi({ description: 'Its score is a tenth below the average, and a call dearer than the average' }),
    }),
  )
  .openapi({ description: 'Features of which somebody said a value or a score' })

const cheaperModels = z
  .array(
    z.object({
      feature,
      provider: z.string(),
      model: z.string(),
      cheaper_model: z.string(),
      call_count: count,
      cost: moneySchema.openapi({ description: 'Of the tokens' }),
      cost_then: moneySchema,
      saving: moneySchema,
      calls_of_cheaper_here: count.openapi({ description: 'Of this feature, in the month' }),
      calls_of_cheaper_anywhere: count,
      quality: score,
      quality_of_cheaper: score,
    }),
  )
  .openapi({ description: 'The 50 largest savings. Whether the model is good enough, its price does not say' })

const cache = z.object({
  hit_rate: percent,
  baseline_hit_rate: percent,
  saved: moneySchema,
  could_save: moneySchema.openapi({ description: 'At the most, were all features as good as `best_feature`' }),
  best_feature: name,
  features: z.array(
    z.object({
      feature,
      input_tokens: count,
      cached_tokens: count,
      hit_rate: percent,
      saved: moneySchema,
      could_save: moneySchema,
    }),
  ),
})

const switched = z
  .array(
    z.object({
      strategy: z.string(),
      feature,
      call_count: count,
      saved: moneySchema,
      tokens_not_sent: count,
      effect: z.enum(['saved', 'none']).openapi({ description: '`none`: it was on, and saved nothing' }),
      seen_count: count,
      hit_rate: z.string().nullable().openapi({ description: 'Of the cache, in percent' }),
      quality_with: score,
      quality_without: score,
    }),
  )
  .openapi({ description: 'What strategies that are switched on have saved, the largest first' })

const infrastructure = z.array(
  z.object({
    feature,
    provider: name,
    name,
    cost: moneySchema,
    baseline_cost: moneySchema,
    model_call_count: count.openapi({ description: 'Of the same feature; none: it stands idle, as far as can be seen' }),
  }),
)

const recommendations = z
  .array(
    z.object({
      kind: z.enum(['cheaper_model', 'cache', 'value', 'quality', 'budget_over', 'no_budget', 'idle', 'unused_allowance']),
      what: z.string(),
      saving: orNull.openapi({ description: 'In this month; null: it saves nothing by itself' }),
      how: z.string().openapi({ description: 'The command, or the setting of the app' }),
    }),
  )
  .openapi({ description: 'The largest saving first. Two may save the same money' })

const reviewSchema = z
  .object({
    month: z.string().openapi({ example: '2026-10' }),
    time_zone: z.string(),
    account: name.openapi({ description: 'Null: all' }),
    state: z.enum(['over', 'running']),
    baseline: name.openapi({ example: '2025-11' }),
    totals,
    baseline_totals: totals,
    features,
    budget_count: count,
    budgets,
    plans,
    unused_allowances: unusedAllowances,
    values,
    cheaper_models: cheaperModels,
    cache,
    savings: switched,
    infrastructure,
    recommendations,
  })
  .openapi('Review')

const monthly = (description: string) => spendingMonth.optional().openapi({ type: 'string', example: '2026-10', description })

const show = endpoint({
  method: 'get',
  path: '/v1/review',
  name: 'getReview',
  resource: 'statements',
  summary: 'A month beside a baseline month: what cost most, why, and what could be saved',
  description: 'Made anew each time of what the ledger has. It switches nothing.',
  scope: 'reports:read',
  query: z.strictObject({
    month: monthly('The last one that is over, if left out'),
    baseline: monthly('The one that is named (`/v1/review/baseline`), if left out; else the first month with calls'),
    account: accountId.optional(),
  }),
  answers: { 200: { what: 'The review', schema: reviewSchema } },
  problems: ['unknown_account'],
  async run(access, { query: { month, baseline, account: asked } }) {
    const { reports, timeZone, account } = access.reach(asked)
    const of = month ?? monthsLater(monthOf(new Date(), timeZone), -1)
    return { status: 200, body: reviewBody(await review(reports, { month: of, baseline, account, timeZone })) }
  },
})

const baselineSchema = z
  .object({ month: z.string().nullable().openapi({ example: '2025-11', description: 'Null: the first month with calls' }) })
  .openapi('ReviewBaseline')

const showBaseline = endpoint({
  method: 'get',
  path: '/v1/review/baseline',
  name: 'getReviewBaseline',
  resource: 'statements',
  summary: 'The month that others are reviewed beside',
  scope: 'reports:read',
  answers: { 200: { what: 'The baseline', schema: baselineSchema } },
  async run(access) {
    return { status: 200, body: { month: (await namedBaseline(access.everywhere().ledger)) ?? null } }
  },
})

const setBaseline = endpoint({
  method: 'post',
  path: '/v1/review/baseline',
  name: 'setReviewBaseline',
  resource: 'statements',
  summary: 'Name the month that others are reviewed beside',
  description: 'Of reviews that name none themselves, those that are sent among them. It needs a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    month: spendingMonth
      .nullable()
      .openapi({ type: ['string', 'null'], example: '2025-11', description: 'Null: the first month with calls' }),
  }),
  answers: { 200: { what: 'The baseline as it is now', schema: baselineSchema } },
  async run(access, { body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const { month, changed } = await setReviewBaseline(reach.ledger, body.month ?? undefined)
      if (changed) await note(access, reach, 'review.baseline', undefined, { month })
      return { status: 200, body: { month } }
    })
  },
})

export const REVIEW = [show, showBaseline, setBaseline]

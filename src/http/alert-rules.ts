import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { ALERT_KINDS, listAlertRules, setAlertRule, type AlertRule } from '../ledger/alert-rules.ts'
import { ALERT_ACTIONS } from '../ledger/alerts.ts'
import { alertAge, alertCooldown, alertFactor, alertPercent, alertRuleName } from '../schema/alert-rule-input.ts'
import { budgetScopeSchema } from '../schema/budget-input.ts'
import { note, requireSay } from './administration.ts'
import { scopeBody, scopeBodySchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyAboveZero, moneySchema } from './money.ts'

const AMOUNT =
  'Too much, of `hourly_spend`, `daily_spend` and `single_request`; the least excess, of `spend_rate`; the least growth of a day, of `spend_trend`'
const COOLDOWN = 'So long after an alert has ended, none of the same'

const ruleSchema = z
  .object({
    name: z.string().openapi({ example: 'hourly_spend' }),
    kind: z.enum(ALERT_KINDS),
    scope: scopeBodySchema.openapi({ description: 'Which calls, or budgets, it looks at; `{}`: all' }),
    amount: moneySchema.nullable().openapi({ description: AMOUNT }),
    factor: z.string().nullable().openapi({ description: 'Of `spend_rate`: times what is normal', example: '2.00' }),
    percent: z
      .int()
      .nullable()
      .openapi({ description: 'Of `budget_threshold`: from which on it tells; of `spend_trend`: growth in four weeks' }),
    age_seconds: z.int().nullable().openapi({ description: 'Of `in_doubt`' }),
    action: z.enum(ALERT_ACTIONS),
    cooldown_seconds: z.int().openapi({ description: COOLDOWN }),
    enabled: z.boolean(),
  })
  .openapi('AlertRule')

const ruleBody = (rule: AlertRule): z.input<typeof ruleSchema> => ({
  name: rule.name,
  kind: rule.kind,
  scope: scopeBody(rule.scope),
  amount: rule.amount === null ? null : money(rule.amount),
  factor: rule.factor,
  percent: rule.percent,
  age_seconds: rule.ageS,
  action: rule.action,
  cooldown_seconds: rule.cooldownS,
  enabled: rule.enabled,
})

const list = endpoint({
  method: 'get',
  path: '/v1/alert-rules',
  name: 'listAlertRules',
  resource: 'alerts',
  summary: 'What alerts are made of, by name',
  scope: 'budgets:read',
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of rules', schema: listSchema(ruleSchema, 'AlertRule') } },
  async run(access, { query }) {
    const { ledger } = access.everywhere()
    const rules = await page(
      access,
      query,
      '',
      (after, limit) => listAlertRules(ledger, { after, limit }),
      ({ name }) => name,
    )
    return { status: 200, body: { ...rules, data: rules.data.map(ruleBody) } }
  },
})

const set = endpoint({
  method: 'post',
  path: '/v1/alert-rules',
  name: 'setAlertRule',
  resource: 'alerts',
  summary: 'Make a rule, or change the one of this name',
  description:
    'What is left out stays as it was; a new rule says its kind, what is too much, and its action (`warn`, if left out). `enabled: false` switches one off; none is deleted, because alerts name it. It needs a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    name: alertRuleName.clone().openapi({ example: 'hourly_spend' }),
    kind: z.enum(ALERT_KINDS).optional(),
    scope: budgetScopeSchema.clone().optional().openapi({ description: 'Which calls, or budgets; all, if left out' }),
    amount: moneyAboveZero.optional().openapi({ description: AMOUNT }),
    factor: alertFactor.clone().optional(),
    percent: alertPercent.clone().optional(),
    age_seconds: alertAge.clone().optional(),
    action: z.enum(ALERT_ACTIONS).optional().openapi({
      description: '`flag` marks the call, `investigate` says who moved it, `stop` suspends the scope until a person lifts it',
    }),
    cooldown_seconds: alertCooldown.clone().optional().openapi({ description: COOLDOWN }),
    enabled: z.boolean().optional(),
  }),
  answers: { 200: { what: 'The rule as it is now', schema: ruleSchema } },
  problems: ['conflict', 'not_found', 'unknown_account'],
  async run(access, { body: { age_seconds: ageS, cooldown_seconds: cooldownS, ...said } }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const rule = await setAlertRule(reach.ledger, { ...said, ageS, cooldownS })
      if (rule.changed) await note(access, reach, 'alert_rule.set', rule.scope.account, ruleBody(rule))
      return { status: 200, body: ruleBody(rule) }
    })
  },
})

export const ALERT_RULES = [list, set]

import { z } from '@hono/zod-openapi'
import {
  acknowledgeAlert,
  ALERT_ACTIONS,
  ALERT_STATES,
  findAlert,
  listAlerts,
  NEWEST_ALERT,
  resolveAlert,
  type Alert,
  type AlertWord,
} from '../ledger/alerts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { accountId, text } from '../schema/names.ts'
import type { Access, ApiAnswer } from './access.ts'
import { note } from './administration.ts'
import { scopeBody, scopeBodySchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const moment = z.iso.datetime().nullable()
const word = z.string().nullable()

const alertSchema = z
  .object({
    id: z.string().openapi({ example: 'alr_7' }),
    rule: z.string().openapi({ example: 'hourly_spend' }),
    kind: z.string().openapi({ description: 'Of its rule', example: 'hourly_spend' }),
    action: z.enum(ALERT_ACTIONS),
    state: z.enum(ALERT_STATES).openapi({ description: '`acknowledged`: somebody has it in hand, and it says no more until it is over' }),
    scope: scopeBodySchema,
    account: z.string().nullable(),
    text: z.string().openapi({ description: 'For people: what, how much against what, since when; and what to do' }),
    evidence: z.record(z.string(), z.unknown()).openapi({
      description:
        'By what it was found; amounts are decimals of EUR under a name that ends in `_eur`. Of `investigate`, also who moved it: `movers`, by model, feature and user',
    }),
    opened_at: z.iso.datetime(),
    last_at: z.iso.datetime().openapi({ description: 'When it last happened' }),
    times: z.int().openapi({ description: 'How often so far' }),
    stop_id: z
      .string()
      .nullable()
      .openapi({ description: 'The stop that it made, which stands until a person lifts it', example: 'stp_3' }),
    budget: z.object({ id: z.string(), name: z.string(), period: z.string() }).nullable(),
    acknowledged_at: moment,
    acknowledged_by: word,
    acknowledged_why: word,
    resolved_at: moment,
    resolved_by: word.openapi({ description: '`auto`: by itself' }),
    resolved_why: word,
  })
  .openapi('Alert')

const iso = (at: string | null): string | null => (at === null ? null : new Date(at).toISOString())

const alertBody = (a: Alert): z.input<typeof alertSchema> => ({
  id: idOf('alr', a.alertId),
  rule: a.rule,
  kind: a.kind,
  action: a.action,
  state: a.state,
  scope: scopeBody(a.scope),
  account: a.account,
  text: a.text,
  evidence: a.evidence,
  opened_at: new Date(a.openedAt).toISOString(),
  last_at: new Date(a.lastAt).toISOString(),
  times: a.times,
  stop_id: a.stopId === null ? null : idOf('stp', a.stopId),
  budget: a.budget === null ? null : { id: idOf('bdg', a.budget.budgetId), name: a.budget.name, period: a.budget.period },
  acknowledged_at: iso(a.acknowledgedAt),
  acknowledged_by: a.acknowledgedBy,
  acknowledged_why: a.acknowledgedWhy,
  resolved_at: iso(a.resolvedAt),
  resolved_by: a.resolvedBy,
  resolved_why: a.resolvedWhy,
})

const list = endpoint({
  method: 'get',
  path: '/v1/alerts',
  name: 'listAlerts',
  resource: 'alerts',
  summary: 'What rules have found, the newest first',
  description: 'A key that is bound to an account sees the alerts that are about it alone.',
  scope: 'budgets:read',
  query: z.strictObject({
    ...pageQuery,
    account: accountId.optional(),
    state: z
      .enum([...ALERT_STATES, 'unresolved'])
      .optional()
      .openapi({ description: '`unresolved`: open or acknowledged; all, if left out' }),
  }),
  answers: { 200: { what: 'A page of alerts', schema: listSchema(alertSchema, 'Alert') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const alerts = await page(
      access,
      query,
      String(NEWEST_ALERT),
      (before, limit) => listAlerts(ledger, { account, state: query.state, before: Number(before), limit }),
      ({ alertId }) => String(alertId),
    )
    return { status: 200, body: { ...alerts, data: alerts.data.map(alertBody) } }
  },
})

const byId = z.object({ id: numberedId('alr', 'alert') })

const show = endpoint({
  method: 'get',
  path: '/v1/alerts/{id}',
  name: 'getAlert',
  resource: 'alerts',
  summary: 'One alert, with its evidence',
  scope: 'budgets:read',
  params: byId,
  answers: { 200: { what: 'The alert', schema: alertSchema } },
  async run(access, { params }) {
    const { found } = await access.find('alert', ({ ledger }) => findAlert(ledger, params.id))
    return { status: 200, body: alertBody(found) }
  },
})

type Saying = (ledger: Ledger, word: AlertWord) => Promise<Alert & { readonly changed: boolean }>

async function say(access: Access, id: number, why: string, saying: Saying, act: string): Promise<ApiAnswer> {
  const { found } = await access.find('alert', ({ ledger }) => findAlert(ledger, id))
  return access.once(found.account ?? undefined, async (reach) => {
    const alert = await saying(reach.ledger, { id, by: access.who, why })
    if (alert.changed) await note(access, reach, act, alert.account, { id: idOf('alr', id), rule: alert.rule, why })
    return { status: 200, body: alertBody(alert) }
  })
}

const reason = z.strictObject({ why: text(1000).min(1) })

const acknowledge = endpoint({
  method: 'post',
  path: '/v1/alerts/{id}/acknowledge',
  name: 'acknowledgeAlert',
  resource: 'alerts',
  summary: 'Say that somebody has it in hand: it says no more until it is over',
  description: 'Again, or after its end: no effect.',
  scope: 'budgets:write',
  params: byId,
  body: reason,
  answers: { 200: { what: 'The alert', schema: alertSchema } },
  run: (access, { params, body }) => say(access, params.id, body.why, acknowledgeAlert, 'alert.acknowledge'),
})

const resolve = endpoint({
  method: 'post',
  path: '/v1/alerts/{id}/resolve',
  name: 'resolveAlert',
  resource: 'alerts',
  summary: 'Say that it is over',
  description: 'A stop that it made stands until it is resumed. In the same hour, day or period it is not opened again. Again: no effect.',
  scope: 'budgets:write',
  params: byId,
  body: reason,
  answers: { 200: { what: 'The alert', schema: alertSchema } },
  run: (access, { params, body }) => say(access, params.id, body.why, resolveAlert, 'alert.resolve'),
})

export const ALERTS = [list, show, acknowledge, resolve]

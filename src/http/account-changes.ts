import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { setAccountStatus, type ChangedAccount } from '../ledger/accounts.ts'
import { cancelAccount } from '../ledger/cancel-account.ts'
import { changePlan, listAccountPlans } from '../ledger/change-plan.ts'
import { accountId, label, text } from '../schema/names.ts'
import type { Access, ApiAnswer, Reach } from './access.ts'
import { accountBody, accountSchema } from './accounts.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { changeBody, changeSchema, dryRun } from './change-body.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneySchema } from './money.ts'

const changedSchema = accountSchema.extend({ change: changeSchema }).openapi('ChangedAccount')
const changedBody = ({ change, ...account }: ChangedAccount): z.input<typeof changedSchema> => ({
  ...accountBody(account),
  change: changeBody(change),
})

const byId = z.object({ id: accountId })
const reason = text(1000).min(1)
const ONE_FOR_ALL = 'Needs a key that is bound to no account.'

/** A change with its act, once. */
async function changed(
  access: Access,
  account: string,
  act: string,
  what: Readonly<Record<string, unknown>>,
  change: (reach: Reach) => Promise<ChangedAccount>,
): Promise<ApiAnswer> {
  requireSay(access, undefined)
  return access.once(account, async (reach) => {
    const answer = await change(reach)
    if (!answer.change.dryRun) await note(access, reach, act, account, what)
    return { status: 200, body: changedBody(answer) }
  })
}

const suspend = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/suspend',
  name: 'suspendAccount',
  resource: 'accounts',
  summary: 'Reserve and send nothing for an account from now on',
  description: `What was sent is still booked. ${ONE_FOR_ALL}`,
  scope: 'admin',
  params: byId,
  body: z.strictObject({ reason, dry_run: dryRun }),
  answers: { 200: { what: 'The account, suspended', schema: changedSchema } },
  problems: ['unknown_account'],
  run: (access, { params: { id }, body }) =>
    changed(access, id, 'account.suspend', { reason: body.reason }, ({ ledger }) =>
      setAccountStatus(ledger, { id, status: 'suspended', key: changeKey(access), reason: body.reason, dryRun: body.dry_run }),
    ),
})

const activate = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/activate',
  name: 'activateAccount',
  resource: 'accounts',
  summary: 'Let an account reserve and send again',
  description: `One that is cancelled comes back; a cancellation that is to come stays. ${ONE_FOR_ALL}`,
  scope: 'admin',
  params: byId,
  body: z.strictObject({ reason, dry_run: dryRun }),
  answers: { 200: { what: 'The account, active', schema: changedSchema } },
  problems: ['unknown_account'],
  run: (access, { params: { id }, body }) =>
    changed(access, id, 'account.activate', { reason: body.reason }, ({ ledger }) =>
      setAccountStatus(ledger, { id, status: 'active', key: changeKey(access), reason: body.reason, dryRun: body.dry_run }),
    ),
})

const plan = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/plan',
  name: 'changeAccountPlan',
  resource: 'accounts',
  summary: 'Put an account on another plan, now or with its next month',
  description: `Without \`from\`: now, if the plan may spend no less than the one before; else with the next month. Now, the month gets all that the plan may spend in one, or (\`days\`) the difference by the days that are left. It takes back a change that was to come. ${ONE_FOR_ALL}`,
  scope: 'admin',
  params: byId,
  body: z.strictObject({
    plan: label,
    from: z.enum(['now', 'next_month'], 'a plan begins now or next_month').optional(),
    proration: z
      .enum(['none', 'days'], 'write how the month is shared: none or days')
      .optional()
      .openapi({ description: 'none if left out' }),
    reason,
    dry_run: dryRun,
  }),
  answers: { 200: { what: 'The account, with what the change makes of it', schema: changedSchema } },
  problems: ['conflict', 'unknown_account', 'unknown_plan'],
  run: (access, { params: { id }, body: { dry_run: isDry, ...asked } }) =>
    changed(access, id, 'account.plan', asked, ({ ledger }) =>
      changePlan(ledger, { account: id, ...asked, key: changeKey(access), dryRun: isDry }),
    ),
})

const cancel = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/cancel',
  name: 'cancelAccount',
  resource: 'accounts',
  summary: 'End an account with its month, until which it may spend, or now',
  description: `From then on its calls are refused, and what is reserved is not sent; what was sent is booked. \`never\` takes a cancellation back that has not come yet; \`activate\` brings back who is cancelled. ${ONE_FOR_ALL}`,
  scope: 'admin',
  params: byId,
  body: z.strictObject({
    from: z.enum(['next_month', 'now', 'never'], 'an account ends with next_month, now or never').default('next_month'),
    reason,
    dry_run: dryRun,
  }),
  answers: { 200: { what: 'The account, with what the change makes of it', schema: changedSchema } },
  problems: ['conflict', 'unknown_account'],
  run: (access, { params: { id }, body: { dry_run: isDry, ...asked } }) =>
    changed(access, id, 'account.cancel', asked, ({ ledger }) =>
      cancelAccount(ledger, { id, ...asked, key: changeKey(access), dryRun: isDry }),
    ),
})

const accountPlanSchema = z
  .object({
    account: z.string(),
    plan: z.string(),
    from: z.iso.datetime(),
    until: z.iso.datetime().nullable().openapi({ description: 'Null: nothing ends it' }),
    state: z.enum(['past', 'in_force', 'later', 'taken_back']).openapi({ description: '`taken_back`: decided otherwise before it began' }),
    decided_at: z.iso.datetime(),
    reason: z.string(),
    amount_change: moneySchema.nullable().openapi({ description: 'What its month’s amount gained; null: it began with a month' }),
  })
  .openapi('AccountPlan')

const plans = endpoint({
  method: 'get',
  path: '/v1/accounts/{id}/plans',
  name: 'listAccountPlans',
  resource: 'accounts',
  summary: 'Which plans an account had, has and will have, in the order in which they were decided',
  scope: 'admin',
  params: byId,
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of its plans', schema: listSchema(accountPlanSchema, 'AccountPlan') } },
  problems: ['unknown_account'],
  async run(access, { params: { id: account }, query }) {
    const { ledger } = access.reach(account)
    const read = (after: string, limit: number) => listAccountPlans(ledger, { account, after: Number(after), limit })
    const had = await page(access, query, '-1', read, ({ id }) => String(id))
    const data = had.data.map((p) => ({
      account,
      plan: p.plan,
      from: new Date(p.from).toISOString(),
      until: p.until === null ? null : new Date(p.until).toISOString(),
      state: p.state,
      decided_at: new Date(p.at).toISOString(),
      reason: p.reason,
      amount_change: p.capChange === null ? null : money(p.capChange),
    }))
    return { status: 200, body: { ...had, data } }
  },
})

export const ACCOUNT_CHANGES = [plan, plans, suspend, activate, cancel]

import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { ensureAccount, listAccounts, setAccountStatus, showAccount, type Account } from '../ledger/accounts.ts'
import { accountInputSchema } from '../schema/account-input.ts'
import { accountId, label, text } from '../schema/names.ts'
import type { Access, ApiAnswer } from './access.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { budgetBody, budgetSchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyAboveZero } from './money.ts'

const accountSchema = z
  .object({
    id: z.string().openapi({ example: 'acme' }),
    plan: z.string(),
    time_zone: z.string().openapi({ description: 'Where its months begin', example: 'Europe/Berlin' }),
    status: z.enum(['active', 'suspended', 'archived']),
    created_at: z.iso.datetime(),
    budgets: z.array(budgetSchema).openapi({ description: 'Those that name it, with its plan’s' }),
  })
  .openapi('Account')

const accountBody = ({ id, plan, timeZone, status, createdAt, budgets }: Account): z.input<typeof accountSchema> => ({
  id,
  plan,
  time_zone: timeZone,
  status: status as z.input<typeof accountSchema>['status'],
  created_at: new Date(createdAt).toISOString(),
  budgets: budgets.map(budgetBody),
})

const byId = z.object({ id: accountId })
const reason = text(1000).min(1)

const create = endpoint({
  method: 'post',
  path: '/v1/accounts',
  name: 'createAccount',
  resource: 'accounts',
  summary: 'Make an account with its plan’s monthly budget, unless it is there',
  description:
    'With the same terms again: no effect (200). With another plan, time zone or opening amount: 409. Needs a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    id: accountId,
    plan: label,
    time_zone: accountInputSchema.shape.timeZone.clone().openapi({ description: 'Where its months begin; the installation’s if left out' }),
    opening: z
      .strictObject({ amount: moneyAboveZero, reason })
      .optional()
      .openapi({ description: 'Spent from the start, for an account that moves in with history' }),
  }),
  answers: { 200: { what: 'It was there already', schema: accountSchema }, 201: { what: 'Made', schema: accountSchema } },
  problems: ['account_conflict', 'unknown_plan'],
  async run(access, { body }) {
    requireSay(access, undefined)
    return access.once(body.id, async (reach) => {
      const { id, plan, time_zone: timeZone, opening } = body
      const account = await ensureAccount(reach.ledger, { id, plan, timeZone, defaultTimeZone: reach.timeZone, opening })
      const what = { id, plan, time_zone: account.timeZone, opening: opening === undefined ? null : money(opening.amount) }
      if (account.made) await note(access, reach, 'account.create', id, what)
      return { status: account.made ? 201 : 200, body: accountBody(account) }
    })
  },
})

const list = endpoint({
  method: 'get',
  path: '/v1/accounts',
  name: 'listAccounts',
  resource: 'accounts',
  summary: 'Accounts by id, with their budgets as they stand now',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of accounts', schema: listSchema(accountSchema, 'Account') } },
  async run(access, { query }) {
    const { ledger } = access.everywhere()
    const accounts = await page(
      access,
      query,
      '',
      (after, limit) => listAccounts(ledger, { after, limit }),
      ({ id }) => id,
    )
    return { status: 200, body: { ...accounts, data: accounts.data.map(accountBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/accounts/{id}',
  name: 'getAccount',
  resource: 'accounts',
  summary: 'An account with its budgets as they stand now',
  description: 'A key that is bound to an account sees this one.',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The account', schema: accountSchema } },
  problems: ['unknown_account'],
  async run(access, { params }) {
    const { ledger } = access.reach(params.id)
    return { status: 200, body: accountBody(await showAccount(ledger, params.id)) }
  },
})

const suspend = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/suspend',
  name: 'suspendAccount',
  resource: 'accounts',
  summary: 'Reserve and send nothing for an account from now on',
  description: 'What was sent is still booked. Needs a key that is bound to no account.',
  scope: 'admin',
  params: byId,
  body: z.strictObject({ reason }),
  answers: { 200: { what: 'The account, suspended', schema: accountSchema } },
  problems: ['unknown_account'],
  run: (access, { params, body }) => setStatus(access, params.id, { status: 'suspended', act: 'account.suspend', reason: body.reason }),
})

const activate = endpoint({
  method: 'post',
  path: '/v1/accounts/{id}/activate',
  name: 'activateAccount',
  resource: 'accounts',
  summary: 'Let an account reserve and send again',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  params: byId,
  body: z.strictObject({ reason }),
  answers: { 200: { what: 'The account, active', schema: accountSchema } },
  problems: ['unknown_account'],
  run: (access, { params, body }) => setStatus(access, params.id, { status: 'active', act: 'account.activate', reason: body.reason }),
})

async function setStatus(
  access: Access,
  id: string,
  change: { readonly status: 'active' | 'suspended'; readonly act: string; readonly reason: string },
): Promise<ApiAnswer> {
  requireSay(access, undefined)
  return access.once(id, async (reach) => {
    const account = await setAccountStatus(reach.ledger, { id, status: change.status, key: changeKey(access), reason: change.reason })
    await note(access, reach, change.act, id, { reason: change.reason })
    return { status: 200, body: accountBody(account) }
  })
}

export const ACCOUNTS = [create, list, show, suspend, activate]

import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { ensureAccount, listAccounts, showAccount, type Account } from '../ledger/accounts.ts'
import { accountInputSchema } from '../schema/account-input.ts'
import { accountId, label, text } from '../schema/names.ts'
import { note, requireSay } from './administration.ts'
import { budgetBody, budgetSchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyAboveZero } from './money.ts'

export const accountSchema = z
  .object({
    id: z.string().openapi({ example: 'acme' }),
    plan: z.string().openapi({ description: 'The one that it has now' }),
    time_zone: z.string().openapi({ description: 'Where its months begin', example: 'Europe/Berlin' }),
    status: z.enum(['active', 'suspended', 'cancelled', 'archived']),
    created_at: z.iso.datetime(),
    cancels_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'From when on its calls are refused for good; null: it was not cancelled' }),
    next_plan: z
      .object({ plan: z.string(), from: z.iso.datetime(), reason: z.string() })
      .nullable()
      .openapi({ description: 'The plan that its next month begins with, where it is another one' }),
    budgets: z.array(budgetSchema).openapi({ description: 'Those that name it, with its plan’s' }),
  })
  .openapi('Account')

export const accountBody = ({
  id,
  plan,
  timeZone,
  status,
  createdAt,
  cancelsAt,
  nextPlan,
  budgets,
}: Account): z.input<typeof accountSchema> => ({
  id,
  plan,
  time_zone: timeZone,
  status: status as z.input<typeof accountSchema>['status'],
  created_at: new Date(createdAt).toISOString(),
  cancels_at: cancelsAt === null ? null : new Date(cancelsAt).toISOString(),
  next_plan: nextPlan && { ...nextPlan, from: new Date(nextPlan.from).toISOString() },
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

export const ACCOUNTS = [create, list, show]

import { z } from '@hono/zod-openapi'
import { listWaiters, type Waiter } from '../ledger/waiters.ts'
import { accountId } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneySchema } from './money.ts'

const waiterSchema = z
  .object({
    job_id: z.string(),
    call_id: z.string().openapi({ example: 'banner-1' }),
    account: z.string(),
    budget: z
      .object({ id: z.string().openapi({ example: 'bdg_7' }), name: z.string() })
      .openapi({ description: 'The one that could not pay when it asked last' }),
    needed: moneySchema,
    since: z.iso.datetime(),
    woken_at: z.iso.datetime().nullable().openapi({ description: 'When it was told to ask again; null: not yet' }),
  })
  .openapi('Waiter')

const waiterBody = ({ workflowId, callId, account, budget, needed, since, wokenAt }: Waiter): z.input<typeof waiterSchema> => ({
  job_id: workflowId,
  call_id: callId,
  account,
  budget: { id: idOf('bdg', budget.id), name: budget.name },
  needed,
  since: new Date(since).toISOString(),
  woken_at: wokenAt === null ? null : new Date(wokenAt).toISOString(),
})

const list = endpoint({
  method: 'get',
  path: '/v1/waiters',
  name: 'listWaiters',
  resource: 'waiters',
  summary: 'Calls that wait for money, in the order of coming',
  description:
    'Of jobs that were started with `on_refused: wait`, or whose own workflow says so. A key that is bound to an account sees its own.',
  scope: 'budgets:read',
  query: z.strictObject({
    ...pageQuery,
    account: accountId.optional(),
    budget_id: numberedId('bdg', 'budget').optional(),
  }),
  answers: { 200: { what: 'A page of those who wait', schema: listSchema(waiterSchema, 'Waiter') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const waiters = await page(
      access,
      query,
      '0',
      (after, limit) => listWaiters(ledger, { account, budgetId: query.budget_id, after, limit }),
      ({ place }) => place,
    )
    return { status: 200, body: { ...waiters, data: waiters.data.map(waiterBody) } }
  },
})

export const WAITERS = [list]

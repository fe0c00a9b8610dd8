import { z } from '@hono/zod-openapi'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { archiveBudget, createBudget, listBudgets, showBudget, updateBudget, type Budget } from '../ledger/budgets.ts'
import { budgetName, budgetScopeSchema, moment } from '../schema/budget-input.ts'
import { accountId, text } from '../schema/names.ts'
import type { Access, ApiAnswer } from './access.ts'
import { note, requireSay } from './administration.ts'
import { budgetBody, budgetSchema, etagOf, SHORT_FORM } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId, yesOrNo } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyAboveZero } from './money.ts'
import { Problem } from './problem.ts'

const byId = z.object({ id: numberedId('bdg', 'budget') })
const reason = text(1000).min(1)
const terms = {
  budget_amount: moneyAboveZero.openapi({ description: 'For each period' }),
  kind: z.enum(['hard', 'soft']).openapi({ description: '`hard` refuses what it cannot pay for; `soft` only tells' }),
  thresholds: z
    .array(z.int().min(1).max(1000))
    .max(20)
    .openapi({ description: 'Percents of its amount to be told of, each once a period' }),
}

const createBody = z.strictObject({
  name: budgetName.refine((name) => !name.startsWith(SHORT_FORM), `must not begin with "${SHORT_FORM}", which is of POST /ai-spend/budget`),
  scope: budgetScopeSchema.clone().openapi({
    description: 'Which calls: `{}` is every call; of a key that is bound to an account, every call of it',
  }),
  budget_amount: terms.budget_amount,
  kind: terms.kind.default('hard'),
  period: z.enum(['day', 'month', 'total'], 'a period is day, month or total').default('month'),
  time_zone: z
    .string()
    .refine(isTimeZone, 'write a time zone like Europe/Berlin')
    .optional()
    .openapi({ description: 'Where its days and months begin; the installation’s if left out' }),
  thresholds: terms.thresholds.default([50, 80, 95, 100]),
  starts_at: moment.optional().openapi({ type: 'string', format: 'date-time', description: 'Of a total budget only' }),
  ends_at: moment.optional().openapi({ type: 'string', format: 'date-time', description: 'Of a total budget only' }),
  from_zero: z
    .boolean()
    .default(false)
    .openapi({ description: 'Begin with nothing spent, instead of what its scope has spent in the period so far' }),
})

const create = endpoint({
  method: 'post',
  path: '/v1/budgets',
  name: 'createBudget',
  resource: 'budgets',
  summary: 'Make a budget, in force for the next reservation, everywhere',
  description:
    'It begins with what its scope has spent in the period so far, and takes over what is reserved. The same terms under the same name again have no effect (200); other terms are a 409. Without an account in its scope it needs the scope `admin`, and a key that is bound to none.',
  scope: 'budgets:write',
  body: createBody,
  etag: 'answered',
  answers: { 200: { what: 'It was there already', schema: budgetSchema }, 201: { what: 'Made', schema: budgetSchema } },
  problems: ['conflict', 'unknown_account'],
  async run(access, { body }) {
    const account = body.scope.account ?? access.key.account ?? undefined
    requireSay(access, account)
    const answer = await access.once(account, async (reach) => {
      const budget = await createBudget(reach.ledger, {
        name: body.name,
        scope: { ...body.scope, ...(account === undefined ? {} : { account }) },
        isHard: body.kind === 'hard',
        periodKind: body.period,
        timeZone: body.time_zone ?? reach.timeZone,
        cap: body.budget_amount,
        thresholds: body.thresholds,
        startsAt: body.starts_at,
        endsAt: body.ends_at,
        fromZero: body.from_zero,
      }).catch((error: unknown) => {
        throw access.key.account === null ? error : withoutOthers(error, body.name)
      })
      if (budget.made) await note(access, reach, 'budget.create', account, budgetBody(budget))
      return { status: budget.made ? 201 : 200, body: budgetBody(budget) }
    })
    return tagged(answer)
  },
})

/** Names are the whole installation's: who is bound to one account does not hear whose budget has it. */
const withoutOthers = (error: unknown, name: string): unknown =>
  error instanceof PurserError && error.code === 'conflict'
    ? new PurserError('conflict', `the name "${name}" is taken, by a budget with other terms: take another name`)
    : error

const list = endpoint({
  method: 'get',
  path: '/v1/budgets',
  name: 'listBudgets',
  resource: 'budgets',
  summary: 'Budgets and how they stand now, oldest first',
  description: 'A key that is bound to an account sees those that name it.',
  scope: 'budgets:read',
  query: z.strictObject({ ...pageQuery, account: accountId.optional(), archived: yesOrNo }),
  answers: { 200: { what: 'A page of budgets', schema: listSchema(budgetSchema, 'Budget') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const budgets = await page(
      access,
      query,
      '0',
      (after, limit) => listBudgets(ledger, { account, after: Number(after), limit, archived: query.archived }),
      ({ budgetId }) => String(budgetId),
    )
    return { status: 200, body: { ...budgets, data: budgets.data.map(budgetBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/budgets/{id}',
  name: 'getBudget',
  resource: 'budgets',
  summary: 'A budget and how it stands now',
  scope: 'budgets:read',
  params: byId,
  etag: 'answered',
  answers: { 200: { what: 'The budget', schema: budgetSchema } },
  async run(access, { params }) {
    const { budget } = await findBudget(access, params.id)
    return tagged({ status: 200, body: budgetBody(budget) })
  },
})

const update = endpoint({
  method: 'patch',
  path: '/v1/budgets/{id}',
  name: 'updateBudget',
  resource: 'budgets',
  summary: 'Change a budget’s amount, kind or thresholds',
  description:
    'In force from this answer on, in the period of now and in all that come; top-ups and cuts of a period stay on top. What is left out stays. Another name, scope or period is another budget. A plan’s amount is changed by a version of the plan.',
  scope: 'budgets:write',
  params: byId,
  body: z
    .strictObject({
      budget_amount: terms.budget_amount.optional(),
      kind: terms.kind.optional(),
      thresholds: terms.thresholds.optional(),
      reason,
    })
    .refine(({ budget_amount: amount, kind, thresholds }) => (amount ?? kind ?? thresholds) !== undefined, 'names nothing that changes'),
  etag: 'required',
  answers: { 200: { what: 'The budget, with its new terms', schema: budgetSchema } },
  problems: ['conflict'],
  async run(access, { params, body }) {
    const { budget, account } = await findBudget(access, params.id)
    requireSay(access, account)
    const revision = revisionIn(access.ifMatch)
    const answer = await access.once(account ?? undefined, async (reach) => {
      const { budget_amount: cap, kind, thresholds, reason: why } = body
      const isHard = kind === undefined ? undefined : kind === 'hard'
      const updated = await updateBudget(reach.ledger, { id: budget.budgetId, revision, cap, isHard, thresholds, reason: why })
      if (updated.kind === 'outdated') throw outdated(updated.budget)
      const after = budgetBody(updated.budget)
      if (updated.changed) await note(access, reach, 'budget.update', account, { before: budgetBody(budget), after, reason: why })
      return { status: 200, body: after }
    })
    return tagged(answer)
  },
})

/** An ETag of which we know nothing is none that we have now. */
const revisionIn = (ifMatch = ''): number => Number(/^"([1-9]\d{0,8})"$/.exec(ifMatch.trim())?.[1] ?? 0)

const outdated = (budget: Budget): Problem =>
  new Problem('precondition_failed', 'its terms are not those of your If-Match any more: look at it again, and decide with what you see', {
    headers: etagOf(budget),
    members: { budget: budgetBody(budget) },
  })

const archive = endpoint({
  method: 'post',
  path: '/v1/budgets/{id}/archive',
  name: 'archiveBudget',
  resource: 'budgets',
  summary: 'End a budget: it refuses nothing any more',
  description: 'What is settled on it is still booked. Again: no effect. An account’s plan cannot be archived: suspend the account.',
  scope: 'budgets:write',
  params: byId,
  body: z.strictObject({ reason }),
  etag: 'answered',
  answers: { 200: { what: 'The budget, archived', schema: budgetSchema } },
  problems: ['conflict'],
  async run(access, { params, body }) {
    const { budget, account } = await findBudget(access, params.id)
    requireSay(access, account)
    const answer = await access.once(account ?? undefined, async (reach) => {
      const archived = await archiveBudget(reach.ledger, { id: budget.budgetId })
      const what = { id: idOf('bdg', budget.budgetId), reason: body.reason }
      if (archived.changed) await note(access, reach, 'budget.archive', account, what)
      return { status: 200, body: budgetBody(archived) }
    })
    return tagged(answer)
  },
})

/** By id; to a key that is bound, one of another account, or of more than one, is not there. */
export async function findBudget(access: Access, id: number): Promise<{ readonly budget: Budget; readonly account: string | null }> {
  const { found } = await access.find('budget', async ({ ledger }) => {
    const budget = await showBudget(ledger, { id }).catch((error: unknown) => {
      if (error instanceof PurserError && error.code === 'not_found') return undefined
      throw error
    })
    return budget === undefined ? undefined : { budget, account: budget.scope.account ?? null }
  })
  return found
}

const tagged = (answer: ApiAnswer): ApiAnswer => ({ ...answer, headers: etagOf(answer.body as z.input<typeof budgetSchema>) })

export const BUDGETS = [create, list, show, update, archive]

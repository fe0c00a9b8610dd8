import { hash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { ceilDiv, exactEur, exactUsd, eur, nano, picoUsd, type Nano } from '../domain/money.ts'
import { PurserError } from '../domain/errors.ts'
import { createBudget, findBudgetOf, updateBudget, type Budget } from '../ledger/budgets.ts'
import { databaseNow } from '../prices/price-book.ts'
import { rateOn } from '../prices/rates.ts'
import { accountId, label } from '../schema/names.ts'
import type { Reach } from './access.ts'
import { note, requireSay } from './administration.ts'
import { budgetBody, SHORT_FORM } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf } from './ids.ts'
import { anyCurrency } from './money.ts'
import { Problem } from './problem.ts'

type Currency = z.output<typeof anyCurrency>

const shortBudgetSchema = z
  .object({
    id: z.string().openapi({ example: 'bdg_12' }),
    feature: z.string(),
    period: z.literal('monthly'),
    limit: z.string().openapi({ example: '100.000000000' }),
    spent: z.string(),
    reserved: z.string().openapi({ description: 'Set aside for calls that are under way, or in doubt' }),
    remaining: z.string().openapi({ description: 'Below zero when it is exceeded' }),
    currency: z.enum(['EUR', 'USD']),
    alert_at: z.array(z.int()),
  })
  .openapi('AiSpendBudget')

const RATE_DIGITS = 1_000_000n

/** Dollars are shown, and a limit in dollars is understood, at the newest rate: the budget itself counts in EUR. */
async function rateNow({ prices }: Reach): Promise<bigint> {
  const rate = await rateOn(prices, await databaseNow(prices))
  if (rate === undefined) throw new PurserError('rate_missing', 'there is no euro rate yet: ask in EUR')
  return rate.usdMicrosPerEur
}

async function shortBody(reach: Reach, budget: Budget, feature: string, inCurrency: Currency): Promise<z.input<typeof shortBudgetSchema>> {
  const rate = inCurrency === 'USD' ? await rateNow(reach) : undefined
  // nano-EUR × micro-USD per EUR = 10⁻¹⁵ USD.
  const text = (amount: Nano): string => (rate === undefined ? exactEur(amount) : exactUsd(picoUsd((amount * rate) / 1000n)))
  return {
    id: idOf('bdg', budget.budgetId),
    feature,
    period: 'monthly',
    limit: text(budget.cap),
    spent: text(budget.spent),
    reserved: text(budget.reserved),
    remaining: text(budget.remaining),
    currency: inCurrency,
    alert_at: [...budget.thresholds],
  }
}

const limitText = z
  .union(
    [z.int().min(1).max(1_000_000_000).transform(String), z.string().regex(/^\d{1,10}(\.\d{1,9})?$/)],
    'write an amount as text, like "99.50", or a whole number',
  )
  .openapi({ description: 'A decimal as text, or a whole JSON number: a fraction as a JSON number may lose a digit', example: '100.00' })

const NAME_MAX = 100

/** The same for everybody who says it at once; of no other account or feature, and no name that somebody may take before. */
function shortFormName(account: string | undefined, feature: string): string {
  const name = `${SHORT_FORM}${account ?? '*'}/${feature}`
  return name.length <= NAME_MAX ? name : `${name.slice(0, NAME_MAX - 17)} ${hash('sha256', name, 'hex').slice(0, 16)}`
}

const CAP_MAX = eur('1000000000')

async function limitOf(reach: Reach, text: string, inCurrency: Currency): Promise<Nano> {
  const amount = eur(text)
  // Rounded up: a nano-EUR at most.
  const cap = inCurrency === 'EUR' ? amount : nano(ceilDiv(amount * RATE_DIGITS, await rateNow(reach)))
  if (cap > 0n && cap <= CAP_MAX) return cap
  throw new Problem('bad_input', 'body.monthly_limit: write an amount above zero, of 1000000000 EUR at most', {
    errors: [{ field: 'body.monthly_limit', message: 'write an amount above zero, of 1000000000 EUR at most' }],
  })
}

const set = endpoint({
  method: 'post',
  path: '/ai-spend/budget',
  name: 'aiSpendSetBudget',
  resource: 'short forms',
  summary: 'Say what a feature may spend in a month, in the short form of the field',
  description:
    'A hard monthly budget over exactly the feature: made, or changed if it is there; a soft one is another budget, and stays. Without an account, and with a key that is bound to none, it covers all accounts, and needs the scope `admin`. A limit in USD becomes EUR at the newest rate, once.',
  scope: 'budgets:write',
  repeats: 'optional',
  body: z.strictObject({
    feature: label,
    monthly_limit: limitText,
    alert_at: z
      .array(z.int().min(1).max(1000))
      .max(20)
      .optional()
      .openapi({
        description: 'Percents of the limit that are told of: 50, 80, 95 and 100 (exceeded), unless you say others',
        example: [50, 80, 95],
      }),
    currency: anyCurrency,
    account: accountId.optional(),
  }),
  answers: {
    200: { what: 'It was there, and has this limit now', schema: shortBudgetSchema },
    201: { what: 'Made', schema: shortBudgetSchema },
  },
  problems: ['conflict', 'unknown_account', 'rate_missing'],
  async run(access, { body: { feature, monthly_limit: limit, alert_at: thresholds, currency: inCurrency, account: asked } }) {
    const account = asked ?? access.key.account ?? undefined
    requireSay(access, account)
    return access.once(account, async (reach) => {
      const scope = { feature, ...(account === undefined ? {} : { account }) }
      const cap = await limitOf(reach, limit, inCurrency)
      const known = await findBudgetOf(reach.ledger, scope)
      if (known === undefined) {
        const made = await createBudget(reach.ledger, {
          name: shortFormName(account, feature),
          scope,
          isHard: true,
          periodKind: 'month',
          timeZone: reach.timeZone,
          cap,
          thresholds: thresholds ?? [50, 80, 95, 100],
        })
        await note(access, reach, 'budget.create', account, budgetBody(made))
        return { status: 201, body: await shortBody(reach, made, feature, inCurrency) }
      }
      const { budgetId: id, revision } = known
      const reason = 'its limit was said anew'
      const updated = await updateBudget(reach.ledger, { id, revision, cap, thresholds, reason })
      if (updated.kind === 'outdated')
        throw new Problem('conflict', 'somebody else changes this budget just now: look at it, and say it again')
      if (updated.changed)
        await note(access, reach, 'budget.update', account, { before: budgetBody(known), after: budgetBody(updated.budget), reason })
      return { status: 200, body: await shortBody(reach, updated.budget, feature, inCurrency) }
    })
  },
})

const show = endpoint({
  method: 'get',
  path: '/ai-spend/budget',
  name: 'aiSpendBudget',
  resource: 'short forms',
  summary: 'How a feature’s monthly budget stands now',
  scope: 'budgets:read',
  query: z.strictObject({
    feature: label,
    period: z.literal('monthly', 'only monthly').default('monthly'),
    currency: anyCurrency.openapi({ description: 'USD: at the newest rate' }),
    account: accountId.optional(),
  }),
  answers: { 200: { what: 'The budget', schema: shortBudgetSchema } },
  problems: ['rate_missing'],
  async run(access, { query: { feature, currency: inCurrency, account: asked } }) {
    const reach = access.reach(asked)
    const scope = { feature, ...(reach.account === undefined ? {} : { account: reach.account }) }
    const budget = await findBudgetOf(reach.ledger, scope)
    if (budget === undefined)
      throw new Problem(
        'not_found',
        `no monthly budget covers exactly the feature "${feature}"${reach.account === undefined ? '' : ` of account "${reach.account}"`}`,
      )
    return { status: 200, body: await shortBody(reach, budget, feature, inCurrency) }
  },
})

export const BUDGET_SHORT = [set, show]

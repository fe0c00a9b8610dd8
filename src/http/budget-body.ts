import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import type { Budget, BudgetScope } from '../ledger/budgets.ts'
import { idOf } from './ids.ts'
import { moneySchema } from './money.ts'

const value = z.string().optional()

/** Which calls: every one whose values contain these. */
/** How budgets of the short form are named: nobody else takes such a name. */
export const SHORT_FORM = 'ai-spend '

export const scopeBodySchema = z
  .object({
    account: value,
    user: value,
    team: value,
    project: value,
    feature: value,
    environment: value,
    provider: value,
    model: value,
    endpoint: value,
    labels: z.record(z.string(), z.string()).optional(),
  })
  .openapi('Scope')

export const budgetSchema = z
  .object({
    id: z.string().openapi({ example: 'bdg_12' }),
    budget_id: z.string().openapi({ description: 'The same as `id`', example: 'bdg_12' }),
    name: z.string(),
    scope: scopeBodySchema,
    kind: z.enum(['hard', 'soft']).openapi({ description: '`hard` refuses what it cannot pay for; `soft` only tells' }),
    period: z.enum(['day', 'month', 'total']),
    time_zone: z.string().openapi({ description: 'Where its days and months begin', example: 'Europe/Berlin' }),
    thresholds: z.array(z.int()).openapi({ description: 'Percents of its amount that are told of, each once a period' }),
    plan: z.string().nullable().openapi({ description: 'Of an account’s own budget: the plan that says its amount' }),
    starts_at: z.iso.datetime().nullable(),
    ends_at: z.iso.datetime().nullable(),
    archived_at: z.iso.datetime().nullable(),
    phase: z.enum(['not_begun', 'current', 'ended', 'archived']).openapi({ description: 'It covers calls only while it is `current`' }),
    current_period: z.string().openapi({ example: '2026-11' }),
    resets_at: z.iso.datetime().nullable().openapi({ description: 'When the whole amount is there again; null: never' }),
    budget_amount: moneySchema.openapi({ description: 'In the current period, with its top-ups and cuts' }),
    current_spending: moneySchema,
    reserved: moneySchema.openapi({ description: 'Set aside for calls that are under way, or in doubt' }),
    remaining: moneySchema.openapi({ description: 'Below zero when it is exceeded' }),
    percentage_used: z.string().openapi({ description: 'Of its amount, spent: a decimal with two digits', example: '12.50' }),
    status: z.enum(['within_budget', 'exceeded']),
    raises: z
      .array(z.object({ amount: moneySchema, until: z.iso.datetime(), reason: z.string() }))
      .openapi({ description: 'Of its amount, what is taken back before its period ends' }),
    revision: z.int().openapi({ description: 'One more with each change of its terms; its ETag is made of it' }),
  })
  .openapi('Budget')

const iso = (moment: string | null): string | null => (moment === null ? null : new Date(moment).toISOString())

export const budgetBody = (b: Budget): z.input<typeof budgetSchema> => ({
  id: idOf('bdg', b.budgetId),
  budget_id: idOf('bdg', b.budgetId),
  name: b.name,
  scope: scopeBody(b.scope),
  kind: b.isHard ? 'hard' : 'soft',
  period: b.periodKind as z.input<typeof budgetSchema>['period'],
  time_zone: b.timeZone,
  thresholds: [...b.thresholds],
  plan: b.plan,
  starts_at: iso(b.startsAt),
  ends_at: iso(b.endsAt),
  archived_at: iso(b.archivedAt),
  phase: b.phase,
  current_period: b.period,
  resets_at: iso(b.periodEndsAt),
  budget_amount: money(b.cap),
  current_spending: money(b.spent),
  reserved: money(b.reserved),
  remaining: money(b.remaining),
  percentage_used: b.percentageUsed,
  status: b.status,
  raises: b.raises.map(({ amount, until, reason }) => ({ amount: money(amount), until: new Date(until).toISOString(), reason })),
  revision: b.revision,
})

export const scopeBody = (scope: BudgetScope): z.input<typeof scopeBodySchema> => scope

/** Of its terms: what it has spent changes with every call, and nobody overwrites that. */
export const etagOf = ({ revision }: { readonly revision: number }): { readonly etag: string } => ({ etag: `"${revision}"` })

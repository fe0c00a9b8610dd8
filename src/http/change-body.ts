import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import type { AccountChange, Figures } from '../ledger/account-change.ts'
import { idOf } from './ids.ts'
import { moneySchema } from './money.ts'

/** Of a request that may be looked at before. */
export const dryRun = z.boolean().default(false).openapi({ description: 'Say what would become of it, and change nothing' })

export const figuresSchema = z
  .object({ budget_amount: moneySchema, current_spending: moneySchema, reserved: moneySchema, remaining: moneySchema })
  .openapi('BudgetFigures')

export const figuresBody = ({ cap, spent, reserved, remaining }: Figures): z.input<typeof figuresSchema> => ({
  budget_amount: money(cap),
  current_spending: money(spent),
  reserved: money(reserved),
  remaining: money(remaining),
})

export const changeSchema = z
  .object({
    dry_run: z.boolean().openapi({ description: 'It was made and taken back: nothing is changed' }),
    changed: z.boolean().openapi({ description: 'False: it was so already' }),
    budgets: z
      .array(
        z.object({
          id: z.string().openapi({ example: 'bdg_12' }),
          name: z.string(),
          kind: z.enum(['hard', 'soft']),
          period: z.string().openapi({ example: '2026-11' }),
          before: figuresSchema,
          after: figuresSchema,
        }),
      )
      .openapi({
        description: 'Those that name the account, in their periods of now; its plan’s in the next month too, if that becomes another',
      }),
    refused: z.object({
      everything_from: z.iso.datetime().nullable().openapi({ description: 'From then on every call; null: none for this alone' }),
      above: moneySchema
        .nullable()
        .openapi({ description: 'Now, calls whose bound is above this; null: no hard budget names the account' }),
      waiting: z
        .object({ attempts: z.int(), amount: moneySchema })
        .openapi({ description: 'What is reserved and, with this, not sent any more' }),
    }),
  })
  .openapi('AccountChange')

export const changeBody = ({ dryRun: isDry, changed, budgets, refused }: AccountChange): z.input<typeof changeSchema> => ({
  dry_run: isDry,
  changed,
  budgets: budgets.map((b) => ({
    id: idOf('bdg', b.budgetId),
    name: b.name,
    kind: b.isHard ? 'hard' : 'soft',
    period: b.period,
    before: figuresBody(b.before),
    after: figuresBody(b.after),
  })),
  refused: {
    everything_from: refused.everythingFrom === null ? null : new Date(refused.everythingFrom).toISOString(),
    above: refused.above === null ? null : money(refused.above),
    waiting: { attempts: refused.waiting.attempts, amount: money(refused.waiting.amount) },
  },
})

import { moneySchema } from './money.ts'
import { z } from '@hono/zod-openapi'
import { refusalText, type Refusal, type Remedy } from '../domain/refusal.ts'
import { shortMoney } from '../domain/money.ts'
import { idOf } from './ids.ts'
import { Problem, problemSchema } from './problem.ts'

const remedySchema = z.union([
  z.object({ kind: z.literal('wait'), until: z.iso.datetime() }),
  z.object({ kind: z.literal('top_up'), by: moneySchema }),
  z.object({ kind: z.literal('fit'), max_output_tokens: z.int() }),
])

const members = {
  budget: z.object({ id: z.string(), name: z.string(), period: z.string() }).nullable(),
  needed: moneySchema,
  cap: moneySchema.optional(),
  spent: moneySchema.optional(),
  reserved: moneySchema.optional(),
  remaining: moneySchema.optional(),
  resets_at: z.iso.datetime().nullable().openapi({ description: 'The earliest moment at which money comes back; null: never by itself' }),
  what_would_work: z.array(remedySchema),
}

/** Which budget refused, and what would work. What stands on a budget that is not of the key's account is not told. */
export const refusalSchema = z.object(members).openapi('Refusal')

/** A refusal as a problem. */
export const refusedSchema = problemSchema.extend(members).openapi('BudgetExceeded')

/** `budget_exceeded`, with everything that helps; `isForeign`: the budget covers more than the key's account, whose other spending is nobody's business. */
export function refused(refusal: Refusal, isForeign: boolean, now = new Date()): Problem {
  const { budget, cap, spent, reserved, remaining, needed, freesAt } = refusal
  const wait = refusal.remedies.find(({ kind }) => kind === 'wait')
  const headers = wait?.kind === 'wait' ? { 'retry-after': secondsUntil(wait.until, now) } : {}
  const resetsAt = freesAt === 'never' ? null : freesAt
  if (isForeign) {
    const detail = `A budget that covers more than this account refuses: ${shortMoney(needed)} needed. Whoever runs this Purser can say more.`
    const remedies = wait === undefined ? [] : [remedyBody(wait)]
    return new Problem('budget_exceeded', detail, {
      headers,
      members: { budget: null, needed, resets_at: resetsAt, what_would_work: remedies },
    })
  }
  return new Problem('budget_exceeded', refusalText(refusal), {
    headers,
    members: {
      budget: { id: idOf('bdg', budget.id), name: budget.name, period: budget.period },
      needed,
      cap,
      spent,
      reserved,
      remaining,
      resets_at: resetsAt,
      what_would_work: refusal.remedies.map(remedyBody),
    },
  })
}

/** Whose key looks: one that is bound to an account sees of other budgets no more than that they refuse. */
export interface Viewer {
  readonly isBound: boolean
  isForeign(refusal: Refusal): boolean
}

/** A refusal inside an answer. */
export function refusalBody(
  refusal: Refusal,
  viewer: Viewer,
): { readonly message: string; readonly refusal: z.input<typeof refusalSchema> } {
  const { message, options } = refused(refusal, viewer.isForeign(refusal))
  return { message, refusal: options.members as z.input<typeof refusalSchema> }
}

const secondsUntil = (iso: string, now: Date): string => String(Math.max(1, Math.ceil((Date.parse(iso) - now.getTime()) / 1000)))

const remedyBody = (remedy: Remedy): z.input<typeof remedySchema> =>
  remedy.kind === 'fit' ? { kind: 'fit', max_output_tokens: remedy.maxOutputTokens } : remedy

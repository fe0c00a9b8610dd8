import { z } from '@hono/zod-openapi'
import { TIERS } from '../domain/answering-model.ts'
import { reservationRef, type AttemptState } from '../domain/call.ts'
import { exactUsd, money } from '../domain/money.ts'
import type { SentReservation } from '../ledger/api-reservations.ts'
import { idOf } from './ids.ts'
import { moneySchema } from './money.ts'

const STATES = [
  'dispatched',
  'settled',
  'rejected',
  'in_doubt',
  'presumed',
  'reserved',
  'released',
] as const satisfies readonly AttemptState[]

const budgetLeftSchema = z
  .object({
    id: z.string().openapi({ example: 'bdg_12' }),
    name: z.string(),
    period: z.string().openapi({ example: '2026-11' }),
    remaining: moneySchema,
  })
  .openapi('BudgetLeft')

const lineSchema = z
  .object({
    unit: z.string().openapi({ example: 'input_text_tokens' }),
    quantity: z.string().openapi({ example: '1500' }),
    usd: z.string().openapi({ description: 'What the price book says, exactly', example: '0.000412500000' }),
    cost: moneySchema,
    price_id: z.string(),
    rate_id: z.string(),
  })
  .openapi('CostLine')

export const reservationSchema = z
  .object({
    id: z.string().openapi({ example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
    state: z.enum(STATES).openapi({
      description:
        '`dispatched`: granted, and taken for sent. `settled`: its cost is booked. `rejected`: given back. `in_doubt`: no answer in time, its money is held. `presumed`: spent in full, until somebody says what it cost',
    }),
    account: z.string(),
    provider: z.string(),
    model: z.string(),
    endpoint: z.string(),
    tier: z.string(),
    amount: moneySchema.openapi({ description: 'What is set aside: the worst possible cost' }),
    created_at: z.iso.datetime(),
    valid_until: z.iso
      .datetime()
      .openapi({ description: 'Your request must have ended by then; later it is in doubt. Its answer is booked whenever it comes' }),
    presumed_at: z.iso.datetime().openapi({ description: 'Then it is spent in full, unless it was settled or released' }),
    cost: moneySchema.nullable(),
    given_back: moneySchema.nullable(),
    lines: z.array(lineSchema),
    flags: z.array(z.string()).openapi({ description: 'Such as `usage_missing`, `other_model`, `unpriced`' }),
    why: z.string().nullable(),
    budgets: z
      .array(budgetLeftSchema)
      .openapi({ description: 'Every budget that covers it and that the key may see, with what it has left now' }),
  })
  .openapi('Reservation')

/** A tier stands before the hash of what a reservation was asked for with: the ledger keeps both as one, and the same key with another tier is another request. */
export const termsHashOf = (tier: string, output: string, hash: string): string => `${tier} ${output} ${hash}`

/** How the request was asked to be served, and what its output is charged as. */
export function termsIn(termsHash: string): { readonly tier: string; readonly output: 'text' | 'image' } {
  const [tier = 'standard', output] = termsHash.split(' ')
  return { tier, output: output === 'image' ? 'image' : 'text' }
}

/** A reservation as the API shows it; `ownAccount`: a key that is bound to it sees no other budgets. */
export function reservationBody(r: SentReservation, ownAccount: string | null): z.input<typeof reservationSchema> {
  const { go, cost } = r
  return {
    id: reservationRef(go.reservationId),
    state: r.state,
    account: r.account,
    provider: r.terms.provider,
    model: r.terms.model,
    endpoint: r.terms.endpoint,
    tier: termsIn(r.termsHash).tier,
    amount: money(go.amount),
    created_at: r.createdAt,
    valid_until: r.validUntil,
    presumed_at: r.presumedFrom,
    cost: cost === undefined ? null : money(cost),
    given_back: givenBack(r),
    lines: r.lines.map((line) => ({
      unit: line.unit,
      quantity: line.quantity,
      usd: exactUsd(line.usd),
      cost: money(line.cost),
      price_id: idOf('prc', line.priceId),
      rate_id: idOf('rate', line.rateId),
    })),
    flags: [...r.flags],
    why: r.why ?? null,
    budgets: r.budgets
      .filter(({ account }) => ownAccount === null || account === ownAccount)
      .map(({ id, name, period, remaining }) => ({ id: idOf('bdg', id), name, period, remaining: money(remaining) })),
  }
}

function givenBack({ state, go, cost }: SentReservation): ReturnType<typeof money> | null {
  if (state === 'rejected' || state === 'released') return money(go.amount)
  if (cost === undefined) return null
  return money((go.amount > cost ? go.amount - cost : 0n) as typeof cost)
}

export const tierInput = z.enum(TIERS)

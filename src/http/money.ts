import { z } from '@hono/zod-openapi'
import { eur, type Nano } from '../domain/money.ts'

/** Money in an answer: all nine digits. */
export const moneySchema = z
  .object({
    amount: z.string().openapi({ description: 'A decimal with nine digits after the point: never a JSON number', example: '0.035712340' }),
    currency: z.literal('EUR'),
  })
  .openapi('Money')

/** Far below where the ledger's counters end, also as a sum of some. */
const EUR_MAX = eur('1000000000')

/** Money in a request, read exactly: at most nine digits after the point. */
export const moneyInput = z
  .strictObject({
    amount: z
      .string('write an amount as text, like "0.10": a JSON number may lose a digit')
      .regex(/^-?\d{1,10}(\.\d{1,9})?$/, 'write it like "0.10"'),
    currency: z.literal('EUR', 'only EUR'),
  })
  .transform(({ amount }): Nano => eur(amount))
  .refine((amount) => amount <= EUR_MAX && amount >= -1n * EUR_MAX, 'is too much: 1000000000 EUR at most')

/** A cap, or what something cost. */
export const moneyAboveZero = moneyInput.refine((amount) => amount > 0n, 'write an amount above zero')

/** In which currency an answer counts, or a limit is meant. */
export const anyCurrency = z.enum(['EUR', 'USD'], 'a currency is EUR or USD').default('EUR')

import { z } from '@hono/zod-openapi'
import { accountId } from '../schema/names.ts'

/** An id as the API writes it: a prefix that says what it names, and the ledger's own number. */
export const idOf = (prefix: string, id: number | string): string => `${prefix}_${id}`

/** The account that a body names. */
export const payer = accountId
  .optional()
  .openapi({ description: 'Who pays. A key that is bound to an account need not say it', example: 'acme' })

/** The ledger's ids are of four bytes. */
const NUMBER_MAX = 2_147_483_647

/** A numbered id in an address or a body, read back into the number. */
export const numberedId = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[1-9]\\d{0,9}$`), `is no id of a ${what}: one looks like ${prefix}_7`)
    .transform((text) => Number(text.slice(prefix.length + 1)))
    .refine((id) => id <= NUMBER_MAX, `is no id of a ${what}`)
    .openapi({ type: 'string', example: `${prefix}_7` })

/** Of what its caller has not said: read and written here, so that a list and its filters speak alike. */
export const yesOrNo = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()

/** `rsv_` and 32 hex digits, read back into the UUID. */
export const reservationId = z
  .string()
  .regex(/^rsv_[0-9a-f]{32}$/, 'is no id of a reservation: one is rsv_ and 32 hex digits')
  .transform((text) => text.slice('rsv_'.length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
  .openapi({ type: 'string', example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' })

import { z } from '@hono/zod-openapi'
import { DELIVERY_STATES, DESTINATION_KINDS } from '../domain/notice.ts'
import type { Delivery } from '../ledger/deliveries.ts'
import type { Destination } from '../ledger/destinations.ts'
import { idOf } from './ids.ts'

export const destinationSchema = z
  .object({
    id: z.string().openapi({ example: 'dst_3' }),
    name: z.string(),
    kind: z.enum(DESTINATION_KINDS),
    target: z.string().openapi({
      description: 'Without what opens it: a query, or the path of a Slack address',
    }),
    types: z.array(z.string()).openapi({ example: ['budget.*', 'alert.opened'] }),
    account: z.string().nullable().openapi({ description: 'Whose notices it gets; null: those of all accounts, and of none' }),
    secret_version: z
      .int()
      .nullable()
      .openapi({ description: 'Counts the secrets that it has had; null: nothing that goes there is signed' }),
    created_at: z.iso.datetime(),
    disabled_at: z.iso.datetime().nullable().openapi({ description: 'Null while it gets notices' }),
    disabled_reason: z.string().nullable(),
  })
  .openapi('Destination')

export const secretSchema = destinationSchema
  .extend({
    secret: z.string().nullable().openapi({
      description: 'What signs its webhooks, shown in this answer only (and its repeats, while it is the newest); null for other kinds',
      example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    }),
  })
  .openapi('DestinationWithSecret')

const iso = (moment: string | null): string | null => (moment === null ? null : new Date(moment).toISOString())

export const destinationBody = (d: Destination): z.input<typeof destinationSchema> => ({
  id: idOf('dst', d.id),
  name: d.name,
  kind: d.kind,
  target: d.target,
  types: [...d.types],
  account: d.account,
  secret_version: d.secretVersion,
  created_at: new Date(d.createdAt).toISOString(),
  disabled_at: iso(d.disabledAt),
  disabled_reason: d.disabledWhy,
})

export const deliverySchema = z
  .object({
    id: z.string().openapi({ example: 'dlv_12' }),
    notice_id: z.string().openapi({ description: 'What `webhook-id` says', example: 'msg_019ad0c27a2e7c4e8a430c1f5f0f9a11' }),
    type: z.string().openapi({ example: 'budget.threshold' }),
    text: z.string(),
    told_at: z.iso.datetime(),
    destination: z.string().openapi({ example: 'dst_3' }),
    destination_name: z.string(),
    kind: z.enum(DESTINATION_KINDS),
    account: z.string().nullable().openapi({ description: 'The destination’s' }),
    state: z.enum(DELIVERY_STATES).openapi({ description: '`pending`: still tried; `dead`: tried no more, and may be sent again' }),
    attempts: z.int().openapi({ description: 'Since it was sent, or sent again' }),
    resends: z.int(),
    last_attempt_at: z.iso.datetime().nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    next_attempt_at: z.iso.datetime().nullable(),
    delivered_at: z.iso.datetime().nullable(),
    dead_at: z.iso.datetime().nullable(),
    dead_reason: z.string().nullable(),
  })
  .openapi('Delivery')

/** `msg_` and 32 hex digits, read back into the notice's UUID. */
export const noticeRef = z
  .string()
  .regex(/^msg_[0-9a-f]{32}$/, 'is no id of a notice: one is msg_ and 32 hex digits')
  .transform((text) => text.slice('msg_'.length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))

/** Far from where the ledger's ids end. */
export const deliveryRef = z
  .string()
  .regex(/^dlv_[1-9]\d{0,17}$/, 'is no id of a delivery: one looks like dlv_12')
  .transform((text) => text.slice('dlv_'.length))
  .openapi({ type: 'string', example: 'dlv_12' })

export const deliveryBody = (d: Delivery): z.input<typeof deliverySchema> => ({
  id: idOf('dlv', d.id),
  notice_id: `msg_${d.noticeId.replaceAll('-', '')}`,
  type: d.type,
  text: d.text,
  told_at: new Date(d.at).toISOString(),
  destination: idOf('dst', d.destinationId),
  destination_name: d.destination,
  kind: d.kind,
  account: d.account,
  state: d.state,
  attempts: d.attempts,
  resends: d.resends,
  last_attempt_at: iso(d.lastAt),
  last_status: d.lastStatus,
  last_error: d.lastError,
  next_attempt_at: iso(d.nextAt),
  delivered_at: iso(d.deliveredAt),
  dead_at: iso(d.deadAt),
  dead_reason: d.deadWhy,
})

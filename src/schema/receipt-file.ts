import { z } from 'zod'
import type { StoredReceipt } from '../domain/blob-store.ts'

/** Only what names it: the ledger itself says whether it can book the rest, and keeps what it cannot. */
const schema = z.looseObject({ reservationId: z.guid(), token: z.guid(), cost: z.unknown() })
const cost = z.string().regex(/^\d{1,19}$/)

/** The receipt in a file of the blob store; undefined when it is none, or another one than the file is named after. */
export function receiptOf(name: string, text: string): StoredReceipt | undefined {
  const parsed = schema.safeParse(jsonOf(text))
  if (!parsed.success) return undefined
  const { reservationId, token } = parsed.data
  return name.endsWith(`${reservationId}.${token}.json`)
    ? { reservationId, token, cost: BigInt(cost.safeParse(parsed.data.cost).data ?? 0), receipt: parsed.data }
    : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { z } from 'zod'

/** A day of the calendar, such as 2026-12-01. */
export const day = z.iso.date('write a day like 2026-12-01').refine((text) => text >= '0001', 'write a day like 2026-12-01')

/** A moment with its offset, such as 2026-11-03T14:30:00Z; of the years that the ledger's database can hold. */
export const moment = (error: string) =>
  z.iso
    .datetime({ offset: true, error })
    .transform((text) => new Date(text))
    .refine((at) => at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999, error)

import { z } from 'zod'

/** A day of the calendar, such as 2026-12-01. */
export const day = z.iso.date('write a day like 2026-12-01')

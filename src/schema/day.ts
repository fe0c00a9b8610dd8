import { z } from 'zod'

/** A day of the calendar, such as 2026-11-03. */
export const day = z.iso.date('write a day like 2026-11-03')

import { z } from 'zod'
import { isTimeZone } from '../domain/period.ts'
import { accountId } from './names.ts'

/** What a report that is sent by itself is made of, field by field; which questions there are, and what they take, is for their list to say. */
export const reportScheduleFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'use small letters, digits and . _ -, 63 at most'),
  every: z.enum(['day', 'week', 'month'], 'write day, week or month'),
  hour: z.int('write an hour from 0 to 23').min(0).max(23),
  timeZone: z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin'),
  account: accountId,
}

import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Whether a job of this id has asked for money: Temporal forgets jobs that have ended, the ledger keeps their calls for longer. */
export const jobHasCalls = ({ sql }: Ledger, jobId: string): Promise<boolean> =>
  asked<boolean>(() => sql`select exists (select from purser.call where workflow_id = ${jobId}) as answer`)

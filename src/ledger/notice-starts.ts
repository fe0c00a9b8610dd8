import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A workflow that is to be started, once: starting it again has no effect, by its id. */
export interface NoticeStart {
  readonly workflowId: string
  readonly noticeId: string
  readonly type: string
  readonly run: number
  readonly destinations: readonly { readonly id: number; readonly name: string }[]
}

/** The next workflows to be started. Nobody else gets them meanwhile; after `forMs` they are there again, if they were not noted as started. */
export const takeStarts = ({ sql }: Ledger, { limit, forMs }: { readonly limit: number; readonly forMs: number }): Promise<NoticeStart[]> =>
  asked(() => sql`select purser.take_starts(${limit}, make_interval(secs => ${forMs / 1000})) as answer`)

/** It runs: nobody need start it any more. */
export async function noteStarted({ sql }: Ledger, workflowId: string): Promise<void> {
  await asked(() => sql`select purser.note_started(${workflowId}) as answer`)
}

import type { Ledger } from '../ledger/ledger.ts'
import { noteStarted, takeStarts, type NoticeStart } from '../ledger/notice-starts.ts'
import { untilStopped, type Running } from '../until-stopped.ts'

export interface StartNotices {
  readonly ledger: Ledger
  /** Starts the workflow, or finds that it was started before. It answers, or throws, within a few seconds. */
  readonly start: (start: NoticeStart) => Promise<void>
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void
  /** What a lost worker had in hand waits so long. Longer than the starting of a page takes when Temporal is slow. */
  readonly takenMs?: number
}

/** A notice waits so long at most before its delivery begins, while everything answers. */
const EVERY_MS = 250
/** At once, so that a flood of notices does not fill a worker's connections. */
const STARTS_MAX = 20
const TAKEN_MS = 15_000

/**
 * Starts the workflow of each notice that was put: it looks four times a second. Any number of workers may do it side by side. A notice whose start failed, or
 * whose worker was lost between the start and the note, is taken again a little later; its workflow's id makes it one.
 */
export const startNotices = ({ ledger, start, warn, takenMs = TAKEN_MS }: StartNotices): Running =>
  untilStopped(
    async () => ((await startPage(ledger, start, takenMs)) === STARTS_MAX ? 0 : EVERY_MS),
    (error) => warn('notices wait: their deliveries cannot be started now', { error: String(error) }),
  )

/** One by itself does not hold up the others; the first failure is told. */
async function startPage(ledger: Ledger, start: StartNotices['start'], takenMs: number): Promise<number> {
  const taken = await takeStarts(ledger, { limit: STARTS_MAX, forMs: takenMs })
  const ends = await Promise.allSettled(
    taken.map(async (one) => {
      await start(one)
      await noteStarted(ledger, one.workflowId)
    }),
  )
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return taken.length
}

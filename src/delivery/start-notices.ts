import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../ledger/ledger.ts'
import { noteStarted, takeStarts, type NoticeStart } from '../ledger/notice-starts.ts'

export interface StartNotices {
  readonly ledger: Ledger
  /** Starts the workflow, or finds that it was started before. It answers, or throws, within a few seconds. */
  readonly start: (start: NoticeStart) => Promise<void>
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void
  /** What a lost worker had in hand waits so long. Longer than the starting of a page takes when Temporal is slow. */
  readonly takenMs?: number
}

export interface Starting {
  /** Ends when what it has in hand is done. */
  stop(): Promise<void>
}

/** A notice waits so long at most before its delivery begins, while everything answers. */
const EVERY_MS = 250
/** After failures: twice as long each time. */
const PAUSE_MAX_MS = 5_000
/** At once, so that a flood of notices does not fill a worker's connections. */
const STARTS_MAX = 20
const TAKEN_MS = 15_000

/**
 * Starts the workflow of each notice that was put: it looks four times a second. Any number of workers may do it side by side. A notice whose start failed, or
 * whose worker was lost between the start and the note, is taken again a little later; its workflow's id makes it one.
 */
export function startNotices({ ledger, start, warn, takenMs = TAKEN_MS }: StartNotices): Starting {
  const stopping = new AbortController()
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        const started = await startPage()
        failures = 0
        if (started === STARTS_MAX) continue
      } catch (error) {
        failures += 1
        // Once, not four times a second.
        if (failures === 1) warn('notices wait: their deliveries cannot be started now', { error: String(error) })
      }
      const pause = Math.min(EVERY_MS * 2 ** failures, PAUSE_MAX_MS)
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** One by itself does not hold up the others; the first failure is told. */
  async function startPage(): Promise<number> {
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
}

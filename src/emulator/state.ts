import type { Batches } from './batches.ts'
import type { Bill } from './bill.ts'
import type { FaultQueue } from './faults.ts'
import type { Faces } from './picture/typeset.ts'

/** One physical request to a generate method, as the emulator saw it. `httpStatus` stays null when no whole answer went out. */
export interface SeenRequest {
  readonly at: string
  readonly clientRequestId: string | null
  readonly model: string
  readonly method: string
  fault: string | null
  httpStatus: number | null
  responseId: string | null
  billed: boolean
}

/** The newest physical requests, and how many there were in all. */
export interface RequestLog {
  add(request: SeenRequest): void
  count(): number
  /** Newest first. */
  list(limit: number): readonly SeenRequest[]
}

const requestsKeptMax = 20_000

/** An empty log. */
export function requestLog(): RequestLog {
  let kept: SeenRequest[] = []
  let count = 0
  return {
    add(request) {
      count += 1
      kept.push(request)
      // Cut rarely and by half, so that adding stays cheap.
      if (kept.length > requestsKeptMax * 2) kept = kept.slice(-requestsKeptMax)
    },
    count: () => count,
    list: (limit) => kept.slice(-limit).toReversed(),
  }
}

/** What the parts of one running emulator share. */
export interface EmulatorState {
  readonly bill: Bill
  readonly faults: FaultQueue
  readonly requests: RequestLog
  readonly isKey: (key: string) => boolean
  readonly latencyMs: number
  readonly batches: Batches
  /** The typefaces to draw with. Null: pictures are one plain colour. */
  readonly faces: Faces | null
  /** Aborted by stop: whatever waits, stops waiting. */
  readonly stopping: AbortSignal
}

/** The jobs of the matrix that are batches: three lines each, and what the provider does so that they come by a point. */
import type { WishedFault } from '../test/support/emulator.ts'
import type { BatchCallsInput } from '../src/workflows/batch-calls.ts'
import type { BudgetedOutcome } from '../src/workflows/budgeted-call.ts'
import type { BatchPoint, MatrixPoint } from './points.ts'
import type { System } from './system.ts'

const LINES = 3
/** Long enough for whatever is killed to be found out. */
const AMPLE_MS = 600_000
/** Soon enough to be waited for. */
const NEAR_MS = 8_000
const NEARS = /^batch\.(cancel|reject|live|close)/

export const isBatch = (point: MatrixPoint): point is BatchPoint => point.startsWith('batch.')

/** Its prompts end with a full stop behind the job's name, so that no job's name is the beginning of another's. */
export const batchOf = (point: BatchPoint, account: string, job: string): BatchCallsInput => ({
  lines: Array.from({ length: LINES }, (_, i) => ({
    callId: `line-${i + 1}`,
    account,
    model: 'gemini-2.5-flash-lite',
    prompt: `Question ${i + 1} of ${job}.`,
    maxOutputTokens: 300,
  })),
  ...(NEARS.test(point)
    ? { deadline: inMs(NEAR_MS), cancelBeforeMs: NEAR_MS / 2, onDeadline: point.startsWith('batch.close') ? 'end' : 'live' }
    : { deadline: inMs(AMPLE_MS) }),
})

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

export function faultOfBatch(point: BatchPoint): WishedFault | undefined {
  if (point.startsWith('batch.find')) return { fault: 'batch_submit_lost' }
  if (NEARS.test(point)) return { fault: 'batch_late', ms: AMPLE_MS }
  return undefined
}

/** `3 answered`, or how many lines ended how. */
export async function sawOfBatch({ client }: System, job: string): Promise<string> {
  try {
    const outcomes = (await client.workflow.getHandle(job).result()) as BudgetedOutcome[]
    return [...Map.groupBy(outcomes, ({ kind }) => kind)].map(([kind, all]) => `${all.length} ${kind}`).join(', ')
  } catch (error) {
    return String(error)
  }
}

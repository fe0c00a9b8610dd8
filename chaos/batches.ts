/** The jobs of the storm that are batches: some lines of one account, what the provider does to them, and how long they may take. */
import { randomUUID } from 'node:crypto'
import type { BatchInput } from '../src/client.ts'
import type { Chance } from '../test/support/chance.ts'
import type { WishedFault } from '../test/support/emulator.ts'

/** Every other batch meets one of these. */
const FAULTS: readonly WishedFault[] = [
  { fault: 'batch_submit_lost' },
  { fault: 'batch_submit_lost', ms: 1_000 },
  { fault: 'batch_late', ms: 8_000 },
  { fault: 'batch_late', ms: 120_000 },
  { fault: 'batch_fails' },
  { fault: 'batch_expires' },
  { fault: 'batch_line_fails' },
  { fault: 'batch_line_fails', times: 3 },
  { fault: 'batch_poll_fails', times: 3 },
  { fault: 'batch_list_fails', times: 2 },
  { fault: 'rate_limited', retryAfterSeconds: 1 },
  { fault: 'unavailable', retryAfterSeconds: 0 },
  { fault: 'hang', billed: false },
  { fault: 'cut_before_headers' },
  { fault: 'proxy_bad_gateway' },
  { fault: 'slow', ms: 1_500 },
]
const LINES = { least: 2, most: 6 } as const
const DEADLINES_MS = [12_000, 30_000, 60_000] as const
/** Some are so dear that a budget does not pay for all lines. */
const OUTPUTS = [300, 2_000, 30_000] as const
const MODELS = ['gemini-2.5-flash-lite', 'gemini-2.5-flash'] as const

export const batchFaultOf = (dice: Chance): WishedFault | undefined => (dice(2) === 0 ? FAULTS[dice(FAULTS.length)] : undefined)

/** Its prompts end with a full stop behind the job's name, so that no job's name is the beginning of another's. */
export function batchFor(account: string, team: string | undefined, dice: Chance): BatchInput & { readonly jobId: string } {
  const jobId = `batch-${randomUUID().slice(0, 13)}`
  const model = MODELS[dice(MODELS.length)] ?? MODELS[0]
  const maxOutputTokens = OUTPUTS[dice(OUTPUTS.length)] ?? OUTPUTS[0]
  const lines = Array.from({ length: LINES.least + dice(LINES.most - LINES.least + 1) }, (_, i) => ({
    callId: `line-${i + 1}`,
    account,
    model,
    prompt: `Question ${i + 1} of ${jobId}.`,
    maxOutputTokens,
    ...(team === undefined ? {} : { team }),
  }))
  const forMs = DEADLINES_MS[dice(DEADLINES_MS.length)] ?? DEADLINES_MS[0]
  return {
    jobId,
    lines,
    deadline: new Date(Date.now() + forMs).toISOString(),
    cancelBeforeMs: forMs / 4,
    onDeadline: dice(2) === 0 ? 'live' : 'end',
    allOrNone: dice(4) === 0,
  }
}

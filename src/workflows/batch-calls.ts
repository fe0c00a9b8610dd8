import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow'
import { callIdOf } from '../domain/call-name.ts'
import { budgetedBatch, type BatchLine, type BatchOptions } from './budgeted-batch.ts'
import type { BudgetedOutcome } from './budgeted-call.ts'

/** A batch as a job of its own, for who has no workflows. */
export interface BatchCallsInput extends Omit<BatchOptions, 'tell' | 'taskQueue'> {
  readonly lines: readonly BatchLine[]
}

/** Where a batch stands, for people. */
export interface BatchProgress {
  readonly lines: number
  readonly where: string
}

const progress = defineQuery<BatchProgress>('progress')

/** What became of a line. */
export type LineOutcome = BudgetedOutcome & { readonly callId: string }

/** The outcomes of the lines, in their order. Temporal UI says where it stands. */
export const batchCalls = async ({ lines, ...options }: BatchCallsInput): Promise<LineOutcome[]> => {
  let now = 'starting'
  setHandler(progress, () => ({ lines: lines.length, where: now }))
  const outcomes = await budgetedBatch(lines, {
    ...options,
    tell: (where) => {
      now = where
      setCurrentDetails(`**${lines.length} lines**, answered by ${options.deadline}: ${where}`)
    },
  })
  return lines.flatMap(({ callId: given }, i) => {
    const [named, outcome] = [callIdOf(given), outcomes[i]]
    return 'problem' in named || outcome === undefined ? [] : [{ callId: named.callId, ...outcome }]
  })
}

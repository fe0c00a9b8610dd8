import { setCurrentDetails } from '@temporalio/workflow'
import { budgetedBatch, type BatchLine, type BatchOptions } from './budgeted-batch.ts'
import type { BudgetedOutcome } from './budgeted-call.ts'

/** A batch as a job of its own, for who has no workflows. */
export interface BatchCallsInput extends Omit<BatchOptions, 'tell' | 'taskQueue'> {
  readonly lines: readonly BatchLine[]
}

/** The outcomes of the lines, in their order. Temporal UI says where it stands. */
export const batchCalls = ({ lines, ...options }: BatchCallsInput): Promise<BudgetedOutcome[]> =>
  budgetedBatch(lines, {
    ...options,
    tell: (where) => setCurrentDetails(`**${lines.length} lines**, answered by ${options.deadline}: ${where}`),
  })

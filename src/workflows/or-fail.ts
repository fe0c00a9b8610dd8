import { ApplicationFailure } from '@temporalio/workflow'
import { RESPONSE_LOST, unansweredEnding, unusableEnding } from '../domain/call-ending.ts'
import type { Answer, CallAnswer } from '../domain/call.ts'
import type { OwnAnswer, ResponseLost } from '../domain/own-call.ts'

type Outcome = Answer | ResponseLost | Exclude<CallAnswer, Answer>

/**
 * The answer, or a failure that ends the workflow. Throws ApplicationFailure whose type is stable: `budget_exceeded` (details: the refusal), `in_doubt`,
 * `provider_rejected`, `blocked`, `response_lost`, `stopped`, `closed`, `lapsed`, `too_late`; the details are the outcome.
 */
export function orFail<O extends Outcome>(outcome: O): Extract<O, Answer> {
  if (outcome.kind === 'answered') {
    const unusable = unusableEnding(outcome)
    if (unusable === undefined || isReadable(outcome)) return outcome as Extract<O, Answer>
    throw ApplicationFailure.nonRetryable(unusable.message, unusable.code, outcome)
  }
  const { code, message } = outcome.kind === 'response_lost' ? RESPONSE_LOST : unansweredEnding(outcome)
  throw ApplicationFailure.nonRetryable(message, code, outcome)
}

/** An app's own activity may bring its value although the blob store did not take it. */
const isReadable = (answer: Answer): boolean => 'value' in (answer as Partial<OwnAnswer<unknown>>) && answer.response.blocked === undefined

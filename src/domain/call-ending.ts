import type { Answer, CallAnswer, InDoubt } from './call.ts'
import { ENDINGS, endingOfAnswer } from './ending.ts'
import { refusalText } from './refusal.ts'

/** Why a call brought nothing to use: a stable code, and in words. */
export interface CallEnding {
  readonly code: string
  readonly message: string
}

/** How a call without an answer ended. */
export function unansweredEnding(answer: Exclude<CallAnswer, Answer>): CallEnding {
  switch (answer.kind) {
    case 'refused':
      return { code: answer.code, message: refusalText(answer) }
    case 'in_doubt':
      return { code: ENDINGS.in_doubt.jobCode, message: doubtText(answer) }
    case 'rejected':
      return { code: ENDINGS.rejected.jobCode, message: `the provider refused, nothing was billed: ${answer.reason}` }
    case 'lapsed':
    case 'too_late':
      return { code: answer.kind, message: 'the money was given back before the request could be sent' }
    case 'closed':
      return { code: 'closed', message: 'this run may not ask any more: it has ended, or a newer run has the call' }
    case 'stopped':
      return { code: ENDINGS.stopped.jobCode, message: `no call may start now: ${answer.reason}` }
  }
}

/** Why an answer that is paid for has nothing to use. Undefined: it has. */
export function unusableEnding(answer: Answer): CallEnding | undefined {
  switch (endingOfAnswer(answer)) {
    case 'answered':
      return undefined
    case 'blocked':
      return {
        code: ENDINGS.blocked.jobCode,
        message: `the provider withheld the content (${answer.response.blocked}); its cost is booked`,
      }
    case 'response_lost':
      return RESPONSE_LOST
  }
}

export const RESPONSE_LOST: CallEnding = {
  code: ENDINGS.response_lost.jobCode,
  message: 'the answer was paid for, but could not be stored',
}

function doubtText({ reason, held, again }: InDoubt): string {
  const first = `sent, but the answer is not known (${reason ?? 'no reason given'}); ${held.amount} EUR stay held`
  if (again === undefined) return first
  switch (again.kind) {
    case 'refused':
      return `${first}; the budget could not pay for a second try: ${refusalText(again)}`
    case 'in_doubt':
      return `${first}; nor is the second one's (${again.reason ?? 'no reason given'}); ${again.held.amount} EUR stay held for it`
    case 'rejected':
    case 'stopped':
      return `${first}; a second try was not made: ${again.reason}`
    case 'lapsed':
    case 'too_late':
    case 'closed':
      return `${first}; a second try was not made (${again.kind})`
  }
}

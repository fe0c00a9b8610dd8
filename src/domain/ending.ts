/**
 * Every way in which a call can end, decided here once: what becomes of the attempt and its money, what the workflow sees, whether Temporal tries
 * again. docs/endings.md is made from this table; test/flow/endings.test.ts plays each of its rows.
 */
import type { AttemptState, Answer } from './call.ts'

export interface Ending {
  /** When this is the ending. */
  readonly when: string
  /** Where the attempt then stands; undefined: none was made, or it is the ask's own. */
  readonly state: AttemptState | undefined
  readonly money:
    'spent at its exact cost' | 'spent at its bound, flagged' | 'held' | 'given back' | 'handed on to the next attempt' | 'none set aside'
  /** What `modelCall` answers, or the type of the failure that it throws. */
  readonly sees: string
  /** The code of a banner job that gets nothing else; undefined: the banner is made. */
  readonly jobCode: string | undefined
  /** Failure of the activity that Temporal tries again, when it is worth it; its type. Benign: no alarm, and shown with its next try. */
  readonly retry: { readonly type: string; readonly after: string } | undefined
  /** What a person reads in Temporal UI. */
  readonly shown: string
}

const RETRIED = {
  state: 'rejected',
  money: 'handed on to the next attempt',
  shown: 'the pending activity, with what the provider said, and when it is tried again',
} as const

export const ENDINGS = {
  answered: {
    when: 'an answer with its usage',
    state: 'settled',
    money: 'spent at its exact cost',
    sees: '`answered`',
    jobCode: undefined,
    retry: undefined,
    shown: 'the activity, completed, with its cost',
  },
  blocked: {
    when: 'the provider withheld the content; input and thoughts are billed',
    state: 'settled',
    money: 'spent at its exact cost',
    sees: '`answered`, with `response.blocked`',
    jobCode: 'blocked',
    retry: undefined,
    shown: 'the activity, completed; the job’s failure names the provider’s reason and the cost',
  },
  usage_missing: {
    when: 'an answer that ended properly without usage, or with figures missing',
    state: 'settled',
    money: 'spent at its bound, flagged',
    sees: '`answered`, flag `usage_missing` or `usage_incomplete`; a bill corrects it',
    jobCode: undefined,
    retry: undefined,
    shown: 'the activity, completed, with the flag in its result',
  },
  above_bound: {
    when: 'an answer that cost more than its bound (a second image, say)',
    state: 'settled',
    money: 'spent at its exact cost',
    sees: '`answered`; overrun and alarm where a cap is passed; later calls of the model are `stopped` until its bound is raised',
    jobCode: undefined,
    retry: undefined,
    shown: 'the activity, completed; the log lines `bound_violated` and `model_stopped`',
  },
  response_lost: {
    when: 'an answer that could not be stored, or not be read',
    state: 'settled',
    money: 'spent at its exact cost',
    sees: '`answered` without `blob`, flag `response_lost`',
    jobCode: 'response_lost',
    retry: undefined,
    shown: 'the activity, completed; the job’s failure names the cost',
  },
  rate_limited: {
    when: 'the provider’s own 429',
    ...RETRIED,
    sees: 'nothing yet; after six executions the failure `rate_limited`, and close gives the money back',
    jobCode: 'rate_limited',
    retry: { type: 'rate_limited', after: 'the provider’s Retry-After, else 5 s' },
  },
  provider_unavailable: {
    when: 'the provider’s own 503, or no connection to it: not one byte was sent',
    ...RETRIED,
    sees: 'nothing yet; after six executions the failure `provider_unavailable`, and close gives the money back',
    jobCode: 'provider_unavailable',
    retry: { type: 'provider_unavailable', after: 'the provider’s Retry-After, else 5 s' },
  },
  never_sent: {
    when: 'the permission to send was older than 5 s, so nothing was sent',
    ...RETRIED,
    sees: 'nothing yet; after six executions the failure `never_sent`, and close gives the money back',
    jobCode: 'never_sent',
    retry: { type: 'never_sent', after: 'at once' },
  },
  rejected: {
    when: 'the provider’s own refusal that trying again would not change',
    state: 'rejected',
    money: 'given back',
    sees: '`rejected`, with what the provider said',
    jobCode: 'provider_rejected',
    retry: undefined,
    shown: 'the activity, completed as `rejected`',
  },
  in_doubt: {
    when: 'anything else after the first byte: time-out, cut, proxy, other status, lost worker',
    state: 'in_doubt',
    money: 'held',
    sees: 'the call asks once more, if its policy allows; else, or if that is no answer either, `in_doubt`',
    jobCode: 'in_doubt',
    retry: undefined,
    shown: 'the activity, completed as `in_doubt` with its reason; a second reserve and call behind it',
  },
  refused: {
    when: 'a budget cannot pay for the bound',
    state: undefined,
    money: 'none set aside',
    sees: '`refused`: budget, figures, what would work; after a doubt: `in_doubt`, with the refusal as `again`',
    jobCode: 'budget_exceeded',
    retry: undefined,
    shown: 'the reserve, completed as `refused`; the job’s failure says which budget and what would work',
  },
  lapsed: {
    when: 'its hold ended before it was sent (a worker came late)',
    state: 'released',
    money: 'given back',
    sees: 'the call asks anew, up to three times; then `lapsed`',
    jobCode: 'lapsed',
    retry: undefined,
    shown: 'the activity, completed as `lapsed`; a new reserve behind it',
  },
  stopped: {
    when: 'its scope was stopped, or its account suspended, before it was sent',
    state: undefined,
    money: 'none set aside',
    sees: '`stopped`, with the reason',
    jobCode: 'stopped',
    retry: undefined,
    shown: 'the reserve (or the activity), completed as `stopped`',
  },
  cancelled_before: {
    when: 'the job was cancelled before the request went out',
    state: 'released',
    money: 'given back',
    sees: 'a CancelledFailure',
    jobCode: 'cancelled',
    retry: undefined,
    shown: 'the job, cancelled, with its close completed',
  },
  cancelled_after: {
    when: 'the job was cancelled after it: the answer is waited for',
    state: 'settled',
    money: 'spent at its exact cost',
    sees: '`answered`, and the job’s own cancellation',
    jobCode: 'cancelled',
    retry: undefined,
    shown: 'the activity, completed; the job, cancelled',
  },
} as const satisfies Record<string, Ending>

export type EndingName = keyof typeof ENDINGS

/** What a provider's proof that nothing was billed comes to. `retryAfterMs` undefined: the same request would be refused again. */
export function endingOfRejection(r: {
  readonly proof: 'provider_refused' | 'connect_failed' | 'never_sent'
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
}): 'rejected' | 'never_sent' | 'rate_limited' | 'provider_unavailable' {
  if (r.retryAfterMs === undefined) return 'rejected'
  if (r.proof === 'never_sent') return 'never_sent'
  return r.status === 429 ? 'rate_limited' : 'provider_unavailable'
}

/** What a booked answer is worth to who asked: its content, or the reason why there is none. */
export function endingOfAnswer({ response, blob }: Answer): 'answered' | 'blocked' | 'response_lost' {
  if (response.blocked !== undefined) return 'blocked'
  return blob === undefined ? 'response_lost' : 'answered'
}

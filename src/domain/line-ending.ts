/** Every way in which a line of a batch can end. docs/endings.md is made from this table; test/flow/line-endings.test.ts plays each of its rows. */
import type { Ending } from './ending.ts'

export interface LineEnding extends Pick<Ending, 'when' | 'state' | 'money' | 'sees'> {
  /** Nothing was billed, and asking again may help: in the next batch while there is time, then as `onDeadline` says. `sees` is what is left if nothing comes of that either. */
  readonly again: boolean
}

const GIVEN_BACK = { state: 'rejected', money: 'given back', sees: '`rejected`' } as const
const AS_ANSWERED = { state: 'settled', money: 'spent at its exact cost', sees: '`answered`', again: false } as const

export const LINE_ENDINGS = {
  answered: { ...AS_ANSWERED, when: 'an answer with its usage' },
  blocked: {
    ...AS_ANSWERED,
    when: 'the provider withheld the content; input and thoughts are billed',
    sees: '`answered`, with `response.blocked`',
  },
  usage_missing: {
    ...AS_ANSWERED,
    when: 'an answer without usage',
    money: 'spent at its bound, flagged',
    sees: '`answered`, flag `usage_missing` or `usage_incomplete`; a bill corrects it',
  },
  line_failed: { ...GIVEN_BACK, when: 'the provider answered the line with an error', again: false },
  batch_refused: { ...GIVEN_BACK, when: 'the provider’s own refusal of the batch that trying again would not change', again: false },
  not_taken: { ...GIVEN_BACK, when: 'the provider takes no batch now: its own 429 or 503, or no connection to it', again: true },
  never_sent: {
    ...GIVEN_BACK,
    when: 'the permission to send was older than 5 s; or the batch is not in the provider’s list when it must be',
    again: true,
  },
  unfinished: {
    ...GIVEN_BACK,
    when: 'the batch failed, expired or was cancelled before this line was answered, and the provider’s counts say so',
    again: true,
  },
  in_doubt: {
    when: 'whether the provider has the batch, or has answered the line, is not known at the deadline',
    state: 'in_doubt',
    money: 'held',
    sees: '`in_doubt`',
    again: false,
  },
  refused: { when: 'a budget cannot pay for the bound', state: undefined, money: 'none set aside', sees: '`refused`', again: false },
  stopped: {
    when: 'its scope was stopped, or its account suspended, before it was reserved',
    state: undefined,
    money: 'none set aside',
    sees: '`stopped`, with the reason',
    again: false,
  },
  paced: { when: 'it is over a pace', state: undefined, money: 'none set aside', sees: '`lapsed`', again: true },
  lapsed: {
    when: 'its hold ended before it was handed in (a worker came late)',
    state: 'released',
    money: 'given back',
    sees: '`lapsed`',
    again: true,
  },
  others_refused: {
    when: 'with `allOrNone`: another line was refused or stopped',
    state: 'released',
    money: 'given back',
    sees: '`lapsed`',
    again: false,
  },
  cancelled_before: {
    when: 'the job was cancelled before the batch was handed in',
    state: 'released',
    money: 'given back',
    sees: 'a CancelledFailure',
    again: false,
  },
  cancelled_answered: {
    ...AS_ANSWERED,
    when: 'the job was cancelled after it; the line was answered before the batch had stopped',
    sees: 'a CancelledFailure',
  },
  cancelled_unanswered: { ...GIVEN_BACK, when: 'the same, and it was not answered', sees: 'a CancelledFailure', again: false },
} as const satisfies Record<string, LineEnding>

export type LineEndingName = keyof typeof LINE_ENDINGS

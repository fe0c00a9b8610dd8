/** One message of a conversation, in the order in which it is sent. Words only: what else a request has (images, tools) is said beside it. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
}

/** What a call may say: what a tool has answered is no part of it. */
export const SENT_ROLES = ['system', 'user', 'assistant'] as const

/** One message of a call. What the system says stands before all others; the last one is the user's. */
export interface SentMessage extends Message {
  readonly role: (typeof SENT_ROLES)[number]
}

/** One message of a conversation, in the order in which it is sent. Words only: what else a request has (images, tools) is said beside it. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
}

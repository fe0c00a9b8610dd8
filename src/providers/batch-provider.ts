import type { BatchRequest } from '../domain/model-request.ts'
import type { Answered, Lost, Rejected, SendOptions } from './provider.ts'

/** What is handed in: requests of one model, each under a key that comes back with its answer. */
export interface BatchSubmit {
  /** Ours, and unique: by it a batch is found again whose submit was not answered. */
  readonly displayName: string
  readonly lines: readonly { readonly key: string; readonly request: BatchRequest }[]
}

/** Taken: the provider's name of the batch. */
export interface Taken {
  readonly kind: 'taken'
  readonly name: string
}

/** The provider does not answer; nothing is known that was not known before. */
export interface Unknown {
  readonly kind: 'unknown'
  readonly message: string
}

/** `absent`: the whole list was read, and it is not there. */
export type Found = Taken | { readonly kind: 'absent' } | Unknown

/** How a batch ended. */
export type BatchEnding = 'succeeded' | 'failed' | 'expired' | 'cancelled'

/** One line of a batch that is over: its answer, or that the provider did not answer and did not bill it. */
export type LineReply = Answered | { readonly kind: 'unbilled'; readonly message: string }

export interface BatchOver {
  readonly kind: 'over'
  readonly ending: BatchEnding
  readonly lines: ReadonlyMap<string, LineReply>
  /** The provider says that it answered no other line than these: what is missing was not billed. */
  readonly isWhole: boolean
  readonly message: string | undefined
}

export type BatchState = { readonly kind: 'waiting'; readonly state: 'pending' | 'running' } | BatchOver | Unknown

/** A provider that takes requests that may wait. */
export interface BatchProvider {
  readonly name: string
  /** Makes exactly one physical request, or none. Never throws for what a provider or a network can do. */
  submit(batch: BatchSubmit, options: SendOptions): Promise<Taken | Rejected | Lost>
  /** Looks through the provider's list, newest first, back to `since`. */
  find(displayName: string, since: Date): Promise<Found>
  /** `outputs`: by the key of each line, what its answer is charged as. */
  state(name: string, outputs: ReadonlyMap<string, 'image' | 'text'>): Promise<BatchState>
  /** Asks the provider to stop. What was answered by then is billed; `state` says what. False: it did not answer. */
  cancel(name: string): Promise<boolean>
}

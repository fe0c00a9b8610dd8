/** Before and behind everything that a call leaves behind. In the order in which a call comes by. */
export const CALL_POINTS = [
  'reserve.before',
  'reserve.after',
  'dispatch.before',
  'dispatch.after',
  'request.before',
  'request.sent',
  'request.after',
  'blob.before',
  'blob.after',
  'receipt.before',
  'receipt.after',
  'settle.before',
  'settle.after',
  'reject.before',
  'reject.after',
  'doubt.before',
  'doubt.after',
  'completion.before',
  'completion.after',
  'close.before',
  'close.after',
  'sweep.before',
  'sweep.after',
] as const

export type CallPoint = (typeof CALL_POINTS)[number]

/** Where a program can be killed: also before and behind the seal of a page of statements, and before and behind the word that a month is closed. */
export const POINTS = [...CALL_POINTS, 'seal.before', 'seal.after', 'closed.before', 'closed.after'] as const

export type Point = (typeof POINTS)[number]

/** Each point in words: what has happened by then, and what has not. */
export const MEANINGS: Readonly<Record<CallPoint, string>> = {
  'reserve.before': 'the ledger has not been asked for money',
  'reserve.after': 'money is set aside, the workflow does not know',
  'dispatch.before': 'the workflow knows, nothing is dispatched',
  'dispatch.after': 'the dispatch is committed, the worker is told "go"',
  'request.before': 'the provider client is about to send',
  'request.sent': 'the provider has the request, its answer is not here',
  'request.after': 'the answer is in hand, nothing is kept',
  'blob.before': 'before the picture is put',
  'blob.after': 'the picture is put, its receipt is not',
  'receipt.before': 'before the receipt is put beside it',
  'receipt.after': 'picture and receipt are put, nothing is booked',
  'settle.before': 'before the answer is booked',
  'settle.after': 'the answer is booked, the activity has not ended',
  'reject.before': 'the provider refused, the ledger does not know',
  'reject.after': 'the money is handed on to the next attempt, Temporal does not know',
  'doubt.before': 'no answer came, the ledger does not know',
  'doubt.after': 'the attempt is in doubt, the activity has not ended',
  'completion.before': 'the activity has its result, Temporal has not heard it',
  'completion.after': 'Temporal has the result, the workflow goes on to crop',
  'close.before': 'a job ends without an answer, its call is not closed',
  'close.after': 'the call is closed, what was not sent is given back; Temporal does not know',
  'sweep.before': 'the sweeper has not asked the ledger yet',
  'sweep.after': 'the sweep is committed, Temporal does not know',
}

/** What a worker is to do when it passes a point for the `nth` time: end itself at once, or say so and wait for `go`. */
export interface Order {
  readonly id: string
  readonly point: Point
  readonly nth: number
  readonly act: 'die' | 'tell'
  /** Only in activities of this job; left out: in any. */
  readonly job?: string
}

/** What a worker program is started with, as JSON in the variable CHAOS. */
export interface WorkerPlan {
  readonly name: string
  readonly databaseUrl: string
  readonly temporalAddress: string
  readonly providerUrl: string
  readonly workflowBundle: string
  readonly folder: string
  readonly taskQueue: string
  readonly requestTimeoutMs: number
  readonly orders: readonly Order[]
}

/** From the program that makes the chaos to a worker. */
export type ToWorker =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'forget'; readonly id: string }
  | { readonly kind: 'go'; readonly id: string }

/** And back. `at`: it stands at the point of this order, and waits. */
export type FromWorker = { readonly kind: 'ready' } | { readonly kind: 'at'; readonly id: string; readonly job: string }

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

/** The same of a batch of three lines: what its own activities leave behind. */
export const BATCH_POINTS = [
  'batch.reserve.before',
  'batch.reserve.after',
  'batch.dispatch.before',
  'batch.dispatch.after',
  'batch.request.before',
  'batch.request.sent',
  'batch.request.after',
  'batch.find.before',
  'batch.find.after',
  'batch.state.before',
  'batch.state.after',
  'batch.blob.before',
  'batch.receipt.after',
  'batch.settle.before',
  'batch.settle.after',
  'batch.cancel.before',
  'batch.cancel.after',
  'batch.reject.before',
  'batch.reject.after',
  'batch.live.sent',
  'batch.live.settled',
  'batch.close.before',
  'batch.close.after',
] as const

export type BatchPoint = (typeof BATCH_POINTS)[number]

/** What the crash matrix has a row of. */
export type MatrixPoint = CallPoint | BatchPoint

export type CallPoint = (typeof CALL_POINTS)[number]

/** Where a program can be killed: also before and behind the seal of a page of statements, and before and behind the word that a month is closed. */
export const POINTS = [...CALL_POINTS, 'seal.before', 'seal.after', 'closed.before', 'closed.after'] as const

/** In the storm, where no line can be told from a call that is asked by itself: that has points of its own. */
export const STORM_POINTS = [...POINTS, ...BATCH_POINTS.filter((point) => !point.startsWith('batch.live'))] as const

export type Point = (typeof POINTS)[number] | BatchPoint

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

/** The same of a batch. */
export const BATCH_MEANINGS: Readonly<Record<BatchPoint, string>> = {
  'batch.reserve.before': 'money is asked for one line, not for this one',
  'batch.reserve.after': 'money is set aside, the workflow does not know',
  'batch.dispatch.before': 'the workflow knows, nothing is dispatched',
  'batch.dispatch.after': 'all lines are dispatched in one commit, and this worker may hand them in',
  'batch.request.before': 'the provider client is about to hand the batch in',
  'batch.request.sent': 'the provider has the batch, its answer is not here',
  'batch.request.after': 'the batch’s name at the provider is in hand, Temporal does not know it',
  'batch.find.before': 'the submit was not answered; the batch is about to be looked for',
  'batch.find.after': 'the batch is found by its own name, Temporal does not know',
  'batch.state.before': 'the batch waits at the provider; it is about to be asked for',
  'batch.state.after': 'the answers are in hand, nothing is kept',
  'batch.blob.before': 'a line’s text is not put yet, the others may be',
  'batch.receipt.after': 'a line’s text and receipt are put, it is not booked',
  'batch.settle.before': 'a line is not booked yet, the others may be',
  'batch.settle.after': 'a line is booked, the others may be; the activity has not ended',
  'batch.cancel.before': 'the deadline nears, the provider has not been asked to stop',
  'batch.cancel.after': 'the provider has been asked to stop, Temporal does not know',
  'batch.reject.before': 'the batch has stopped; a line that was not billed still holds its money, the others may not',
  'batch.reject.after': 'a line that was not billed has its money back, Temporal does not know',
  'batch.live.sent': 'a line is asked by itself, the provider has the request',
  'batch.live.settled': 'a line that was asked by itself is booked, the activity has not ended',
  'batch.close.before': 'the job ends without answers, its calls are not closed',
  'batch.close.after': 'a call is closed, the others may be; Temporal does not know',
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

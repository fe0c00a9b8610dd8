import { inTurn } from './in-turn.ts'

/** How and where a call's activities run. */
export interface CallMode {
  /** `activity`: the reservation is a row with its amount in Temporal UI. `local`: one action less. */
  readonly ledgerMode: 'local' | 'activity'
  /** Whose workers ask the ledger and the provider; without it the workflow's own. Not with `ledgerMode: 'local'`. */
  readonly taskQueue?: string | undefined
}

interface Runs<Args extends readonly unknown[], T> {
  executeWithOptions(options: { readonly summary: string; readonly taskQueue?: string }, args: Args): Promise<T>
}

/** One activity in two ways: `local`, in the worker of its workflow, one at a time; or as a regular one, on the call's queue. `summary` is for Temporal UI. */
export const byMode = <Args extends readonly unknown[], T>(
  call: CallMode,
  summary: string,
  { local, regular }: { readonly local: Runs<Args, T>; readonly regular: Runs<Args, T> },
  args: Args,
): Promise<T> =>
  call.ledgerMode === 'local'
    ? inTurn(() => local.executeWithOptions({ summary }, args))
    : regular.executeWithOptions({ summary, ...onQueue(call) }, args)

export const onQueue = ({ taskQueue }: Pick<CallMode, 'taskQueue'>): { readonly taskQueue?: string } =>
  taskQueue === undefined ? {} : { taskQueue }

import { ApplicationFailure, workflowInfo } from '@temporalio/workflow'
import { callIdOf, type CallName } from '../domain/call-name.ts'
import type { CallScope, DoubtPolicy } from '../domain/call.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import type { OverBudgetPolicy } from '../domain/refusal.ts'
import type { CallUnderBudget } from './model-call.ts'

/** Who pays and what for, and how the call shows: what every call of an app's own workflow may say. */
export interface CallTerms extends CallScope, DoubtPolicy, OverBudgetPolicy {
  /** Names the call in the life of this workflow id; under the same name the same request hears the booked answer, and another is a `conflict`. */
  readonly callId: CallName
  /** What people see in Temporal UI. Default: the call's name. */
  readonly label?: string | undefined
  /**
   * `activity`: the reservation is a row with its amount in Temporal UI. `local` (default): one action less. Purser's local activities wait for each other; a
   * workflow that runs local activities of its own at the same time takes `activity`, because the SDK may replay them in another order.
   */
  readonly ledgerMode?: 'local' | 'activity' | undefined
  /**
   * Whose workers ask the ledger, and the provider if Purser sends: `purser` for Purser's own, so that the app's worker needs neither database
   * nor key. Without it the workflow's own, which then has the plugin of `purser/worker`. With it, `ledgerMode` is `activity`.
   */
  readonly taskQueue?: string | undefined
}

/** Puts an app's call into the ledger's terms. Throws ApplicationFailure `bad_input`, `call_name_reused`. */
export function callOf<Request extends PricedRequest>(terms: CallTerms, request: Request): CallUnderBudget<Request> {
  const { account, user, team, project, feature, environment, labels, taskQueue, ledgerMode, onInDoubt, onLost } = terms
  const { onRefused, waitAtMostMs, fitAtLeast, downgradeTo } = terms
  const callId = callIdIn(terms.callId)
  return {
    callId,
    label: terms.label ?? callId,
    // Only what a budget's scope knows: an app may hand over more than that.
    scope: { account, user, team, project, feature: feature ?? workflowInfo().workflowType, environment, labels },
    request,
    taskQueue,
    onInDoubt,
    onLost,
    onRefused,
    waitAtMostMs,
    fitAtLeast,
    downgradeTo,
    // A local activity runs where its workflow does.
    ledgerMode: taskQueue === undefined ? (ledgerMode ?? 'local') : 'activity',
  }
}

function callIdIn(given: CallName): string {
  const named = callIdOf(given)
  if ('problem' in named) throw ApplicationFailure.nonRetryable(named.problem, 'bad_input')
  const { continuedFromExecutionRunId, attempt, workflowId } = workflowInfo()
  // A retried run goes on with the calls of the one before it. One that continues it (continue-as-new, cron) means new calls, but the ledger would
  // hand it the old answers: it has the same workflow id.
  if (typeof given === 'string' && continuedFromExecutionRunId !== undefined && attempt === 1)
    throw ApplicationFailure.nonRetryable(
      `workflow "${workflowId}" continues an earlier run, in which the call "${given}" may have been made: write callId: { name: "${given}", turn }, ` +
        'with a counter that is handed through continue-as-new, or the scheduled time of a cron run',
      'call_name_reused',
    )
  return named.callId
}

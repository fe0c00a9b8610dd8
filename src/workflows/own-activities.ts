import { ApplicationFailure, proxyActivities } from '@temporalio/workflow'
import type { Tier } from '../domain/answering-model.ts'
import type { CallAnswer, Answer } from '../domain/call.ts'
import { fingerprint } from '../domain/fingerprint.ts'
import type { OwnRequest } from '../domain/model-request.ts'
import type { Handed, ModelReply, OwnAnswer, OwnCall, ResponseLost } from '../domain/own-call.ts'
import { callOf, type CallTerms } from './call-of.ts'
import { fairly, SENDING_OPTIONS, underBudget } from './model-call.ts'
import { typed } from './typed.ts'

/** A call that the app's own activity sends: what it costs at worst. */
export interface OwnCallTerms extends CallTerms {
  readonly provider: string
  readonly model: string
  /** Input tokens of every kind, at most: `textTokensMax(prompt)` for a text. */
  readonly inputTokensMax: number
  /** Images that are sent along and not counted in `inputTokensMax`, at most. Default: none. */
  readonly inputImagesMax?: number | undefined
  /** Output tokens of every kind, thoughts too, at most. The activity hears it, and must send it along. */
  readonly maxOutputTokens: number
  /** What the output is charged as. Default: text. */
  readonly output?: 'text' | 'image' | undefined
  /** Searches of the provider's own, at most, if the activity allows them. Default: none. */
  readonly searchQueriesMax?: number | undefined
  /** How the activity asks to be served. What the answer names decides the cost. Default: `standard`. */
  readonly tier?: Tier | undefined
  /** What budgets of one endpoint see. Default: the activity's name. */
  readonly endpoint?: string | undefined
}

export type OwnOutcome<T> = OwnAnswer<T> | ResponseLost | Exclude<CallAnswer, Answer>

/** An activity that the plugin of `purser/worker` knows as a model call. */
type ModelActivity<Args extends readonly never[], T> = (call: OwnCall, ...args: Args) => Promise<ModelReply<T>>

/** The activities as a workflow calls them: with the call's terms first, and its outcome as the answer. */
export type BudgetedActivities<A> = {
  readonly [Name in keyof A]: A[Name] extends (call: OwnCall, ...args: infer Args) => Promise<ModelReply<infer T>>
    ? (terms: OwnCallTerms, ...args: Args) => Promise<OwnOutcome<T>>
    : never
}

export interface OwnActivityOptions {
  /** Whose workers run the activity. Default: the workflow's own. They must have the plugin with the activity marked as a model call. */
  readonly taskQueue?: string | undefined
}

/**
 * The app's own model activities, each call under budget: reserve → dispatch, the activity, settle → close. Their arguments and values are plain JSON.
 * Throws ApplicationFailure as `budgetedCall` does; expected endings are values.
 */
export function budgetedActivities<A extends Readonly<Record<keyof A, ModelActivity<never[], unknown>>>>(
  options: OwnActivityOptions = {},
): BudgetedActivities<A> {
  const activities = proxyActivities<Record<string, (handed: Handed, ...args: unknown[]) => Promise<OwnOutcome<unknown>>>>({
    ...SENDING_OPTIONS,
    ...(options.taskQueue === undefined ? {} : { taskQueue: options.taskQueue }),
  })
  return new Proxy({} as BudgetedActivities<A>, {
    get: (_, name) => {
      const activity = typeof name === 'string' ? activities[name] : undefined
      if (activity === undefined) return undefined
      return (terms: OwnCallTerms, ...args: unknown[]): Promise<OwnOutcome<unknown>> =>
        typed(async () => {
          const call = callOf(terms, requestOf(String(name), terms, args))
          return underBudget(call, {
            known: (asked) => (asked.kind === 'answered' ? undefined : asked),
            send: (ask, summary) => activity.executeWithOptions({ summary, ...fairly(call) }, [{ purserReservation: ask }, ...args]),
          })
        })
    },
  })
}

function requestOf(activity: string, terms: OwnCallTerms, args: readonly unknown[]): OwnRequest {
  const {
    provider,
    model,
    inputTokensMax,
    inputImagesMax,
    maxOutputTokens,
    output = 'text',
    endpoint = activity,
    tier = 'standard',
    searchQueriesMax,
  } = terms
  return {
    provider,
    model,
    endpoint,
    tier,
    output: { kind: output },
    inputTokensMax,
    ...(inputImagesMax === undefined ? {} : { inputImagesMax }),
    maxOutputTokens,
    ...(searchQueriesMax === undefined ? {} : { searchQueriesMax }),
    fingerprint: fingerprint(jsonOf(activity, args)),
  }
}

function jsonOf(activity: string, args: readonly unknown[]): string {
  try {
    return JSON.stringify(args)
  } catch (error) {
    throw ApplicationFailure.nonRetryable(`the arguments of "${activity}" are no plain JSON: ${String(error)}`, 'bad_input')
  }
}

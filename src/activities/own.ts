import { Context, log } from '@temporalio/activity'
import type { ActivityExecuteInput, ActivityInterceptorsFactory } from '@temporalio/worker'
import { unpacked } from '../calls/own-value.ts'
import { sendOwn } from '../calls/send-own.ts'
import { reservationRef, type CallAnswer } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { Handed, ModelReply, OwnAnswer, ResponseLost } from '../domain/own-call.ts'
import { typed } from './failure.ts'
import { callOnce, type CallDependencies } from './model.ts'

/** Runs an activity's function with other arguments than Temporal brought. */
type Run = (args: unknown[]) => Promise<unknown>

/**
 * Stands before every activity of an app's worker. One that the app marked as a model call runs only with a reservation that its workflow made
 * (`budgetedActivities`): it is dispatched before, and settled after; without one it fails as `reservation_missing`. All others pass.
 */
export function modelGuard(deps: CallDependencies, marked: ReadonlySet<string>): ActivityInterceptorsFactory {
  return ({ info: { activityType } }) =>
    marked.has(activityType)
      ? { inbound: { execute: (input, next) => typed(() => sendReserved(deps, input, (args) => next({ ...input, args }))) } }
      : {}
}

async function sendReserved(
  deps: CallDependencies,
  { args }: ActivityExecuteInput,
  run: Run,
): Promise<CallAnswer | OwnAnswer<unknown> | ResponseLost> {
  const [first, ...rest] = args
  const ask = (first as Partial<Handed> | null | undefined)?.purserReservation
  if (ask === undefined) throw missing()
  const inHand = new Map<string, unknown>()
  const answer = await callOnce(deps, ask, (options) =>
    sendOwn(
      async (call) => {
        const reply = (await run([call, ...rest])) as ModelReply<unknown>
        inHand.set(call.requestId, reply?.value)
        return reply
      },
      ask.request,
      options,
      log,
    ),
  )
  if (answer.kind !== 'answered') return answer
  // The call's first answer may be another execution's: then its value is where that one put it.
  const mine = reservationRef(answer.reservationId)
  if (inHand.has(mine)) return { ...answer, value: inHand.get(mine) }
  const stored = await unpacked(deps.blobs, answer.blob)
  return stored === undefined ? { ...answer, kind: 'response_lost' } : { ...answer, ...stored }
}

function missing(): PurserError {
  const name = Context.current().info.activityType
  return new PurserError(
    'reservation_missing',
    `the activity "${name}" is a model call and has no reservation, so it did not run: call it through budgetedActivities<…>().${name}({ callId, account, … }, …) ` +
      'of purser/workflow, which reserves its worst cost first',
    { activity: name },
  )
}

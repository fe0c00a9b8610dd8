/** A step of the model, done on the real ledger by one of its clients; and its answer in the model's words. */
import { PurserError } from '../../../src/domain/errors.ts'
import { nano, ofMoney } from '../../../src/domain/money.ts'
import { adjust } from '../../../src/ledger/adjust.ts'
import { changeCap } from '../../../src/ledger/budgets.ts'
import { reserve, reserveDirect } from '../../../src/ledger/reserve.ts'
import { resumeScope, stopScope } from '../../../src/ledger/stop.ts'
import { sweep } from '../../../src/ledger/sweep.ts'
import { REQUEST_TIMEOUT_MS, unbacked } from '../../support/ledger.ts'
import { at, type Answer } from '../model/ledger.ts'
import type { Said } from '../model/step.ts'
import { UNKNOWN } from './meaning.ts'
import type { Found } from './state.ts'
import type { RealRun, Stage } from './stage.ts'

/** More than any sequence leaves open. */
const SWEEP_LIMIT = 1_000

/** `found` is what the database held before: it knows the ids. What is impossible is answered by its code. */
export async function perform(stage: Stage, run: RealRun, found: Found, step: Said, client: number): Promise<Answer> {
  try {
    return await asked(stage, run, found, step, client)
  } catch (error) {
    if (error instanceof PurserError) return { kind: error.code }
    throw error
  }
}

async function asked(stage: Stage, run: RealRun, found: Found, step: Said, client: number): Promise<Answer> {
  const ledger = at(stage.clients, client)
  switch (step.do) {
    case 'reserve': {
      const { account = '', team, feature, model = '' } = step.scope
      const terms = {
        ask: step.ask,
        runId: step.run.id,
        scope: { account, team, feature },
        model,
        requestHash: step.hash,
        amount: nano(step.amount),
      }
      const call = at(at(run.calls, step.call), client)
      const request = call.request({ ...terms, holdMs: step.holdFor, validUntil: new Date(stage.start + step.boundUntil) })
      if (step.token === undefined) return heard(await reserve(ledger, request))
      return heard(
        await reserveDirect(ledger, request, { token: step.token, requestTimeoutMs: REQUEST_TIMEOUT_MS, providerMaxMs: 600_000 }),
      )
    }
    case 'dispatch': {
      const { ask, account, hash: requestHash } = step
      return heard(await at(at(run.calls, step.call), client).dispatch(step.token, { ask, runId: step.run.id, account, requestHash }))
    }
    case 'settle': {
      const sent = { ...idOf(run, found, step), token: step.token, budgetPeriods: found.periodIds(step.on) }
      const over = step.source === 'presumption' ? { source: step.source, cost: unbacked(nano(step.cost)) } : {}
      const answer = await at(at(run.calls, step.call), client).settle(sent, nano(step.cost), over)
      return answer.kind === 'settled' ? { ...heard(answer.answer), kind: 'settled' } : { kind: answer.kind }
    }
    case 'reject': {
      const sent = { ...idOf(run, found, step), token: step.token }
      const answer = await at(at(run.calls, step.call), client).reject(sent, { retryAfterMs: step.retryAfter })
      return answer.kind === 'rejected' ? answer : heard(answer)
    }
    case 'mark in doubt':
      return heard(await at(at(run.calls, step.call), client).inDoubt(idOf(run, found, step).reservationId, step.token))
    case 'close': {
      const { released } = await at(at(run.calls, step.call), client).close(step.run.id)
      return { kind: 'closed', amount: ofMoney(released) }
    }
    case 'sweep': {
      const { more: _, ...did } = await sweep(ledger, SWEEP_LIMIT)
      return { kind: 'swept', ...did }
    }
    case 'adjust': {
      const correction = { ...idOf(run, found, step), total: nano(step.total), source: step.source, sourceId: step.id, why: 'as it was' }
      return adjust(ledger, correction)
    }
    case 'change cap': {
      const of = { id: at(run.budgets, step.budget).id }
      const { changed } = await changeCap(ledger, {
        of,
        change: nano(step.change),
        key: `${run.callIds[0]} ${step.key}`,
        reason: 'asked for',
      })
      return { kind: 'cap', changed }
    }
    case 'stop':
      return { kind: 'stopped', changed: (await stopScope(ledger, step.scope, 'to see')).stopped }
    case 'resume':
      await resumeScope(ledger, step.scope, 'seen')
      return { kind: 'resumed' }
  }
}

const idOf = (
  run: RealRun,
  found: Found,
  { call, attempt }: { readonly call: number; readonly attempt: number },
): { readonly reservationId: string } => ({
  reservationId: attempt === UNKNOWN ? `${at(run.callIds, call).slice(0, 28)}00000000` : found.reservationId(call, attempt),
})

type Heard = Awaited<ReturnType<typeof reserve>> | { readonly kind: 'go'; readonly amount: bigint } | { readonly kind: 'too_late' }

/** The figures of an answer that its caller goes by. */
function heard(answer: Heard): Answer {
  if (answer.kind === 'reserved') return { kind: answer.kind, amount: ofMoney(answer.amount) }
  if (answer.kind === 'go') return { kind: answer.kind, amount: answer.amount }
  if (answer.kind === 'answered') return { kind: answer.kind, amount: ofMoney(answer.reserved), cost: ofMoney(answer.cost) }
  return answer.kind === 'in_doubt' ? { kind: answer.kind, amount: ofMoney(answer.held) } : { kind: answer.kind }
}

import { createHash } from 'node:crypto'
import { PurserError } from '../domain/errors.ts'
import type { Nano } from '../domain/money.ts'
import { nano } from '../domain/money.ts'
import type { CallKey } from '../domain/call.ts'
import {
  AUTO,
  countsOf,
  cutsOfMessages,
  requestWithoutCuts,
  type AskedRequest,
  type Preparation,
  type PreparedRequest,
} from '../domain/prepared-call.ts'
import { messagesOf, type Words } from '../domain/model-request.ts'
import { compressPrompt, type PromptRules } from '../domain/prompt-rules.ts'
import type { RoutePolicy } from '../domain/route-policy.ts'
import { chooseModel, type RouteQuestion } from '../domain/route.ts'
import { switchesFor, type FeatureCache, type Switches } from '../domain/saving-switch.ts'
import { callIdOf } from '../ledger/call-id.ts'
import { estimate } from '../ledger/estimate.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { findPrepared, putPrepared, type NewPreparation } from '../ledger/prepared.ts'
import { termsOf } from '../ledger/scope.ts'
import { candidatesFor, type CandidateBook } from '../prices/candidates.ts'

export interface Preparing {
  readonly ledger: Ledger
  /** What is said of a feature, perhaps some seconds old. */
  readonly switchesOf: (feature: string | undefined) => Promise<{ readonly all: Switches; readonly own: Switches }>
  /** The models that this process can ask. */
  readonly candidatesOf: (tier: string) => Promise<CandidateBook>
}

/** A request as it is sent, and what the cache's switch of its feature said. */
export interface PreparedCall extends PreparedRequest {
  readonly cache?: FeatureCache
}

/**
 * What a call sends: by the switches of its feature a model and a shorter prompt. Decided once per call and stored: whoever asks again under the same name hears the same.
 * Throws PurserError `conflict` (another request under this name), `bad_input` (no model is able), `too_old`, `unknown_account`.
 */
export async function prepare(deps: Preparing, key: CallKey, asked: AskedRequest): Promise<PreparedCall> {
  const call = callIdOf(key)
  const askedHash = hashOf(asked)
  const { all, own } = await deps.switchesOf(asked.scope.feature)
  const on = switchesFor(all, own)
  const prepared =
    (await findPrepared(deps.ledger, call, askedHash)) ?? (await putPrepared(deps.ledger, call, askedHash, await decided(deps, asked, on)))
  const cache = prepared.cache === null ? on.cache : prepared.cache
  return { ...asPrepared(asked, prepared), ...(cache === undefined || cache === false ? {} : { cache }) }
}

/** Of what was asked for, not of what is switched on. */
const hashOf = ({ request, complexity, needs }: AskedRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([request, complexity, needs]))
    .digest('hex')

const asPrepared = ({ request }: AskedRequest, { provider, model, code, reason, cuts, removed }: Preparation): PreparedRequest => ({
  request: { ...requestWithoutCuts(request, cuts), provider, model },
  model,
  reason: { code, text: reason },
  compressed: countsOf(removed),
})

async function decided(deps: Preparing, asked: AskedRequest, on: ReturnType<typeof switchesFor>): Promise<NewPreparation> {
  const shorter = shortened(asked.request, on.compress)
  const request = requestWithoutCuts(asked.request, shorter.cuts)
  const route = await routed(deps, { ...asked, request }, on.route)
  const saw = (['route', 'compress', 'cache'] as const).filter((strategy) => on[strategy] !== undefined)
  const terms = termsOf(asked.scope, { ...request, provider: route.provider, model: route.model })
  return { askedModel: request.model, ...route, ...shorter, cache: on.cache ?? false, saw, terms }
}

function shortened(words: Words, rules: PromptRules | undefined): Pick<Preparation, 'cuts' | 'removed' | 'tokens'> {
  const whole = { cuts: [], removed: [], tokens: 0 }
  if (rules === undefined) return whole
  const messages = messagesOf(words)
  const { removed, tokensBefore, tokensAfter, ...rest } = compressPrompt(messages, rules)
  const cuts = removed.length === 0 ? undefined : cutsOfMessages(messages, rest)
  return cuts === undefined ? whole : { cuts, removed, tokens: Math.max(0, tokensBefore - tokensAfter) }
}

type Routed = Pick<Preparation, 'provider' | 'model' | 'usualProvider' | 'usualModel' | 'code' | 'reason' | 'complexity'>

async function routed(deps: Preparing, asked: AskedRequest, policy: RoutePolicy | undefined): Promise<Routed> {
  const { request } = asked
  const named = { usualProvider: request.provider, usualModel: request.model }
  const asAsked = { provider: request.provider, model: request.model, ...named, complexity: null }
  const isAuto = request.model === AUTO
  if (policy === undefined && !isAuto)
    return { ...asAsked, code: 'as_asked', reason: 'routing is off for this feature: the model that was asked for' }
  const candidates = candidatesFor(await candidateBookFor(deps, asked), request)
  const question = questionOf(asked)
  // What a call that names no model is without a route: the one for a standard task, whatever is left.
  const standard = isAuto ? chooseModel({ ...question, complexity: 'standard' }, candidates, policy) : undefined
  if (standard?.kind === 'no_model') throw new PurserError('bad_input', `the call names no model, and ${standard.reason.text}`)
  const usual = standard === undefined ? named : { usualProvider: standard.provider, usualModel: standard.model }
  if (policy === undefined && standard !== undefined)
    return {
      provider: standard.provider,
      model: standard.model,
      ...usual,
      code: 'standard',
      reason: 'routing is off for this feature: the model for a standard task',
      complexity: null,
    }
  const remaining = await tightest(deps.ledger, asked, { provider: usual.usualProvider, model: usual.usualModel })
  const route = chooseModel({ ...question, remaining }, candidates, policy)
  const { complexity, reason } = route
  const { code, text } = reason
  if (route.kind === 'chosen') return { provider: route.provider, model: route.model, ...usual, code, reason: text, complexity }
  if (isAuto) throw new PurserError('bad_input', `the call names no model, and ${text}`)
  return { ...asAsked, code, reason: `${text}: the model that was asked for`, complexity }
}

async function candidateBookFor({ candidatesOf }: Preparing, { request, forBatch }: AskedRequest): Promise<CandidateBook> {
  const book = await candidatesOf(request.tier)
  if (forBatch !== true) return book
  const inBatches = new Set((await candidatesOf('batch')).models.map(nameOf))
  return { ...book, models: book.models.filter((model) => inBatches.has(nameOf(model))) }
}

const nameOf = ({ provider, model }: CandidateBook['models'][number]): string => JSON.stringify([provider, model])

/** What a model is chosen by, as far as the call itself says it. */
export const questionOf = ({ request, complexity, needs = [] }: Omit<AskedRequest, 'scope'>): RouteQuestion => ({
  provider: request.provider,
  messages: messagesOf(request),
  maxOutputTokens: request.maxOutputTokens,
  needs: request.output.kind === 'image' ? [...needs, 'image'] : needs,
  complexity,
  remaining: undefined,
})

/** What the tightest hard budget has left that covers the call as it would usually be; undefined: none does. */
async function tightest(
  ledger: Ledger,
  { scope, request }: AskedRequest,
  usual: { readonly provider: string; readonly model: string },
): Promise<Nano | undefined> {
  const told = await estimate(ledger, scope, { ...usual, endpoint: request.endpoint }, nano(0n)).catch((error: unknown) => {
    // A budget may cover only another model: then nothing is known. What covers none at all is refused when money is asked for.
    if (error instanceof PurserError && error.code === 'no_budget') return undefined
    throw error
  })
  const left = (told?.budgets ?? []).flatMap(({ isHard, remaining }) => (isHard ? [remaining] : []))
  return left.toSorted((a, b) => (a < b ? -1 : 1))[0]
}

import type { Ability } from './ability.ts'
import { isNamed, type Candidate, type Sized } from './candidate.ts'
import { judgeComplexity, type Complexity, type Judgement, type Task } from './complexity.ts'
import { assert } from './errors.ts'
import { eur, money, nano, shortEur, type Money, type Nano } from './money.ts'
import type { RoutePolicy, Size } from './route-policy.ts'
import { cheapestFirst, preferred, SIZE_OF, sized } from './route-order.ts'
import { estimateTokens } from './token-estimate.ts'

export interface RouteQuestion extends Task {
  /** Whose models are meant; absent: anybody's. */
  readonly provider?: string | undefined
  /** Given, it is not judged. */
  readonly complexity?: Complexity | undefined
  /** What the tightest hard budget of the call has left; undefined: none covers it. */
  readonly remaining: Nano | undefined
}

/** Why a candidate was not chosen. */
export type PassedOver =
  | 'forbidden'
  | 'not_allowed'
  | 'other_provider'
  | 'unable'
  | 'other_purpose'
  | 'input_too_long'
  | 'output_too_long'
  | 'unpriced'
  | 'over_budget'
  | 'less_suitable'

export type RouteReason = 'emergency' | 'listed' | 'size' | 'other_size' | 'within_budget' | 'over_budget' | 'no_able_model'

/** A code for programs, one sentence for people. */
export interface Said<Code extends string> {
  readonly code: Code
  readonly text: string
}

export interface Considered {
  readonly provider: string
  readonly model: string
  /** Of those that could be chosen. */
  readonly size: Size | undefined
  readonly worstCost: Money | undefined
  readonly verdict: Said<PassedOver | 'chosen'>
}

interface Reasoned {
  readonly complexity: Complexity
  /** Undefined where the complexity was given. */
  readonly judgement: Judgement | undefined
  readonly reason: Said<RouteReason>
  /** All candidates, the cheapest first. */
  readonly considered: readonly Considered[]
}

export interface Chosen extends Reasoned {
  readonly kind: 'chosen'
  readonly provider: string
  readonly model: string
  readonly size: Size
  readonly worstCost: Money
}

export interface NoModel extends Reasoned {
  readonly kind: 'no_model'
  /** Abilities that the nearest of the permitted models lacks; empty where it is not that. */
  readonly missing: readonly Ability[]
}

export type Route = Chosen | NoModel

const DEFAULT_FLOOR_EUR = '0.01'

/**
 * Which model answers a request: of the able ones the one that its complexity calls for, the cheapest when what is left is under the floor, and never one that
 * what is left cannot pay for while it pays for another able one. When it pays for none, the cheapest is named: to refuse is the ledger's part.
 */
export function chooseModel(question: RouteQuestion, candidates: readonly Candidate[], policy: RoutePolicy = {}): Route {
  const given = question.complexity ?? policy.complexity
  const judgement = given === undefined ? judgeComplexity({ ...question, needs: needsOf(question, policy) }) : undefined
  const complexity = given ?? judgement?.complexity ?? 'standard'
  const inputTokens = question.messages.reduce((sum, { text }) => sum + estimateTokens(text), 0)
  const looked = candidates
    .toSorted(cheapestFirst)
    .map((candidate) => ({ candidate, unfit: unfitness(candidate, inputTokens, question, policy) }))
  const fit = sized(
    looked.flatMap(({ candidate, unfit }) =>
      unfit !== undefined || candidate.cost === undefined ? [] : [{ ...candidate, cost: candidate.cost }],
    ),
    policy,
  )
  const chosen = choice(fit, complexity, question.remaining, policy)
  const unfit = looked.flatMap((one) => (one.unfit === undefined ? [] : [{ ...one.candidate, verdict: one.unfit }]))
  const considered = [...unfit, ...fit.map((one) => ({ ...one, verdict: verdictOf(one, chosen, question.remaining) }))]
    .toSorted(cheapestFirst)
    .map(consideredAs)
  if (chosen === undefined) {
    const { missing, text } = whatIsMissing(looked, question, policy)
    return { kind: 'no_model', complexity, judgement, missing, reason: { code: 'no_able_model', text }, considered }
  }
  const { model, reason } = chosen
  const { provider, size } = model
  return { kind: 'chosen', provider, model: model.model, size, worstCost: money(model.cost), complexity, judgement, reason, considered }
}

function consideredAs(one: Candidate & Pick<Considered, 'verdict'> & { readonly size?: Size }): Considered {
  const { provider, model, size, cost, verdict } = one
  return { provider, model, size, worstCost: cost === undefined ? undefined : money(cost), verdict }
}

/** What a model must be able to do: what is said, and what follows from it. */
function needsOf({ needs = [], images = 0 }: RouteQuestion, policy: RoutePolicy): Ability[] {
  const said = new Set<Ability>([...needs, ...(policy.needs ?? [])])
  if (!said.has('image') && !said.has('audio')) said.add('text')
  if (images > 0) said.add('image_input')
  return [...said]
}

function listedFor(candidate: Candidate, lists: Readonly<Record<string, readonly Ability[]>> = {}): Ability[] {
  return Object.entries(lists).flatMap(([name, abilities]) => (isNamed(candidate, [name]) ? abilities : []))
}

function lackedBy(candidate: Candidate, question: RouteQuestion, { can, cannot, ...policy }: RoutePolicy): Ability[] {
  const not = listedFor(candidate, cannot)
  const able = new Set([...candidate.abilities, ...listedFor(candidate, can)])
  return needsOf(question, policy).filter((ability) => !able.has(ability) || not.includes(ability))
}

const said = <Code extends string>(code: Code, text: string): Said<Code> => ({ code, text })

/** Why a policy keeps a model out. */
function keptOut(candidate: Candidate, question: RouteQuestion, policy: RoutePolicy): Said<PassedOver> | undefined {
  if (isNamed(candidate, policy.forbid ?? [])) return said('forbidden', 'the policy forbids it')
  if (policy.allow !== undefined && !isNamed(candidate, policy.allow)) return said('not_allowed', 'the policy allows others only')
  const { provider } = question
  if (provider !== undefined && candidate.provider !== provider && !(policy.providers ?? []).includes(candidate.provider))
    return said('other_provider', `the call is for ${provider}, and the policy does not name ${candidate.provider}`)
  return undefined
}

/** Why a model cannot be asked at all, whatever is left. */
function unfitness(candidate: Candidate, inputTokens: number, question: RouteQuestion, policy: RoutePolicy): Said<PassedOver> | undefined {
  const out = keptOut(candidate, question, policy)
  if (out !== undefined) return out
  const lacked = lackedBy(candidate, question, policy)
  if (lacked.length > 0) return said('unable', `it cannot do what is needed: ${lacked.join(', ')}`)
  const other = (['image', 'audio'] as const).find(
    (made) => candidate.abilities.includes(made) && !needsOf(question, policy).includes(made),
  )
  if (other !== undefined && !isNamed(candidate, namedIn(policy)))
    return said('other_purpose', `it is made for ${other}, which is not needed`)
  if (candidate.inputTokensMax !== undefined && inputTokens > candidate.inputTokensMax)
    return said('input_too_long', `it takes ${candidate.inputTokensMax} tokens, the input has about ${inputTokens}`)
  if (candidate.outputTokensMax !== undefined && question.maxOutputTokens > candidate.outputTokensMax)
    return said('output_too_long', `it answers in ${candidate.outputTokensMax} tokens at most, ${question.maxOutputTokens} are asked for`)
  if (candidate.cost === undefined) return said('unpriced', 'a part of the request has no price on it')
  return undefined
}

const namedIn = ({ models = {}, sizes = {}, allow = [] }: RoutePolicy): string[] => [
  ...Object.values(models).flat(),
  ...Object.keys(sizes),
  ...allow,
]

interface Choice {
  readonly model: Sized
  readonly reason: Said<RouteReason>
}

function choice(fit: readonly Sized[], complexity: Complexity, remaining: Nano | undefined, policy: RoutePolicy): Choice | undefined {
  const [cheapest] = fit
  if (cheapest === undefined) return undefined
  if (remaining !== undefined && cheapest.cost > remaining) {
    const text = `${left(remaining)}, which pays for no able model: the cheapest, which may cost ${shortEur(cheapest.cost)} EUR`
    return { model: cheapest, reason: said('over_budget', text) }
  }
  const floor = eur(policy.floorEur ?? DEFAULT_FLOOR_EUR)
  if (remaining !== undefined && remaining < floor) {
    const text = `${left(remaining)}, under the floor of ${shortEur(floor)} EUR: the cheapest able model`
    return { model: cheapest, reason: said('emergency', text) }
  }
  const order = preferred(fit, complexity, policy)
  const [first] = order
  const model = order.find(({ cost }) => remaining === undefined || cost <= remaining)
  if (first === undefined || model === undefined) return undefined
  return { model, reason: reasonFor(model, first, complexity, remaining, policy) }
}

const left = (remaining: Nano): string => `${shortEur(remaining)} EUR left`

function reasonFor(
  model: Sized,
  first: Sized,
  complexity: Complexity,
  remaining: Nano | undefined,
  policy: RoutePolicy,
): Said<RouteReason> {
  if (model !== first) {
    const text = `${complexity} task: ${first.model} may cost ${shortEur(first.cost)} EUR with ${left(remaining ?? nano(0n))}, so the next that this pays for`
    return said('within_budget', text)
  }
  if (isNamed(model, policy.models?.[complexity] ?? []))
    return said('listed', `${complexity} task: the first able model that the policy names for it`)
  if (model.size !== SIZE_OF[complexity])
    return said('other_size', `${complexity} task: no able ${SIZE_OF[complexity]} model, so a ${model.size} one`)
  if (complexity === 'simple') return said('size', 'simple task: the smallest able model')
  return said('size', `${complexity} task: the cheapest able ${model.size} model`)
}

/** Of an able model. */
function verdictOf(own: Sized, chosen: Choice | undefined, remaining: Nano | undefined): Said<PassedOver | 'chosen'> {
  assert(chosen !== undefined, 'able models, and none was chosen')
  if (own === chosen.model) return said('chosen', chosen.reason.text)
  if (remaining !== undefined && own.cost > remaining)
    return said('over_budget', `it may cost ${shortEur(own.cost)} EUR, with ${left(remaining)}`)
  if (chosen.reason.code === 'emergency') return said('less_suitable', 'little is left, and it is not the cheapest')
  if (own.size === chosen.model.size && own.cost > chosen.model.cost)
    return said('less_suitable', `${own.size}, and dearer than ${chosen.model.model}`)
  return said('less_suitable', `${own.size}; the task takes ${chosen.model.model} before it`)
}

interface Looked {
  readonly candidate: Candidate
  readonly unfit: Said<PassedOver> | undefined
}

function whatIsMissing(looked: readonly Looked[], question: RouteQuestion, policy: RoutePolicy) {
  if (looked.length === 0) return { missing: [], text: 'no model has a price: import a price list' }
  const permitted = looked.filter(({ candidate }) => keptOut(candidate, question, policy) === undefined)
  if (permitted.length === 0)
    return { missing: [], text: `none of ${looked.length} models may be used: see allow, forbid and providers of the policy` }
  const lacks = permitted.map(({ candidate }) => lackedBy(candidate, question, policy)).toSorted((a, b) => a.length - b.length)
  const [missing = []] = lacks
  if (missing.length > 0) return { missing, text: `no able model: the nearest lacks ${missing.join(', ')}` }
  const reasons = [...new Set(permitted.flatMap(({ unfit }) => (unfit === undefined || unfit.code === 'unable' ? [] : [unfit.text])))]
  return { missing, text: `no able model: ${reasons.slice(0, 3).join('; ')}` }
}

import type { Ability } from './ability.ts'
import type { CallScope } from './call.ts'
import type { Complexity } from './complexity.ts'
import type { Message } from './message.ts'
import type { ModelRequest } from './model-request.ts'
import type { Compressed, PromptRule, Removed } from './prompt-rules.ts'
import type { RouteReason, Said } from './route.ts'
import type { FeatureCache } from './saving-switch.ts'

/** A call that names no model: its feature's policy chooses one. */
export const AUTO = 'auto'

/** What a caller asks for, before anything is saved. */
export interface AskedRequest {
  readonly scope: CallScope
  /** Its model may be `auto`. */
  readonly request: ModelRequest
  /** How hard the task is, where the caller knows. */
  readonly complexity?: Complexity | undefined
  /** What the model must be able to do, besides what the output says. */
  readonly needs?: readonly Ability[] | undefined
  /** Its model must have a price in batches, too. */
  readonly forBatch?: boolean | undefined
}

/** Why this model: as a route says, or without one: `as_asked`, or the policy's standard model for `auto`. */
export type ModelReason = RouteReason | 'as_asked' | 'standard'

/** What was decided for a call, once. It is found again by the call's name, whatever is switched later. */
export interface Preparation {
  readonly askedModel: string
  readonly provider: string
  readonly model: string
  /** What would have been asked without a route. */
  readonly usualProvider: string
  readonly usualModel: string
  readonly code: ModelReason
  readonly reason: string
  /** Null: nothing was routed. */
  readonly complexity: Complexity | null
  /** Pairs of places in the words of all messages, one after the other, from and not with: what is between them is not sent. */
  readonly cuts: readonly number[]
  readonly removed: readonly Removed[]
  /** Input tokens that are not sent, estimated. */
  readonly tokens: number
  /** What the cache's switch said; false: it was off. Null: it was prepared before this was kept. */
  readonly cache: FeatureCache | false | null
}

/** By rule, how much is not sent. */
export interface RemovedCount {
  readonly rule: PromptRule
  readonly characters: number
  /** Estimated. */
  readonly tokens: number
}

/** What an app's workflow hears of it. */
export interface Savings {
  readonly model: string
  readonly reason: Said<ModelReason>
  /** Empty: all is sent as it was written. */
  readonly compressed: readonly RemovedCount[]
}

/** The request that is sent, and why. */
export interface PreparedRequest extends Savings {
  readonly request: ModelRequest
}

export function countsOf(removed: readonly Removed[]): RemovedCount[] {
  return [...Map.groupBy(removed, ({ rule }) => rule)].map(([rule, some]) => ({
    rule,
    characters: some.reduce((sum, { characters }) => sum + characters, 0),
    tokens: some.reduce((sum, { tokens }) => sum + tokens, 0),
  }))
}

/** `whitespace 12, filler 40`: estimated tokens that are not sent. */
export const removedText = (removed: readonly RemovedCount[]): string => removed.map(({ rule, tokens }) => `${rule} ${tokens}`).join(', ')

/**
 * Where a text was cut to become another that only lacks something: the first fitting places, as pairs. The other is made of it again by `withoutCuts`, also by
 * a program that would cut otherwise. Undefined: the other is not made by cutting.
 */
export function cutsOf(text: string, rest: string): number[] | undefined {
  const cuts: number[] = []
  let at = 0
  for (let kept = 0; kept < rest.length; kept += 1, at += 1) {
    if (text[at] === rest[kept]) continue
    const next = text.indexOf(rest.charAt(kept), at)
    if (next < 0) return undefined
    cuts.push(at, next)
    at = next
  }
  return at === text.length ? cuts : [...cuts, at, text.length]
}

/** The same of messages: of a message that is not kept, all. */
export function cutsOfMessages(
  messages: readonly Message[],
  { messages: rest, kept }: Pick<Compressed, 'messages' | 'kept'>,
): number[] | undefined {
  const texts = new Map(kept.map((index, n) => [index, rest[n]?.text ?? '']))
  const all: number[] = []
  let start = 0
  for (const [index, { text }] of messages.entries()) {
    const shorter = texts.get(index)
    const cuts = shorter === undefined ? [0, text.length] : cutsOf(text, shorter)
    if (cuts === undefined) return undefined
    for (const at of cuts) all.push(start + at)
    start += text.length
  }
  return all
}

/** A request that says what is left. A message of which nothing is left goes. */
export function requestWithoutCuts(request: ModelRequest, cuts: readonly number[]): ModelRequest {
  if (request.prompt !== undefined) return { ...request, prompt: withoutCuts(request.prompt, cuts) }
  let [start, next] = [0, 0]
  const messages = request.messages.map((message) => {
    const end = start + message.text.length
    const own: number[] = []
    for (; (cuts[next] ?? end) < end; next += 2) own.push((cuts[next] ?? 0) - start, (cuts[next + 1] ?? end) - start)
    start = end
    return { ...message, text: withoutCuts(message.text, own) }
  })
  return { ...request, messages: messages.filter(({ text }) => text !== '') }
}

export function withoutCuts(text: string, cuts: readonly number[]): string {
  let [kept, at] = ['', 0]
  for (let n = 0; n < cuts.length; n += 2) {
    kept += text.slice(at, cuts[n])
    at = cuts[n + 1] ?? text.length
  }
  return kept + text.slice(at)
}

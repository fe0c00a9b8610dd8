import type { Message } from './message.ts'
import { fillerIn, WORKS_ON_MESSAGES } from './prompt-filler.ts'
import { windowed } from './prompt-history.ts'
import { isSurelyEnglish } from './prompt-language.ts'
import { untouchable, type Mask } from './prompt-parts.ts'
import { asksToCompare, paragraphsOf, repeatsIn } from './prompt-repeats.ts'
import { without, type Span } from './prompt-span.ts'
import { whitespaceIn, WORKS_ON_SPACE } from './prompt-whitespace.ts'
import { estimateTokens } from './token-estimate.ts'

/** What may be taken out of a feature's prompts; JSON as it stands. What is absent is off. */
export interface PromptRules {
  /** White space that says nothing, in every language. */
  readonly whitespace?: boolean | undefined
  /** English phrases that carry no meaning: "could you please". */
  readonly filler?: boolean | undefined
  /** Paragraphs that stand word for word in an earlier message: English ones (true), or those of every language. */
  readonly repeats?: boolean | 'every_language' | undefined
  /** About so many tokens of conversation, system and last message always among them; the oldest turns go. */
  readonly historyTokensMax?: number | undefined
}

export type PromptRule = 'whitespace' | 'filler' | 'repeats' | 'history'

/** What a rule took out of a message. */
export interface Removed {
  readonly rule: PromptRule
  /** Which message of the request, from 0. */
  readonly message: number
  /** What was taken, in its order, each at most 200 characters long, twenty at most; of white space nothing. */
  readonly texts: readonly string[]
  readonly characters: number
  /** Estimated. */
  readonly tokens: number
}

export interface Compressed {
  readonly messages: readonly Message[]
  /** Which of the request's messages they are, from 0. */
  readonly kept: readonly number[]
  readonly removed: readonly Removed[]
  /** Estimated: the difference is the sum of what was removed. */
  readonly tokensBefore: number
  readonly tokensAfter: number
}

/** A longer message is left as it is: nobody waits for it to be read. */
const MESSAGE_CHARS_MAX = 400_000
const END_CHARS = 10_000
const TEXTS_MAX = 20
const TEXT_CHARS_MAX = 200

/**
 * A request's messages without what says nothing. It only takes away: what stays stands as it was written, in its order. Code, quotes, JSON, tables and addresses are
 * left as they are, and so is what is not English, but for white space, whole turns where a history is windowed, and repeats where every language is named. A second time
 * changes nothing.
 */
export function compressPrompt(messages: readonly Message[], rules: PromptRules): Compressed {
  let now: readonly Kept[] = messages.map((message, index) => ({ ...message, index }))
  const removed: Removed[] = []
  // One removal may uncover another. Each round shortens, so there is a last one.
  for (let before: readonly Kept[] = []; before !== now;) {
    before = now
    now = round(before, rules, removed)
  }
  return {
    messages: now.map(({ role, text }) => ({ role, text })),
    kept: now.map(({ index }) => index),
    removed: merged(removed),
    tokensBefore: tokensOf(messages),
    tokensAfter: tokensOf(now),
  }
}

interface Kept extends Message {
  readonly index: number
}

const tokensOf = (messages: readonly Message[]): number => messages.reduce((sum, { text }) => sum + estimateTokens(text), 0)

/** The same array when nothing was removed. */
function round(messages: readonly Kept[], rules: PromptRules, removed: Removed[]): readonly Kept[] {
  const kept = withinWindow(messages, rules.historyTokensMax, removed)
  const careful = careOf(kept)
  let isChanged = kept.length < messages.length
  const earlier = new Set<string>()
  const now = kept.map((message) => {
    if (message.text.length > MESSAGE_CHARS_MAX) return message
    const shorter = message.role === 'tool' ? message : shortened(message, careful(message), earlier, rules, removed)
    if (shorter !== message) isChanged = true
    for (const paragraph of paragraphsOf(shorter.text)) earlier.add(paragraph)
    return shorter
  })
  return isChanged ? now : messages
}

/** What must be left alone in a message, because somebody in the conversation speaks of just that. */
interface Care {
  readonly space: boolean
  readonly repeats: boolean
  readonly politeness: boolean
}

function careOf(messages: readonly Kept[]): (message: Kept) => Care {
  const said = messages.filter(({ role }) => role === 'system' || role === 'user').map((message) => ({ message, text: ends(message.text) }))
  const space = said.some(({ text }) => WORKS_ON_SPACE.test(text))
  const repeats = asksToCompare(said.map(({ text }) => text))
  const onMessages = said.filter(({ text }) => WORKS_ON_MESSAGES.test(text)).map(({ message }) => message)
  return (message) => ({
    space,
    repeats,
    politeness: message.role !== 'system' && onMessages.some((other) => other !== message),
  })
}

/** Instructions stand at the ends of a long text. */
const ends = (text: string): string => (text.length <= 2 * END_CHARS ? text : `${text.slice(0, END_CHARS)}\n${text.slice(-END_CHARS)}`)

function withinWindow(messages: readonly Kept[], tokensMax: number | undefined, removed: Removed[]): readonly Kept[] {
  if (tokensMax === undefined) return messages
  const kept = new Set(windowed(messages, tokensMax))
  for (const [at, { index, text }] of messages.entries()) {
    if (!kept.has(at))
      removed.push({ rule: 'history', message: index, texts: [cut(text)], characters: text.length, tokens: estimateTokens(text) })
  }
  return messages.filter((_, at) => kept.has(at))
}

function shortened(message: Kept, care: Care, earlier: ReadonlySet<string>, rules: PromptRules, removed: Removed[]): Kept {
  let now = message
  const apply = (rule: PromptRule, may: boolean, find: (text: string, mask: Mask) => Span[]): void => {
    if (may) now = applied(now, rule, find, removed)
  }
  apply('whitespace', rules.whitespace === true && !care.space, whitespaceIn)
  const which = rules.repeats === 'every_language' ? rules.repeats : 'english'
  apply('repeats', rules.repeats !== undefined && rules.repeats !== false && !care.repeats && message.role === 'user', (text, mask) =>
    repeatsIn(text, mask, earlier, which),
  )
  apply('filler', rules.filler === true && !care.politeness && message.role !== 'assistant', (text, mask) =>
    isSurelyEnglish(unmasked(text, mask)) ? fillerIn(text, mask) : [],
  )
  return now
}

/** What of a text may be touched. */
const unmasked = (text: string, mask: Mask): string => text.replace(/\S+/g, (word, at: number) => (mask[at] === 1 ? ' ' : word))

const cut = (text: string): string => text.slice(0, TEXT_CHARS_MAX).toWellFormed()

/** Nothing is taken when no word would be left, or when the rest would have more tokens. */
function applied(message: Kept, rule: PromptRule, find: (text: string, mask: Mask) => Span[], removed: Removed[]): Kept {
  const { text, index } = message
  const spans = find(text, untouchable(text))
  if (spans.length === 0) return message
  const rest = without(text, spans)
  const tokens = estimateTokens(text) - estimateTokens(rest)
  if (tokens < 0 || !/[\p{L}\p{N}]/u.test(rest)) return message
  const texts = rule === 'whitespace' ? [] : spans.map(({ from, to }) => cut(text.slice(from, to).trim()))
  removed.push({ rule, message: index, texts, characters: text.length - rest.length, tokens })
  return { ...message, text: rest }
}

/** One line per message and rule. */
function merged(removed: readonly Removed[]): Removed[] {
  const lines = new Map<string, Removed>()
  for (const one of removed) {
    const key = `${one.message} ${one.rule}`
    const line = lines.get(key) ?? { ...one, texts: [], characters: 0, tokens: 0 }
    const texts = [...line.texts, ...one.texts].slice(0, TEXTS_MAX)
    lines.set(key, { ...line, texts, characters: line.characters + one.characters, tokens: line.tokens + one.tokens })
  }
  return [...lines.values()].toSorted((a, b) => a.message - b.message)
}

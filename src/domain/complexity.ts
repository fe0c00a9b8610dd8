import type { Ability } from './ability.ts'
import { BEGINS_LIST, CODE, CONSTRAINTS, LIST_ITEM, QUESTION, REASONING, SHORT_WORK, WRITING } from './complexity-words.ts'
import type { Message } from './message.ts'
import { estimateTokens } from './token-estimate.ts'

export const COMPLEXITIES = ['simple', 'standard', 'hard'] as const
export type Complexity = (typeof COMPLEXITIES)[number]

/** What a task is judged by. */
export interface Task {
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  /** What the model must be able to do, besides writing. */
  readonly needs?: readonly Ability[] | undefined
  readonly images?: number | undefined
}

/** A rule that fired: what it found, and the points that it gives or takes. */
export interface Fired {
  readonly rule: string
  readonly points: number
  readonly found: string
}

export interface Judgement {
  readonly complexity: Complexity
  readonly score: number
  readonly fired: readonly Fired[]
}

/** From so many points on a task is no longer simple, or hard. */
const STANDARD_FROM = 2
const HARD_FROM = 6
/** Words are looked for in so much of a text: instructions stand at its ends. Its length counts whole. */
const READ_CHARS_MAX = 20_000

/**
 * How hard a task looks, by rules on its words: the same input, the same answer. It knows nothing of the subject: a short question may be hard. Whoever
 * knows better says so. Instructions are the system's words and the last of the user's; what stands in code fences or quotes is not read for words.
 */
export function judgeComplexity(task: Task): Judgement {
  const words = instructionsOf(task.messages)
  const fired = RULES.flatMap(({ rule, judge }) => {
    const found = judge(task, words)
    return found === undefined || found[0] === 0 ? [] : [{ rule, points: found[0], found: found[1] }]
  })
  const score = fired.reduce((sum, { points }) => sum + points, 0)
  return { complexity: score >= HARD_FROM ? 'hard' : score >= STANDARD_FROM ? 'standard' : 'simple', score, fired }
}

interface Instructions {
  /** All that was said by the system, and of the user's last message what is instruction; without code, quotes and data in fences. */
  readonly all: string
  /** The user's last message as it is. */
  readonly last: string
  /** The paragraph of it that asks. */
  readonly asked: string
}

/** A paragraph with fewer tokens is a heading: "Context:". */
const HEADING_TOKENS = 5

/** What is asked stands first or last, and conditions in lists; the paragraphs between are mostly what it is about. */
function instructionsOf(messages: readonly Message[]): Instructions {
  const last = ends(messages.findLast(({ role }) => role === 'user')?.text ?? '')
  const system = messages.flatMap(({ role, text }) => (role === 'system' ? [ends(text)] : []))
  const paragraphs = last.trim().split(/\n\s*\n/)
  const [first = '', end = ''] = [paragraphs[0], paragraphs.at(-1)]
  const instructions = paragraphs.filter((one, at) => at === 0 || at === paragraphs.length - 1 || BEGINS_LIST.test(one))
  const asksLast = /[?？؟]/u.test(end) || estimateTokens(first) < HEADING_TOKENS
  return { all: [...system, ...instructions].map(withoutQuoted).join('\n'), last, asked: asksLast ? end : first }
}

const ends = (text: string): string =>
  text.length <= READ_CHARS_MAX ? text : `${text.slice(0, READ_CHARS_MAX / 2)}\n${text.slice(-READ_CHARS_MAX / 2)}`

const withoutQuoted = (text: string): string =>
  text.replace(/```[\s\S]*?(?:```|$)/g, ' ').replace(/"[^"\n]{0,2000}"|“[^”]{0,2000}”|«[^»]{0,2000}»|「[^」]{0,2000}」/g, ' ')

type Found = readonly [points: number, found: string] | undefined

interface Rule {
  readonly rule: string
  readonly judge: (task: Task, words: Instructions) => Found
}

/** The points of the highest step that a count has reached. */
function stepped(count: number, steps: readonly (readonly [from: number, points: number])[]): number {
  return steps.findLast(([from]) => count >= from)?.[1] ?? 0
}

/** Each word once, in small letters. */
function wordsFound(text: string, words: RegExp): string[] {
  return [...new Set([...text.matchAll(words)].map(([word]) => word.toLowerCase().replace(/\s+/g, ' ')))]
}

const listed = (words: readonly string[]): string => words.slice(0, 6).join(', ') + (words.length > 6 ? ', …' : '')

const RULES: readonly Rule[] = [
  {
    rule: 'length',
    judge: ({ messages }) => {
      const tokens = messages.reduce((sum, { text }) => sum + estimateTokens(text), 0)
      const points = stepped(tokens, [
        [250, 1],
        [2_000, 2],
        [10_000, 3],
      ])
      return [points, `about ${tokens} tokens of input`]
    },
  },
  {
    rule: 'reasoning',
    judge: (_, { all }) => {
      const words = wordsFound(all, REASONING)
      const points = stepped(words.length, [
        [1, 2],
        [2, 3],
        [3, 4],
        [5, 5],
      ])
      return [points, listed(words)]
    },
  },
  {
    rule: 'what is asked',
    judge: (_, { all, asked }) => {
      const tokens = estimateTokens(asked)
      const points = stepped(tokens, [
        [0, wordsFound(all, REASONING).length === 0 ? -1 : 0],
        [13, 0],
        [30, 1],
        [80, 2],
      ])
      return [points, `asked in about ${tokens} tokens`]
    },
  },
  {
    rule: 'writing',
    judge: (_, { all }) => {
      const words = wordsFound(all, WRITING)
      return [words.length > 0 ? 1 : 0, listed(words)]
    },
  },
  {
    rule: 'constraints',
    judge: (_, { all }) => {
      const count = (all.match(CONSTRAINTS) ?? []).length + (all.match(LIST_ITEM) ?? []).length
      const points = stepped(count, [
        [3, 1],
        [6, 2],
        [10, 3],
      ])
      return [points, `${count} conditions and points of a list`]
    },
  },
  {
    rule: 'code',
    judge: (_, { last }) => (CODE.test(last) ? [1, 'code'] : undefined),
  },
  {
    rule: 'questions',
    judge: (_, { all }) => {
      const count = (all.match(QUESTION) ?? []).length
      return [stepped(count, [[3, 1]]), `${count} questions`]
    },
  },
  {
    rule: 'short work',
    judge: (_, { all }) => {
      const words = wordsFound(all, SHORT_WORK)
      return [words.length > 0 ? -1 : 0, listed(words)]
    },
  },
  {
    rule: 'output',
    judge: ({ maxOutputTokens }) => {
      const points = stepped(maxOutputTokens, [
        [0, -1],
        [65, 0],
        [500, 1],
        [2_500, 2],
      ])
      return [points, `an answer of at most ${maxOutputTokens} tokens`]
    },
  },
  {
    rule: 'history',
    judge: ({ messages }) => {
      const count = messages.filter(({ role }) => role !== 'system').length
      return [stepped(count, [[7, 1]]), `${count} messages`]
    },
  },
  {
    rule: 'images',
    judge: ({ images = 0 }) => [
      stepped(images, [
        [1, 1],
        [3, 2],
      ]),
      `${images} images to look at`,
    ],
  },
  {
    rule: 'abilities',
    judge: ({ needs = [] }) => {
      const hard = needs.filter((ability) => ability === 'tools' || ability === 'thinking' || ability === 'search')
      return [hard.includes('thinking') ? 3 : hard.length > 0 ? 1 : 0, hard.join(', ')]
    },
  },
]

import { isSurelyEnglish } from './prompt-language.ts'
import type { Span } from './prompt-span.ts'
import { isFree, type Mask } from './prompt-parts.ts'

/** A shorter paragraph costs little, and may be said again for weight. */
const PARAGRAPH_CHARS_MIN = 120
const EMPTY_LINES_CHARS_MAX = 1_000
const PARAGRAPH = /[^\n]+(?:\n(?!\s*\n)[^\n]+)*/g

/** Work in which it matters that something is there twice, or what was changed in it. */
export const COMPARES =
  /\b(?:compar|differ|diff|version|revis|chang|updat|duplicat|repeat|repetit|redundan|proofread|edit|count|how (?:many|often)|translat|rewrit|re-?phras|spell|grammar)/i

/** Paragraphs of a text that are long enough to be known again. */
export const paragraphsOf = (text: string): string[] => longParagraphs(text).map(({ paragraph }) => paragraph)

function longParagraphs(text: string) {
  return [...text.matchAll(PARAGRAPH)].flatMap(({ 0: found, index }) => {
    const paragraph = found.trim()
    return paragraph.length < PARAGRAPH_CHARS_MIN ? [] : [{ paragraph, from: index, to: index + found.length }]
  })
}

/** Paragraphs of English prose that stand word for word in an earlier message, each with the empty lines after it. */
export function repeatsIn(text: string, mask: Mask, earlier: ReadonlySet<string>): Span[] {
  return longParagraphs(text)
    .filter(({ paragraph }) => earlier.has(paragraph) && isSurelyEnglish(paragraph))
    .map(({ from, to }) => ({ from, to: to + (/^\s*\n/.exec(text.slice(to, to + EMPTY_LINES_CHARS_MAX))?.[0].length ?? 0) }))
    .filter(({ from, to }) => isFree(mask, from, to))
}

import { isSurelyEnglish } from './prompt-language.ts'
import { estimateTokens } from './token-estimate.ts'
import { without, type Span } from './prompt-span.ts'
import { isFree, type Mask } from './prompt-parts.ts'

/** A shorter paragraph costs little, and may be said again for weight. */
const PARAGRAPH_TOKENS_MIN = 25
const EMPTY_LINES_CHARS_MAX = 1_000
const PARAGRAPH = /[^\n]+(?:\n(?!\s*\n)[^\n]+)*/g

/** Work in which it matters that something is there twice, or what was changed in it; in nine languages. */
const COMPARES = new RegExp(
  [
    '\\b(?:compar|differ|diff|version|revis|chang(?:ed|es)\\b|change (?:between|from|since)|updated|duplicat|repeat|repetit|redundan|proofread|edit|count|how (?:many|often))',
    '\\b(?:translat|rewrit|re-?phras|spell|grammar|vergleich|unterschied|fassung|doppelt|korrigier|übersetz|modifi|traduc|tradui|corrig|cambi|diferenc)',
    'geändert|änderung|différen|répét|repetid|比較|違い|変更|差分|重複|翻訳|校正|比较|区别|变化|修改|重复|翻译',
    'قارن|الفرق|تغي|مكرر|ترجم|तुलना|अंतर|बदल|दोहरा|अनुवाद|сравн|отлич|измен|повтор|перевед',
  ].join('|'),
  'iu',
)

/** Paragraphs of a text that are long enough to be known again. */
export const paragraphsOf = (text: string): string[] => longParagraphs(text).map(({ paragraph }) => paragraph)

function longParagraphs(text: string) {
  return [...text.matchAll(PARAGRAPH)].flatMap(({ 0: found, index }) => {
    const paragraph = found.trim()
    return estimateTokens(paragraph) < PARAGRAPH_TOKENS_MIN ? [] : [{ paragraph, from: index, to: index + found.length }]
  })
}

/**
 * Whether somebody in these messages asks for such work. A paragraph that stands in several of them is what they talk about, unless it begins or ends one: its words
 * ask for nothing.
 */
export function asksToCompare(texts: readonly string[]): boolean {
  const seen = new Map<string, number>()
  for (const text of texts) for (const paragraph of new Set(paragraphsOf(text))) seen.set(paragraph, (seen.get(paragraph) ?? 0) + 1)
  return texts.some((text) => {
    const context = longParagraphs(text).filter(({ paragraph, from, to }) => from > 0 && to < text.length && (seen.get(paragraph) ?? 0) > 1)
    return COMPARES.test(without(text, context))
  })
}

/** Paragraphs of prose that stand word for word in an earlier message, each with the empty lines after it. */
export function repeatsIn(text: string, mask: Mask, earlier: ReadonlySet<string>, which: 'english' | 'every_language'): Span[] {
  return longParagraphs(text)
    .filter(({ paragraph }) => earlier.has(paragraph) && (which === 'every_language' || isSurelyEnglish(paragraph)))
    .map(({ from, to }) => ({ from, to: to + (/^\s*\n/.exec(text.slice(to, to + EMPTY_LINES_CHARS_MAX))?.[0].length ?? 0) }))
    .filter(({ from, to }) => isFree(mask, from, to))
}

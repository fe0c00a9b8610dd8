import type { Span } from './prompt-span.ts'
import { isFree, type Mask } from './prompt-parts.ts'

const LINE_ENDS = /(?<![ \t])[ \t]+(?=\r?\n|$)/g
const EMPTY_LINES = /(?<=\n)(?:[ \t]*\r?\n)+(?=[ \t]*\r?\n)/g
const AT_THE_BEGINNING = /^(?:[ \t]*\r?\n)+/g
const AT_THE_END = /(?<!\s)\s+$/g
const SECOND_SPACES = /(?<=[\p{L},.;:!?)] ) (?=[\p{L}(])/gu
/** Scripts whose spaces say no more when there are two of them. */
const SPACED = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u
const WORDS_OF_PROSE_MIN = 6

/** Work in which white space may be what it is about. */
export const WORKS_ON_SPACE =
  /\b(?:white-?\s?space|spaces?|spacing|indent(?:ed|ation)?|verbatim|layout|poem|haiku|lyrics|ascii|diff|line breaks?|new-?\s?lines?|characters?|leerzeichen|zeilenumbr[uü]che?|gedicht|espaces|espacios|poema?)\b|poème|空白|空格|スペース|改行|换行|俳句|诗|مسافات|قصيدة|कविता|пробел|стих/iu

/**
 * White space that says nothing: at the ends of lines (but for two spaces, Markdown's break), more than one empty line between two of prose, empty lines at
 * the ends of a message, a second space between words of a sentence.
 */
export function whitespaceIn(text: string, mask: Mask): Span[] {
  const spans = (pattern: RegExp): Span[] =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => ({ from: index, to: index + found.length }))
  const lineEnds = spans(LINE_ENDS).filter(({ from, to }) => !(isBreak(text, from, to) || from === 0 || text[from - 1] === '\n'))
  const empty = spans(EMPTY_LINES).filter(
    ({ from, to }) => isFree(mask, from - 1, from) && isFree(mask, nextWord(text, to), nextWord(text, to) + 1),
  )
  const ends = [...spans(AT_THE_BEGINNING), ...spans(AT_THE_END)]
  return [...[...lineEnds, ...empty, ...ends].filter(({ from, to }) => isFree(mask, from, to)), ...betweenWords(text, mask)]
}

const isBreak = (text: string, from: number, to: number): boolean =>
  text.slice(from, to) === '  ' && /^\r?\n[^\S\n]*\S/.test(text.slice(to, to + 200))

function nextWord(text: string, from: number): number {
  const found = text.slice(from).search(/\S/)
  return found < 0 ? text.length : from + found
}

function betweenWords(text: string, mask: Mask): Span[] {
  return [...text.matchAll(/[^\n]+/g)].flatMap(({ 0: line, index }) => {
    if (!/\S {2}/.test(line) || !SPACED.test(line) || (line.match(/\p{L}+/gu)?.length ?? 0) < WORDS_OF_PROSE_MIN) return []
    return [...line.matchAll(SECOND_SPACES)]
      .map(({ index: at }) => ({ from: index + at, to: index + at + 1 }))
      .filter(({ from, to }) => isFree(mask, from, to))
  })
}

/** Which characters of a text no rule may take away: 1 where they are untouchable. */
export type Mask = Uint8Array

/** Nothing from `from` to, and not with, `to` is untouchable. */
export const isFree = (mask: Mask, from: number, to: number): boolean => !mask.subarray(from, to).includes(1)

const FENCE = /`{3,}|~{3,}/g
/** Single quotes that stand at the edges of words: within one they are apostrophes. */
const SINGLE_QUOTED = /(?<![\p{L}\p{N}])['‘](?:[^'’\n]|['’](?=\p{L})){0,400}['’](?![\p{L}\p{N}])/gu
const CLOSING_QUOTES: Readonly<Record<string, RegExp>> = { '“': /”/g, '„': /[“”]/g, '«': /»/g, '»': /«/g, '「': /」/g, '『': /』/g }
const TAG = /<(\/?)([A-Za-z][\w:-]{0,60})(?:\s[^<>]{0,500})?>|<!--/g
const ADDRESS = /\b[a-z][a-z\d+.-]{0,20}:\/\/\S+|\bwww\.\S+|[^\s@]{1,64}@[^\s@]+/gi
const LINE = /[^\n]*(?:\n|$)/g
/** Tables, columns, cells, indented blocks, block quotes, formulas, and what ends or begins as code does. */
const DATA_LINE = new RegExp(
  [
    /^[ ]{4}|\t/,
    /^\s*>/,
    /\|.*\|/,
    /\S {3,}\S/,
    /(?:[,;]\S[^,;]*){3}/,
    /\\|\$.*\$/,
    /[;{}]\s*$|=>|\)\s*[{:]\s*$/,
    /^\s*[\w.$-]+\s*[:=]\s*\S+\s*$/,
    /^\s*(?:def|class|import|from|const|let|var|function|func|return|SELECT|INSERT|UPDATE|CREATE|#include)\b.*[({=;.*]/,
  ]
    .map(({ source }) => source)
    .join('|'),
)

/** Code, quotes, what stands in brackets or tags, tables and other data, addresses. When a mark is not closed, all that follows is taken for untouchable. */
export function untouchable(text: string): Mask {
  const mask = new Uint8Array(text.length)
  fences(text, mask)
  for (const pattern of [SINGLE_QUOTED, ADDRESS])
    for (const { 0: found, index } of text.matchAll(pattern)) mask.fill(1, index, index + found.length)
  curlyQuotes(text, mask)
  straightQuotes(text, mask)
  brackets(text, mask)
  tags(text, mask)
  for (const { 0: line, index } of text.matchAll(LINE)) {
    if (line.trim() === '') continue
    inlineCode(line, mask.subarray(index, index + line.length))
    if (DATA_LINE.test(line)) mask.fill(1, index, index + line.length)
  }
  return mask
}

/** From a run of marks to the next one that is as long or longer (CommonMark 0.31, 4.5), on the same line or not. */
function fences(text: string, mask: Mask): void {
  let opened: { readonly mark: string; readonly at: number } | undefined
  for (const { 0: mark, index } of text.matchAll(FENCE)) {
    if (opened === undefined) opened = { mark, at: index }
    else if (mark.startsWith(opened.mark)) {
      mask.fill(1, opened.at, index + mark.length)
      opened = undefined
    }
  }
  if (opened !== undefined) mask.fill(1, opened.at)
}

/** From a run of backticks to the next one as long (CommonMark 0.31, 6.1), outside of fences. A line with a run that nothing closes is untouchable. */
function inlineCode(line: string, mask: Mask): void {
  let opened: { readonly mark: string; readonly at: number } | undefined
  for (const { 0: mark, index } of line.matchAll(/`+/g)) {
    if (opened === undefined) {
      if (mask[index] === 0) opened = { mark, at: index }
    } else if (mark === opened.mark) {
      mask.fill(1, opened.at, index + mark.length)
      opened = undefined
    }
  }
  if (opened !== undefined) mask.fill(1)
}

function curlyQuotes(text: string, mask: Mask): void {
  let done = 0
  for (const { 0: mark, index } of text.matchAll(/[“„«»「『]/g)) {
    const closing = CLOSING_QUOTES[mark]
    if (index < done || closing === undefined) continue
    closing.lastIndex = index + 1
    done = (closing.exec(text)?.index ?? text.length) + 1
    mask.fill(1, index, done)
  }
}

/** The same mark opens and closes. Where they cannot be paired for sure (inches, an odd one), all is taken from the first on. */
function straightQuotes(text: string, mask: Mask): void {
  const marks = [...text.matchAll(/"/g)].map(({ index }) => index)
  const pairs = marks.flatMap((from, n) => (n % 2 === 0 ? [[from, marks[n + 1] ?? -1] as const] : []))
  const isLetter = (at: number): boolean => /[\p{L}\p{N}]/u.test(text[at] ?? '')
  if (pairs.every(([from, to]) => to > from && !isLetter(from - 1) && !isLetter(to + 1)))
    for (const [from, to] of pairs) mask.fill(1, from, to + 1)
  else mask.fill(1, marks[0])
}

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

function brackets(text: string, mask: Mask): void {
  const open: string[] = []
  let from = 0
  for (const { 0: mark, index } of text.matchAll(/[{}[\]]/g)) {
    const closes = CLOSES[mark]
    if (closes !== undefined) {
      if (open.length === 0) from = index
      open.push(closes)
    } else if (open.at(-1) === mark) {
      open.pop()
      if (open.length === 0) mask.fill(1, from, index + 1)
    }
  }
  if (open.length > 0) mask.fill(1, from)
}

/** From a tag to the last one that closes its name; one that nothing closes is a mark of its own. */
function tags(text: string, mask: Mask): void {
  const found = [...text.matchAll(TAG)]
  const lastClosed = new Map(
    found.flatMap(({ 0: tag, 1: slash, 2: name, index }) => (slash === '/' && name !== undefined ? [[name, index + tag.length]] : [])),
  )
  let done = 0
  for (const { 0: tag, 2: name, index } of found) {
    if (tag === '<!--') {
      const end = text.indexOf('-->', index)
      mask.fill(1, index, end < 0 ? text.length : end + 3)
      continue
    }
    const to = Math.max(index + tag.length, lastClosed.get(name ?? '') ?? 0)
    if (to > done) mask.fill(1, Math.max(done, index), to)
    done = Math.max(done, to)
  }
}

/** What a tokenizer makes a token or several of: words with a space before them, up to three digits, marks, line ends, other space. */
const PIECE = /[\p{L}\p{M}]+|\p{N}{1,3}|(?:\r?\n)+|[^\S\r\n]+|[^\s\p{L}\p{M}\p{N}]+/gu
const ONE_EACH =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const LETTER_OF_ASCII = /^[A-Za-z]+$/
const LATIN_OR_CYRILLIC = /[\p{Script=Latin}\p{Script=Cyrillic}]/u
const ASCII_MARKS = /^[\x21-\x7e]+$/

/**
 * Tokens of a text, about: for windows, for judging and for what compressing saves, never for money (that is `textTokensMax`).
 * Follows the byte-pair tokenizers in use; how far off it is per language stands in test/domain/token-estimate.test.ts.
 */
export function estimateTokens(text: string): number {
  let tokens = 0
  for (const [piece] of text.matchAll(PIECE)) tokens += tokensOfPiece(piece)
  return tokens
}

function tokensOfPiece(piece: string): number {
  // A space before a word is part of the word's token; a longer run is one more.
  if (piece === ' ') return 0
  if (/^\s/.test(piece) || /^\p{N}/u.test(piece)) return 1
  if (LETTER_OF_ASCII.test(piece)) return Math.ceil(piece.length / 8)
  if (ASCII_MARKS.test(piece)) return Math.ceil(piece.length / 2)
  if (!/^[\p{L}\p{M}]/u.test(piece)) return piece.length
  if (ONE_EACH.test(piece)) return Math.ceil(piece.length * 0.7)
  return Math.ceil(piece.length / (LATIN_OR_CYRILLIC.test(piece) ? 4 : 3))
}

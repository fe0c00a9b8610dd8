import { tokensOfText } from './usage.ts'

const sentences =
  'A good plan is short enough to remember and exact enough to check. Write the number down before you spend it, and again after. ' +
  'What is measured can be argued about; what is guessed can only be regretted. Small steps, each of them safe to repeat, reach further than one leap. ' +
  'When two books agree, trust both of them; when they differ, find the line that is missing. Leave every page so that the next reader needs no guide. '

/** Plain ASCII text that counts as exactly this many tokens, by the emulator's own estimate. */
export function textOfTokens(tokens: number): string {
  const bytes = tokens * 4
  const text = sentences.repeat(Math.ceil(bytes / sentences.length)).slice(0, bytes)
  // A space at the very end would be the first thing that a client trims.
  const ended = text.endsWith(' ') ? `${text.slice(0, -1)}.` : text
  return tokensOfText(ended) === tokens ? ended : text
}

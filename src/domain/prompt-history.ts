import type { Message } from './message.ts'
import { estimateTokens } from './token-estimate.ts'

/**
 * The messages that stay when a conversation may have so many tokens, as indices: what the system said, the user's last message with all that follows it, and before
 * it as many whole turns as fit, the newest ones. A turn begins with the user, so an answer never stands without its question.
 */
export function windowed(messages: readonly Message[], tokensMax: number): number[] {
  const tokens = messages.map(({ text }) => estimateTokens(text))
  const isSystem = (index: number): boolean => messages[index]?.role === 'system'
  const all = messages.map((_, index) => index)
  let total = tokens.reduce((sum, one) => sum + one, 0)
  const lastTurn = messages.findLastIndex(({ role }) => role === 'user')
  if (total <= tokensMax || lastTurn < 0) return all
  let from = 0
  // Turns go from the oldest on, each whole.
  while (from < lastTurn && total > tokensMax) {
    do {
      if (!isSystem(from)) total -= tokens[from] ?? 0
      from += 1
    } while (from < lastTurn && messages[from]?.role !== 'user')
  }
  return all.filter((index) => index >= from || isSystem(index))
}

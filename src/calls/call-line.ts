import { reservationRef } from '../domain/call.ts'
import { callFigures } from '../domain/call-figures.ts'
import { exactEur, nano, type Nano } from '../domain/money.ts'
import { totalOf, type CostLine } from '../domain/price.ts'
import type { Usage } from '../domain/usage.ts'
import type { Terms } from '../ledger/scope.ts'
import type { ProviderReply } from '../providers/provider.ts'
import type { Log } from './log.ts'

/** One physical request, for the log: failed ones too. */
export interface CallLine {
  readonly terms: Terms
  readonly usage: Usage
  readonly lines: readonly CostLine[]
  /** Booked without lines, because the provider named no usage. */
  readonly presumed?: Nano | undefined
  readonly durationMs: number
  readonly success: boolean
  readonly error: string | undefined
}

/**
 * One log line per physical request, in the words of the API's call record; amounts are EUR, as decimal text. `timestamp` is when it ended; the logger's own `time` is
 * when it was written.
 */
export function callLine(log: Log, { terms, usage, lines, presumed, durationMs, success, error }: CallLine, reservationId: string): void {
  const cost = nano(totalOf(lines).nanoEur + (presumed ?? 0n))
  const figures = callFigures(usage, lines, cost)
  log.info('model call', {
    timestamp: new Date().toISOString(),
    request_id: reservationRef(reservationId),
    ...terms,
    input_tokens: figures.inputTokens,
    output_tokens: figures.outputTokens,
    total_tokens: figures.totalTokens,
    cached_tokens: figures.cachedTokens,
    reasoning_tokens: figures.reasoningTokens,
    image_tokens: figures.imageTokens,
    input_cost: exactEur(figures.inputCost),
    output_cost: exactEur(figures.outputCost),
    other_cost: exactEur(figures.otherCost),
    total_cost: exactEur(cost),
    cost_per_1000_tokens: figures.costPer1000Tokens === undefined ? null : exactEur(figures.costPer1000Tokens),
    duration_ms: durationMs,
    success,
    error: error ?? null,
  })
}

/** The line of a reply, without what an answer cost. */
export const callLineOf = (terms: Terms, reply: ProviderReply): CallLine => ({
  terms,
  usage: [],
  lines: [],
  durationMs: reply.durationMs,
  success: reply.kind === 'answered',
  error: reply.kind === 'answered' ? undefined : reply.message,
})

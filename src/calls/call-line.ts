import { reservationRef } from '../domain/call.ts'
import { ceilDiv, exactEur, nano, type Nano } from '../domain/money.ts'
import { totalOf, type CostLine } from '../domain/price.ts'
import { isInput, isOutput, tokensOf, type Unit, type Usage } from '../domain/usage.ts'
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
  const tokens = tokensOf(usage)
  const of = (belongs: (unit: Unit) => boolean): number =>
    usage.filter(({ unit }) => belongs(unit)).reduce((sum, { quantity }) => sum + quantity, 0)
  const costOf = (belongs: (unit: Unit) => boolean): Nano => totalOf(lines.filter(({ unit }) => belongs(unit))).nanoEur
  const [input, output] = [costOf(isInput), costOf(isOutput)]
  const cost = nano(totalOf(lines).nanoEur + (presumed ?? 0n))
  log.info('model call', {
    timestamp: new Date().toISOString(),
    request_id: reservationRef(reservationId),
    ...terms,
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    total_tokens: tokens.total,
    cached_tokens: of((unit) => unit.startsWith('input_cached')),
    reasoning_tokens: of((unit) => unit === 'output_thought_tokens'),
    image_tokens: of((unit) => unit.endsWith('_image_tokens')),
    input_cost: exactEur(input),
    output_cost: exactEur(output),
    other_cost: exactEur(nano(cost - input - output)),
    total_cost: exactEur(cost),
    cost_per_1000_tokens: tokens.total === 0 ? null : exactEur(nano(ceilDiv(cost * 1000n, BigInt(tokens.total)))),
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

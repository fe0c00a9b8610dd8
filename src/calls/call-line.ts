import { reservationRef } from '../domain/call.ts'
import { ceilDiv, exactEur, nano, type Nano } from '../domain/money.ts'
import { totalOf, type CostLine } from '../domain/price.ts'
import { tokensOf, type Usage } from '../domain/usage.ts'
import type { ProviderReply } from '../providers/provider.ts'
import type { Log } from './log.ts'

/** One physical request, for the log: failed ones too. */
export interface CallLine {
  readonly account: string
  readonly model: string
  readonly usage: Usage
  readonly lines: readonly CostLine[]
  /** Booked without lines, because the provider named no usage. */
  readonly presumed?: Nano | undefined
  readonly durationMs: number
  readonly success: boolean
  readonly error: string | undefined
}

/** One log line per physical request: model, tokens, cost, and what a thousand tokens came to. `timestamp` is when it ended; the logger's own `time` is when it was written. */
export function callLine(log: Log, entry: CallLine, reservationId: string): void {
  const tokens = tokensOf(entry.usage)
  const cost = nano(totalOf(entry.lines).nanoEur + (entry.presumed ?? 0n))
  log.info('model call', {
    timestamp: new Date().toISOString(),
    requestId: reservationRef(reservationId),
    model: entry.model,
    account: entry.account,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    totalTokens: tokens.total,
    costEur: exactEur(cost),
    eurPer1000Tokens: tokens.total === 0 ? null : exactEur(nano(ceilDiv(cost * 1000n, BigInt(tokens.total)))),
    durationMs: entry.durationMs,
    success: entry.success,
    error: entry.error ?? null,
  })
}

/** The line of a reply, without what an answer cost. */
export const callLineOf = (account: string, model: string, reply: ProviderReply): CallLine => ({
  account,
  model,
  usage: [],
  lines: [],
  durationMs: reply.durationMs,
  success: reply.kind === 'answered',
  error: reply.kind === 'answered' ? undefined : reply.message,
})

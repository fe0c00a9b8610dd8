import { log } from '@temporalio/activity'
import { reservationRef } from '../domain/call.ts'
import { ceilDiv, exactEur, nano } from '../domain/money.ts'
import { totalOf } from '../domain/price.ts'
import { tokensOf } from '../domain/usage.ts'
import type { CallLog } from '../ledger/call-log.ts'

/** One log line per physical request: model, tokens, cost, and what a thousand tokens came to. `timestamp` is when it ended; the logger's own `time` is when it was written. */
export function callLine(entry: CallLog, reservationId: string): void {
  const tokens = tokensOf(entry.usage)
  const cost = nano(totalOf(entry.lines).nanoEur + (entry.presumed ?? 0n))
  log.info('model call', {
    timestamp: new Date().toISOString(),
    requestId: reservationRef(reservationId),
    model: entry.model,
    account: entry.scope.account,
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

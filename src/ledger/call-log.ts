import type { CallScope } from '../domain/call.ts'
import type { Nano } from '../domain/money.ts'
import { totalOf, type CostLine } from '../domain/price.ts'
import { isInput, tokensOf, type Usage } from '../domain/usage.ts'

/** One physical request, for the call log: failed ones too. */
export interface CallLog {
  readonly scope: CallScope
  readonly provider: string
  readonly model: string
  readonly endpoint: string
  readonly usage: Usage
  readonly lines: readonly CostLine[]
  /** Booked without lines, because the provider named no usage. */
  readonly presumed?: Nano | undefined
  readonly durationMs: number
  readonly success: boolean
  readonly error: string | undefined
  readonly promptHash: string
}

/** The row of `purser.call_log` as the ledger's functions take it. */
export function logJson(log: CallLog): Record<string, string | number | boolean | null> {
  const tokens = tokensOf(log.usage)
  return {
    provider: log.provider,
    model: log.model,
    endpoint: log.endpoint,
    account: log.scope.account,
    user: log.scope.user ?? null,
    team: log.scope.team ?? null,
    project: log.scope.project ?? null,
    feature: log.scope.feature ?? null,
    environment: log.scope.environment ?? null,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    inputCost: totalOf(log.lines.filter((line) => isInput(line.unit))).nanoEur.toString(),
    outputCost: (totalOf(log.lines.filter((line) => !isInput(line.unit))).nanoEur + (log.presumed ?? 0n)).toString(),
    durationMs: log.durationMs,
    success: log.success,
    error: log.error ?? null,
    promptHash: log.promptHash,
  }
}

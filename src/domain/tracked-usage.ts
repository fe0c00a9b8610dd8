import type { CallScope } from './call.ts'
import type { Usage } from './usage.ts'

/** What was used elsewhere, or is no model call: it has happened, so nothing can refuse it. */
export interface TrackedUsage {
  /** The caller's own, such as an invoice's line: the same again has no effect. */
  readonly key: string
  readonly scope: CallScope
  readonly provider: string
  readonly model: string
  readonly endpoint: string
  readonly tier: string
  /** Each unit once, at least one. */
  readonly usage: Usage
  /** When it happened: its prices, its rate and its budget periods are those of this moment. */
  readonly at: Date
  readonly durationMs?: number | undefined
  /** It failed, though it was billed: why. */
  readonly error?: string | undefined
}

/** The endpoint of what names none. */
export const TRACKED_ENDPOINT = 'tracked'

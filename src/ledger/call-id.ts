import { hash, randomUUID } from 'node:crypto'
import type { CallKey } from '../domain/call.ts'

/**
 * A call's id in the ledger: 48 bits of its job's start in milliseconds, and 80 bits of SHA-256 over its key. So the month is in the id, and
 * calls that are neighbours in time are neighbours in the index. The ledger keeps the key's columns too and refuses an id with another key.
 */
export function callIdOf(key: CallKey): string {
  const startedAtMs = new Date(key.jobStartedAt).getTime()
  if (!Number.isSafeInteger(startedAtMs) || startedAtMs < 0)
    throw new RangeError(`not a moment at which a job started: "${key.jobStartedAt}"`)
  const time = startedAtMs.toString(16).padStart(12, '0')
  // JSON keeps the parts apart: joined text would make two keys one.
  const digest = hash('sha256', JSON.stringify([key.installation, key.workflowId, key.callId]), 'hex')
  const hex = time + digest.slice(0, 20)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The ids of all attempts of a call lie from … to …: they begin with the first 96 bits of its own. */
export const attemptsOf = (callId: string): { readonly from: string; readonly to: string } => ({
  from: `${callId.slice(0, 28)}00000000`,
  to: `${callId.slice(0, 28)}ffffffff`,
})

/** A new attempt's id: 32 random bits after the 96 that it shares with its call. */
export const newAttemptId = (callId: string): string => callId.slice(0, 28) + randomUUID().slice(28)

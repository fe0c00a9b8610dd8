import { isKey, keyStart } from '../calls/cost-key.ts'
import { PurserError } from '../domain/errors.ts'
import type { CallKey } from '../domain/call.ts'
import { callStart } from '../ledger/api-reservations.ts'
import type { Access, Reach } from './access.ts'

const DAY_MS = 86_400_000
const REPEATABLE_DAYS = 30
/** So long a request may be repeated; the server forgets what is older. */
export const REPEATABLE_MS = REPEATABLE_DAYS * DAY_MS

/** The names of an account's key never meet those of another's, whoever else uses the same words. */
export const spaceOf = (access: Access): string => (access.key.account === null ? 'all' : `account/${access.key.account}`)

/**
 * The call that an Idempotency-Key names: the same key, the same call, in every process. When it began is part of its name, and a key that does not say so is
 * looked up. Throws PurserError `too_old`, `bad_input`.
 */
export async function callKeyOf(access: Access, { ledger, installation }: Reach): Promise<CallKey> {
  if (access.repeatable === undefined) throw new Error('broken promise: a call without an Idempotency-Key')
  const { key } = access.repeatable
  const space = spaceOf(access)
  const startedAt = isKey(key) ? recent(keyStart(key), key) : await callStart(ledger, space, key)
  return { installation, workflowId: `api/${space}/${key}`, jobStartedAt: startedAt.toISOString(), callId: 'call' }
}

/** Old ones are refused, not taken for new: their calls may have been dropped. */
function recent(at: Date, key: string): Date {
  const age = Date.now() - at.getTime()
  if (age > REPEATABLE_MS)
    throw new PurserError(
      'too_old',
      `the Idempotency-Key "${key}" is of ${at.toISOString().slice(0, 10)}: what is older than ${REPEATABLE_DAYS} days is not repeated`,
    )
  if (age < -DAY_MS) throw new PurserError('bad_input', `the Idempotency-Key "${key}" is of ${at.toISOString()}, which has not come yet`)
  return at
}

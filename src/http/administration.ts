/** What every act of administration needs, whatever it is about. */
import { createHash } from 'node:crypto'
import { noteAct } from '../ledger/acts.ts'
import type { Access, Reach } from './access.ts'
import { Problem } from './problem.ts'

/**
 * What names an account is that account's; what covers more, or says what accounts may do, is the whole installation's: that needs the scope `admin`, and a key
 * that is bound to none. Throws Problem `not_permitted`.
 */
export function requireSay(access: Access, account: string | null | undefined): void {
  if (account !== undefined && account !== null) return void access.reach(account)
  access.everywhere()
  if (!access.key.scopes.includes('admin'))
    throw new Problem('not_permitted', 'what covers more than one account needs the scope admin: or name an account', {
      members: { needed_scope: 'admin' },
    })
}

/** Writes that the request's key did it, in the transaction in which it is done. */
export const note = (
  access: Access,
  { ledger }: Reach,
  act: string,
  account: string | null | undefined,
  what: Readonly<Record<string, unknown>>,
): Promise<void> => noteAct(ledger, { who: access.who, act, account: account ?? undefined, what, requestId: access.requestId })

/** The request's name in the ledger, where a change has a key of its own: it stands for ever, also when the answer to the request is forgotten. */
export function changeKey({ who, repeatable }: Access): string {
  if (repeatable === undefined) throw new Error('broken promise: a change without an Idempotency-Key')
  return `api ${who} ${createHash('sha256').update(repeatable.key).digest('hex').slice(0, 32)}`
}

/**
 * What an app calls one of its workflow's model calls. A plain text is a name that the workflow uses once in its life; `turn` tells the uses of a
 * name apart in a workflow that goes on and on: a counter that is handed through continue-as-new, or the scheduled time of a cron run.
 */
export type CallName = string | { readonly name: string; readonly turn: number | string }

const LENGTH_MAX = 100

/** The ledger's `callId`, or, in words, what is wrong with the name. */
export function callIdOf(given: CallName): { readonly callId: string } | { readonly problem: string } {
  // Workflows may be plain JavaScript, and what they throw by accident would keep them stuck.
  const { name, turn } = typeof given === 'object' && given !== null ? given : { name: given, turn: undefined }
  if (typeof name !== 'string' || name.trim() === '') return { problem: 'a call needs a name, like "summary"' }
  if (name.includes('#')) return { problem: `the name "${name}" has a "#", which stands between a name and its turn: write {name, turn}` }
  if (turn !== undefined && !/^[\w:.+-]+$/.test(String(turn)))
    return { problem: `the turn of "${name}" is "${String(turn)}": write a number, or the scheduled time as ISO 8601` }
  const callId = turn === undefined ? name : `${name}#${turn}`
  if (callId.length > LENGTH_MAX || /\p{Cc}/u.test(callId) || !callId.isWellFormed())
    return { problem: `a call's name is one line of at most ${LENGTH_MAX} characters` }
  return { callId }
}

import { createHash, randomBytes } from 'node:crypto'
import { PurserError } from '../domain/errors.ts'
import { timeKey } from '../domain/time-key.ts'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A key that nobody has used: a UUID of version 7, which begins with the time. Keep it where you will find it again, to ask what became of the call. */
export const newKey = (): string => timeKey(Date.now(), randomBytes(10).toString('hex'))

/**
 * The key of something that has a name and a beginning of its own, an order, say: the same two make the same key, on every machine. The beginning is
 * part of it because the ledger drops old calls by months.
 */
export function keyFor(name: string, since: Date): string {
  const sinceMs = since.getTime()
  if (!Number.isSafeInteger(sinceMs) || sinceMs < 0) throw new PurserError('bad_input', 'a key begins with a moment: this is none')
  return timeKey(sinceMs, createHash('sha256').update(name).digest('hex').slice(0, 20))
}

/** Whether a text is a key of this form, which begins with its time. */
export const isKey = (text: string): boolean => FORM.test(text)

/** When what a key stands for began. Throws PurserError `bad_input` for what is no key. */
export function keyStart(key: string): Date {
  if (!isKey(key))
    throw new PurserError('bad_input', `"${key}" is no key: make one with newKey(), or with keyFor(name, since) from a name of your own`)
  return new Date(Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16))
}

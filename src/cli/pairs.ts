import { PurserError } from '../domain/errors.ts'

/** `name=value` as it is typed, once each; `what` names the option. Throws PurserError `bad_input`. */
export function pairsOf(parts: readonly string[], what: string): Record<string, string> {
  const pairs = new Map<string, string>()
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = part.slice(0, at)
    if (at < 1) throw new PurserError('bad_input', `--${what} ${part}: write it like name=value`)
    if (pairs.has(name)) throw new PurserError('bad_input', `--${what} ${name} is there twice`)
    pairs.set(name, part.slice(at + 1))
  }
  return Object.fromEntries(pairs)
}

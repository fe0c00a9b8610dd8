import type { CachedContent } from '../domain/response-cache.ts'

/** An answer that this process holds, and the number under which all know it. */
export interface KnownAnswer {
  readonly entry: string
  readonly content: CachedContent
}

export interface KnownAnswersOptions {
  readonly entriesMax: number
  /** By the length of their JSON. */
  readonly charsMax: number
  readonly ageMaxMs: number
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number
}

/** The answers that were heard last, by key. What is forgotten is sent again by the database. */
export interface KnownAnswers {
  readonly get: (key: string) => KnownAnswer | undefined
  readonly remember: (key: string, answer: KnownAnswer) => void
  readonly size: () => { readonly entries: number; readonly chars: number }
}

export function knownAnswers({ entriesMax, charsMax, ageMaxMs, now }: KnownAnswersOptions): KnownAnswers {
  // A Map keeps the order in which its keys came: the one that was used longest ago is the first.
  const known = new Map<string, { readonly answer: KnownAnswer; readonly chars: number; readonly sinceMs: number }>()
  let chars = 0
  const forget = (key: string): void => {
    chars -= known.get(key)?.chars ?? 0
    known.delete(key)
  }
  return {
    get(key) {
      const held = known.get(key)
      if (held === undefined) return undefined
      if (now() - held.sinceMs > ageMaxMs) {
        forget(key)
        return undefined
      }
      known.delete(key)
      known.set(key, held)
      return held.answer
    },
    remember(key, answer) {
      forget(key)
      const size = JSON.stringify(answer).length
      if (size > charsMax) return
      known.set(key, { answer, chars: size, sinceMs: now() })
      chars += size
      for (const oldest of known.keys()) {
        if (known.size <= entriesMax && chars <= charsMax) break
        forget(oldest)
      }
    },
    size: () => ({ entries: known.size, chars }),
  }
}

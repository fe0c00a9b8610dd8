/** So many names are remembered at most. */
const NAMES_MAX = 10_000

export interface Answered<T> {
  readonly value: T
  /** By this process's monotonic clock. What was read was read before that. */
  readonly answeredAtMs: number
}

/** Reads what has this name, or hears what somebody else has read of it. */
export type SharedReading<T> = (name: string, read: () => Promise<T>) => Promise<Answered<T>>

interface Entry<T> {
  readonly askedAtMs: number
  readonly answer: Promise<Answered<T>>
  /** Somebody asks anew already. */
  isRenewed: boolean
}

/**
 * Who asks while somebody is asking gets the same answer. It is asked anew before its time is over, when somebody comes in the second half of it: so who
 * asks all the time never waits. What fails, or is not worth it, is forgotten at once.
 */
export function sharedReading<T>(forMs: number, isWorthIt: (value: T) => boolean = () => true): SharedReading<T> {
  const known = new Map<string, Entry<T>>()
  const begun = (ask: () => Promise<T>): Entry<T> => ({
    askedAtMs: performance.now(),
    answer: ask().then((value) => ({ value, answeredAtMs: performance.now() })),
    isRenewed: false,
  })

  /** A failure is no news: who comes after the time is over asks again, and hears it. */
  async function renew(name: string, old: Entry<T>, ask: () => Promise<T>): Promise<void> {
    old.isRenewed = true
    const entry = begun(ask)
    const answered = await entry.answer.catch(() => undefined)
    if (answered !== undefined && isWorthIt(answered.value) && known.get(name) === old) known.set(name, entry)
  }

  return async (name, ask) => {
    const found = known.get(name)
    const ageMs = found === undefined ? Infinity : performance.now() - found.askedAtMs
    if (found !== undefined && ageMs < forMs) {
      if (ageMs >= forMs / 2 && !found.isRenewed) void renew(name, found, ask)
      return worth(name, found)
    }
    if (known.size >= NAMES_MAX) known.clear()
    const entry = begun(ask)
    known.set(name, entry)
    return worth(name, entry)
  }

  async function worth(name: string, entry: Entry<T>): Promise<Answered<T>> {
    let keep = false
    try {
      const answered = await entry.answer
      keep = isWorthIt(answered.value)
      return answered
    } finally {
      if (!keep && known.get(name) === entry) known.delete(name)
    }
  }
}

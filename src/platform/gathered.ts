/** Writes what comes close together as one: what comes while a write is in the air, or within `paceMs` of its beginning, boards the next. Alone, nothing waits. */
export function gathered<T>(
  write: (items: readonly T[]) => Promise<void>,
  { paceMs, most }: { readonly paceMs: number; readonly most: number },
) {
  const waiting: { readonly item: T; readonly done: () => void; readonly fail: (error: unknown) => void }[] = []
  let [isBusy, begunAt] = [false, -Infinity]

  async function fly(): Promise<void> {
    begunAt = performance.now()
    const boarded = waiting.splice(0, most)
    try {
      await write(boarded.map(({ item }) => item))
      for (const { done } of boarded) done()
    } catch (error) {
      for (const { fail } of boarded) fail(error)
    }
    isBusy = false
    wake()
  }

  function wake(): void {
    if (isBusy || waiting.length === 0) return
    isBusy = true
    const leftMs = begunAt + paceMs - performance.now()
    if (leftMs > 0) setTimeout(() => void fly(), leftMs)
    // Lets the others of this turn board too.
    else setImmediate(() => void fly())
  }

  /** Resolves when it is written; throws what the write of its company threw. */
  return (item: T): Promise<void> =>
    new Promise((done, fail) => {
      waiting.push({ item, done, fail })
      wake()
    })
}

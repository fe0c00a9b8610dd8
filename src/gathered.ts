/**
 * Does at once what comes close together: what comes while work is in the air, or within `paceMs` of its beginning, boards the next, `most` of it. Alone, nothing waits. Each hears its own
 * answer (`work` answers in the order of the items), or the error of the work that it went with.
 */
export function gathered<Item, Answer>(
  work: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { most, paceMs = 0 }: { readonly most: number; readonly paceMs?: number },
): (item: Item) => Promise<Answer> {
  const waiting: { readonly item: Item; readonly done: (answer: Answer) => void; readonly fail: (error: unknown) => void }[] = []
  let [isBusy, begunAt] = [false, -Infinity]

  async function fly(): Promise<void> {
    begunAt = performance.now()
    const boarded = waiting.splice(0, most)
    try {
      const answers = await work(boarded.map(({ item }) => item))
      if (answers.length !== boarded.length) throw new Error(`broken promise: ${boarded.length} asked, and ${answers.length} were answered`)
      for (const [n, { done }] of boarded.entries()) done(answers[n] as Answer)
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

  return (item) =>
    new Promise((done, fail) => {
      waiting.push({ item, done, fail })
      wake()
    })
}

interface Waiting<Ask, Answer> {
  readonly ask: Ask
  readonly answer: (answer: Answer) => void
  readonly fail: (error: unknown) => void
}

/**
 * Asks for many at once, at most so many: what comes while a question is in the air goes with the next one. No timer. Each hears its own answer, or the error of the
 * question that it went with.
 */
export function askedTogether<Ask, Answer>(
  askAll: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
  most: number,
): (ask: Ask) => Promise<Answer> {
  const waiting: Waiting<Ask, Answer>[] = []
  let isInTheAir = false

  async function fly(): Promise<void> {
    isInTheAir = true
    // Lets the other callers of this turn board too.
    await new Promise((done) => setImmediate(done))
    while (waiting.length > 0) await deliver(waiting.splice(0, most), askAll)
    isInTheAir = false
  }

  return (ask) =>
    new Promise((answer, fail) => {
      waiting.push({ ask, answer, fail })
      if (!isInTheAir) void fly()
    })
}

/** Never throws. */
async function deliver<Ask, Answer>(
  boarded: readonly Waiting<Ask, Answer>[],
  askAll: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
): Promise<void> {
  try {
    const answers = await askAll(boarded.map(({ ask }) => ask))
    if (answers.length !== boarded.length) throw new Error(`broken promise: ${boarded.length} asked, and ${answers.length} were answered`)
    for (const [i, { answer }] of boarded.entries()) answer(answers[i] as Answer)
  } catch (error) {
    for (const { fail } of boarded) fail(error)
  }
}

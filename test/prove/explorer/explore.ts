/** Everything that can happen in a small world, breadth first: so the first broken promise that is met has the shortest way to it. */

/** A world to explore: what can happen in each state, and what must hold. */
export interface Explorable<State, Step, Answer> {
  readonly start: State
  /** The same for two states that behave the same from now on. */
  readonly key: (state: State) => string
  /** In one order, always. */
  readonly steps: (state: State) => readonly Step[]
  /** The very same state, when the step has no effect. */
  readonly next: (state: State, step: Step) => { readonly state: State; readonly answer: Answer }
  /** Which promise this state breaks, if any. */
  readonly brokenIn: (state: State) => string | undefined
  /** Which promise this move breaks, if any. */
  readonly brokenBy: (before: State, step: Step, after: State, answer: Answer) => string | undefined
  readonly tell: (step: Step) => string
}

export interface Explored {
  readonly states: number
  readonly transitions: number
  /** How many steps away the farthest state is. */
  readonly depth: number
  readonly violation: Violation | undefined
}

export interface Violation {
  readonly promise: string
  /** The shortest sequence of steps that breaks it. */
  readonly path: readonly string[]
}

/** Explores all of it. Throws when there is more than `statesMax`: then it would not have been all. */
export function explore<State, Step, Answer>(world: Explorable<State, Step, Answer>, statesMax: number): Explored {
  const known = new Map<string, number>([[world.key(world.start), 0]])
  // By the number of a state: from which it was first reached, and by which of the steps there.
  const from: number[] = [0]
  const by: number[] = [0]
  let level: { readonly state: State; readonly number: number }[] = [{ state: world.start, number: 0 }]
  let transitions = 0
  let depth = 0

  const pathTo = (number: number): Step[] => {
    const choices: number[] = []
    for (let n = number; n !== 0; n = from[n] ?? 0) choices.unshift(by[n] ?? 0)
    let state = world.start
    return choices.map((choice) => {
      const step = world.steps(state)[choice] as Step
      state = world.next(state, step).state
      return step
    })
  }
  const found = (promise: string, steps: readonly Step[]): Explored => ({
    states: known.size,
    transitions,
    depth,
    violation: { promise, path: steps.map((step) => world.tell(step)) },
  })

  const wrong = world.brokenIn(world.start)
  if (wrong !== undefined) return found(wrong, [])
  while (level.length > 0) {
    const next: typeof level = []
    for (const { state, number } of level) {
      for (const [choice, step] of world.steps(state).entries()) {
        const { state: after, answer } = world.next(state, step)
        transitions += 1
        const broken = world.brokenBy(state, step, after, answer)
        if (broken !== undefined) return found(broken, [...pathTo(number), step])
        if (after === state) continue
        const key = world.key(after)
        if (known.has(key)) continue
        if (known.size >= statesMax) throw new RangeError(`the world has more than ${statesMax} states`)
        known.set(key, from.length)
        next.push({ state: after, number: from.length })
        from.push(number)
        by.push(choice)
        const brokenThen = world.brokenIn(after)
        if (brokenThen !== undefined) return found(brokenThen, [...pathTo(number), step])
      }
    }
    level = next
    if (next.length > 0) depth += 1
  }
  return { states: known.size, transitions, depth, violation: undefined }
}

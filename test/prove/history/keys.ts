/** Operations by what they were about: the same key is the same operation, however often and by whomever it was asked. */
import type { Asked, Heard, Operation } from './operation.ts'

/** An operation that was answered. */
export interface Answered {
  readonly id: string
  readonly asked: Asked
  readonly invokedAt: number
  readonly heard: Heard
  readonly at: number
}

export const answered = (operations: readonly Operation[]): Answered[] =>
  operations.flatMap(({ outcome, ...rest }) => (outcome.kind === 'heard' ? [{ ...rest, heard: outcome.heard, at: outcome.at }] : []))

/** What the ledger takes for the same operation. A look has no key: it has no effect. */
export function keyOf(asked: Asked): string {
  switch (asked.do) {
    case 'reserve':
      return `reserve ${asked.call} ${asked.ask}`
    case 'dispatch':
      return `dispatch ${asked.call} ${asked.token}`
    case 'settle':
    case 'reject':
    case 'mark':
      return `${asked.do} ${asked.reservation} ${asked.token}`
    case 'close':
      return `close ${asked.call} ${asked.run}`
    case 'cap':
      return `cap ${asked.key}`
    case 'look':
      return 'look'
  }
}

/** Items by a name, each group in the order in which its items came. */
export function grouped<T>(items: readonly T[], name: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(name(item))
    if (group === undefined) groups.set(name(item), [item])
    else group.push(item)
  }
  return groups
}

import { at, type Answer, type Ledger } from '../model/ledger.ts'
import type { Said } from '../model/step.ts'

/** What was done, over all sequences. */
export interface Tally {
  sequences: number
  steps: number
  /** New asks that the budgets granted, and refused. */
  granted: number
  refused: number
  /** Rounds of several steps at once; and those after which more than one order was possible. */
  rounds: number
  ambiguous: number
  readonly answers: Map<string, number>
}

export const newTally = (): Tally => ({ sequences: 0, steps: 0, granted: 0, refused: 0, rounds: 0, ambiguous: 0, answers: new Map() })

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** A step that both have done: `before` is the model as it was. */
export function note(tally: Tally, step: Said, { kind }: Answer, before: Ledger): void {
  tally.steps += 1
  count(tally.answers, `${step.do}: ${kind}`)
  if (step.do !== 'reserve' || at(before.calls, step.call).asks.some(({ ask }) => ask === step.ask)) return
  if (kind === 'refused') tally.refused += 1
  if (kind === 'reserved' || kind === 'go') tally.granted += 1
}

export const refusedShare = ({ granted, refused }: Tally): number => refused / Math.max(1, granted + refused)

/** The most frequent first. */
const list = (counts: Map<string, number>): string =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

export function tellOf(tally: Tally): string {
  const atOnce =
    tally.rounds === 0 ? '' : `, ${tally.rounds} rounds of several at once (${tally.ambiguous} that more than one order explains)`
  const done = `${tally.sequences} sequences, ${tally.steps} steps${atOnce}`
  const share = `${tally.granted + tally.refused} new asks, ${Math.round(refusedShare(tally) * 100)} % refused`
  return `  ${done}; ${share}\n  ${list(tally.answers)}`
}

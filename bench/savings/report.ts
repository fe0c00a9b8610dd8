/** What the rules of `domain/` make of the recorded workload: `node bench/savings/report.ts` prints it, the same on every machine. */
import { COMPLEXITIES, judgeComplexity, type Complexity } from '../../src/domain/complexity.ts'
import { compressPrompt, type PromptRule, type PromptRules } from '../../src/domain/prompt-rules.ts'
import { readWorkload, type RecordedCall } from './workload.ts'

/** How often what was labelled so was judged so: labels by row, judgements by column. */
export type Confusion = Readonly<Record<Complexity, Readonly<Record<Complexity, number>>>>

const none = { simple: 0, standard: 0, hard: 0 } as const

export function confusionOf(calls: readonly RecordedCall[]): Confusion {
  const counts: Record<Complexity, Record<Complexity, number>> = { simple: { ...none }, standard: { ...none }, hard: { ...none } }
  for (const call of calls) counts[call.complexity][judgeComplexity(call).complexity] += 1
  return counts
}

export interface Agreement {
  readonly calls: number
  /** In percent: judged as labelled; judged easier, and harder. */
  readonly agreed: number
  readonly easier: number
  readonly harder: number
}

export function agreementOf(confusion: Confusion): Agreement {
  const cells = COMPLEXITIES.flatMap((label, row) =>
    COMPLEXITIES.map((judged, column) => ({ side: Math.sign(column - row), count: confusion[label][judged] })),
  )
  const calls = cells.reduce((sum, { count }) => sum + count, 0)
  const percent = (side: number): number => (100 * cells.reduce((sum, cell) => sum + (cell.side === side ? cell.count : 0), 0)) / calls
  return { calls, agreed: percent(0), easier: percent(-1), harder: percent(1) }
}

/** Estimated tokens of the input. */
export interface Saved {
  readonly calls: number
  readonly before: number
  readonly saved: Readonly<Record<PromptRule, number>>
  /** Of `before`. */
  readonly percent: number
}

/** Per name that `groupOf` gives a call, the dearest first; the sum of all is the last. */
export function savedBy(calls: readonly RecordedCall[], rules: PromptRules, groupOf: (call: RecordedCall) => string): Map<string, Saved> {
  const groups = new Map<string, Saved>()
  for (const call of calls) {
    const { removed, tokensBefore } = compressPrompt(call.messages, rules)
    for (const name of [groupOf(call), 'all']) {
      const group = groups.get(name) ?? { calls: 0, before: 0, saved: { whitespace: 0, filler: 0, repeats: 0, history: 0 }, percent: 0 }
      const saved = { ...group.saved }
      for (const { rule, tokens } of removed) saved[rule] += tokens
      const before = group.before + tokensBefore
      groups.set(name, {
        calls: group.calls + 1,
        before,
        saved,
        percent: (100 * (saved.whitespace + saved.filler + saved.repeats + saved.history)) / before,
      })
    }
  }
  return new Map([...groups].toSorted(([a, x], [b, y]) => Number(a === 'all') - Number(b === 'all') || y.before - x.before))
}

/** The sets of rules whose figures are told. */
export const RULES = {
  'English only': { whitespace: true, filler: true, repeats: true },
  'repeats of every language': { whitespace: true, filler: true, repeats: 'every_language' },
  'and a history of 800 tokens': { whitespace: true, filler: true, repeats: 'every_language', historyTokensMax: 800 },
} as const satisfies Record<string, PromptRules>

function printReport(calls: readonly RecordedCall[]): void {
  const confusion = confusionOf(calls)
  console.log('how hard tasks are: labelled (rows), judged (columns)')
  console.table(confusion)
  const { agreed, easier, harder } = agreementOf(confusion)
  console.log(`judged as labelled ${agreed.toFixed(1)} %, easier ${easier.toFixed(1)} %, harder ${harder.toFixed(1)} %`)
  for (const [name, rules] of Object.entries(RULES)) {
    for (const group of ['language', 'feature'] as const) {
      console.log(`tokens saved by ${group}: ${name}`)
      const rows = [...savedBy(calls, rules, (call) => call[group])]
      console.table(
        Object.fromEntries(
          rows.map(([key, { saved, percent, ...sums }]) => [key, { ...sums, ...saved, percent: Number(percent.toFixed(1)) }]),
        ),
      )
    }
  }
}

if (import.meta.main) printReport(readWorkload())

/** `docs/crash-matrix.md`: how each cell ended, as the books and the provider's bill tell it. */
import type { Conclusion } from './conclude.ts'
import { nameOf } from './judge.ts'
import { isBatch } from './matrix-batches.ts'
import { FROZEN_MS, type Cell, type Victim } from './matrix.ts'
import { BATCH_MEANINGS, BATCH_POINTS, MEANINGS, CALL_POINTS } from './points.ts'

const COLUMNS: Readonly<Record<Victim, string>> = {
  worker: 'worker killed',
  frozen: `worker frozen for ${FROZEN_MS / 1_000} s`,
  postgres: 'Postgres killed',
  temporal: 'Temporal killed',
}

/** What became of a job's money: its attempts in order. */
export function moneyOf(job: string, { books, billed }: Pick<Conclusion, 'books' | 'billed'>): string {
  const attempts = books.attempts.filter(({ workflowId }) => workflowId === job)
  const words = attempts.map((attempt) => {
    const { state, source } = attempt
    if (state === 'settled') return source === 'answer' ? 'settled' : 'settled at the bound'
    if (state === 'presumed') return billed.has(nameOf(attempt)) ? 'presumed, was billed' : 'presumed, was not billed'
    return state
  })
  return words.length === 0 ? 'nothing' : words.join(' → ')
}

/** The same of a job with many attempts: how many came to what, in the order in which they began. */
const tallyOf = (money: string): string =>
  [...Map.groupBy(money.split(' → '), (word) => word)].map(([word, all]) => `${all.length} ${word}`).join(', ')

/** The page, from the cells of a whole matrix. */
export function matrixPage(cells: readonly Cell[], conclusion: Conclusion): string {
  const victims = [...new Set(cells.map(({ victim }) => victim))]
  const cellOf = (victim: Victim, point: string): string => {
    const cell = cells.find((c) => c.victim === victim && c.point === point)
    if (cell === undefined) return ''
    const money = moneyOf(cell.job, conclusion)
    return `${cell.saw}; ${isBatch(cell.point) ? tallyOf(money) : money}`
  }
  const row = (point: string, meaning: string): string =>
    `| \`${point}\` | ${meaning} | ${victims.map((victim) => cellOf(victim, point)).join(' | ')} |`
  const head = `| point | by then | ${victims.map((victim) => COLUMNS[victim]).join(' | ')} |
| --- | --- | ${victims.map(() => '---').join(' | ')} |`
  return `${INTRODUCTION}
${head}
${CALL_POINTS.map((point) => row(point, MEANINGS[point])).join('\n')}

${BATCHES}
${head}
${BATCH_POINTS.map((point) => row(point, BATCH_MEANINGS[point])).join('\n')}

${judgement(cells, conclusion)}
${WORDS}`
}

const INTRODUCTION = `# The crash matrix

Written by \`npm run chaos -- --matrix\`: for each of the points of a call's way and for everything that can be lost there, one job. A job stands at
each point, then the victim goes, whoever lives goes on at once, and everything is healed. The sweeper runs when the cells at \`sweep\` ask for it. When all jobs have
ended, the ledger's clock goes 28 hours ahead and the sweeper runs again; then the books are compared with the provider's own bill, attempt by attempt.

Each cell: what the job's owner saw; what became of its money, one word for each physical attempt.
`

const BATCHES = `## A batch of three lines

The same for the [batch lane](batch.md): how many lines were answered, rejected, in doubt; what became of the money, how many attempts of its lines came to what. From \`cancel\` on the deadline is near,
and the batch is slow. No line is at the provider twice under one name, and each is dispatched before: the judge reads that from the provider's own list of requests.
`

const WORDS = `
- **settled**: booked at the cost on the provider's bill, to the pico-USD. **rejected**, **released**: the money is back, and nothing was billed.
- **settled → settled**: a call in doubt was paid for once more, and then the first answer came all the same; both are on the bill. Where a receipt waits beside the
  blobs, it depends on who comes first, the sweeper or the second attempt.
- **presumed**: sent (or so the dispatch says) and no answer was booked, so the full amount is spent, until an answer or a bill says more. An answer that a killed
  worker had only in its memory is lost; a request that it had not sent yet looks the same to everybody else.
- **banner**: the job succeeded; a call in doubt asks once more, so its answer may be that of a second attempt. **in_doubt**: it failed with this code, which says that
  money stays held. **cancelled**, **terminated**: as somebody asked for
  (jobs at \`close\` are cancelled while they wait for a second attempt; those at \`sweep\` are terminated while their worker stands before its mark of doubt).
`

function judgement(cells: readonly Cell[], { verdict, auditViolations, unended }: Conclusion): string {
  const faults = verdict.findings.length + auditViolations.length + unended.length
  const sentence =
    'nothing billed is missing, nothing is booked twice, no cap was passed at any version, nothing stays reserved, `purser audit` finds nothing'
  return `${cells.length} cells. The judge: ${faults === 0 ? sentence : `${faults} faults`}.`
}

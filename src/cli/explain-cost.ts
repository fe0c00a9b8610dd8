import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { flagText } from '../domain/flag.ts'
import { exactEur, nano } from '../domain/money.ts'
import { remedyText } from '../domain/refusal.ts'
import { explainCost, EXPLAINED_MAX, type ExplainedAttempt, type ExplainedRefusal } from '../ledger/explain-cost.ts'
import type { CliContext, Run } from './context.ts'
import { explainLines, lineJson } from './explain-lines.ts'
import type { Terminal } from './terminal.ts'
import { withLedger } from './with-ledger.ts'

export function explainCostCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('explain-cost')
    .description('every line of a cost, from its price and its rate to the last digit; or which budget refused')
    .argument('<call>', 'call_…, or a job id for all of its calls')
    .option('--json', 'one JSON object per attempt or refusal')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      await withLedger(openLedger(config), async (ledger) => {
        const { calls, steps } = await explainCost(ledger, name)
        if (calls === 0)
          throw new PurserError(
            'not_found',
            `no call and no job "${name}" has asked for money: \`purser account list\` shows who has spent`,
          )
        const json = command.opts<{ json?: boolean }>().json ?? false
        for (const step of steps) {
          if (json) terminal.print(JSON.stringify(step.kind === 'attempt' ? attemptJson(step) : refusalJson(step)))
          else if (step.kind === 'attempt') explain(terminal, step)
          else explainRefusal(terminal, step)
        }
        if (steps.length === 0)
          terminal.say(`"${name}" asked for money and was given none, so it has cost nothing: its scope was stopped, or it ended before`)
        if (steps.length >= EXPLAINED_MAX)
          terminal.say(`not more than ${EXPLAINED_MAX} of each kind: name one of its calls to see all of it`)
      })
    }),
  )
}

function attemptJson({ amount, margin, cost, lines, ...attempt }: ExplainedAttempt): Record<string, unknown> {
  return {
    ...attempt,
    reservedEur: exactEur(nano(amount)),
    marginEur: exactEur(nano(margin)),
    costEur: cost === null ? null : exactEur(nano(cost)),
    flagsInWords: attempt.flags.map(flagText),
    lines: lines.map(lineJson),
  }
}

function refusalJson({ refusal, ...asked }: ExplainedRefusal): Record<string, unknown> {
  const { budget, plan, freesAt, remedies } = refusal
  return {
    ...asked,
    budget,
    plan,
    neededEur: refusal.needed.amount,
    remainingEur: refusal.remaining.amount,
    capEur: refusal.cap.amount,
    spentEur: refusal.spent.amount,
    reservedEur: refusal.reserved.amount,
    freesAt,
    remedies,
  }
}

function explainRefusal(terminal: Terminal, { refusal, ...asked }: ExplainedRefusal): void {
  const { needed, remaining, cap, spent, reserved, remedies } = refusal
  terminal.print(
    terminal.printColour.bold(`${asked.callRef}  ask ${asked.ask}: refused by budget "${refusal.budget.name}" (${refusal.budget.period})`),
  )
  terminal.print(askedText(asked))
  terminal.print(
    `  needed ${needed.amount} EUR, remaining ${remaining.amount} (cap ${cap.amount}, spent ${spent.amount}, reserved ${reserved.amount})`,
  )
  terminal.print(`  nothing was sent; what would have worked: ${remedies.map(remedyText).join('; ')}`)
}

const askedText = (a: Pick<ExplainedAttempt, 'workflowId' | 'callId' | 'account' | 'model' | 'at'>): string =>
  `  job ${a.workflowId}, call ${a.callId}, account ${a.account}, ${a.model}, ${a.at.toISOString().slice(0, 19).replace('T', ' ')} UTC`

function explain(terminal: Terminal, a: ExplainedAttempt): void {
  const { bold, dim } = terminal.printColour
  terminal.print(bold(`${a.callRef}  attempt ${a.attempt}: ${a.state}`) + (a.why === null ? '' : `  (${a.why})`))
  terminal.print(askedText(a))
  terminal.print(`  reserved ${exactEur(nano(a.amount))} EUR (margin ${exactEur(nano(a.margin))})`)
  if (a.answeredBy !== null && a.answeredBy !== a.model) terminal.print(`  answered by ${a.answeredBy}`)
  for (const flag of a.flags) terminal.print(`  ${flag}: ${flagText(flag)}`)
  if (a.lines.length > 0) explainLines(terminal, a.lines)
  const ofLines = sumText(a)
  if (ofLines !== undefined) terminal.print(dim(`  ${ofLines}`))
  if (a.cost !== null)
    terminal.print(
      bold(`  cost ${exactEur(nano(a.cost))} EUR`) +
        (a.cost <= a.amount ? `, given back ${exactEur(nano(a.amount - a.cost))} EUR` : ', above its bound'),
    )
}

/** How the lines come to the cost; or who named another one, which counts more. */
function sumText({ lines, cost, costSource }: ExplainedAttempt): string | undefined {
  const sum = lines.reduce((all, line) => all + line.nanoEur, 0n)
  if (cost !== null && costSource !== null && (lines.length === 0 || sum !== cost)) {
    const told = lines.length === 0 ? '' : `; the lines of its answer come to ${exactEur(nano(sum))}`
    return `${COST_SOURCES[costSource] ?? costSource}${told}`
  }
  return lines.length < 2 ? undefined : `${lines.map((line) => exactEur(nano(line.nanoEur))).join(' + ')} = ${exactEur(nano(sum))}`
}

/** Why a cost is not the sum of lines. */
const COST_SOURCES: Readonly<Record<string, string>> = {
  presumption: 'nobody has named what it cost, so all that was reserved is booked: a bill, an answer or a person may correct it',
  person: 'a person named the cost (`purser attempts resolve`)',
  bill: 'the provider’s bill names the cost',
}

import { format } from 'prettier'
import { ENDINGS, type Ending } from '../src/domain/ending.ts'
import { LINE_ENDINGS, type LineEnding } from '../src/domain/line-ending.ts'
import { GEMINI_REFUSALS } from '../src/providers/gemini-wire.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``)

/** docs/endings.md, from the tables that decide. */
export function endingsPage(): Promise<string> {
  const endings = Object.entries<Ending>(ENDINGS)
  return format(
    `# How a call ends

Made by \`npm run docs:endings\` from [src/domain/ending.ts](../src/domain/ending.ts), which decides; [test/flow/endings.test.ts](../test/flow/endings.test.ts) plays every row
with a real Postgres, a real Temporal server and the emulator.

## The attempt, its money, and the workflow

${table(
  ['ending', 'when', 'attempt', 'money', 'the workflow (`modelCall`) sees', 'a banner job ends as'],
  endings.map(([name, e]) => [code(name), e.when, code(e.state) || 'none', e.money, e.sees, code(e.jobCode) || 'made']),
)}

Whatever comes later is booked all the same: an answer to an attempt in doubt, presumed, released or rejected settles it; a bill or a person
corrects it (\`purser.adjust\`). What nobody ends is ended by the sweeper, by the database's clock: what was not sent is released when its hold ends; what was
sent is in doubt after the request's time-out and 5 s, and spent in full after the provider's maximum and 5 min.

## What Temporal tries again, and what Temporal UI shows

A model activity is executed six times at most. Which of its failures are tried again, and when:

${table(
  ['ending', 'failure type', 'tried again'],
  endings.flatMap(([name, { retry }]) => (retry === undefined ? [] : [[code(name), code(retry.type), retry.after]])),
)}

They are of the category BENIGN: no alarm in the worker's log or metrics. A lost worker is noticed after 30 s without a heartbeat; the next
execution sends nothing that the first has sent: it waits for its answer, looks for the receipt that the lost worker may have put beside its blob and books it, and
hears \`in_doubt\` when there is neither in time. What the ledger itself calls impossible (\`conflict\`, \`unpriced_model\`, …) is not tried again. A ledger that is away, or
\`recovering\` (a restored backup, a promoted standby, until \`purser recover\` has run), is asked until it answers, inside one execution; its answers in hand it takes all the while.

${table(
  ['ending', 'Temporal UI'],
  endings.map(([name, e]) => [code(name), e.shown]),
)}

A job whose worker was killed twice while its request was under way (\`npm run screenshots\` makes the picture): the third execution hears that nobody knows the
answer, the call asks once more, and the job ends with its banner.

![A job in Temporal UI whose worker was killed twice](images/temporal-job-killed-twice.png)

## The line of a batch

Made from [src/domain/line-ending.ts](../src/domain/line-ending.ts), played by [test/flow/line-endings.test.ts](../test/flow/line-endings.test.ts). What an answer comes to is as above; each line has an outcome of its own, and a [batch](batch.md) whose lines were refused has not failed.

${table(
  ['ending', 'when', 'attempt', 'money', 'asked again', 'the outcome of the line'],
  Object.entries<LineEnding>(LINE_ENDINGS).map(([name, e]) => [
    code(name),
    e.when,
    code(e.state) || 'none',
    e.money,
    e.again ? 'yes' : '',
    e.sees,
  ]),
)}

Asked again: in the next batch while there is time, with money that is reserved anew; near the deadline by itself, where it ends as every call does (turned away six times: \`rejected\`), or not at all (\`onDeadline: 'end'\`), and then the outcome is the last one. A line whose job is terminated, or whose workers
do not come back, is dispatched for 26 hours, then in doubt, and five minutes later spent at its bound (\`presumed\`).

## What a provider's error proves

Only an error of the provider's own (its own error body, with a status of this list) proves that nothing was billed. Everything else after the first
byte is \`in_doubt\`.

${table(
  ['provider', 'status', 'ending'],
  Object.entries(GEMINI_REFUSALS).map(([status, refusal]) => [
    'gemini',
    status,
    refusal === 'for good' ? code('rejected') : code(status === '429' ? 'rate_limited' : 'provider_unavailable'),
  ]),
)}
`,
    { parser: 'markdown', printWidth: 140 },
  )
}

import { callRef } from '../domain/call.ts'
import { callFigures, type CallFigures } from '../domain/call-figures.ts'
import { exactEur, nano, type Nano } from '../domain/money.ts'
import { csvOf, numberColumn, textColumn, type Column } from './csv.ts'
import { FIRST_PAGE, listRequests, refOf, usageOf, type RequestPage, type RequestRecord } from './requests.ts'
import type { Reading } from './reading.ts'

const ROWS_AT_ONCE = 500

/** Every record of a question, read a page at a time when somebody takes it. */
async function* allRequests(reading: Reading, question: Omit<RequestPage, 'after' | 'limit'>): AsyncGenerator<RequestRecord> {
  let after: RequestPage['after'] = FIRST_PAGE
  for (;;) {
    const page = await listRequests(reading, { ...question, after, limit: ROWS_AT_ONCE })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < ROWS_AT_ONCE) return
    after = last
  }
}

interface CallRow {
  readonly record: RequestRecord
  readonly figures: CallFigures
}

const text = (name: string, of: (record: RequestRecord) => string | null): Column<CallRow> => textColumn(name, ({ record }) => of(record))
const term = (name: string): Column<CallRow> => text(name, ({ terms }) => (terms[name] as string | undefined) ?? null)
const eurOrNull = (amount: Nano | null): string | null => (amount === null ? null : exactEur(amount))
const count = (name: string, of: (figures: CallFigures) => number): Column<CallRow> =>
  numberColumn(name, ({ figures }) => String(of(figures)))
const number = (name: string, of: (record: RequestRecord) => number | string | null): Column<CallRow> =>
  numberColumn(name, ({ record }) => of(record)?.toString() ?? null)
/** Parts of a cost are not known while the whole is not. */
const cost = (name: string, of: (row: CallRow) => Nano): Column<CallRow> =>
  numberColumn(name, (row) => (row.record.cost === null ? null : exactEur(of(row))))

const COLUMNS: readonly Column<CallRow>[] = [
  text('id', refOf),
  text('reserved_at', ({ at }) => at.toISOString()),
  text('sent_at', ({ sentAt }) => sentAt.toISOString()),
  ...['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model', 'endpoint'].map(term),
  text('labels', ({ terms }) => (terms['labels'] === undefined ? null : JSON.stringify(terms['labels']))),
  text('state', ({ state }) => state),
  text('success', ({ answered }) => String(answered)),
  text('error', ({ error }) => error),
  count('input_tokens', (figures) => figures.inputTokens),
  count('output_tokens', (figures) => figures.outputTokens),
  count('total_tokens', (figures) => figures.totalTokens),
  count('cached_tokens', (figures) => figures.cachedTokens),
  count('reasoning_tokens', (figures) => figures.reasoningTokens),
  count('image_tokens', (figures) => figures.imageTokens),
  cost('input_cost_eur', ({ figures }) => figures.inputCost),
  cost('output_cost_eur', ({ figures }) => figures.outputCost),
  cost('other_cost_eur', ({ figures }) => figures.otherCost),
  cost('total_cost_eur', ({ record }) => record.cost ?? nano(0n)),
  text('cost_source', ({ source }) => source),
  numberColumn('reserved_eur', ({ record }) => eurOrNull(record.reserved)),
  number('duration_ms', ({ durationMs }) => durationMs),
  number('attempt', ({ attempt }) => attempt),
  number('attempts', ({ attempts }) => attempts),
  text('call', ({ call }) => (call === null ? null : callRef(call))),
  text('workflow_id', ({ workflowId }) => workflowId),
  text('run_id', ({ run }) => run),
  text('call_id', ({ callId }) => callId),
  text('flags', ({ flags }) => flags.join(' ')),
  number('quality', ({ quality }) => quality),
  number('accuracy', ({ accuracy }) => accuracy),
  numberColumn('value_eur', ({ record }) => eurOrNull(record.value)),
]

const rowOf = (record: RequestRecord): CallRow => {
  const lines = record.cost === null ? [] : record.lines.map(({ unit, cost: nanoEur }) => ({ unit, nanoEur }))
  return { record, figures: callFigures(usageOf(record), lines, record.cost ?? nano(0n)) }
}

/** Calls as CSV, one row each: its columns have the names of the API's records. */
export const callsCsv = (reading: Reading, question: Omit<RequestPage, 'after' | 'limit'>): AsyncGenerator<string> =>
  csvOf(COLUMNS, rowsOf(reading, question))

async function* rowsOf(reading: Reading, question: Omit<RequestPage, 'after' | 'limit'>): AsyncGenerator<CallRow> {
  for await (const record of allRequests(reading, question)) yield rowOf(record)
}

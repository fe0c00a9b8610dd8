import type { CallKey } from '../domain/call.ts'
import { answerOf, type LedgerAnswer, type RawAnswer, type RawGo } from './answers.ts'
import { asked } from './asked.ts'
import { callIdOf } from './call-id.ts'
import type { Ledger } from './ledger.ts'

/** One call of a batch. */
export interface BatchCall {
  readonly key: CallKey
  readonly ask: number
  readonly account: string
  /** The terms of the ask: with others it is a conflict. */
  readonly requestHash: string
}

export interface DispatchBatchRequest {
  /** What the provider is to know the batch by: the same for the same calls, whoever asks. */
  readonly name: string
  /** Random, one per activity execution: only the token that made the batch may hand it in. */
  readonly token: string
  readonly runId: string
  /** All of one job. At least one. */
  readonly calls: readonly BatchCall[]
  readonly requestTimeoutMs: number
  readonly providerMaxMs: number
}

/** A line that is dispatched, with the token that books its answer. Plain JSON: it goes through the job, which outlives workers and databases. */
export interface SentLine {
  readonly callId: string
  readonly token: string
  readonly go: RawGo
}

/** A line that is not part of the batch, and why. */
interface UnsentLine {
  readonly callId: string
  readonly answer: LedgerAnswer
}

export interface DispatchedBatch {
  /** This very execution may make the one request that hands it in: now, or never. */
  readonly mayHandIn: boolean
  /** Since the lines were dispatched, by the ledger's clock. */
  readonly ageMs: number
  readonly sent: readonly SentLine[]
  readonly unsent: readonly UnsentLine[]
}

interface RawBatch {
  readonly mayHandIn: boolean
  readonly ageMs: number
  /** Without a token: it was not among the lines when the batch was handed in. */
  readonly lines: readonly { readonly callId: string; readonly token?: string; readonly answer: RawAnswer | RawGo }[]
}

/**
 * Dispatches all lines of a batch in one commit, which also decides who hands it in. Safe to repeat: whoever comes later, from whatever worker, hears the same
 * lines with the same tokens; a line that was not among them then has lapsed, and its money is back. Throws PurserError `conflict` for an unknown ask or other terms, `recovering`.
 */
export const dispatchBatch = (ledger: Ledger, r: DispatchBatchRequest): Promise<DispatchedBatch> =>
  ledger.whole(() => dispatchOnce(ledger, r))

async function dispatchOnce({ sql }: Ledger, r: DispatchBatchRequest): Promise<DispatchedBatch> {
  const lines = r.calls.map(({ key, ask, account, requestHash }) => ({
    call: callIdOf(key),
    callId: key.callId,
    ask,
    account,
    requestHash,
  }))
  const [first] = r.calls
  if (first === undefined) throw new Error('broken promise: a batch without lines')
  const { installation, workflowId } = first.key
  const raw = await asked<RawBatch>(
    () => sql`
    select purser.dispatch_batch(
      p_name => ${r.name}, p_token => ${r.token}, p_installation => ${installation}, p_workflow_id => ${workflowId}, p_run => ${r.runId},
      p_lines => ${sql.json(lines)}, p_request_timeout_ms => ${r.requestTimeoutMs}, p_provider_max_ms => ${r.providerMaxMs}) as answer`,
  )
  const { mayHandIn, ageMs } = raw
  return {
    mayHandIn,
    ageMs,
    sent: raw.lines.flatMap(({ callId, token, answer }) =>
      answer.kind === 'go' && token !== undefined ? [{ callId, token, go: answer }] : [],
    ),
    unsent: raw.lines.flatMap(({ callId, answer }) => (answer.kind === 'go' ? [] : [{ callId, answer: answerOf(answer) }])),
  }
}

/** Milliseconds since a line was dispatched, by the ledger's clock. */
export async function sinceDispatch({ sql }: Pick<Ledger, 'sql'>, { go }: SentLine): Promise<number> {
  const [{ ms } = { ms: 0 }] = await sql<{ ms: number }[]>`
    select floor(extract(epoch from clock_timestamp() - ${go.dispatchedAt}::text::timestamptz) * 1000)::float8 as ms`
  return ms
}

/** Of batches that were handed in, by the provider's names, the lines whose answers nobody has booked, and of which nobody has said what became of them. */
export async function openLines({ sql }: Pick<Ledger, 'sql'>, names: readonly string[]): Promise<ReadonlyMap<string, readonly SentLine[]>> {
  const rows = await sql<{ name: string; lines: readonly { callId: string; token: string; answer: RawGo }[] }[]>`
    select b.name, jsonb_agg(l) as lines from purser.provider_batch b cross join jsonb_array_elements(b.lines) l
      join purser.reservation r on r.id = (l #>> '{answer,reservationId}')::uuid and r.token = (l ->> 'token')::uuid
     where b.name in (select jsonb_array_elements_text(${sql.json([...names])})) and l #>> '{answer,kind}' = 'go' and r.state = 'dispatched' group by b.name`
  return new Map(rows.map(({ name, lines }) => [name, lines.map(({ callId, token, answer }) => ({ callId, token, go: answer }))]))
}

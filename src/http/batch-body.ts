import { z } from '@hono/zod-openapi'
import type { BatchInput, LineOutcome } from '../client.ts'
import { reservationRef } from '../domain/call.ts'
import type { Savings } from '../domain/prepared-call.ts'
import { LINES_MAX, scopeSchema } from '../schema/ask-input.ts'
import { batchCallsInputSchema, batchLineSchema } from '../schema/batch-input.ts'
import { parsed } from '../schema/parsed.ts'
import { payer } from './ids.ts'
import { moneySchema } from './money.ts'
import { refusalBody, refusalSchema, type Viewer } from './refused.ts'

const { account: _, ...scope } = scopeSchema.shape
const { callId, label, provider, model, prompt, messages, maxOutputTokens, savings, complexity, needs } = batchLineSchema.shape
const { deadline, onDeadline, cancelBeforeMs, allOrNone, label: batchLabel, ledgerMode } = batchCallsInputSchema.shape

const lineSchema = z
  .strictObject({
    call_id: callId.clone().openapi({ description: 'Your name for it, once in the batch', example: 'summary-4711' }),
    account: payer.openapi({ description: 'Who pays for this line; left out: the `account` of the batch' }),
    ...scope,
    label: label.clone(),
    provider: provider.clone(),
    model: model.clone().openapi({
      description: 'Lines of several models go as a batch of each. With `savings` it may be `auto`',
      example: 'gemini-2.5-flash-lite',
    }),
    prompt: prompt.clone().openapi({ description: 'This, or `messages`' }),
    messages: messages.clone().openapi({ description: 'A conversation, in place of a prompt: what the system says first, the user last' }),
    max_output_tokens: maxOutputTokens.clone(),
    image: z
      .strictObject({ aspect_ratio: z.string().min(1).max(20) })
      .optional()
      .openapi({ description: 'Left out: text' }),
    savings: savings
      .clone()
      .openapi({ description: 'The switches of the line’s feature hold: which model answers, what is not sent of its words' }),
    complexity: complexity.clone().openapi({ description: 'With `savings`: how hard the task is; else it is judged' }),
    needs: needs.clone().openapi({ description: 'With `savings`: what the model must be able to do' }),
  })
  .openapi('BatchLine')

/** What a batch takes beside `type` and `job_id`. */
export const batchWanted = {
  account: payer,
  lines: z.array(lineSchema).min(1).max(LINES_MAX),
  deadline: deadline.clone().openapi({
    description:
      'Until then the batch is waited for; a day ahead is what a provider may need. With `on_deadline: end` every line has its outcome about then; with `live` those that are asked by themselves may end later, above all where a rate limit or a pace holds them back',
    example: '2026-11-30T06:00:00Z',
  }),
  on_deadline: onDeadline.clone().openapi({
    description:
      'What becomes of lines that were not answered in time: `live` (default) asks them by themselves at the standard price, `end` ends them',
  }),
  cancel_before_ms: cancelBeforeMs.clone().openapi({ description: 'So long before the deadline the batch is cancelled at the provider' }),
  all_or_none: allOrNone.clone().openapi({
    description:
      'One line that is refused or stopped stops them all, before anything is sent; one that a pace holds back holds them all back',
  }),
  label: batchLabel.clone().openapi({ description: 'What people see in Temporal UI' }),
  ledger_mode: ledgerMode.clone(),
}

type BatchBody = z.output<z.ZodObject<typeof batchWanted>>

/** As `purser.batch.start` takes it. `account`: that of lines that name none. Throws PurserError `bad_input`. */
export function batchInputOf(body: BatchBody, account: string | undefined): BatchInput {
  const input = {
    lines: body.lines.map(({ call_id, account: own = account, max_output_tokens, image, ...line }) => ({
      ...line,
      callId: call_id,
      account: own,
      maxOutputTokens: max_output_tokens,
      ...(image === undefined ? {} : { image: { aspectRatio: image.aspect_ratio } }),
    })),
    deadline: body.deadline,
    onDeadline: body.on_deadline,
    cancelBeforeMs: body.cancel_before_ms,
    allOrNone: body.all_or_none,
    label: body.label,
    ledgerMode: body.ledger_mode,
  }
  return parsed(batchCallsInputSchema, input, 'body')
}

const KINDS = [
  'answered',
  'refused',
  'rejected',
  'in_doubt',
  'lapsed',
  'too_late',
  'closed',
  'stopped',
] as const satisfies readonly LineOutcome['kind'][]

export const outcomeSchema = z
  .object({
    call_id: z.string(),
    kind: z.enum(KINDS).openapi({
      description:
        '`answered`: booked at its cost. `refused`: a budget cannot pay. `rejected`: it was not answered, and not billed. `in_doubt`: it may have been billed, its money is held. `lapsed`, `too_late`, `closed`: it was not sent. `stopped`: nothing of its scope may start',
    }),
    text: z.string().nullable().openapi({
      description: 'Null where the answer is no text, or where all texts together are longer than a million bytes: it is in the blob',
    }),
    blob: z
      .object({ ref: z.string(), sha256: z.string(), bytes: z.int(), mime_type: z.string() })
      .nullable()
      .openapi({ description: 'Where the blob store keeps the answer' }),
    reservation: z.string().nullable().openapi({ example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
    reserved: moneySchema.nullable(),
    cost: moneySchema.nullable(),
    usage: z.array(z.object({ unit: z.string(), quantity: z.string() })),
    flags: z.array(z.string()),
    message: z.string().nullable().openapi({ description: 'Why there is no answer' }),
    savings: z
      .object({
        model: z.string(),
        code: z.string(),
        reason: z.string(),
        compressed: z.array(z.object({ rule: z.string(), characters: z.int(), tokens: z.int() })),
      })
      .nullable()
      .openapi({
        description:
          'The model that was chosen, why, and how much of its words was not sent (tokens are estimated). Null: it was sent as it is',
      }),
    refusal: refusalSchema.nullable(),
  })
  .openapi('LineOutcome')

type OutcomeBody = z.input<typeof outcomeSchema>

/** A line's outcome as the API shows it. */
export function outcomeBody(outcome: LineOutcome, viewer: Viewer): OutcomeBody {
  const nothing = {
    call_id: outcome.callId,
    kind: outcome.kind,
    text: null,
    blob: null,
    reservation: null,
    reserved: null,
    cost: null,
    usage: [],
    flags: [],
    message: null,
    savings: outcome.savings === undefined ? null : savingsBody(outcome.savings),
    refusal: null,
  }
  switch (outcome.kind) {
    case 'answered':
      return { ...nothing, ...answerBody(outcome) }
    case 'refused':
      return { ...nothing, ...refusalBody(outcome, viewer) }
    case 'in_doubt':
      return { ...nothing, reservation: reservationRef(outcome.reservationId), reserved: outcome.held, message: outcome.reason ?? null }
    case 'rejected':
      return { ...nothing, reservation: reservationRef(outcome.reservationId), message: outcome.reason }
    case 'stopped':
      return { ...nothing, message: outcome.reason }
    case 'lapsed':
    case 'too_late':
    case 'closed':
      return nothing
  }
}

const savingsBody = ({ reason, compressed, ...chosen }: Savings): OutcomeBody['savings'] => ({
  model: chosen.model,
  code: reason.code,
  reason: reason.text,
  compressed: compressed.map((one) => ({ ...one })),
})

function answerBody({
  text,
  blob,
  reservationId,
  reserved,
  cost,
  usage,
  flags,
  response,
}: Extract<LineOutcome, { kind: 'answered' }>): Partial<OutcomeBody> {
  return {
    text: text ?? null,
    blob: blob === undefined ? null : { ref: blob.ref, sha256: blob.sha256, bytes: blob.bytes, mime_type: blob.mimeType },
    reservation: reservationRef(reservationId),
    reserved,
    cost,
    usage: usage.map(({ unit, quantity }) => ({ unit, quantity: String(quantity) })),
    flags: [...flags],
    message: response.blocked ?? null,
  }
}

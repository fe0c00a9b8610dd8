import { createHmac } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { callRef } from '../domain/call.ts'
import { callFigures } from '../domain/call-figures.ts'
import { countsOf } from '../domain/prepared-call.ts'
import { exactUsd, money, nano } from '../domain/money.ts'
import { refOf, usageOf, type RequestRecord } from '../insight/requests.ts'
import { scopeBodySchema } from './budget-body.ts'
import { moneySchema } from './money.ts'

const count = z.int().min(0)

export const callSchema = z
  .object({
    id: z.string().openapi({
      description: '`rsv_…` of what was reserved, `trk_…` of what was tracked',
      example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e',
    }),
    call: z.string().nullable().openapi({ description: 'The call of a job that this request was made for; null for what was tracked' }),
    workflow_id: z.string().nullable(),
    run_id: z.string().nullable(),
    call_id: z.string().nullable(),
    attempt: count.nullable().openapi({ description: 'Which request of its call it was' }),
    attempts: count.openapi({ description: 'Requests of its call that went out so far' }),
    reserved_at: z.iso.datetime().openapi({ description: 'Its month is that of this moment' }),
    sent_at: z.iso.datetime(),
    account: z.string(),
    provider: z.string(),
    model: z.string(),
    endpoint: z.string(),
    user: z.string().nullable(),
    team: z.string().nullable(),
    project: z.string().nullable(),
    feature: z.string().nullable(),
    environment: z.string().nullable(),
    labels: scopeBodySchema.shape.labels,
    state: z.enum(['reserved', 'dispatched', 'settled', 'released', 'rejected', 'in_doubt', 'presumed']),
    success: z.boolean().openapi({ description: 'An answer is booked' }),
    error: z.string().nullable(),
    input_tokens: count,
    output_tokens: count,
    total_tokens: count,
    cached_tokens: count.openapi({ description: 'Of the input, read from a cache' }),
    reasoning_tokens: count.openapi({ description: 'Of the output, thought and not said' }),
    image_tokens: count.openapi({ description: 'Of input and output' }),
    input_cost: moneySchema,
    output_cost: moneySchema,
    other_cost: moneySchema.openapi({
      description: 'What is paid by the piece, what was only presumed, what a bill corrected: with the other two it is the whole',
    }),
    total_cost: moneySchema.nullable().openapi({ description: 'As known now; null while nobody knows it' }),
    cost_source: z.enum(['bill', 'answer', 'person', 'presumption']).nullable(),
    cost_per_1000_tokens: moneySchema.nullable(),
    reserved_amount: moneySchema.nullable().openapi({ description: 'What was set aside for it: its bound' }),
    lines: z
      .array(z.object({ unit: z.string(), quantity: z.string(), cost: moneySchema, usd: z.string() }))
      .openapi({ description: 'What its answer cost, unit by unit; a cost in USD has twelve digits' }),
    duration_ms: count.nullable(),
    flags: z.array(z.string()),
    cache_hit: z.boolean().openapi({ description: 'Some of its input was read from the provider’s cache' }),
    prompt_hash: z
      .string()
      .nullable()
      .openapi({ description: 'The same for the same request; keyed, so that nobody can try out what it was' }),
    route: z
      .object({ asked_model: z.string(), usual_model: z.string(), code: z.string(), reason: z.string(), complexity: z.string().nullable() })
      .nullable()
      .openapi({ description: 'Why this model, where the call was prepared: `usual_model` is what would have been asked without a route' }),
    compressed: z
      .array(z.object({ rule: z.string(), characters: count, tokens: count.openapi({ description: 'Estimated' }) }))
      .openapi({ description: 'What of its prompt was not sent, by rule; the words themselves: `/v1/calls/{id}/preparation`' }),
    quality: z.string().nullable().openapi({ example: '0.950' }),
    accuracy: z.string().nullable(),
    value: moneySchema.nullable().openapi({ description: 'What it was worth, as somebody says' }),
  })
  .openapi('Call')

const routeBody = (prepared: RequestRecord['prepared']) =>
  prepared && {
    asked_model: prepared.askedModel,
    usual_model: prepared.usualModel,
    code: prepared.code,
    reason: prepared.reason,
    complexity: prepared.complexity,
  }

const moneyOrNull = (amount: RequestRecord['cost']) => (amount === null ? null : money(amount))

/** One record as the API tells it; `secret`: what keys its prompt hash. */
export function callBody(r: RequestRecord, secret: string): z.input<typeof callSchema> {
  // While nobody knows its cost, its parts are not known either.
  const costLines = r.cost === null ? [] : r.lines.map(({ unit, cost }) => ({ unit, nanoEur: cost }))
  const figures = callFigures(usageOf(r), costLines, r.cost ?? nano(0n))
  const term = (name: string): string | null => (r.terms[name] as string | undefined) ?? null
  return {
    id: refOf(r),
    call: r.call === null ? null : callRef(r.call),
    workflow_id: r.workflowId,
    run_id: r.run,
    call_id: r.callId,
    attempt: r.attempt,
    attempts: r.attempts,
    reserved_at: r.at.toISOString(),
    sent_at: r.sentAt.toISOString(),
    account: term('account') ?? '',
    provider: term('provider') ?? '',
    model: term('model') ?? '',
    endpoint: term('endpoint') ?? '',
    user: term('user'),
    team: term('team'),
    project: term('project'),
    feature: term('feature'),
    environment: term('environment'),
    labels: (r.terms['labels'] as Record<string, string> | undefined) ?? {},
    state: r.state as z.input<typeof callSchema>['state'],
    success: r.answered,
    error: r.error,
    input_tokens: figures.inputTokens,
    output_tokens: figures.outputTokens,
    total_tokens: figures.totalTokens,
    cached_tokens: figures.cachedTokens,
    reasoning_tokens: figures.reasoningTokens,
    image_tokens: figures.imageTokens,
    input_cost: money(figures.inputCost),
    output_cost: money(figures.outputCost),
    other_cost: money(figures.otherCost),
    total_cost: moneyOrNull(r.cost),
    cost_source: r.source as z.input<typeof callSchema>['cost_source'],
    cost_per_1000_tokens: r.cost === null ? null : moneyOrNull(figures.costPer1000Tokens ?? null),
    reserved_amount: moneyOrNull(r.reserved),
    lines: r.lines.map((line) => ({
      unit: line.unit,
      quantity: String(line.quantity),
      cost: money(line.cost),
      usd: exactUsd(line.picoUsd),
    })),
    duration_ms: r.durationMs,
    flags: [...r.flags],
    cache_hit: figures.cachedTokens > 0,
    prompt_hash: r.requestHash === null ? null : createHmac('sha256', secret).update(`prompt ${r.requestHash}`).digest('hex'),
    route: routeBody(r.prepared),
    compressed: countsOf(r.prepared?.removed ?? []),
    quality: r.quality,
    accuracy: r.accuracy,
    value: moneyOrNull(r.value),
  }
}

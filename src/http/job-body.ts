import { z } from '@hono/zod-openapi'
import { JOB_STATES, JOB_TYPES, type BannerResult, type JobFailed, type JobSummary, type Refusal, type VariantStory } from '../client.ts'
import type { Jobs } from './access.ts'
import { outcomeSchema } from './batch-body.ts'
import { moneySchema } from './money.ts'
import { refusalBody, refusalSchema, type Viewer } from './refused.ts'

const summary = {
  id: z.string().openapi({ example: 'job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d' }),
  type: z.enum(JOB_TYPES),
  account: z.string().nullable().openapi({ description: 'Null: a batch of several accounts, or started by hand, without naming it' }),
  state: z.enum(JOB_STATES),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  links: z.object({
    self: z.string().openapi({ example: '/v1/jobs/job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d' }),
    temporal_ui: z.string().nullable().openapi({ description: 'For people; null where the server does not know the address' }),
  }),
}

export const jobSummarySchema = z.object(summary).openapi('JobSummary')

const progressSchema = z
  .object({
    variant: z.int(),
    model: z.string(),
    step: z.string().openapi({ description: 'For people', example: 'calling the model' }),
    reserved: moneySchema.nullable(),
    cost: moneySchema.nullable().openapi({ description: 'Null until it is booked' }),
    given_back: moneySchema.nullable(),
    budget_left: moneySchema.nullable().openapi({
      description:
        'What the tightest budget had left then; null to a key that is bound to an account, whose budgets may not be the tightest',
    }),
  })
  .openapi('JobProgress')

const pictureSchema = z
  .object({
    ref: z.string().openapi({ description: 'Where the blob store keeps it' }),
    sha256: z.string(),
    bytes: z.int(),
    mime_type: z.string(),
    width: z.int(),
    height: z.int(),
  })
  .openapi('Picture')

const resultSchema = z
  .object({
    banners: z.array(
      z.object({
        variant: z.int(),
        picture: pictureSchema,
        reserved: moneySchema,
        cost: moneySchema,
        usage: z.array(z.object({ unit: z.string(), quantity: z.string() })),
        requests: z.int().openapi({ description: 'To the provider' }),
        flags: z.array(z.string()),
      }),
    ),
    refused: z.array(z.object({ variant: z.int(), message: z.string(), refusal: refusalSchema })),
    failed: z.array(z.object({ variant: z.int(), code: z.string(), message: z.string(), cost: moneySchema.nullable() })),
    cost: moneySchema.openapi({ description: 'Of all variants, also of those that came to nothing' }),
    budget_left: progressSchema.shape.budget_left,
  })
  .openapi('BannerResult')

export const jobSchema = z
  .object({
    ...summary,
    progress: z
      .array(progressSchema)
      .nullable()
      .openapi({ description: 'Of a banner: where each variant stands, with its money; null when no worker says it now' }),
    waiting_for: z.string().nullable().openapi({ description: 'While it runs, for people' }),
    result: resultSchema.nullable().openapi({ description: 'Of a banner that is completed' }),
    outcomes: z
      .array(outcomeSchema)
      .nullable()
      .openapi({ description: 'Of a batch that is completed: what became of each line, in their order' }),
    error: z
      .object({
        code: z.string().openapi({ description: 'Stable: `budget_exceeded`, `cancelled`, `in_doubt`, …' }),
        message: z.string(),
        refusal: refusalSchema.nullable().openapi({ description: 'Of `budget_exceeded`' }),
      })
      .nullable()
      .openapi({ description: 'When it ended in any other way' }),
  })
  .openapi('Job')

export const summaryBody = ({ uiUrlOf }: Jobs, job: JobSummary): z.input<typeof jobSummarySchema> => ({
  id: job.jobId,
  type: job.type,
  account: job.account ?? null,
  state: job.state,
  started_at: job.startedAt.toISOString(),
  ended_at: job.endedAt?.toISOString() ?? null,
  links: { self: `/v1/jobs/${encodeURIComponent(job.jobId)}`, temporal_ui: uiUrlOf(job.jobId) ?? null },
})

export function progressBody(story: VariantStory, { isBound }: Viewer): z.input<typeof progressSchema> {
  const { variant, model, step, reserved, cost, givenBack, leftAfterReserve, leftAfterCost } = story
  return {
    variant,
    model,
    // A refusal's words have a budget's figures.
    step: isBound && step.startsWith('refused: ') ? 'refused' : step,
    reserved: reserved ?? null,
    cost: cost ?? null,
    given_back: givenBack ?? null,
    budget_left: isBound ? null : (leftAfterCost ?? leftAfterReserve ?? null),
  }
}

export function resultBody(result: BannerResult, viewer: Viewer): z.input<typeof resultSchema> {
  return {
    banners: result.banners.map(({ variant, blob, reserved, cost, usage, requests, flags }) => ({
      variant,
      picture: {
        ref: blob.ref,
        sha256: blob.sha256,
        bytes: blob.bytes,
        mime_type: blob.mimeType,
        width: blob.width,
        height: blob.height,
      },
      reserved,
      cost,
      usage: usage.map(({ unit, quantity }) => ({ unit, quantity: String(quantity) })),
      requests,
      flags: [...flags],
    })),
    refused: result.refused.map(({ variant, ...refusal }) => ({ variant, ...refusalBody(refusal, viewer) })),
    failed: result.failed.map(({ variant, code, message, cost }) => ({ variant, code, message, cost: cost ?? null })),
    cost: result.cost,
    budget_left: viewer.isBound ? null : (result.budgetLeft ?? null),
  }
}

export function errorBody(failed: JobFailed, viewer: Viewer): NonNullable<z.input<typeof jobSchema>['error']> {
  const { code } = failed
  const refusal = refusalIn(failed)
  return refusal === undefined ? { code, message: failed.message, refusal: null } : { code, ...refusalBody(refusal, viewer) }
}

/** What a job that a budget refused ended with. */
export const refusalIn = ({ code, details }: JobFailed): Refusal | undefined =>
  code === 'budget_exceeded' ? (details as Refusal) : undefined

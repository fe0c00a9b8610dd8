import { z } from 'zod'
import { HttpError } from './http-error.ts'
import type { Model } from './models.ts'
import { parseGenerate, type GenerateRequest } from './request.ts'

const key = z.object({ key: z.string().optional() }).optional()
const wireBatch = z.object({
  batch: z.object({
    displayName: z.string().max(200).optional(),
    inputConfig: z.object({
      requests: z.object({ requests: z.array(z.object({ request: z.unknown(), metadata: key })).min(1) }),
    }),
  }),
})

/** One line as it was handed in. `key` is the client's own. */
export interface LineRequest {
  readonly key: string | null
  readonly request: GenerateRequest
}

/** Reads a batch for this model, or refuses all of it with 400, as it does when one line is not understood. */
export function parseBatch(json: unknown, model: Model): { readonly displayName: string; readonly lines: readonly LineRequest[] } {
  const parsed = wireBatch.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new HttpError('INVALID_ARGUMENT', `Invalid value at '${issue?.path.join('.')}': ${issue?.message ?? 'not understood'}`)
  }
  const { displayName = '', inputConfig } = parsed.data.batch
  const lines = inputConfig.requests.requests.map(({ request, metadata }) => ({
    key: metadata?.key ?? null,
    request: parseGenerate(request, model),
  }))
  return { displayName, lines }
}

const batchMs = z.strictObject({
  ms: z
    .int()
    .min(0)
    .max(100 * 3_600_000),
})

/** Reads the body of `POST /admin/batches`: how long batches take that are handed in from now on. */
export function parseBatchMs(json: unknown): number {
  const parsed = batchMs.safeParse(json)
  if (!parsed.success) throw new HttpError('INVALID_ARGUMENT', 'ms must be a whole number of milliseconds.')
  return parsed.data.ms
}

import type { GenerateContentResponse } from '@google/genai'
import { z } from 'zod'
import type { BatchRequest } from '../domain/model-request.ts'
import type { BatchEnding, BatchOver, BatchProvider, BatchState, BatchSubmit, Found, LineReply, Taken } from './batch-provider.ts'
import { contentsOf } from './gemini-contents.ts'
import { answeredBy } from './gemini-reply.ts'
import { countedFetch, failureOf, shortText, type Wire } from './gemini-wire.ts'
import { checkKey, type GeminiOptions } from './gemini.ts'
import type { Lost, Rejected, SendOptions } from './provider.ts'

/** One look at the provider: small, but a batch of pictures comes with all of them. */
const LOOK_LIMIT_MS = 60_000
const PAGE_SIZE = 20
/** So many pages are read; more batches than that in the time that is looked through leave it unknown. */
const PAGES_MAX = 50

const text = z.string().optional().catch(undefined)
/** Google writes 64-bit numbers as text, and leaves out what is nothing. */
const count = z.coerce.number().int().nonnegative()
const operationSchema = z.looseObject({
  name: z.string().regex(/^batches\/[\w.-]{1,200}$/),
  error: z.looseObject({ message: text }).optional().catch(undefined),
  metadata: z
    .looseObject({
      displayName: text,
      state: text,
      createTime: text,
      batchStats: z
        .looseObject({ successfulRequestCount: count.default(0) })
        .optional()
        .catch(undefined),
      output: z
        .looseObject({ inlinedResponses: z.looseObject({ inlinedResponses: z.array(z.unknown()) }) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
})
type Operation = z.infer<typeof operationSchema>
const listSchema = z.looseObject({ operations: z.array(z.unknown()).default([]), nextPageToken: text })
const lineSchema = z.looseObject({
  metadata: z.looseObject({ key: z.string() }),
  response: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.unknown(), message: text }).optional(),
})

/** Gemini's batches over its own wire format: the SDK leaves out how many lines were answered. Throws PurserError `key_missing` or `key_invalid` when made. */
export function geminiBatches(options: GeminiOptions): BatchProvider {
  const apiKey = checkKey(options.apiKey)
  const base = `${options.baseUrl.replace(/\/$/, '')}/v1`
  const headers = { 'x-goog-api-key': apiKey, 'content-type': 'application/json' }
  const look = async (path: string, method = 'GET'): Promise<unknown> => {
    const response = await fetch(`${base}/${path}`, { method, headers, redirect: 'error', signal: AbortSignal.timeout(LOOK_LIMIT_MS) })
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`)
    return response.json()
  }
  return {
    name: 'gemini',
    submit: (batch, sendOptions) => submit(`${base}/models/`, headers, batch, sendOptions),
    find: (displayName, since) => orUnknown(() => find(look, displayName, since)),
    state: (name, outputs) => orUnknown(async () => stateOf(operationSchema.parse(await look(name)), outputs)),
    cancel: (name) =>
      look(`${name}:cancel`, 'POST').then(
        () => true,
        () => false,
      ),
  }
}

async function orUnknown<T>(work: () => Promise<T>): Promise<T | { readonly kind: 'unknown'; readonly message: string }> {
  try {
    return await work()
  } catch (error) {
    return { kind: 'unknown', message: shortText(error instanceof Error ? error.message : String(error)) }
  }
}

async function submit(
  models: string,
  headers: Record<string, string>,
  { displayName, lines }: BatchSubmit,
  { timeoutMs, clientRequestId, maySend }: SendOptions,
): Promise<Taken | Rejected | Lost> {
  const wire: Wire = { requests: 0, response: undefined, sent: false }
  const [first] = lines
  if (first === undefined) throw new Error('broken promise: a batch without lines')
  const requests = lines.map(({ key, request }) => ({ request: bodyOf(request), metadata: { key } }))
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(), timeoutMs)
  try {
    const response = await countedFetch(wire, maySend)(`${models}${encodeURIComponent(first.request.model)}:batchGenerateContent`, {
      method: 'POST',
      headers: { ...headers, 'x-client-request-id': clientRequestId },
      body: JSON.stringify({ batch: { displayName, inputConfig: { requests: { requests } } } }),
      signal: timer.signal,
    })
    if (!response.ok) throw new Error('refused')
    return { kind: 'taken', name: operationSchema.parse(await response.json()).name }
  } catch (error) {
    return failureOf(error, wire, timer.signal.aborted ? timeoutMs : undefined)
  } finally {
    clearTimeout(timeout)
  }
}

/** As the SDK writes it for a call of its own. */
const bodyOf = ({ maxOutputTokens, output, ...words }: BatchRequest): object => ({
  ...contentsOf(words),
  generationConfig: {
    candidateCount: 1,
    maxOutputTokens,
    ...(output.kind === 'image'
      ? { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: output.aspectRatio } }
      : { responseModalities: ['TEXT'] }),
  },
})

async function find(look: (path: string) => Promise<unknown>, displayName: string, since: Date): Promise<Found> {
  let token: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...(token === undefined ? {} : { pageToken: token }) })
    const list = listSchema.parse(await look(`batches?${query}`))
    // A batch that cannot be read could be the one.
    const operations = list.operations.map((one) => operationSchema.parse(one))
    const found = operations.find(({ metadata }) => metadata?.displayName === displayName)
    if (found !== undefined) return { kind: 'taken', name: found.name }
    const isPast = operations.length > 0 && operations.every(({ metadata }) => Date.parse(metadata?.createTime ?? '') < since.getTime())
    if (isPast || list.nextPageToken === undefined || list.nextPageToken === '') return { kind: 'absent' }
    token = list.nextPageToken
  }
  return { kind: 'unknown', message: `more than ${PAGES_MAX * PAGE_SIZE} batches are listed` }
}

const ENDINGS: Readonly<Record<string, BatchEnding>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
}

function stateOf({ metadata, error }: Operation, outputs: ReadonlyMap<string, 'image' | 'text'>): BatchState {
  const state = (metadata?.state ?? '').replace(/^(BATCH|JOB)_STATE_/, '')
  if (state === 'PENDING' || state === 'RUNNING') return { kind: 'waiting', state: state === 'PENDING' ? 'pending' : 'running' }
  const ending = ENDINGS[state]
  if (ending === undefined) return { kind: 'unknown', message: shortText(`a batch in the state "${metadata?.state}"`) }
  const lines = linesOf(metadata?.output?.inlinedResponses.inlinedResponses ?? [], outputs)
  const answered = [...lines.values()].filter(({ kind }) => kind === 'answered').length
  const isWhole = metadata?.batchStats?.successfulRequestCount === answered
  return {
    kind: 'over',
    ending,
    lines,
    isWhole,
    message: error?.message === undefined ? undefined : shortText(error.message),
  } satisfies BatchOver
}

function linesOf(raw: readonly unknown[], outputs: ReadonlyMap<string, 'image' | 'text'>): ReadonlyMap<string, LineReply> {
  const lines = new Map<string, LineReply>()
  for (const one of raw) {
    const { success, data: line } = lineSchema.safeParse(one)
    const output = success ? outputs.get(line.metadata.key) : undefined
    if (line === undefined || output === undefined) continue
    if (line.response !== undefined) {
      const answer = answeredBy(line.response as unknown as GenerateContentResponse, output)
      // A batch is charged as one, however its lines say that they were served.
      lines.set(line.metadata.key, { ...answer, tier: undefined })
    } else if (line.error !== undefined)
      lines.set(line.metadata.key, {
        kind: 'unbilled',
        message: shortText(`error ${String(line.error.code)}: ${line.error.message ?? ''}`),
      })
  }
  return lines
}

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import { answerOf, planAnswer, unaryBody } from './answer.ts'
import { parseBatch, type LineRequest } from './batch-wire.ts'
import { priced } from './bill.ts'
import { jsonReply, proxyReply, send, type Reply } from './deliver.ts'
import { httpErrorOf, type Fault } from './faults.ts'
import { drawPictures, hang } from './generate.ts'
import { HttpError } from './http-error.ts'
import type { Model } from './models.ts'
import { parseJson } from './request.ts'
import type { EmulatorState, SeenRequest } from './state.ts'

type BatchState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'EXPIRED' | 'CANCELLED'

/** One batch. `results` has a line's answer, or its error, where it has one. */
interface Batch {
  readonly name: string
  readonly displayName: string
  readonly model: Model
  readonly createdAt: Date
  readonly listedFromMs: number
  readonly lines: readonly LineRequest[]
  readonly results: Map<number, { readonly response: object } | { readonly error: object }>
  readonly over: AbortController
  state: BatchState
  updatedAt: Date
}

/** The batches of one running emulator. They go with it; what they cost stays on the bill. */
export interface Batches {
  add(batch: Batch, work: (ms: number) => Promise<void>): void
  get(name: string): Batch | undefined
  /** Newest first, without those that are not listed yet. */
  list(): readonly Batch[]
  /** How long batches take from now on. */
  last(ms: number): void
  /** All that were taken, with the keys of their lines, oldest first. */
  handedIn(): readonly object[]
  ended(): Promise<void>
}

/** No batch yet. */
export function batchesOf(firstMs: number): Batches {
  const all: Batch[] = []
  const running = new Set<Promise<void>>()
  let ms = firstMs
  return {
    add(batch, work) {
      all.push(batch)
      // Whatever ends it early (the emulator stops, a full disk) leaves it as it is.
      const run = work(ms)
        .catch(() => undefined)
        .finally(() => running.delete(run))
      running.add(run)
    },
    get: (name) => all.find((batch) => batch.name === name),
    list: () => all.filter((batch) => batch.listedFromMs <= Date.now()).toReversed(),
    last: (next) => void (ms = next),
    handedIn: () => all.map(({ name, displayName, state, lines }) => ({ name, displayName, state, keys: lines.map(({ key }) => key) })),
    ended: async () => void (await Promise.all(running)),
  }
}

interface HandingIn {
  readonly state: EmulatorState
  readonly response: ServerResponse
  readonly model: Model
}

/** Takes a batch: nothing is answered or billed before its time has come. */
export async function handIn({ state, response, model }: HandingIn, body: Buffer): Promise<void> {
  const { displayName, lines } = parseBatch(parseJson(body), model)
  const fault = state.faults.take(model.id, textOf(lines), 'submit')
  noteLines(state, response, model, lines, fault)
  const error = httpErrorOf(fault)
  if (error !== null) throw error
  if (fault?.fault === 'cut_before_headers') return void response.destroy()
  if (fault?.fault === 'hang') return await hang(response, state.stopping)
  if (fault?.fault === 'proxy_bad_gateway') return await send(response, proxyReply(502, '502 Bad Gateway'))
  if (fault?.fault === 'slow') await sleep(fault.ms ?? 1_000, undefined, { signal: state.stopping })
  const createdAt = new Date()
  const batch: Batch = {
    name: `batches/${randomBytes(12).toString('hex')}`,
    displayName,
    model,
    createdAt,
    listedFromMs: createdAt.getTime() + (fault?.fault === 'batch_submit_lost' ? (fault.ms ?? 0) : 0),
    lines,
    results: new Map(),
    over: new AbortController(),
    state: 'PENDING',
    updatedAt: createdAt,
  }
  state.batches.add(batch, (ms) => process(state, batch, fault, ms))
  if (fault?.fault === 'batch_submit_lost') return void response.destroy()
  await send(response, jsonReply(operation(batch)))
}

/** Each line is a request, under its own name. */
function noteLines(state: EmulatorState, response: ServerResponse, model: Model, lines: readonly LineRequest[], fault: Fault | null): void {
  const at = new Date().toISOString()
  const seen = lines.map(({ key }): SeenRequest => ({
    at,
    clientRequestId: key,
    model: model.id,
    method: 'batchGenerateContent',
    fault: fault?.fault ?? null,
    httpStatus: null,
    responseId: null,
    billed: false,
  }))
  for (const one of seen) state.requests.add(one)
  response.once('finish', () => seen.forEach((one) => (one.httpStatus = response.statusCode)))
}

const textOf = (lines: readonly LineRequest[]): string => lines.flatMap(({ request }) => request.texts).join('\n')

/** Cancelled, it is so when the line that is being answered has been: then nothing more is billed. */
async function process(state: EmulatorState, batch: Batch, fault: Fault | null, ms: number): Promise<void> {
  await answerLines(state, batch, fault, ms).catch(() => undefined)
  if (!isOver(batch) && batch.over.signal.aborted && !state.stopping.aborted) move(batch, 'CANCELLED')
}

/** A fifth of its time it waits, then its lines are answered one after the other. */
async function answerLines(state: EmulatorState, batch: Batch, fault: Fault | null, ms: number): Promise<void> {
  const signal = AbortSignal.any([state.stopping, batch.over.signal])
  const wholeMs = ms + (fault?.fault === 'batch_late' ? (fault.ms ?? 1_000) : 0)
  await sleep(wholeMs / 5, undefined, { signal })
  move(batch, 'RUNNING')
  const ending = fault?.fault === 'batch_fails' ? 'FAILED' : fault?.fault === 'batch_expires' ? 'EXPIRED' : 'SUCCEEDED'
  for (const index of batch.lines.keys()) {
    await sleep((wholeMs * 4) / 5 / batch.lines.length, undefined, { signal })
    if (ending === 'SUCCEEDED') await answerLine(state, batch, index)
  }
  signal.throwIfAborted()
  move(batch, ending)
}

async function answerLine(state: EmulatorState, batch: Batch, index: number): Promise<void> {
  const line = batch.lines[index]
  if (line === undefined) return
  const { model } = batch
  const fault = state.faults.take(model.id, line.request.texts.join('\n'), 'line')
  if (fault?.fault === 'batch_line_fails') {
    batch.results.set(index, { error: { code: 13, message: 'An internal error has occurred.' } })
    return
  }
  const plan = planAnswer(line.request, model, fault, null)
  const answer = answerOf(plan, await drawPictures(state, line.request, plan), model, fault)
  await state.bill.append({
    at: new Date().toISOString(),
    responseId: answer.responseId,
    model: model.id,
    method: 'batchGenerateContent',
    tier: 'batch',
    clientRequestId: line.key,
    fault: fault?.fault ?? null,
    answered: true,
    ...priced(model, answer.usage, 'batch'),
  })
  batch.results.set(index, { response: unaryBody(answer) })
}

function move(batch: Batch, to: BatchState): void {
  batch.state = to
  batch.updatedAt = new Date()
}

const isOver = ({ state }: Batch): boolean => state !== 'PENDING' && state !== 'RUNNING'

/** A batch as Google's operation. Its results come with it when it is over; how many lines have none stands in `batchStats`. */
function operation(batch: Batch): Record<string, unknown> {
  const { name, displayName, model, state, lines, results } = batch
  const failed = [...results.values()].filter((result) => 'error' in result).length
  const count = { requestCount: lines.length, successfulRequestCount: results.size - failed, failedRequestCount: failed }
  const pendingRequestCount = lines.length - results.size
  const output = {
    inlinedResponses: { inlinedResponses: [...results].map(([index, result]) => ({ ...metadataOf(lines[index]), ...result })) },
  }
  return {
    name,
    metadata: {
      '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
      name,
      displayName,
      model: `models/${model.id}`,
      state: `BATCH_STATE_${state}`,
      createTime: batch.createdAt.toISOString(),
      updateTime: batch.updatedAt.toISOString(),
      // Google writes 64-bit numbers as text.
      batchStats: Object.fromEntries(Object.entries({ ...count, pendingRequestCount }).map(([field, value]) => [field, String(value)])),
      ...(isOver(batch) && { endTime: batch.updatedAt.toISOString() }),
      ...(isOver(batch) && results.size > 0 && { output }),
    },
    ...(isOver(batch) && { done: true }),
  }
}

const metadataOf = (line: LineRequest | undefined): object =>
  line === undefined || line.key === null ? {} : { metadata: { key: line.key } }

const batchPath = /^\/(?:v1|v1beta)\/batches(?:\/([^/:]+)(?::(cancel))?)?$/
const pageSizeDefault = 50

/** What is asked of batches that were handed in; null: something else is asked. Costs nothing. */
export function askedOfBatches(state: EmulatorState, method: string, url: URL): Reply | null {
  const match = batchPath.exec(url.pathname)
  if (match === null) return null
  const [, id, action] = match
  if (id === undefined) return method === 'GET' ? listed(state, url) : null
  const batch = state.batches.get(`batches/${id}`)
  if (batch === undefined) throw new HttpError('NOT_FOUND', `batches/${id} is not found.`)
  if (action === 'cancel' && method === 'POST') {
    batch.over.abort()
    return jsonReply({})
  }
  if (action !== undefined || method !== 'GET') return null
  if (state.faults.take(batch.model.id, textOf(batch.lines), 'poll') !== null) throw unavailable()
  return jsonReply(operation(batch))
}

const unavailable = (): HttpError => new HttpError('UNAVAILABLE', 'The service is currently unavailable.')

function listed(state: EmulatorState, url: URL): Reply {
  if (state.faults.take('', '', 'list') !== null) throw unavailable()
  const size = Number(url.searchParams.get('pageSize') ?? pageSizeDefault)
  const from = Number(url.searchParams.get('pageToken') ?? 0)
  if (!Number.isInteger(size) || size < 1 || !Number.isInteger(from) || from < 0)
    throw new HttpError('INVALID_ARGUMENT', 'pageSize must be a positive whole number.')
  const all = state.batches.list()
  const next = from + size
  return jsonReply({ operations: all.slice(from, next).map(operation), ...(next < all.length && { nextPageToken: String(next) }) })
}

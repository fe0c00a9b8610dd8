import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admin } from './admin.ts'
import { askedOfBatches, batchesOf, handIn } from './batches.ts'
import { openBill } from './bill.ts'
import { jsonReply, errorReply, send, type AnswerForm, type Reply } from './deliver.ts'
import { faultQueue } from './faults.ts'
import { generate, headerOf } from './generate.ts'
import { readFaces } from './picture/typeset.ts'
import { modelCard, modelOf, models, type Model } from './models.ts'
import { invalidKey, missingKey, HttpError } from './http-error.ts'
import { parseCountTokens, parseJson } from './request.ts'
import { requestLog, type EmulatorState, type SeenRequest } from './state.ts'
import { inputUsage, promptTokens } from './usage.ts'

/** How an emulator is started. */
export interface EmulatorOptions {
  /** The bill is appended to this file: one JSON line per billed request. */
  readonly billFile: string
  /** 0 or nothing: any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The keys that are valid. Default: any that begins with `emulator-`. */
  readonly apiKeys?: readonly string[]
  /** Waited before every answer of a generate method. Default 0. */
  readonly latencyMs?: number
  /** How long a batch takes. Default 1000. */
  readonly batchMs?: number
  /** `flat` answers with one plain colour instead of a drawn banner: for load tests, where drawing would be all that is measured. */
  readonly pictures?: 'drawn' | 'flat'
}

/** A running emulator. `stop` ends hanging requests, closes the bill and frees the port. */
export interface Emulator {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

const batchMsDefault = 1_000
/** The limit that Google documents for a request with inline data. */
const requestBytesMax = 20 * 1024 * 1024

/** Starts a server that speaks Gemini's wire format and keeps a bill of its own. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { apiKeys, host = '127.0.0.1' } = options
  const stopping = new AbortController()
  const state: EmulatorState = {
    bill: await openBill(options.billFile),
    faults: faultQueue(),
    requests: requestLog(),
    isKey: (key) => apiKeys?.includes(key) ?? key.startsWith('emulator-'),
    latencyMs: options.latencyMs ?? 0,
    batches: batchesOf(options.batchMs ?? batchMsDefault),
    faces: options.pictures === 'flat' ? null : await readFaces(),
    stopping: stopping.signal,
  }
  const running = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    const work = handle(state, request, response).finally(() => running.delete(work))
    running.add(work)
  })
  // Longer than any client keeps an idle connection: else a reused one could be closed under a request, which looks like a lost answer.
  server.keepAliveTimeout = 65_000
  await listen(server, options.port ?? 0, host)
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    stopping.abort()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await Promise.all([closed, ...running])
    await state.batches.ended()
    await state.bill.close()
  }
  let stopped: Promise<void> | null = null
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, stop: () => (stopped ??= stop()) }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Never rejects: whatever goes wrong becomes an answer, or the end of the connection. */
async function handle(state: EmulatorState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const seen = seenRequest(request)
  if (seen !== null) {
    state.requests.add(seen)
    response.once('finish', () => (seen.httpStatus = response.statusCode))
  }
  try {
    await route(state, request, response, seen)
  } catch (error) {
    if (error instanceof HttpError) return await send(response, errorReply(error))
    if (response.destroyed || response.headersSent || state.stopping.aborted) return void response.destroy()
    await send(response, errorReply(new HttpError('INTERNAL', `The emulator failed: ${String(error)}`)))
  }
}

async function route(state: EmulatorState, request: IncomingMessage, response: ServerResponse, seen: SeenRequest | null): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://emulator')
  const body = await readBody(request)
  if (url.pathname.startsWith('/admin/')) return await send(response, await admin(state, request, url, body))
  checkKey(state, headerOf(request, 'x-goog-api-key'))
  const [, handedIn] = batchPath.exec(url.pathname) ?? []
  if (handedIn !== undefined && request.method === 'POST') return await handIn({ state, response, model: knownModel(handedIn) }, body)
  if (seen !== null) {
    const form: AnswerForm = seen.method === 'generateContent' ? 'unary' : url.searchParams.get('alt') === 'sse' ? 'sse' : 'array'
    return await generate({ state, request, response, model: knownModel(seen.model), form, seen }, body)
  }
  const asked = askedOfBatches(state, request.method ?? '', url)
  await send(response, asked ?? lookUp(request.method ?? '', url.pathname, body))
}

const generatePath = /^\/(?:v1|v1beta)\/models\/([^/:]+):(generateContent|streamGenerateContent)$/
const batchPath = /^\/(?:v1|v1beta)\/models\/([^/:]+):batchGenerateContent$/

/** A generate request is noted before anything can go wrong with it: it is physical, whatever becomes of it. */
function seenRequest(request: IncomingMessage): SeenRequest | null {
  const [path = ''] = (request.url ?? '').split('?')
  const [, model, method] = generatePath.exec(path) ?? []
  if (request.method !== 'POST' || model === undefined || method === undefined) return null
  const clientRequestId = headerOf(request, 'x-client-request-id')
  return { at: new Date().toISOString(), clientRequestId, model, method, fault: null, httpStatus: null, responseId: null, billed: false }
}

/** The methods that cost nothing: models, one model, countTokens. */
function lookUp(method: string, path: string, body: Buffer): Reply {
  const [, rest] = /^\/(?:v1|v1beta)\/models(?:\/([^/]+))?$/.exec(path) ?? [null, null]
  const [id = '', action] = (rest ?? '').split(':')
  if (rest === undefined && method === 'GET') return jsonReply({ models: models.map(modelCard) })
  if (rest !== null && action === undefined && method === 'GET') return jsonReply(modelCard(knownModel(id)))
  if (action === 'countTokens' && method === 'POST') {
    const model = knownModel(id)
    const { promptTokenCount, promptTokensDetails } = promptTokens(inputUsage(parseCountTokens(parseJson(body), model), model))
    return jsonReply({ totalTokens: promptTokenCount, promptTokensDetails })
  }
  throw new HttpError('NOT_FOUND', `The emulator knows no ${method} ${path}.`)
}

function checkKey(state: EmulatorState, key: string | null): void {
  if (key === null || key === '') throw missingKey()
  if (!state.isKey(key)) throw invalidKey()
}

function knownModel(id: string): Model {
  const model = modelOf(id)
  if (model !== undefined) return model
  throw new HttpError(
    'NOT_FOUND',
    `models/${id} is not found, or is not supported for this method. Call ListModels to see the list of available models and their supported methods.`,
  )
}

/** The whole body. One that is too large is read to its end, or the client would never see the error, but not kept. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= requestBytesMax) chunks.push(chunk)
  }
  if (bytes > requestBytesMax) throw new HttpError('INVALID_ARGUMENT', `Request payload size exceeds the limit: ${requestBytesMax} bytes.`)
  return Buffer.concat(chunks)
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerOf, planAnswer, type Answer, type Plan } from './answer.ts'
import { priced } from './bill.ts'
import { answerReply, proxyReply, send, sendHalf, type AnswerForm, type Reply } from './deliver.ts'
import { draw, drawFlat } from './picture/draw.ts'
import { isAnswered, isBilled, parseFaultHeader, httpErrorOf, type Fault, type FaultName } from './faults.ts'
import { HttpError } from './http-error.ts'
import { parseGenerate, parseJson, type GenerateRequest } from './request.ts'
import type { Model } from './models.ts'
import type { EmulatorState, SeenRequest } from './state.ts'

/** One generate request on its way through the emulator. */
export interface Exchange {
  readonly state: EmulatorState
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly model: Model
  readonly form: AnswerForm
  readonly seen: SeenRequest
}

/** The value of a header that comes once, or null. */
export function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}

/** Answers one generate request: plan, wait, draw, bill (on disk), and only then the first byte. */
export async function generate(exchange: Exchange, body: Buffer): Promise<void> {
  const { state, model, seen } = exchange
  const request = parseGenerate(parseJson(body), model)
  const fault = faultFor(exchange, request)
  seen.fault = fault?.fault ?? null
  const error = httpErrorOf(fault)
  if (error !== null) throw error
  const plan = planAnswer(request, model, fault, wishedTokens(exchange.request))
  await waitBeforeAnswer(state, fault)
  const pictures = await drawPictures(state, request, plan)
  const answer = answerOf(plan, pictures, model, fault)
  seen.responseId = answer.responseId
  if (isBilled(fault)) await putOnBill(exchange, answer, fault)
  await deliver(exchange, answer, fault)
}

function faultFor(exchange: Exchange, request: GenerateRequest): Fault | null {
  const header = headerOf(exchange.request, 'x-emulator-fault')
  if (header !== null) return parseFaultHeader(header)
  return exchange.state.faults.take(exchange.model.id, request.texts.join('\n'), 'request')
}

function wishedTokens(request: IncomingMessage): number | null {
  const header = headerOf(request, 'x-emulator-output-tokens')
  if (header === null) return null
  if (!/^\d{1,7}$/.test(header)) throw new HttpError('INVALID_ARGUMENT', 'x-emulator-output-tokens must be a whole number.')
  return Number(header)
}

async function waitBeforeAnswer(state: EmulatorState, fault: Fault | null): Promise<void> {
  const faultMs = fault?.fault === 'slow' ? (fault.ms ?? 1_000) : 0
  const delayMs = state.latencyMs + faultMs
  if (delayMs > 0) await sleep(delayMs, undefined, { signal: state.stopping })
}

/** The pictures of an answer, as base64 PNG. */
export async function drawPictures(state: EmulatorState, request: GenerateRequest, plan: Plan): Promise<readonly string[]> {
  const { imageSize } = request
  if (imageSize === null) return []
  const variants = Array.from({ length: plan.imageCount }, (_, index) => index)
  const pngs = variants.map((variant) =>
    state.faces === null ? drawFlat(request.prompt, imageSize) : draw(request.prompt, imageSize, state.faces, { variant }),
  )
  return (await Promise.all(pngs)).map((png) => png.toString('base64'))
}

/** A client that is already gone is billed all the same: the work is done. */
async function putOnBill(exchange: Exchange, answer: Answer, fault: Fault | null): Promise<void> {
  const { state, model, seen, response } = exchange
  await state.bill.append({
    at: new Date().toISOString(),
    responseId: answer.responseId,
    model: model.id,
    method: seen.method,
    clientRequestId: seen.clientRequestId,
    fault: seen.fault,
    answered: isAnswered(fault) && !response.destroyed,
    ...priced(model, answer.usage),
  })
  seen.billed = true
}

const proxyPages: ReadonlyMap<FaultName, Reply> = new Map([
  ['proxy_unavailable', proxyReply(503, '503 Service Temporarily Unavailable')],
  ['proxy_bad_gateway', proxyReply(502, '502 Bad Gateway')],
  ['not_json', proxyReply(200, 'Welcome to the guest network')],
])

async function deliver({ response, form, state }: Exchange, answer: Answer, fault: Fault | null): Promise<void> {
  const name = fault?.fault
  if (name === 'hang') return await hang(response, state.stopping)
  if (name === 'cut_before_headers' || name === 'billed_but_cut') return void response.destroy()
  const whole = answerReply(answer, form)
  if (name === 'cut_after_headers') return await sendHalf(response, whole)
  await send(response, (name !== undefined && proxyPages.get(name)) || whole)
}

/** Holds the request until the client gives up or the emulator stops. */
export function hang(response: ServerResponse, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.destroy()
      resolve()
    }
    if (response.destroyed || stopping.aborted) return end()
    response.once('close', end)
    stopping.addEventListener('abort', end, { once: true })
  })
}

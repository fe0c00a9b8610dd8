import { z } from 'zod'
import { HttpError } from './http-error.ts'

/** What a fault does to the money and to the answer. */
interface FaultRule {
  readonly meaning: string
  /** `unless_asked`: billed, but `billed=false` changes it. `when_asked`: not billed, but `billed=true` changes it. */
  readonly billed: 'always' | 'never' | 'unless_asked' | 'when_asked'
  /** Whether the client gets the whole of the provider's answer. */
  readonly answered: boolean
}

const faultRules = {
  rate_limited: { meaning: '429 RESOURCE_EXHAUSTED with Retry-After (retryAfterSeconds, default 1)', billed: 'never', answered: true },
  unavailable: { meaning: "503 UNAVAILABLE with the provider's own body (retryAfterSeconds optional)", billed: 'never', answered: true },
  internal: { meaning: '500 INTERNAL', billed: 'never', answered: true },
  proxy_unavailable: { meaning: '503 with the HTML body of a proxy', billed: 'when_asked', answered: false },
  proxy_bad_gateway: { meaning: '502 with the HTML body of a proxy', billed: 'when_asked', answered: false },
  not_json: { meaning: '200 with an HTML body', billed: 'when_asked', answered: false },
  slow: { meaning: 'the ordinary answer after ms (default 1000)', billed: 'always', answered: true },
  hang: { meaning: 'never answers', billed: 'unless_asked', answered: false },
  cut_before_headers: { meaning: 'the socket is destroyed before any byte', billed: 'when_asked', answered: false },
  cut_after_headers: { meaning: 'headers and half of the body, then the socket is destroyed', billed: 'when_asked', answered: false },
  billed_but_cut: { meaning: 'the socket is destroyed before any byte', billed: 'always', answered: false },
  no_usage: { meaning: 'the ordinary answer without usageMetadata', billed: 'always', answered: true },
  no_image_detail: { meaning: 'the ordinary answer without candidatesTokensDetails', billed: 'always', answered: true },
  prompt_usage_only: { meaning: 'the ordinary answer with a usage that counts only the prompt', billed: 'always', answered: true },
  blocked: { meaning: '200 with promptFeedback.blockReason only; the input is billed', billed: 'always', answered: true },
  image_safety: {
    meaning: '200 with finishReason IMAGE_SAFETY and no image; input and thoughts are billed',
    billed: 'always',
    answered: true,
  },
  two_images: { meaning: 'two images in one answer, both billed', billed: 'always', answered: true },
  usage_above_bound: { meaning: 'reports and bills tokens (default 4000) as output, whatever the cap', billed: 'always', answered: true },
  other_model_version: { meaning: 'the ordinary answer under another modelVersion', billed: 'always', answered: true },
  batch_submit_lost: {
    meaning: 'a batch is taken, then the socket is destroyed; it is listed after ms (default 0)',
    billed: 'always',
    answered: false,
  },
  batch_late: { meaning: 'a batch takes ms (default 1000) longer', billed: 'always', answered: true },
  batch_fails: { meaning: 'a batch ends as failed, without results', billed: 'never', answered: true },
  batch_expires: { meaning: 'a batch ends as expired, without results', billed: 'never', answered: true },
  batch_line_fails: { meaning: 'a line of a batch is answered with an error', billed: 'never', answered: true },
  batch_poll_fails: { meaning: 'asking for the state of a batch is answered with 503', billed: 'never', answered: true },
  batch_list_fails: { meaning: 'a list of batches is answered with 503; match by nothing', billed: 'never', answered: true },
} as const satisfies Record<string, FaultRule>

export type FaultName = keyof typeof faultRules

/** Every fault that can be asked for, by header or by admin call, and what it does. */
export const faultMeanings: Readonly<Record<FaultName, FaultRule>> = faultRules

const faultNames = Object.keys(faultRules) as [FaultName, ...FaultName[]]

const parameters = {
  ms: z.coerce.number().int().min(0).max(3_600_000).optional(),
  retryAfterSeconds: z.coerce.number().int().min(0).max(86_400).optional(),
  tokens: z.coerce.number().int().min(0).max(10_000_000).optional(),
  billed: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).optional(),
}

const faultShape = z.strictObject({ fault: z.enum(faultNames), ...parameters })

const queuedShape = faultShape.extend({
  times: z.int().min(1).max(1_000_000).default(1),
  match: z.strictObject({ model: z.string().optional(), promptIncludes: z.string().optional() }).default({}),
})

/** One fault with its parameters. */
export type Fault = z.infer<typeof faultShape>

/** A fault that waits for the next `times` requests that match. */
export type QueuedFault = z.infer<typeof queuedShape>

function checked<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const parsed = shape.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const why = issue?.path[0] === 'fault' ? 'unknown fault' : `${issue?.path.join('.')}: ${issue?.message}`
  throw new HttpError('INVALID_ARGUMENT', `${why}. Known faults: ${faultNames.join(', ')}.`)
}

/** Reads `NAME;key=value;…` as it stands in the header x-emulator-fault, or refuses it with 400 and the names that exist. */
export function parseFaultHeader(header: string): Fault {
  const [name = '', ...rest] = header.split(';').map((part) => part.trim())
  const pairs = rest.filter((part) => part !== '').map((part) => part.split('=').map((half) => half.trim()))
  return checked(faultShape, { ...Object.fromEntries(pairs), fault: name })
}

/** Reads the body of `POST /admin/faults`. */
export function parseQueuedFault(json: unknown): QueuedFault {
  return checked(queuedShape, json)
}

/** What can happen to a request by itself, to a batch when it is handed in, to one of its lines, and when somebody asks for it. */
export type Occasion = 'request' | 'submit' | 'line' | 'poll' | 'list'

const OF_BATCHES: Readonly<Partial<Record<FaultName, Occasion>>> = {
  batch_submit_lost: 'submit',
  batch_late: 'submit',
  batch_fails: 'submit',
  batch_expires: 'submit',
  batch_line_fails: 'line',
  batch_poll_fails: 'poll',
  batch_list_fails: 'list',
}
/** Faults of a request that a batch, or one of its lines, can have as well. */
const ALSO: Readonly<Record<Occasion, readonly FaultName[]>> = {
  request: [],
  submit: ['rate_limited', 'unavailable', 'internal', 'proxy_bad_gateway', 'cut_before_headers', 'hang', 'slow'],
  line: ['no_usage', 'no_image_detail', 'blocked', 'image_safety', 'two_images', 'usage_above_bound', 'other_model_version'],
  poll: [],
  list: [],
}

const happensAt = (name: FaultName, occasion: Occasion): boolean =>
  (OF_BATCHES[name] ?? 'request') === occasion || ALSO[occasion].includes(name)

/** Faults in the order in which they were asked for. */
export interface FaultQueue {
  add(fault: QueuedFault): void
  /** The first one that matches this request and occasion, used up once. */
  take(model: string, prompt: string, occasion: Occasion): Fault | null
  list(): readonly QueuedFault[]
  clear(): void
}

/** An empty queue. */
export function faultQueue(): FaultQueue {
  let queue: QueuedFault[] = []
  const matches = ({ match }: QueuedFault, model: string, prompt: string): boolean =>
    (match.model ?? model) === model && prompt.includes(match.promptIncludes ?? '')
  return {
    add(fault) {
      queue.push(fault)
    },
    take(model, prompt, occasion) {
      const found = queue.find((fault) => happensAt(fault.fault, occasion) && matches(fault, model, prompt))
      if (found === undefined) return null
      found.times -= 1
      queue = queue.filter((fault) => fault.times > 0)
      const { times: _times, match: _match, ...fault } = found
      return fault
    },
    list: () => queue,
    clear() {
      queue = []
    },
  }
}

/** Whether a request under this fault goes on the bill. */
export function isBilled(fault: Fault | null): boolean {
  if (fault === null) return true
  switch (faultRules[fault.fault].billed) {
    case 'always':
      return true
    case 'never':
      return false
    case 'unless_asked':
      return fault.billed ?? true
    case 'when_asked':
      return fault.billed ?? false
  }
}

/** Whether the client gets the whole of the provider's answer under this fault. */
export function isAnswered(fault: Fault | null): boolean {
  return fault === null || faultRules[fault.fault].answered
}

/** The provider's own error for a fault that is one, else null. */
export function httpErrorOf(fault: Fault | null): HttpError | null {
  const seconds = fault?.retryAfterSeconds
  if (fault?.fault === 'rate_limited') {
    return new HttpError('RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', {
      headers: { 'retry-after': String(seconds ?? 1) },
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds ?? 1}s` }],
    })
  }
  if (fault?.fault === 'unavailable') {
    const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
    return new HttpError('UNAVAILABLE', 'The model is overloaded. Please try again later.', { headers })
  }
  if (fault?.fault === 'internal') return new HttpError('INTERNAL', 'An internal error has occurred. Please retry.')
  return null
}

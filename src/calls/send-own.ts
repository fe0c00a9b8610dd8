import type { OwnRequest } from '../domain/model-request.ts'
import { NotBilled, type ModelReply, type OwnCall } from '../domain/own-call.ts'
import type { Answered, ProviderReply, SendOptions } from '../providers/provider.ts'
import { usageInputSchema } from '../schema/usage-input.ts'
import type { Log } from './log.ts'
import { packed } from './own-value.ts'

const MESSAGE_MAX = 500
const NO_FACTS = { responseId: undefined, modelVersion: undefined, finishReason: undefined, blocked: undefined }

/**
 * Runs an app's own code as the sender of one request, and puts what came of it into a provider client's words. Only a NotBilled is proof that nothing
 * was billed; every other error, and an abort, leave it open. It is waited for to its end: an answer that comes late is booked all the same.
 */
export async function sendOwn(
  run: (call: OwnCall) => Promise<ModelReply<unknown>>,
  { provider, model, maxOutputTokens, inputTokensMax, inputImagesMax = 0 }: OwnRequest,
  { timeoutMs, clientRequestId, maySend }: SendOptions,
  log: Log,
): Promise<ProviderReply> {
  if (!maySend()) return { kind: 'rejected', proof: 'never_sent', status: undefined, ...TOO_LATE, requests: 0, durationMs: 0 }
  const startedAt = performance.now()
  const done = () => ({ requests: 1, durationMs: Math.round(performance.now() - startedAt) })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const reply = await run({ provider, model, maxOutputTokens, inputTokensMax, inputImagesMax, requestId: clientRequestId, signal })
    return { ...answered(reply, log), ...done() }
  } catch (error) {
    const message = messageOf(error)
    if (!(error instanceof NotBilled)) return { kind: 'lost', message, ...done() }
    const proof = error.proof === 'never_sent' ? 'never_sent' : 'provider_refused'
    const sent = error.proof === 'never_sent' ? { requests: 0 } : {}
    return {
      kind: 'rejected',
      proof,
      status: undefined,
      message: `the app says so: ${message}`,
      retryAfterMs: error.retryAfterMs,
      ...done(),
      ...sent,
    }
  }
}

/** Worth another try at once, if nobody cancelled meanwhile. */
const TOO_LATE = { message: 'the answer to the dispatch came too late', retryAfterMs: 0 }

function answered(reply: ModelReply<unknown>, log: Log): Answered {
  const usage = usageInputSchema.safeParse(reply?.usage)
  if (!usage.success)
    log.error('usage_missing: a model call of the app returned no usage that can be read, so its whole bound is booked', {
      problems: usage.error.issues.map((issue) => `${issue.path.join('.') || 'usage'}: ${issue.message}`),
    })
  return {
    kind: 'answered',
    content: packed(reply?.value, log),
    usage: usage.data,
    tier: shortened(reply?.tier),
    response: { ...NO_FACTS, responseId: shortened(reply?.responseId), modelVersion: shortened(reply?.model) },
    flags: [],
  }
}

/** Apps may be plain JavaScript. */
const shortened = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined)

/** No stack, and no more than a line or two: errors of SDKs may quote whole requests. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, MESSAGE_MAX)

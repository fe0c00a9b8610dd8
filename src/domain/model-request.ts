import type { Tier } from './answering-model.ts'
import type { SentMessage } from './message.ts'
import { jsonBytes } from './text.ts'

/** What is said to a model: one prompt, or a conversation. A prompt is the same as a single message of the user. */
export type Words =
  { readonly prompt: string; readonly messages?: undefined } | { readonly messages: readonly SentMessage[]; readonly prompt?: undefined }

interface RequestTerms {
  readonly provider: string
  readonly model: string
  readonly endpoint: 'generateContent'
  /** Sent along. A batch is another endpoint. */
  readonly tier: Exclude<Tier, 'batch'>
  readonly output: ImageOutput | TextOutput
  /** Always sent to the provider: the bound is computed from it. */
  readonly maxOutputTokens: number
}

/** One request to a model, as the workflow names it. Everything that the price depends on is here. */
export type ModelRequest = RequestTerms & Words

/** One line of a batch: answered within a day, at half the price. */
export type BatchRequest = Omit<RequestTerms, 'endpoint' | 'tier'> &
  Words & { readonly endpoint: 'batchGenerateContent'; readonly tier: 'batch' }

export const SAYS_ONCE = 'a call says either a prompt or messages, and not both'

/** What is said, before it is known to be words. */
export type Said = { readonly [Key in keyof Words]?: Words[Key] }

/** A request without what it says: all that its booking needs. */
export type Wordless<Request extends Words> = Omit<Request, keyof Words>

/** What one call may say, in bytes (`wordsBytes`): Temporal carries two megabytes in one piece. */
export const WORDS_BYTES_MAX = 2_000_000
/** What the lines of a batch may say together. They pass more than once, and more than a hundred could not be answered in one piece. */
export const BATCH_WORDS_BYTES_MAX = 1_000_000

/** Bytes of what is said. */
export const wordsBytes = ({ prompt, messages }: Said): number => jsonBytes([prompt, messages])

export const SAYS_TOO_MUCH = `what a call says has at most ${WORDS_BYTES_MAX} bytes, as JSON`
export const BATCH_SAYS_TOO_MUCH = `the prompts of a batch have at most ${BATCH_WORDS_BYTES_MAX} bytes together, as JSON: make several`

/** What is said, as messages. */
export const messagesOf = ({ prompt, messages }: Words): readonly SentMessage[] => messages ?? [{ role: 'user', text: prompt }]

/** A request that an app's own code sends: what its price depends on, and nothing of what it says. */
export interface OwnRequest {
  readonly provider: string
  readonly model: string
  readonly endpoint: string
  readonly tier: Tier
  readonly output: { readonly kind: 'image' | 'text' }
  /** Input tokens of every kind, at most, but for those of `inputImagesMax` images. */
  readonly inputTokensMax: number
  /** Images in the input, at most, each with as many tokens as its model makes of one. Absent: none that are not counted in `inputTokensMax`. */
  readonly inputImagesMax?: number | undefined
  /** Output tokens of every kind, thoughts too, at most: the app's code must send this limit along. */
  readonly maxOutputTokens: number
  /** Searches of the provider's own, paid for one by one: at most so many, as the app's code limits them. Absent: none. */
  readonly searchQueriesMax?: number | undefined
  /** Of what is sent: the same call with another one is a conflict. */
  readonly fingerprint: string
}

/** A request whose worst cost can be known. */
export type PricedRequest = ModelRequest | BatchRequest | OwnRequest

/** Sent by an app's own code: nobody here knows what it says. */
export const isOwnRequest = (request: PricedRequest): request is OwnRequest => 'inputTokensMax' in request

interface ImageOutput {
  readonly kind: 'image'
  readonly aspectRatio: string
}

interface TextOutput {
  readonly kind: 'text'
}

/** A token has four bytes of text, or less. Far below the bound: a rate is a matter of the usual case. */
const BYTES_A_TOKEN = 4

/** Input and output tokens that a rate limit counts for a request: of a prompt about as many as it has, of the rest as many as it may have. */
export const ratedTokens = (request: PricedRequest): number =>
  request.maxOutputTokens + (isOwnRequest(request) ? request.inputTokensMax : Math.ceil(bytesOf(request) / BYTES_A_TOKEN))

const bytesOf = (words: Words): number => messagesOf(words).reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0)

/** What a request to a model may have at the most, in tokens; undefined where nobody has said it. */
export interface ModelLimits {
  readonly inputTokensMax: number | undefined
  readonly outputTokensMax: number | undefined
  /** Of one image in the input. */
  readonly imageTokensMax: number | undefined
}

/** Nothing is known. */
export const NO_LIMITS: ModelLimits = { inputTokensMax: undefined, outputTokensMax: undefined, imageTokensMax: undefined }

/** By the provider's published maximum a request may run so long: ten minutes, or the day of a batch with two hours for its results. */
export const providerMaxMs = (tier: string): number => (tier === 'batch' ? 26 * 3_600_000 : 600_000)

/** How long a request may take by our own clock. */
export const REQUEST_TIMEOUT_MS = 120_000

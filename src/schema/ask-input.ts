import { z } from 'zod'
import { ABILITIES } from '../domain/ability.ts'
import { TIERS } from '../domain/answering-model.ts'
import { COMPLEXITIES } from '../domain/complexity.ts'
import { SENT_ROLES } from '../domain/message.ts'
import {
  BATCH_SAYS_TOO_MUCH,
  BATCH_WORDS_BYTES_MAX,
  SAYS_ONCE,
  SAYS_TOO_MUCH,
  WORDS_BYTES_MAX,
  wordsBytes,
  type Said,
} from '../domain/model-request.ts'
import { cacheTermsSchema } from './cache-input.ts'
import { accountId } from './names.ts'

/** Taken as it is: a value that was changed here would have another name in the ledger. */
export const name = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'must be one line that can be shown')
/** Above every model's limit, and far below what a bound could not be computed from. */
export const tokens = z.int().max(100_000_000)

const priced = {
  provider: name(100),
  model: name(200),
  tier: z.enum(TIERS),
  maxOutputTokens: tokens.min(1),
}

const MESSAGES_MAX = 1_000

const said = (error: string) => ({ error, abort: true })

/** A conversation that is sent. */
export const messagesSchema = z
  .array(
    z.strictObject({ role: z.enum(SENT_ROLES, `a role is ${SENT_ROLES.join(', ')}`), text: z.string().min(1, 'a message says something') }),
  )
  .min(1, said('a conversation has at least one message'))
  .max(MESSAGES_MAX, said(`a conversation has at most ${MESSAGES_MAX} messages`))
  .refine((messages) => messages.at(-1)?.role === 'user', said('the last message is the user’s: it is what is asked'))
  .refine(
    (messages) => messages.findLastIndex(({ role }) => role === 'system') < messages.findIndex(({ role }) => role !== 'system'),
    said('what the system says stands before all other messages'),
  )
  .refine((messages) => wordsBytes({ messages }) <= WORDS_BYTES_MAX, SAYS_TOO_MUCH)

/** Neither `undefined` nor both: a program without types may have said either. */
export const saysOnce = ({ prompt, messages }: { readonly prompt?: unknown; readonly messages?: unknown }): boolean =>
  (prompt === undefined) !== (messages === undefined)

export const promptSchema = z
  .string()
  .min(1)
  .refine((prompt) => wordsBytes({ prompt }) <= WORDS_BYTES_MAX, SAYS_TOO_MUCH)

const sent = {
  ...priced,
  prompt: promptSchema.optional(),
  messages: messagesSchema.optional(),
  output: z.union([z.strictObject({ kind: z.literal('text') }), z.strictObject({ kind: z.literal('image'), aspectRatio: name(20) })]),
}
const modelRequestSchema = z
  .strictObject({ ...sent, tier: priced.tier.exclude(['batch']), endpoint: z.literal('generateContent') })
  .refine(saysOnce, SAYS_ONCE)
const lineSchema = z
  .strictObject({ ...sent, tier: z.literal('batch'), endpoint: z.literal('batchGenerateContent') })
  .refine(saysOnce, SAYS_ONCE)

/** What Purser sends, by itself or as a line of a batch, and what an app's own code sends. */
const requestSchema = z.union([
  modelRequestSchema,
  lineSchema,
  z.strictObject({
    ...priced,
    endpoint: name(100),
    inputTokensMax: tokens.min(0),
    inputImagesMax: z.int().min(0).max(100_000).optional(),
    searchQueriesMax: z.int().min(0).max(1_000_000).optional(),
    output: z.strictObject({ kind: z.enum(['text', 'image']) }),
    fingerprint: name(100),
  }),
])

const scopeValue = name(100).optional()

/** Who pays, and what for. */
export const scopeSchema = z.strictObject({
  account: accountId,
  user: scopeValue,
  team: scopeValue,
  project: scopeValue,
  feature: scopeValue,
  environment: scopeValue,
  labels: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,29}$/, 'a label has a name in small letters, like tier'), name(100))
    .refine((labels) => Object.keys(labels).length <= 5, 'five labels at most')
    .optional(),
})

/** One ask of a call for money. Any workflow may make it, so it is checked before money is. */
export const askInputSchema = z.object({
  callId: name(200),
  ask: z.int().min(1),
  scope: scopeSchema,
  request: requestSchema,
  jobStartedAt: z.iso.datetime(),
  waits: z.boolean().optional(),
  isItsTurn: z.boolean().optional(),
})

/** What a caller knows better of a task than is judged. */
export const taskTerms = {
  complexity: z.enum(COMPLEXITIES).optional(),
  needs: z.array(z.enum(ABILITIES)).max(ABILITIES.length).optional(),
}

/** A request that is to be prepared: any workflow may ask for it. */
export const prepareInputSchema = z.object({
  callId: name(200),
  scope: scopeSchema,
  request: modelRequestSchema,
  jobStartedAt: z.iso.datetime(),
  ...taskTerms,
  forBatch: z.boolean().optional(),
})

/** A call that is too dear, and might be asked of another model. */
export const tooDearSchema = prepareInputSchema.pick({ scope: true, request: true, needs: true })

/** A question to the cache, which knows the requests that Purser sends. */
export const cacheAskSchema = askInputSchema.omit({ ask: true, waits: true, isItsTurn: true }).extend({
  request: modelRequestSchema,
  cache: cacheTermsSchema,
  alone: z.boolean().optional(),
})

/** More could not pass through Temporal in one piece, or be asked for and answered by a provider in one. */
export const LINES_MAX = 100

/** Lines told apart by name, and no more than pass. `wordsOf`: what each says. */
export const linesOfABatch = <Line extends z.ZodType<{ readonly callId: string }>>(line: Line, wordsOf: (line: z.output<Line>) => Said) =>
  z
    .array(line)
    .min(1)
    .max(LINES_MAX)
    .refine((lines) => new Set(lines.map(({ callId }) => callId)).size === lines.length, 'each line needs a callId of its own')
    .refine((lines) => lines.reduce((sum, one) => sum + wordsBytes(wordsOf(one)), 0) <= BATCH_WORDS_BYTES_MAX, BATCH_SAYS_TOO_MUCH)

/** The lines of a batch: one model's, each a call with a name of its own. */
export const batchInputSchema = z.object({
  ask: z.int().min(1),
  jobStartedAt: z.iso.datetime(),
  allOrNone: z.boolean().optional(),
  lines: linesOfABatch(z.object({ callId: name(200), scope: scopeSchema, request: lineSchema }), ({ request }) => request).refine(
    (lines) => new Set(lines.map(({ request: { provider, model } }) => JSON.stringify([provider, model]))).size === 1,
    'a batch is for one model',
  ),
})

import { z } from 'zod'
import { HttpError } from './http-error.ts'
import type { Model, Size } from './models.ts'

const content = z.object({
  role: z.string().optional(),
  parts: z.array(
    z.object({
      text: z.string().optional(),
      inlineData: z.object({ mimeType: z.string(), data: z.string() }).optional(),
      fileData: z.object({ fileUri: z.string() }).optional(),
    }),
  ),
})

const wireRequest = z.object({
  contents: z.array(content).min(1),
  systemInstruction: content.optional(),
  tools: z.array(z.unknown()).optional(),
  generationConfig: z
    .object({
      candidateCount: z.literal(1, 'only one candidate is supported').optional(),
      maxOutputTokens: z.int().positive().optional(),
      responseModalities: z.array(z.enum(['TEXT', 'IMAGE'])).optional(),
      imageConfig: z
        .object({ aspectRatio: z.string().optional(), imageSize: z.literal('1K', 'only 1K is emulated').optional() })
        .optional(),
      thinkingConfig: z.object({ thinkingBudget: z.int().min(-1).optional() }).optional(),
    })
    .optional(),
})

type WireRequest = z.infer<typeof wireRequest>

/** What the emulator needs to know of a `GenerateContentRequest`. */
export interface GenerateRequest {
  /** All text that is billed as input: instruction, contents, tools. */
  readonly texts: readonly string[]
  /** The text of the contents only: what the picture is drawn from. */
  readonly prompt: string
  readonly imageCount: number
  readonly outputTokensMax: number
  readonly wantsText: boolean
  /** Null when no picture is asked for. */
  readonly imageSize: Size | null
  readonly mayThink: boolean
}

const textsOf = (item: { parts: readonly { text?: string | undefined }[] } | undefined): readonly string[] =>
  (item?.parts ?? []).flatMap((part) => (part.text === undefined ? [] : [part.text]))

/** Parses a body into JSON or refuses it as Google does. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new HttpError('INVALID_ARGUMENT', 'Invalid JSON payload received. Expected a value.')
  }
}

function parseWire(json: unknown): WireRequest {
  const parsed = wireRequest.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  if (path === 'contents') {
    throw new HttpError('INVALID_ARGUMENT', '* GenerateContentRequest.contents: contents is not specified\n')
  }
  throw new HttpError('INVALID_ARGUMENT', `Invalid value at '${path}': ${issue?.message ?? 'not understood'}`)
}

function imageSizeOf(model: Model, aspectRatio: string): Size {
  const found = model.image?.sizes[aspectRatio]
  if (found !== undefined) return found
  const known = Object.keys(model.image?.sizes ?? {}).join(', ')
  throw new HttpError('INVALID_ARGUMENT', `Unsupported aspect ratio '${aspectRatio}'. Supported by ${model.id}: ${known}.`)
}

/** Reads a request for this model, or refuses it with 400 as the provider would. */
export function parseGenerate(json: unknown, model: Model): GenerateRequest {
  const wire = parseWire(json)
  const config = wire.generationConfig ?? {}
  const modalities = config.responseModalities ?? (model.image === null ? ['TEXT'] : ['TEXT', 'IMAGE'])
  const wantsImage = modalities.includes('IMAGE')
  if (wantsImage && model.image === null) {
    throw new HttpError('INVALID_ARGUMENT', `Model ${model.id} does not support the requested response modalities: image.`)
  }
  if (wire.contents.some(({ role }) => role !== undefined && role !== 'user' && role !== 'model'))
    throw new HttpError('INVALID_ARGUMENT', 'Please use a valid role: user, model.')
  const prompts = wire.contents.flatMap(textsOf)
  const tools = wire.tools === undefined ? [] : [JSON.stringify(wire.tools)]
  return {
    texts: [...textsOf(wire.systemInstruction), ...prompts, ...tools],
    prompt: prompts.join('\n'),
    imageCount: wire.contents.flatMap((item) => item.parts).filter((part) => part.inlineData ?? part.fileData).length,
    outputTokensMax: Math.min(config.maxOutputTokens ?? model.outputTokensMax, model.outputTokensMax),
    wantsText: modalities.includes('TEXT'),
    imageSize: wantsImage ? imageSizeOf(model, config.imageConfig?.aspectRatio ?? '1:1') : null,
    mayThink: config.thinkingConfig?.thinkingBudget !== 0,
  }
}

/** countTokens takes either `contents` or a whole `generateContentRequest`. */
export function parseCountTokens(json: unknown, model: Model): GenerateRequest {
  const whole = z.object({ generateContentRequest: z.unknown() }).safeParse(json)
  const wrapped = whole.success ? whole.data.generateContentRequest : undefined
  return parseGenerate(wrapped ?? json, model)
}

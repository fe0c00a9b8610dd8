/** What the models of the emulator can do and what they cost: its own figures, so that it can check the ones of others. */

/** Width and height in pixels. */
export interface Size {
  readonly widthPx: number
  readonly heightPx: number
}

/** USD per one million tokens, as decimal strings. `outputText` also covers thinking; `outputImage` is null where no image can come out. */
interface ModelPrices {
  readonly input: string
  readonly outputText: string
  readonly outputImage: string | null
}

/** The image side of a model. Sizes by aspect ratio, the first one being the default. */
interface ImageOutput {
  readonly tokensPerImage: number
  readonly sizes: Readonly<Record<string, Size>>
}

/** One model: limits, prices, and how it spends tokens. `thoughtTokens` is what it thinks when nobody says otherwise. */
export interface Model {
  readonly id: string
  readonly displayName: string
  readonly inputTokensMax: number
  readonly outputTokensMax: number
  readonly thoughtTokens: number
  readonly tokensPerInputImage: number
  readonly prices: ModelPrices
  readonly image: ImageOutput | null
}

const size = (widthPx: number, heightPx: number): Size => ({ widthPx, heightPx })

const sizesOfFlashImage: Readonly<Record<string, Size>> = {
  '1:1': size(1024, 1024),
  '2:3': size(832, 1248),
  '3:2': size(1248, 832),
  '3:4': size(864, 1184),
  '4:3': size(1184, 864),
  '4:5': size(896, 1152),
  '5:4': size(1152, 896),
  '9:16': size(768, 1344),
  '16:9': size(1344, 768),
  '21:9': size(1536, 672),
}

const sizesOfNanoBanana: Readonly<Record<string, Size>> = {
  '1:1': size(1024, 1024),
  '2:3': size(848, 1264),
  '3:2': size(1264, 848),
  '3:4': size(896, 1200),
  '4:3': size(1200, 896),
  '4:5': size(928, 1152),
  '5:4': size(1152, 928),
  '9:16': size(768, 1376),
  '16:9': size(1376, 768),
  '21:9': size(1584, 672),
  '1:4': size(512, 2048),
  '4:1': size(2048, 512),
  '1:8': size(384, 3072),
  '8:1': size(3072, 384),
}

/** Every model that the emulator answers for. */
export const models: readonly Model[] = [
  {
    id: 'gemini-2.5-flash-image',
    displayName: 'Nano Banana',
    inputTokensMax: 32_768,
    outputTokensMax: 32_768,
    thoughtTokens: 0,
    tokensPerInputImage: 258,
    prices: { input: '0.30', outputText: '2.50', outputImage: '30' },
    image: { tokensPerImage: 1290, sizes: sizesOfFlashImage },
  },
  {
    id: 'gemini-nano-banana-2.1',
    displayName: 'Nano Banana 2.1',
    inputTokensMax: 65_536,
    outputTokensMax: 32_768,
    thoughtTokens: 240,
    tokensPerInputImage: 1120,
    prices: { input: '1.50', outputText: '7.50', outputImage: '30' },
    image: { tokensPerImage: 1120, sizes: sizesOfNanoBanana },
  },
  {
    id: 'gemini-3.1-flash-lite-image',
    displayName: 'Gemini 3.1 Flash-Lite Image',
    inputTokensMax: 65_536,
    outputTokensMax: 4_096,
    thoughtTokens: 90,
    tokensPerInputImage: 1120,
    prices: { input: '0.25', outputText: '1.50', outputImage: '30' },
    image: { tokensPerImage: 1120, sizes: sizesOfNanoBanana },
  },
  {
    id: 'gemini-2.5-flash',
    displayName: 'Gemini 2.5 Flash',
    inputTokensMax: 1_048_576,
    outputTokensMax: 65_536,
    thoughtTokens: 120,
    tokensPerInputImage: 258,
    prices: { input: '0.30', outputText: '2.50', outputImage: null },
    image: null,
  },
  {
    id: 'gemini-2.5-flash-lite',
    displayName: 'Gemini 2.5 Flash-Lite',
    inputTokensMax: 1_048_576,
    outputTokensMax: 65_536,
    thoughtTokens: 0,
    tokensPerInputImage: 258,
    prices: { input: '0.10', outputText: '0.40', outputImage: null },
    image: null,
  },
]

/** The model with this id, or undefined. */
export function modelOf(id: string): Model | undefined {
  return models.find((model) => model.id === id)
}

/** A model as `GET /v1beta/models/{id}` shows it. */
export function modelCard(model: Model): Record<string, unknown> {
  return {
    name: `models/${model.id}`,
    baseModelId: model.id,
    version: '001',
    displayName: model.displayName,
    description: 'Answered by an emulator on this machine.',
    inputTokenLimit: model.inputTokensMax,
    outputTokenLimit: model.outputTokensMax,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
    thinking: model.thoughtTokens > 0,
  }
}

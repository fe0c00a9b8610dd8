/** One request to a model, as the workflow names it. Everything that the price depends on is here. */
export interface ModelRequest {
  readonly provider: string
  readonly model: string
  readonly endpoint: 'generateContent'
  readonly tier: 'standard'
  readonly prompt: string
  readonly output: ImageOutput | TextOutput
  /** Always sent to the provider: the bound is computed from it. */
  readonly maxOutputTokens: number
}

interface ImageOutput {
  readonly kind: 'image'
  readonly aspectRatio: string
}

interface TextOutput {
  readonly kind: 'text'
}

/** How long a request may take: by our own clock, and by the provider's published maximum (unary). */
export const REQUEST_TIMEOUT_MS = 120_000
export const PROVIDER_MAX_MS = 600_000

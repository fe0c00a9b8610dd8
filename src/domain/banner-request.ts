import type { Brief } from './brief.ts'
import type { ModelRequest } from './model-request.ts'

/** One banner of 1,290 image tokens, some thoughts and slack; at 30 USD per million output tokens the bound still fits a free plan. */
const BANNER_MAX_OUTPUT_TOKENS = 2_048

/** The widest format of each model: 4:1 needs no crop, 21:9 keeps 57 % of the height. */
const ASPECT_RATIOS: Readonly<Record<string, string>> = {
  'gemini-nano-banana-2.1': '4:1',
  'gemini-3.1-flash-lite-image': '4:1',
}

/**
 * The prompt of one variant. The picture is cropped to the middle of its height, and LinkedIn's avatar covers the bottom left, so text is
 * asked for in the middle half of the height and right of 40 % of the width.
 */
export function bannerPrompt(brief: Brief, variant: number, variants: number): string {
  return [
    'Design one wide LinkedIn profile banner. Exactly one image.',
    `Name: ${oneLine(brief.name)}`,
    `Headline: ${oneLine(brief.headline)}`,
    `Company: ${oneLine(brief.company)}`,
    `Colours: ${oneLine(brief.colours.join(', '))}`,
    `Mood: ${oneLine(brief.mood)}`,
    ...(brief.text === undefined || brief.text === '' ? [] : [`Wish: ${oneLine(brief.text)}`]),
    'Layout: keep all text inside the middle half of the height and between 40 % and 95 % of the width; nothing important at the edges.',
    'Typography: large, clean, high contrast, spelled exactly as given. No other text, no logos, no people.',
    ...(variants > 1 ? [`Variant ${variant} of ${variants}: make it clearly different from the others.`] : []),
  ].join('\n')
}

/** The request for one variant of a banner. */
export function bannerRequest(brief: Brief, model: string, variant: number, variants: number): ModelRequest {
  return {
    provider: 'gemini',
    model,
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: bannerPrompt(brief, variant, variants),
    output: { kind: 'image', aspectRatio: ASPECT_RATIOS[model] ?? '21:9' },
    maxOutputTokens: BANNER_MAX_OUTPUT_TOKENS,
  }
}

/** Customers' words stay on their own line, so that none can add an instruction. Control characters include U+0085, a line end that `\s` lacks. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim()

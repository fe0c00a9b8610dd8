import sharp from 'sharp'
import { parseBrief, type Brief } from './brief.ts'
import { hexOf } from './colour.ts'
import { paint, softLights, type Pixels } from './ground.ts'
import { dunes, orbit, planes, silk, type Ornaments } from './ornaments.ts'
import { paletteOf, type Palette } from './palette.ts'
import { randomOf, type Random } from './random.ts'
import { typeset, type Faces, type TextPiece } from './typeset.ts'
import type { Size } from '../models.ts'

/** What differs between two pictures of one prompt. */
export interface DrawOptions {
  /** Another number, another picture of the same prompt. Default 0. */
  readonly variant?: number
  /** Default true. Without text, a test can see where the text was. */
  readonly withText?: boolean
}

/** A picture before it is rendered: what it says, its colours, and where its text stands. */
export interface Design {
  readonly brief: Brief
  readonly palette: Palette
  readonly text: readonly TextPiece[]
  readonly ornaments: Ornaments
  readonly random: Random
}

const moodsOf: ReadonlyMap<Ornaments, readonly string[]> = new Map([
  [silk, ['calm', 'warm', 'soft', 'elegant', 'gentle', 'human', 'kind', 'friendly', 'poetic', 'creative', 'flowing', 'trust', 'quiet']],
  [orbit, ['precise', 'exact', 'technical', 'analytical', 'scientific', 'data', 'curious', 'focused', 'clear', 'structured', 'space']],
  [planes, ['bold', 'confident', 'energetic', 'dynamic', 'strong', 'modern', 'sharp', 'ambitious', 'fast', 'playful', 'urban']],
  [
    dunes,
    ['natural', 'nature', 'fresh', 'green', 'sustainable', 'organic', 'open', 'optimistic', 'earthy', 'outdoor', 'light', 'grounded'],
  ],
])

/** Each mood word votes for a style, and the seed chooses among those with a vote (among all, if no word is known). */
function styleFor(moodWords: readonly string[], random: Random): Ornaments {
  const voted = [...moodsOf].filter(([, words]) => moodWords.some((word) => words.includes(word))).map(([style]) => style)
  const [first = silk, ...rest] = voted.length > 0 ? voted : moodsOf.keys()
  return random.pick([first, ...rest])
}

/** Designs the picture of a prompt. The same prompt, size and variant give the same design, always. */
export function design(prompt: string, size: Size, faces: Faces, variant = 0): Design {
  const random = randomOf(`${variant}\n${prompt}`)
  const brief = parseBrief(prompt)
  const palette = paletteOf(brief.colours, random)
  const ornaments = styleFor(brief.moodWords, random)
  return { brief, palette, ornaments, text: typeset(brief, size, palette, faces, random), random }
}

/** Draws the picture of a prompt as a PNG of exactly this size. */
export async function draw(prompt: string, size: Size, faces: Faces, options: DrawOptions = {}): Promise<Buffer> {
  const { palette, text, ornaments, random } = design(prompt, size, faces, options.variant)
  const layer = await pixelsOf(size, ornaments(size, palette, random))
  const ground = paint(size, softLights(size, palette, random), palette, layer)
  const picture = sharp(ground.bytes, { raw: { width: size.widthPx, height: size.heightPx, channels: ground.channels } })
  const words = text.map((piece) => piece.svg).join('')
  const composed = options.withText === false ? picture : picture.composite([{ input: svgOf(size, words) }])
  return await composed.png({ compressionLevel: 4 }).toBuffer()
}

/** One plain colour of the prompt, for load tests. */
export async function drawFlat(prompt: string, size: Size): Promise<Buffer> {
  const { ground } = paletteOf(parseBrief(prompt).colours, randomOf(prompt))
  const background = hexOf(ground)
  return await sharp({ create: { width: size.widthPx, height: size.heightPx, channels: 3, background } })
    .png({ compressionLevel: 1 })
    .toBuffer()
}

/** No character of the prompt ever stands in an SVG: text is outlines, colours are hex digits, the rest is numbers. */
function svgOf({ widthPx, heightPx }: Size, body: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}">${body}</svg>`,
  )
}

async function pixelsOf(size: Size, svg: string): Promise<Pixels> {
  const { data } = await sharp(svgOf(size, svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { size, channels: 4, bytes: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) }
}

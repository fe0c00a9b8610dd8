import { mix, rgbOf, type Colour } from './colour.ts'
import { safeArea, type Box } from './typeset.ts'
import type { Size } from '../models.ts'
import type { Palette } from './palette.ts'
import type { Random } from './random.ts'

/** Raw pixels, row by row, without padding. */
export interface Pixels {
  readonly size: Size
  readonly channels: 3 | 4
  readonly bytes: Uint8ClampedArray
}

/** The soft part of a picture: any colour at any point. `u` and `v` run from 0 to 1 over width and height. */
export type Shade = (u: number, v: number) => Colour

/** One soft light: its place and radius are shares of the picture. */
const light = (colour: Colour, u: number, v: number, radius: number, strength: number) => ({ colour, u, v, radius, strength })

/** Soft lights on a ground that falls off into shade. Most of them stand where no text is. */
export function softLights(size: Size, palette: Palette, random: Random): Shade {
  const stretch = Math.min(3, Math.max(0.6, size.widthPx / size.heightPx))
  const dim = palette.light ? 0.62 : 1
  const lights = [
    light(palette.glow, random.between(0.02, 0.14), random.between(0.1, 0.6), random.between(0.75, 1), 0.95 * dim),
    light(palette.accent, random.between(0.24, 0.36), random.between(0.75, 1.1), random.between(0.4, 0.62), 0.62 * dim),
    light(palette.glow, random.between(0.34, 0.46), random.between(-0.25, 0.05), random.between(0.5, 0.7), 0.7 * dim),
    light(palette.glow, random.between(0.9, 1.02), random.between(0.75, 1.1), random.between(0.6, 0.9), 0.75 * dim),
    light(palette.accent, random.between(0.88, 1.05), random.between(-0.15, 0.1), random.between(0.35, 0.5), 0.42 * dim),
  ]
  const [wave, phase, tilt] = [random.between(0.8, 1.4), random.between(0, 6), random.between(0.35, 0.65)]
  return (u, v) => {
    // The lights are bent a little, so that they are not circles.
    const bentU = u + 0.045 * Math.sin((v * wave + u * 0.6) * Math.PI * 2 + phase)
    const bentV = v + 0.11 * Math.sin(u * wave * Math.PI * 2 + phase * 1.7)
    let colour = mix(palette.ground, palette.deep, Math.min(1, Math.max(0, u * tilt + v * (1 - tilt))))
    for (const one of lights) {
      const [x, y] = [((bentU - one.u) * stretch) / one.radius, (bentV - one.v) / one.radius]
      colour = mix(colour, one.colour, one.strength * Math.exp(-(x * x + y * y) * 1.9))
    }
    return colour
  }
}

const smooth = (low: number, high: number, value: number): number => {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)))
  return t * t * (3 - 2 * t)
}

/** How much a point belongs to the text: 1 inside the safe area, falling softly to 0 around it, over this share of the width to its left. */
function textShare(area: Box, { widthPx, heightPx }: Size, x: number, y: number, softLeft: number): number {
  const across = smooth(area.left - widthPx * softLeft, area.left, x) * (1 - smooth(area.right, area.right + widthPx * 0.14, x) * 0.6)
  const down = smooth(-heightPx * 0.3, area.top, y) * (1 - smooth(area.bottom, heightPx * 1.3, y))
  return across * down
}

/** Pixels between two computed points. The ground is soft, so little is lost, and the drawing is sixteen times faster. */
const stepPx = 4
/** What is left of the ornaments behind the text. */
const ornamentShareBehindText = 0.16

/** The ground at one point, kept dark (or light) enough behind the text, and how much of the ornaments shows there. */
function gridOf(size: Size, shade: Shade, palette: Palette): { readonly columns: number; readonly values: Float32Array } {
  const area = safeArea(size)
  const columns = Math.ceil(size.widthPx / stepPx) + 2
  const rows = Math.ceil(size.heightPx / stepPx) + 2
  const values = new Float32Array(columns * rows * 4)
  const limit = palette.textGroundLightness
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = [column * stepPx, row * stepPx]
      const colour = shade(x / size.widthPx, y / size.heightPx)
      const share = textShare(area, size, x, y, 0.3)
      const kept = palette.light ? Math.max(colour.l, limit) : Math.min(colour.l, limit)
      const calmed = mix({ ...colour, l: colour.l + (kept - colour.l) * share }, palette.ground, share * 0.55)
      values.set(rgbOf(calmed), (row * columns + column) * 4)
      values[(row * columns + column) * 4 + 3] = 1 - textShare(area, size, x, y, 0.19) * (1 - ornamentShareBehindText)
    }
  }
  return { columns, values }
}

/** The same grain for every picture of a width: it hides the steps between two neighbouring colours. About -1 to 1. */
function grainAt(x: number, y: number): number {
  let hash = Math.imul(x, 0x1f123bb5) ^ Math.imul(y, 0x5f356495)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash ^= hash >>> 13
  // Two uniform numbers added: a triangle, which leaves no pattern after rounding.
  return ((hash & 0xffff) + (hash >>> 16)) / 0xffff - 1
}

/** Paints the ground with the ornaments on it. All mixing is done before rounding, so that no bands appear. */
export function paint(size: Size, shade: Shade, palette: Palette, ornaments: Pixels): Pixels {
  const { columns, values } = gridOf(size, shade, palette)
  const bytes = new Uint8ClampedArray(size.widthPx * size.heightPx * 3)
  const at = (index: number): number => values[index] ?? 0
  for (let y = 0; y < size.heightPx; y += 1) {
    const row = Math.floor(y / stepPx)
    const fy = y / stepPx - row
    for (let x = 0; x < size.widthPx; x += 1) {
      const column = Math.floor(x / stepPx)
      const fx = x / stepPx - column
      const above = (row * columns + column) * 4
      const below = above + columns * 4
      const weights = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy] as const
      const between = (channel: number): number =>
        at(above + channel) * weights[0] +
        at(above + 4 + channel) * weights[1] +
        at(below + channel) * weights[2] +
        at(below + 4 + channel) * weights[3]
      const pixel = y * size.widthPx + x
      const cover = ((ornaments.bytes[pixel * 4 + 3] ?? 0) / 255) * between(3)
      const grain = grainAt(x, y)
      for (let channel = 0; channel < 3; channel += 1) {
        const soft = between(channel)
        bytes[pixel * 3 + channel] = soft + ((ornaments.bytes[pixel * 4 + channel] ?? 0) - soft) * cover + grain
      }
    }
  }
  return { size, channels: 3, bytes }
}

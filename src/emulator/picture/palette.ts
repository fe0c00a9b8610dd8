import { atLightness, colourOfHex, mix, readableOn, turned, withChroma, type Colour } from './colour.ts'
import type { Random } from './random.ts'

/** The colours of one picture, worked out so that its text can be read whatever colours were wished. */
export interface Palette {
  readonly light: boolean
  /** Most of the picture. */
  readonly ground: Colour
  /** The ground's shade, for depth. */
  readonly deep: Colour
  readonly glow: Colour
  readonly accent: Colour
  /** The name. */
  readonly ink: Colour
  /** The headline. */
  readonly softInk: Colour
  /** The company: the accent, readable. */
  readonly accentInk: Colour
  /** How light (on a dark ground) or dark (on a light one) the picture may get behind the text. */
  readonly textGroundLightness: number
}

const fallbacks: readonly [readonly string[], ...(readonly string[])[]] = [
  ['#0b1b3a', '#4b2bbd', '#ff7a59'],
  ['#0d2b2a', '#0f8a7e', '#f4c95d'],
  ['#f6efe4', '#d98f6a', '#31572c'],
  ['#1b1027', '#8a2f78', '#ffb36b'],
  ['#eef3f8', '#7fa6d9', '#e4572e'],
]

/** At least three colours: what is missing is a neighbour or the counterpart of the first. */
function threeOf(colours: readonly Colour[], random: Random): readonly [Colour, Colour, Colour] {
  const [first, second, third] = colours.length > 0 ? colours : random.pick(fallbacks).map(colourOfHex)
  const ground = first ?? colourOfHex('#0b1b3a')
  const lively = withChroma(atLightness(ground, 0.6), Math.hypot(ground.a, ground.b) < 0.05 ? 2 : 1.3)
  return [ground, second ?? turned(lively, 35), third ?? turned(atLightness(second ?? lively, 0.74), 150)]
}

const isLoud = (colour: Colour): boolean => Math.hypot(colour.a, colour.b) > 0.1

/** The ground is the first colour if it is clearly dark, or light and quiet; any other leaves it to a darker one, if there is one. */
function groundFirst(colours: readonly [Colour, Colour, Colour]): readonly [Colour, Colour, Colour] {
  const [first, second, third] = colours
  if ((first.l > 0.8 && !isLoud(first)) || first.l < 0.42) return colours
  if (second.l < 0.42 && second.l <= third.l) return [second, first, third]
  if (third.l < 0.42) return [third, first, second]
  return colours
}

/** The palette for the wished colours. */
export function paletteOf(wished: readonly Colour[], random: Random): Palette {
  const [first, second, third] = groundFirst(threeOf(wished, random))
  return first.l > 0.66 ? lightPalette(first, second, third) : darkPalette(first, second, third)
}

function darkPalette(first: Colour, second: Colour, third: Colour): Palette {
  const ground = withChroma(atLightness(first, Math.min(0.34, Math.max(0.2, first.l))), 0.9)
  const textGround = { ...ground, l: 0.4 }
  return {
    light: false,
    ground,
    deep: atLightness(ground, ground.l * 0.62),
    glow: { ...second, l: Math.min(0.72, Math.max(0.42, second.l)) },
    accent: { ...third, l: Math.max(0.58, third.l) },
    ink: atLightness(mix(ground, third, 0.3), 0.985),
    softInk: atLightness(mix(ground, second, 0.5), 0.9),
    accentInk: readableOn(textGround, { ...third, l: Math.max(0.78, third.l) }, 4.6),
    textGroundLightness: textGround.l,
  }
}

function lightPalette(first: Colour, second: Colour, third: Colour): Palette {
  const ground = withChroma({ ...first, l: Math.max(0.93, first.l) }, first.l > 0.88 ? 1 : 0.35)
  const textGround = { ...ground, l: 0.86 }
  // A wished dark colour is the ink; else a dark shade of the second one, which most of the picture is drawn in.
  const dark = [second, third, first].find((colour) => colour.l < 0.45)
  const ink = withChroma({ ...(dark ?? second), l: 0.25 }, dark === undefined ? 0.4 : 0.6)
  return {
    light: true,
    ground,
    deep: mix({ ...ground, l: ground.l - 0.06 }, second, 0.12),
    glow: { ...second, l: Math.min(0.86, Math.max(0.6, second.l)) },
    accent: { ...third, l: Math.min(0.78, third.l) },
    ink,
    softInk: { ...ink, l: 0.38 },
    accentInk: readableOn(textGround, third, 4.6),
    textGroundLightness: textGround.l,
  }
}

/**
 * Colours in OKLab, where equal steps look equal: mixes do not turn grey, and lightness can be set without changing the hue.
 * Source of the matrices: Björn Ottosson, "A perceptual color space for image processing" (2020).
 */
export interface Colour {
  /** Lightness, 0 (black) to 1 (white). */
  readonly l: number
  /** Green to red, about -0.4 to 0.4. */
  readonly a: number
  /** Blue to yellow, about -0.4 to 0.4. */
  readonly b: number
}

/** Red, green and blue from 0 to 255, not rounded. */
export type Rgb = readonly [red: number, green: number, blue: number]

const toLinear = (channel: number): number => {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}

const toGamma = (linear: number): number => {
  const c = Math.min(1, Math.max(0, linear))
  return 255 * (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055)
}

/** From sRGB. */
function colourOfRgb([red, green, blue]: Rgb): Colour {
  const r = toLinear(red)
  const g = toLinear(green)
  const b = toLinear(blue)
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return {
    l: 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    a: 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    b: 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  }
}

/** To sRGB. What a screen cannot show is cut off. */
export function rgbOf(colour: Colour): Rgb {
  const long = (colour.l + 0.3963377774 * colour.a + 0.2158037573 * colour.b) ** 3
  const medium = (colour.l - 0.1055613458 * colour.a - 0.0638541728 * colour.b) ** 3
  const short = (colour.l - 0.0894841775 * colour.a - 1.291485548 * colour.b) ** 3
  return [
    toGamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    toGamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    toGamma(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

/** From `#rgb` or `#rrggbb`. */
export function colourOfHex(hex: string): Colour {
  const digits = hex.slice(1)
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits
  const channel = (at: number): number => Number.parseInt(long.slice(at, at + 2), 16)
  return colourOfRgb([channel(0), channel(2), channel(4)])
}

/** To `#rrggbb`: digits only, so it is safe inside an SVG. */
export function hexOf(colour: Colour): string {
  return `#${rgbOf(colour)
    .map((channel) => Math.round(channel).toString(16).padStart(2, '0'))
    .join('')}`
}

/** A little (0) or all (1) of the second colour in the first. */
export function mix(first: Colour, second: Colour, share: number): Colour {
  const between = (from: number, to: number): number => from + (to - from) * share
  return { l: between(first.l, second.l), a: between(first.a, second.a), b: between(first.b, second.b) }
}

/** The same hue at another lightness. Near black and white the colour is taken back, because screens cannot show it there. */
export function atLightness(colour: Colour, lightness: number): Colour {
  const room = Math.min(1, 4 * Math.min(lightness, 1 - lightness) + 0.15)
  return { l: lightness, a: colour.a * room, b: colour.b * room }
}

/** The same hue and lightness, more or less colourful. */
export function withChroma(colour: Colour, factor: number): Colour {
  return { l: colour.l, a: colour.a * factor, b: colour.b * factor }
}

/** The same colour turned around the colour circle. */
export function turned(colour: Colour, degrees: number): Colour {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return { l: colour.l, a: colour.a * cos - colour.b * sin, b: colour.a * sin + colour.b * cos }
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb
  return 0.2126 * toLinear(red) + 0.7152 * toLinear(green) + 0.0722 * toLinear(blue)
}

/** The contrast of WCAG 2.2, from 1 (none) to 21 (black on white). */
export function contrast(first: Rgb, second: Rgb): number {
  const [one, two] = [luminance(first), luminance(second)]
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
}

/** The colour, made lighter (or darker, on a light ground) until it can be read on the ground. */
export function readableOn(ground: Colour, colour: Colour, contrastMin: number): Colour {
  const step = ground.l < 0.6 ? 0.02 : -0.02
  let readable = colour
  for (let l = colour.l; l >= 0 && l <= 1; l += step) {
    readable = { ...colour, l }
    if (contrast(rgbOf(readable), rgbOf(ground)) >= contrastMin) return readable
  }
  return atLightness(readable, step > 0 ? 0.98 : 0.15)
}

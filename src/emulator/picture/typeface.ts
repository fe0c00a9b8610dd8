import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { create, type Font } from 'fontkit'

/** A typeface of this project's npm packages, both under the SIL Open Font License 1.1. */
export type FaceName = 'manrope-800' | 'manrope-600' | 'inter-500' | 'inter-600'

/** One typeface: the files that together hold its letters, the Latin ones first. */
export interface Face {
  readonly fonts: readonly Font[]
}

/** Text as outlines, at one unit per em: multiply by the size in pixels. */
export interface Outline {
  /** SVG path data with the baseline at 0, scaled to this size. */
  path(sizePx: number): string
  readonly widthEm: number
}

const subsets = ['latin', 'latin-ext', 'greek', 'cyrillic', 'vietnamese'] as const
const require = createRequire(import.meta.url)

async function readFont(family: string, subset: string, weight: string): Promise<Font> {
  const font = create(await readFile(require.resolve(`@fontsource/${family}/files/${family}-${subset}-${weight}-normal.woff`)))
  if (!('layout' in font)) throw new Error(`${family}-${subset}-${weight} is a collection, not a font`)
  return font
}

/** Reads a typeface from its package. */
export async function readFace(name: FaceName): Promise<Face> {
  const [family = '', weight = ''] = name.split('-')
  return { fonts: await Promise.all(subsets.map((subset) => readFont(family, subset, weight))) }
}

/** The text without the characters that the typeface cannot draw (emoji, other scripts): better none than an empty box. */
export function drawable(face: Face, text: string): string {
  const known = Array.from(text.normalize('NFC')).filter((character) => fontFor(face, character) !== undefined)
  return known.join('').replace(/\s+/g, ' ').trim()
}

function fontFor(face: Face, character: string): Font | undefined {
  const codePoint = character.codePointAt(0) ?? 0
  return face.fonts.find((font) => font.hasGlyphForCodePoint(codePoint))
}

/** Neighbours that one file can draw are laid out together, so that kerning stays. */
function runsOf(face: Face, text: string): readonly { readonly font: Font; readonly text: string }[] {
  const runs: { font: Font; text: string }[] = []
  for (const character of text) {
    const last = runs.at(-1)
    const stays = last?.font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0) === true
    const font = stays ? last.font : fontFor(face, character)
    if (font === undefined) continue
    if (stays) last.text += character
    else runs.push({ font, text: character })
  }
  return runs
}

type Glyph = ReturnType<Font['layout']>['glyphs'][number]

/** The outlines of one line. Tracking is extra space between letters, in em. */
export function outline(face: Face, text: string, trackingEm = 0): Outline {
  const placed: { readonly glyph: Glyph; readonly em: number; readonly xEm: number; readonly yEm: number }[] = []
  let penEm = 0
  for (const run of runsOf(face, text)) {
    const em = run.font.unitsPerEm
    const { glyphs, positions } = run.font.layout(run.text)
    glyphs.forEach((glyph, index) => {
      const position = positions[index]
      if (position === undefined) return
      placed.push({ glyph, em, xEm: penEm + position.xOffset / em, yEm: -position.yOffset / em })
      penEm += position.xAdvance / em + trackingEm
    })
  }
  // The first letter's own margin is taken off, so that lines of different sizes begin on one edge.
  const first = placed[0]
  const marginEm = first === undefined ? 0 : first.glyph.bbox.minX / first.em
  const shiftEm = Number.isFinite(marginEm) ? marginEm : 0
  return {
    widthEm: Math.max(0, penEm - trackingEm - shiftEm),
    path: (sizePx) =>
      placed
        .map(({ glyph, em, xEm, yEm }) =>
          glyph.path
            .scale(sizePx / em, -sizePx / em)
            .translate((xEm - shiftEm) * sizePx, yEm * sizePx)
            .toSVG(),
        )
        .join(''),
  }
}

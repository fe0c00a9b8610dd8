import { hexOf, type Colour } from './colour.ts'
import { drawable, readFace, type Face, type FaceName } from './typeface.ts'
import { wrap, type Setting, type Wrapped } from './wrap.ts'
import type { Brief } from './brief.ts'
import type { Size } from '../models.ts'
import type { Palette } from './palette.ts'
import type { Random } from './random.ts'

/** A rectangle in pixels of the picture. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** One drawn piece of the text: SVG made of numbers only, and the box that holds it. */
export interface TextPiece {
  readonly role: 'name' | 'headline' | 'company' | 'mark'
  readonly box: Box
  readonly svg: string
}

/**
 * Where text may stand: right of a profile picture, and inside what a crop to 4:1 leaves of the height.
 * A little inside of 40 % to 95 % of the width and of the middle half of the height.
 */
export function safeArea(size: Size): Box {
  return { left: size.widthPx * 0.41, right: size.widthPx * 0.94, top: size.heightPx * 0.26, bottom: size.heightPx * 0.74 }
}

const arrangements = ['eyebrow', 'bar', 'rule'] as const
type Arrangement = (typeof arrangements)[number]

/** The typefaces that a banner needs, by what they are for. */
export interface Faces {
  readonly name: Face
  readonly quietName: Face
  readonly headline: Face
  readonly company: Face
}

/** Reads the typefaces once; the caller keeps them. */
export async function readFaces(): Promise<Faces> {
  const names: readonly [FaceName, FaceName, FaceName, FaceName] = ['manrope-800', 'manrope-600', 'inter-500', 'inter-600']
  const [name, quietName, headline, company] = await Promise.all([
    readFace(names[0]),
    readFace(names[1]),
    readFace(names[2]),
    readFace(names[3]),
  ])
  return { name, quietName, headline, company }
}

const capHeightEm = 0.72
/** What accents need above a capital letter, and tails below the line. */
const accentEm = 0.26
const tailEm = 0.24

interface TextItem {
  readonly kind: 'text'
  readonly role: 'name' | 'headline' | 'company'
  readonly gapPx: number
  readonly wrapped: Wrapped
  readonly leadingEm: number
  readonly colour: Colour
}

interface MarkItem {
  readonly kind: 'mark'
  readonly gapPx: number
  readonly widthPx: number
  readonly heightPx: number
  readonly colour: Colour
  readonly opacity: number
}

type Item = TextItem | MarkItem

/** Sets the text of a brief into the safe area: as large as it fits, and never beyond it. */
export function typeset(brief: Brief, size: Size, palette: Palette, faces: Faces, random: Random): readonly TextPiece[] {
  const area = safeArea(size)
  const arrangement = random.pick(arrangements)
  const nameFace = random.between(0, 1) < 0.7 ? faces.name : faces.quietName
  const widthPx = area.right - area.left
  const heightPx = area.bottom - area.top
  const namePx = Math.min(heightPx * 0.36, widthPx * 0.118)
  for (let scale = 1; scale > 0.2; scale -= 0.06) {
    const unitPx = namePx * scale
    const indentPx = arrangement === 'bar' ? unitPx * 0.42 : 0
    const items = arrange(arrangement, settle(brief, palette, faces, nameFace, unitPx, widthPx - indentPx), palette, unitPx, widthPx)
    const stackPx = items.reduce((sum, item) => sum + item.gapPx + heightOf(item), 0)
    if (stackPx + 2 * overhangPx(items) <= heightPx)
      return place(items, area, stackPx, indentPx, arrangement === 'bar' ? palette.accentInk : null)
  }
  return []
}

/** The three texts at one scale. A text with nothing to draw is left out. */
function settle(brief: Brief, palette: Palette, faces: Faces, nameFace: Face, unitPx: number, widthPx: number): readonly TextItem[] {
  const item = (role: TextItem['role'], text: string, setting: Setting, leadingEm: number, colour: Colour): readonly TextItem[] => {
    const shown = drawable(setting.face, text)
    return shown === '' ? [] : [{ kind: 'text', role, gapPx: 0, wrapped: wrap(shown, setting, widthPx), leadingEm, colour }]
  }
  const sizes = (share: number, minShare: number): Pick<Setting, 'sizeMaxPx' | 'sizeMinPx'> => ({
    sizeMaxPx: unitPx * share,
    sizeMinPx: unitPx * share * minShare,
  })
  const name: Setting = { face: nameFace, trackingEm: -0.024, linesMax: 2, ...sizes(1, 0.42) }
  const headline: Setting = { face: faces.headline, trackingEm: -0.004, linesMax: 3, ...sizes(0.365, 0.62) }
  const company: Setting = { face: faces.company, trackingEm: 0.17, linesMax: 1, ...sizes(0.215, 0.72) }
  return [
    ...item('company', brief.company.toUpperCase(), company, 1.3, palette.accentInk),
    ...item('name', brief.name, name, 1.08, palette.ink),
    ...item('headline', brief.headline, headline, 1.36, palette.softInk),
  ]
}

/** The order of the texts, the space between them, and the marks. */
function arrange(arrangement: Arrangement, texts: readonly TextItem[], palette: Palette, unitPx: number, widthPx: number): readonly Item[] {
  const of = (role: TextItem['role'], gap: number): readonly TextItem[] =>
    texts.filter((item) => item.role === role).map((item) => ({ ...item, gapPx: unitPx * gap }))
  const mark = (gap: number, markWidthPx: number, height: number, colour: Colour, opacity = 1): MarkItem => ({
    kind: 'mark',
    gapPx: unitPx * gap,
    widthPx: markWidthPx,
    heightPx: Math.max(1.5, unitPx * height),
    colour,
    opacity,
  })
  const stacks = {
    eyebrow: [...of('company', 0), ...of('name', 0.42), ...of('headline', 0.46), mark(0.5, unitPx * 0.82, 0.062, palette.accentInk)],
    bar: [...of('name', 0), ...of('headline', 0.46), ...of('company', 0.44)],
    rule: [...of('name', 0), mark(0.42, widthPx, 0.018, palette.softInk, 0.35), ...of('headline', 0.38), ...of('company', 0.4)],
  }
  const [first, ...rest] = stacks[arrangement]
  return first === undefined ? [] : [{ ...first, gapPx: 0 }, ...rest]
}

/** From the top of the first line's capitals to the last baseline. */
function heightOf(item: Item): number {
  if (item.kind === 'mark') return item.heightPx
  const { lines, sizePx } = item.wrapped
  return sizePx * (capHeightEm + (lines.length - 1) * item.leadingEm)
}

function overhangPx(items: readonly Item[]): number {
  const over = (item: Item | undefined, em: number): number => (item?.kind === 'text' ? item.wrapped.sizePx * em : 0)
  return Math.max(over(items[0], accentEm), over(items.at(-1), tailEm))
}

function place(items: readonly Item[], area: Box, stackPx: number, indentPx: number, bar: Colour | null): readonly TextPiece[] {
  const top = (area.top + area.bottom - stackPx) / 2
  const left = area.left + indentPx
  const pieces: TextPiece[] = []
  if (bar !== null) pieces.push(rectangle({ left: area.left, right: area.left + indentPx * 0.14, top, bottom: top + stackPx }, bar, 1))
  let y = top
  for (const item of items) {
    y += item.gapPx
    if (item.kind === 'mark')
      pieces.push(rectangle({ left, right: left + item.widthPx, top: y, bottom: y + item.heightPx }, item.colour, item.opacity))
    else pieces.push(...linesOf(item, left, y))
    y += heightOf(item)
  }
  return pieces
}

function linesOf({ wrapped, role, leadingEm, colour }: TextItem, left: number, top: number): readonly TextPiece[] {
  const { lines, sizePx } = wrapped
  return lines.map((line, index) => {
    const baseline = top + sizePx * (capHeightEm + index * leadingEm)
    return {
      role,
      box: {
        left,
        right: left + line.widthEm * sizePx,
        top: baseline - sizePx * (capHeightEm + accentEm),
        bottom: baseline + sizePx * tailEm,
      },
      svg: `<path transform="translate(${left.toFixed(2)} ${baseline.toFixed(2)})" fill="${hexOf(colour)}" d="${line.path(sizePx)}"/>`,
    }
  })
}

function rectangle(box: Box, colour: Colour, opacity: number): TextPiece {
  const [width, height] = [box.right - box.left, box.bottom - box.top]
  const radius = Math.min(width, height) / 2
  const numbers = `x="${box.left.toFixed(2)}" y="${box.top.toFixed(2)}" width="${width.toFixed(2)}" height="${height.toFixed(2)}" rx="${radius.toFixed(2)}"`
  return { role: 'mark', box, svg: `<rect ${numbers} fill="${hexOf(colour)}" fill-opacity="${opacity}"/>` }
}

import { outline, type Face, type Outline } from './typeface.ts'

/** How a text may be set: its typeface and the sizes between which it may shrink. */
export interface Setting {
  readonly face: Face
  readonly trackingEm: number
  readonly sizeMaxPx: number
  readonly sizeMinPx: number
  readonly linesMax: number
}

/** A text that fits: every line is at most as wide as was asked for, at this size. */
export interface Wrapped {
  readonly lines: readonly Outline[]
  readonly sizePx: number
}

/** One line more is taken only when the text would otherwise be set smaller than this share of its largest size. */
const comfortableShare = 0.72

/** Sets a text into a width: large on one line, else on more lines, else smaller, and as the last resort with its end cut off. */
export function wrap(text: string, setting: Setting, widthPx: number): Wrapped {
  const words = text.split(' ')
  let best: Wrapped = { lines: [], sizePx: 0 }
  for (let count = 1; count <= Math.min(setting.linesMax, words.length); count += 1) {
    const lines = balanced(words, count, setting)
    const widestEm = Math.max(...lines.map((line) => line.widthEm))
    const sizePx = Math.min(setting.sizeMaxPx, widthPx / widestEm)
    if (sizePx > best.sizePx) best = { lines, sizePx }
    if (best.sizePx >= setting.sizeMaxPx * comfortableShare) break
  }
  return best.sizePx >= setting.sizeMinPx ? best : cutOff(words, setting, widthPx)
}

/** The words on this many lines, broken where the widest line is the least wide. */
function balanced(words: readonly string[], count: number, setting: Setting): readonly Outline[] {
  const width = (from: number, to: number): number => outlineOf(words.slice(from, to).join(' '), setting).widthEm
  const memo = new Map<string, { widest: number; breaks: readonly number[] }>()
  const best = (from: number, left: number): { widest: number; breaks: readonly number[] } => {
    const key = `${from}/${left}`
    const known = memo.get(key)
    if (known !== undefined) return known
    let found = { widest: width(from, words.length), breaks: [words.length] as readonly number[] }
    if (left > 1) {
      found = { widest: Infinity, breaks: [] }
      for (let to = from + 1; to <= words.length - left + 1; to += 1) {
        const rest = best(to, left - 1)
        const widest = Math.max(width(from, to), rest.widest)
        if (widest < found.widest) found = { widest, breaks: [to, ...rest.breaks] }
      }
    }
    memo.set(key, found)
    return found
  }
  const { breaks } = best(0, count)
  return breaks.map((to, index) => outlineOf(words.slice(breaks[index - 1] ?? 0, to).join(' '), setting))
}

/** As many characters as fit at the smallest size, then an ellipsis. */
function cutOff(words: readonly string[], setting: Setting, widthPx: number): Wrapped {
  const sizePx = setting.sizeMinPx
  const lines: Outline[] = []
  let rest = words.join(' ')
  while (rest !== '' && lines.length < setting.linesMax) {
    const isLast = lines.length === setting.linesMax - 1
    const taken = prefixThatFits(rest, setting, widthPx / sizePx, isLast)
    lines.push(outlineOf(taken.shown, setting))
    rest = rest.slice(taken.length).trimStart()
  }
  return { lines, sizePx }
}

function prefixThatFits(text: string, setting: Setting, widthEm: number, isLast: boolean): { shown: string; length: number } {
  if (outlineOf(text, setting).widthEm <= widthEm) return { shown: text, length: text.length }
  const ending = isLast ? '…' : ''
  let [fits, tooLong] = [1, text.length]
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (outlineOf(text.slice(0, middle).trimEnd() + ending, setting).widthEm <= widthEm) fits = middle
    else tooLong = middle
  }
  const space = text.lastIndexOf(' ', fits)
  const length = !isLast && space > 0 ? space : fits
  return { shown: text.slice(0, length).trimEnd() + ending, length }
}

const outlineOf = (text: string, { face, trackingEm }: Setting): Outline => outline(face, text, trackingEm)

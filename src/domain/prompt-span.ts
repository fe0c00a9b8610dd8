/** A part of a text: from a character to, and not with, another. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A text without some parts of it, which may overlap. */
export function without(text: string, cuts: readonly Span[]): string {
  let [kept, at] = ['', 0]
  for (const { from, to } of cuts.toSorted((a, b) => a.from - b.from)) {
    if (from > at) kept += text.slice(at, from)
    at = Math.max(at, to)
  }
  return kept + text.slice(at)
}

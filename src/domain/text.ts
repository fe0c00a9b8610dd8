/** What texts take as JSON, which is how Temporal carries them. */

/** Bytes: of most scripts a character has two or three, and what is escaped has up to six. */
export const jsonBytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

/** From the first text on that is over so many bytes with those before it, outcomes go without theirs. */
export function withinJson<Outcome extends { readonly kind: string; readonly text?: string | undefined }>(
  bytesMax: number,
  outcomes: readonly Outcome[],
): Outcome[] {
  let bytes = 0
  return outcomes.map((outcome) => {
    if (outcome.text !== undefined) bytes += jsonBytes(outcome.text)
    return bytes > bytesMax && outcome.text !== undefined ? { ...outcome, text: undefined } : outcome
  })
}

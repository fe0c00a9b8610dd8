/** What people and apps write in a language. `{order}`, `{product}`, `{amount}`, `{date}`, `{city}`, `{name}`, `{n}` are filled in. */
export interface Phrases {
  /** Questions to a support, by how hard they are to answer. */
  readonly questions: Readonly<Record<'simple' | 'standard' | 'hard', readonly string[]>>
  /** Around a question, as often as they stand here; empty: without. */
  readonly openings: readonly string[]
  readonly closings: readonly string[]
  readonly answers: readonly string[]
  readonly tickets: readonly { readonly label: string; readonly text: string }[]
  /** Of reports, contracts, articles. */
  readonly paragraphs: readonly string[]
  readonly summarise: Readonly<Record<'simple' | 'standard' | 'hard', readonly string[]>>
  readonly classify: readonly string[]
  readonly extract: readonly string[]
  /** Into English; of English texts, into another language. */
  readonly translate: Readonly<Record<'simple' | 'standard', readonly string[]>>
  readonly marketing: Readonly<Record<'simple' | 'standard' | 'hard', readonly string[]>>
}

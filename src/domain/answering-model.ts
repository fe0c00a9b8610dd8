/** How a request is served, as the price book names it. What an answer names may be another word: then it has no price of its own. */
export const TIERS = ['standard', 'batch', 'flex', 'priority'] as const
export type Tier = (typeof TIERS)[number]

/** What stands behind a model's name and leaves it the same model: dates, builds, previews (`-001`, `-20241022`, `-preview-09-2025`, `-latest`). */
const VERSION = /^(-\d+)*(-(preview|exp|latest|stable))?(-\d+)*$/

/** Whether a response that names `answered` came from the model that was `asked` for, whatever version of it. */
export function isSameModel(asked: string, answered: string): boolean {
  const [one, other] = [plainName(asked), plainName(answered)]
  const [short, long] = one.length <= other.length ? [one, other] : [other, one]
  return long.startsWith(short) && VERSION.test(long.slice(short.length))
}

/** A model's name without the folder in which a provider keeps it (`models/gemini-2.5-flash`). */
export const plainName = (model: string): string => model.slice(model.lastIndexOf('/') + 1).toLowerCase()

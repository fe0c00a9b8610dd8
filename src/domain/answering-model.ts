/** How a request is served, as the price book names it. What an answer names may be another word: then it has no price of its own. */
export const TIERS = ['standard', 'batch', 'flex', 'priority'] as const
export type Tier = (typeof TIERS)[number]

/**
 * What stands behind a model's name and leaves it the same model: dates, builds, previews (`-001`, `-20241022`, `@20241022`, `-preview-09-2025`, `-latest`).
 * A single digit makes another one: claude-sonnet-5-5 is no version of claude-sonnet-5.
 */
const VERSION = /([-@](\d{3,}|\d{4}-\d{2}-\d{2}))?(-(preview|exp|latest|stable)(-\d{3,}|-\d{2}-\d{2,4}|-\d{4}-\d{2}-\d{2})?)?$/

/** Whether a response that names `answered` came from the model that was `asked` for, whatever version of it. */
export const isSameModel = (asked: string, answered: string): boolean => unversioned(asked) === unversioned(answered)

const unversioned = (model: string): string => plainName(model).replace(VERSION, '')

/** A model's name without the folder in which a provider keeps it (`models/gemini-2.5-flash`). */
export const plainName = (model: string): string => model.slice(model.lastIndexOf('/') + 1).toLowerCase()

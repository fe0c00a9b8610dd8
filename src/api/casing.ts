/** The API writes `max_output_tokens`, TypeScript `maxOutputTokens`. Both directions, for types and for values; what a caller names himself stays as it is. */

type CamelName<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelName<B>>}` : S

/** A type of the API as the client shows it. Records with names of the caller's own (labels, usage) stay. */
export type Camel<T> = T extends readonly (infer Item)[]
  ? readonly Camel<Item>[]
  : T extends object
    ? string extends keyof T
      ? T
      : { readonly [K in keyof T as CamelName<K & string>]: Camel<T[K]> }
    : T

/** What may be left out may be given as undefined, too. */
export type Given<T> = { readonly [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] }

/** Of what is sent; in an answer, `usage` is an object of the API's. */
const OWN_NAMES = new Set(['labels', 'usage', 'sizes', 'can', 'cannot'])

export const camelName = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
export const snakeName = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** An answer of the API, with the names of TypeScript. */
export const camel = <T>(value: T): Camel<T> =>
  renamed(value, camelName, (name) => ['labels', 'group', 'evidence', 'sizes', 'can', 'cannot'].includes(name)) as Camel<T>

/** What is sent to the API, with its names. */
export const snake = (value: unknown): unknown => renamed(value, snakeName, (name) => OWN_NAMES.has(name))

function renamed(value: unknown, rename: (name: string) => string, stays: (name: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename, stays))
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [rename(name), stays(name) ? inner : renamed(inner, rename, stays)]),
  )
}

/** What spending can be asked by; besides these any label, as `label:tenant`. */
export const DIMENSIONS = ['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model', 'endpoint'] as const

export type Dimension = (typeof DIMENSIONS)[number] | `label:${string}`

export const isDimension = (text: string): text is Dimension =>
  /^label:[a-z][a-z0-9_]{0,29}$/.test(text) || (DIMENSIONS as readonly string[]).includes(text)

/** Besides, what a fact knows by itself: how long it took (the longest duration in ms of those like it, in steps of a fifth), and what was asked more than once. */
export type SummedDimension = Dimension | 'latency' | 'prompt'

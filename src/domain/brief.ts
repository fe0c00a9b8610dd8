/** What the customer wants on the banner. */
export interface Brief {
  readonly name: string
  readonly headline: string
  readonly company: string
  /** Hex colours, e.g. `#0b1b3a`; the first is the background. */
  readonly colours: readonly string[]
  readonly mood: string
  /** A free wish. */
  readonly text?: string | undefined
}

/** LinkedIn's personal banner, in pixels. */
export const BANNER_WIDTH = 1584
export const BANNER_HEIGHT = 396

import type { Config } from '../platform/config.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import type { migrateLedger, openDemoLedger, openLedger, openPurser, setUp } from './open.ts'
import type { Terminal } from './terminal.ts'

/** What a command needs, opened (and its code loaded) only when it asks. */
export interface CliContext {
  readonly config: Config
  readonly terminal: Terminal
  readonly openLedger: typeof openLedger
  readonly openDemoLedger: typeof openDemoLedger
  readonly openBlobs: (config: Config) => Promise<BlobStore>
  readonly openPurser: typeof openPurser
  readonly migrateLedger: typeof migrateLedger
  readonly setUp: typeof setUp
}

/** 0 done, 1 failed, 2 wrong input, 3 refused by a budget, 130 ended by Ctrl-C before it was done. */
export const EXIT = { done: 0, failed: 1, badInput: 2, refused: 3, interrupted: 130 } as const

/** Wraps what a command does, so that its exit code reaches `main`. */
export type Run = (work: () => Promise<number | void>) => () => Promise<void>

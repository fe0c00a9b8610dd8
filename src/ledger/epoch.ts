import type { BlobStore } from '../domain/blob-store.ts'
import { isRecovering } from '../domain/errors.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** `recovering`: it may have lost what it had committed, so it starts nothing until `purser recover` has run. */
export type EpochState =
  | { readonly kind: 'whole'; readonly ledgerId: string; readonly epoch: bigint }
  | { readonly kind: 'recovering'; readonly ledgerId: string; readonly epoch: bigint; readonly since: string; readonly why: string }

type Raw = { readonly ledgerId: string; readonly epoch: string } & (
  { readonly kind: 'whole' } | { readonly kind: 'recovering'; readonly since: string; readonly why: string }
)

/**
 * Compares the ledger's epoch and its server's timeline with what was seen last. If it is whole, its epoch rises, here and in the blob store; else it
 * is recovering from now on. Throws when the ledger or the blob store does not answer.
 */
export async function checkEpoch(ledger: Pick<Ledger, 'sql'>, blobs: BlobStore): Promise<EpochState> {
  const state = await epochState(ledger, await copyOf(ledger, blobs), false)
  // Not in one commit with the ledger's: the copy may be behind, never ahead.
  if (state.kind === 'whole') await blobs.putEpoch(state.ledgerId, state.epoch)
  return state
}

/** The same, and nothing changes. */
export const lookAtEpoch = async (ledger: Ledger, blobs: BlobStore): Promise<EpochState> =>
  epochState(ledger, await copyOf(ledger, blobs), true)

/** The epoch of this ledger that the blob store has seen. */
export async function copyOf({ sql }: Pick<Ledger, 'sql'>, blobs: BlobStore): Promise<bigint | undefined> {
  return blobs.epochOf(await asked<string>(() => sql`select ledger_id as answer from purser.ledger_state`))
}

async function epochState({ sql }: Pick<Ledger, 'sql'>, copy: bigint | undefined, look: boolean): Promise<EpochState> {
  const raw = await asked<Raw>(() => sql`select purser.check_epoch(${copy ?? null}, ${look}) as answer`)
  return { ...raw, epoch: BigInt(raw.epoch) }
}

/** Asks the ledger. If it is not known to be whole, somebody of this process compares it with the blob store, and it is asked once more. */
export type Whole = <T>(ask: () => Promise<T>) => Promise<T>

/** However many ask, they compare once at a time. */
export function wholeBy(sql: Ledger['sql'], blobs: BlobStore | undefined): Whole {
  if (blobs === undefined) return (ask) => ask()
  let comparing: Promise<EpochState> | undefined
  return async (ask) => {
    try {
      return await ask()
    } catch (error) {
      if (!isRecovering(error)) throw error
      comparing ??= checkEpoch({ sql }, blobs).finally(() => (comparing = undefined))
      if ((await comparing).kind === 'recovering') throw error
      return ask()
    }
  }
}

import { prepare, type PreparedCall } from '../calls/prepare.ts'
import type { AskedRequest } from '../domain/prepared-call.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { switchesOf } from '../ledger/switches.ts'
import { candidateBook } from '../prices/candidates.ts'
import type { PriceBook } from '../prices/price-book.ts'
import { prepareInputSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { keyOf, type Ask } from './budget.ts'
import { typed } from './failure.ts'

export type { PreparedCall } from '../calls/prepare.ts'

/** A call that is to be prepared. */
export type PrepareAsk = AskedRequest & Pick<Ask, 'callId' | 'jobStartedAt'>

export interface PrepareDependencies {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly installation: string
  /** The providers that this worker can ask. */
  readonly providers: ReadonlyMap<string, unknown>
}

/** So long what was read of switches and models serves others: a switch holds everywhere after so many seconds. */
const READ_FOR_MS = 5_000

export type PrepareActivities = ReturnType<typeof createPrepareActivities>

export function createPrepareActivities({ ledger, prices, installation, providers }: PrepareDependencies) {
  const switches = readFor(READ_FOR_MS, (feature: string | undefined) => switchesOf(ledger, feature))
  const candidates = readFor(READ_FOR_MS, (tier: string) => candidateBook(prices, { providers: [...providers.keys()], tier }))
  return {
    /** Chooses the model and shortens the prompt, as the feature's switches say; the same for ever for the same call. */
    async prepareCall(ask: PrepareAsk): Promise<PreparedCall> {
      return typed(async () => {
        parsed(prepareInputSchema, ask, 'call to prepare')
        const { callId, jobStartedAt, ...asked } = ask
        return prepare({ ledger, switchesOf: switches, candidatesOf: candidates }, keyOf(installation, { callId, jobStartedAt }), asked)
      })
    },
  }
}

const NAMES_MAX = 1_000

/** Reads once for all who ask within some ms. What fails is not remembered. */
function readFor<Name, T>(forMs: number, read: (name: Name) => Promise<T>): (name: Name) => Promise<T> {
  const known = new Map<Name, { readonly atMs: number; readonly answer: Promise<T> }>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined && performance.now() - found.atMs < forMs) return found.answer
    if (known.size >= NAMES_MAX) known.clear()
    const entry = { atMs: performance.now(), answer: read(name) }
    known.set(name, entry)
    entry.answer.catch(() => {
      if (known.get(name) === entry) known.delete(name)
    })
    return entry.answer
  }
}

import { cheaperModels } from '../calls/cheaper-models.ts'
import { prepare, type PreparedCall } from '../calls/prepare.ts'
import type { CheaperModel, TooDear } from '../domain/cheaper-model.ts'
import type { AskedRequest } from '../domain/prepared-call.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { switchesOf } from '../ledger/switches.ts'
import { candidateBook, type CandidateBook } from '../prices/candidates.ts'
import type { PriceBook } from '../prices/price-book.ts'
import { prepareInputSchema, tooDearSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { sharedReading } from '../shared-reading.ts'
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
  const switches = sharedReading<Awaited<ReturnType<typeof switchesOf>>>(READ_FOR_MS)
  const candidates = sharedReading<CandidateBook>(READ_FOR_MS)
  const preparing = {
    ledger,
    switchesOf: async (feature: string | undefined) => (await switches(feature ?? '', () => switchesOf(ledger, feature))).value,
    candidatesOf: async (tier: string) =>
      (await candidates(tier, () => candidateBook(prices, { providers: [...providers.keys()], tier }))).value,
  }
  return {
    /** Chooses the model and shortens the prompt, as the feature's switches say; the same for ever for the same call. */
    async prepareCall(ask: PrepareAsk): Promise<PreparedCall> {
      return typed(async () => {
        parsed(prepareInputSchema, ask, 'call to prepare')
        const { callId, jobStartedAt, ...asked } = ask
        return prepare(preparing, keyOf(installation, { callId, jobStartedAt }), asked)
      })
    },

    /** What a call that its budgets cannot pay for may be downgraded to, the dearest first. */
    async cheaperModels(call: TooDear): Promise<CheaperModel[]> {
      return typed(async () => {
        parsed(tooDearSchema, call, 'call to downgrade')
        return cheaperModels(preparing, call)
      })
    },
  }
}

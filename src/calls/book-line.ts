import type { BlobStore } from '../domain/blob-store.ts'
import type { Answer, CallKey, InDoubt } from '../domain/call.ts'
import { exactEur, nano, ofMoney } from '../domain/money.ts'
import type { BatchRequest, Wordless } from '../domain/model-request.ts'
import { costOf, withRequestFee } from '../domain/price.ts'
import type { RawGo } from '../ledger/answers.ts'
import { callIdOf } from '../ledger/call-id.ts'
import { goOf, type Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { noteSaving } from '../ledger/savings.ts'
import type { Terms } from '../ledger/scope.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import type { Answered } from '../providers/provider.ts'
import { book } from './book.ts'
import { persist, type Voice } from './persist.ts'

/** A line of a batch that was answered, and all that its booking needs. */
export interface LineBooking extends Voice {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly blobs: BlobStore
  readonly key: CallKey
  readonly terms: Terms
  readonly request: Wordless<BatchRequest>
  readonly go: RawGo
  readonly token: string
}

/** Books the answer as that of a call by itself, and notes what was saved: the same usage at the standard price, less what was paid. Safe to repeat. */
export async function bookLine(line: LineBooking, reply: Answered): Promise<Answer | InDoubt> {
  const go = goOf(line.go)
  const at = go.dispatchedAt
  const { provider, model, tier } = line.request
  // Of the dispatch, a day ago: what is in force now is no use.
  const prices = await persist(line, 'prices', () => pricesOf(line.prices, { provider, model, tier }, at, at))
  const durationMs = Math.max(0, Date.now() - at.getTime())
  const answer = await book({ ...line, go, known: { prices, readAt: at } }, { ...reply, requests: 1, durationMs })
  if (answer.kind === 'answered' && answer.reservationId === go.reservationId) await saved(line, go, answer)
  return answer
}

async function saved(line: LineBooking, go: Go, { usage, cost }: Answer): Promise<void> {
  const { provider, model } = line.request
  const standard = await persist(line, 'prices', () =>
    pricesOf(line.prices, { provider, model, tier: 'standard' }, go.dispatchedAt, go.dispatchedAt),
  )
  if (usage.length === 0 || standard.length === 0) return
  const live = costOf(withRequestFee(usage, standard), standard, go.rate).nanoEur
  const paid = ofMoney(cost)
  await persist(line, 'saving', () =>
    noteSaving(line.ledger, {
      key: `batch ${go.reservationId}`,
      call: callIdOf(line.key),
      terms: line.terms,
      strategy: 'batch',
      saved: nano(live - paid),
      details: { live: exactEur(live), paid: exactEur(paid) },
    }),
  )
}

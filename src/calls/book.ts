import { isSameModel, plainName } from '../domain/answering-model.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import type { Answer, BlobRef, InDoubt } from '../domain/call.ts'
import { money, picoUsd } from '../domain/money.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import { costOf, dearestOfEach, pricesAt, withRequestFee, type Price } from '../domain/price.ts'
import type { Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { receiptJson, settle, type Receipt } from '../ledger/settle.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import type { Answered, ProviderReply } from '../providers/provider.ts'
import { callLine, callLineOf } from './call-line.ts'
import { persist, type Voice } from './persist.ts'

/** An answer in hand, and all that its booking needs. */
export interface Booking extends Voice {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly blobs: BlobStore
  readonly go: Go
  readonly token: string
  readonly account: string
  readonly request: Pick<PricedRequest, 'provider' | 'model' | 'tier'>
  /** The model's prices as they were known before the dispatch: at least one. */
  readonly known: readonly Price[]
}

/**
 * Books an answer: blob and receipt file first, then receipt and cost in one commit, asked until the ledger answers. What the ledger cannot book
 * is alarmed, and in doubt. Answers the call's first answer, which may be another attempt's.
 */
export async function book(booking: Booking, reply: Answered & ProviderReply): Promise<Answer | InDoubt> {
  const { go, token, account, request, log } = booking
  const stored = await storeContent(booking, reply)
  const cost = await costOfReply(booking, reply)
  const receipt: Receipt = {
    reservationId: go.reservationId,
    token,
    account,
    scope: go.scope,
    budgetPeriods: go.budgetPeriods,
    source: cost.source,
    cost,
    usage: reply.usage ?? [],
    response: { ...reply.response, requests: reply.requests },
    blob: stored.blob,
    flags: [...reply.flags, ...stored.flags, ...cost.flags],
    durationMs: reply.durationMs,
  }
  const entry = {
    ...callLineOf(account, request.model, reply),
    usage: receipt.usage,
    lines: cost.lines,
    presumed: cost.source === 'presumption' ? go.amount : undefined,
  }
  await booking.blobs.putReceipt(go.reservationId, token, receiptJson(receipt)).catch((error: unknown) => {
    log.error('the receipt could not be put beside the blob; it is booked all the same', {
      reservationId: go.reservationId,
      error: String(error),
    })
  })
  const settled = await persist(booking, 'settle', () => settle(booking.ledger, receipt))
  callLine(log, entry, go.reservationId)
  // The sweep finds it, if this fails.
  await booking.blobs.keepReceipt(go.reservationId, token).catch((error: unknown) => {
    log.warn('a booked receipt could not be moved to the kept ones', { reservationId: go.reservationId, error: String(error) })
  })
  if (settled.kind === 'settled') {
    if (settled.overBound)
      log.error('bound_violated: a call cost more than its bound; it is booked in full', {
        reservationId: go.reservationId,
        model: request.model,
      })
    return settled.answer
  }
  log.error(`${settled.kind}: an answer needs a person`, { reservationId: go.reservationId, ...settled })
  return {
    kind: 'in_doubt',
    reservationId: go.reservationId,
    held: money(go.amount),
    reason: `the answer is ${settled.kind}`,
    needsPerson: true,
  }
}

type ReplyCost = Receipt['cost'] & {
  readonly source: Receipt['source']
  readonly flags: readonly string[]
}

/** The exact cost at the prices in force at the dispatch; the whole bound when the provider named no usage, or less than it with figures missing. */
async function costOfReply(booking: Booking, reply: Answered): Promise<ReplyCost> {
  const { go } = booking
  const atTheBound = {
    lines: [] as const,
    picoUsd: picoUsd(0n),
    nanoEur: go.amount,
    source: 'presumption',
    flags: ['usage_missing'],
  } as const
  if (reply.usage === undefined) return atTheBound
  const { prices, flags } = await pricesOfReply(booking, reply)
  const cost = costOf(withRequestFee(reply.usage, prices), prices, go.rate)
  if (reply.flags.includes('usage_incomplete') && cost.nanoEur < go.amount) return { ...atTheBound, flags }
  return { ...cost, source: 'answer', flags: [...new Set([...flags, ...cost.flags])] }
}

/**
 * The prices of what answered, as it says it was served: `other_model`, `other_tier` where that is not what was asked for. What has no price is charged at the
 * dearest price that is known of what answered and of what was asked for, in any tier, and flagged `unpriced`.
 */
async function pricesOfReply(booking: Booking, reply: Answered): Promise<{ prices: readonly Price[]; flags: string[] }> {
  const { go, request, known } = booking
  const { modelVersion: named = request.model } = reply.response
  const [model, tier] = [plainName(named), reply.tier ?? request.tier]
  const isOther = !isSameModel(request.model, named)
  const flags = [...(isOther ? ['other_model'] : []), ...(tier === request.tier ? [] : ['other_tier'])]
  const inForce = (of: { model: string; tier: string | undefined }): Promise<Price[]> =>
    persist(booking, 'prices', () => pricesOf(booking.prices, { provider: request.provider, ...of }, go.dispatchedAt, go.dispatchedAt))
  if (model !== request.model) {
    const own = await inForce({ model, tier })
    if (own.length > 0) return { prices: own, flags }
  }
  if (!isOther) {
    const asAsked = tier === request.tier ? pricesAt(known, go.dispatchedAt) : []
    const own = asAsked.length > 0 ? asAsked : await inForce({ model: request.model, tier })
    if (own.length > 0) return { prices: own, flags }
  }
  const any = [...(isOther ? await inForce({ model, tier: undefined }) : []), ...(await inForce({ model: request.model, tier: undefined }))]
  // A price that is not in force still beats none: an answer in hand is always booked.
  return { prices: dearestOfEach(any.length > 0 ? any : known), flags: [...flags, 'unpriced'] }
}

/** An answer that cannot be stored is booked all the same: it was paid for. */
async function storeContent({ blobs, log }: Booking, reply: Answered): Promise<{ blob: BlobRef | undefined; flags: string[] }> {
  if (reply.content === undefined) return { blob: undefined, flags: [] }
  try {
    return { blob: await blobs.put(reply.content.bytes, reply.content.mimeType), flags: [] }
  } catch (error) {
    log.error('response_lost: the answer could not be stored', { error: String(error) })
    return { blob: undefined, flags: ['response_lost'] }
  }
}

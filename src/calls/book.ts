import { isSameModel, plainName } from '../domain/answering-model.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import type { Answer, BlobRef, InDoubt } from '../domain/call.ts'
import { money, picoUsd } from '../domain/money.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import { costOf, dearestOfEach, pricesAt, withRequestFee, type Price } from '../domain/price.ts'
import { isInput, isOutput, type Unit, type Usage } from '../domain/usage.ts'
import type { Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Terms } from '../ledger/scope.ts'
import { receiptJson, settleTelling, type Receipt, type Told } from '../ledger/settle.ts'
import { RIGHT_FOR_MS, type KnownPrices } from '../prices/live-book.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import type { Answered, ProviderReply } from '../providers/provider.ts'
import { callLine, callLineOf } from './call-line.ts'
import { persist, type Voice } from './persist.ts'
import { stopModels } from './stop-models.ts'

/** An answer in hand, and all that its booking needs. */
export interface Booking extends Voice {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly blobs: BlobStore
  readonly go: Go
  readonly token: string
  /** Whose call it was, and what it asked for. */
  readonly terms: Terms
  readonly request: Pick<PricedRequest, 'provider' | 'model' | 'tier'>
  /** The model's prices as they were read before the dispatch: at least one. */
  readonly known: KnownPrices
}

/** Books an answer, see `bookReceipt`. Answers the call's first answer, which may be another attempt's. */
export async function book(booking: Booking, reply: Answered & ProviderReply): Promise<Answer | InDoubt> {
  const { settled } = await bookReceipt(booking, reply)
  if (settled.kind === 'settled') return settled.answer
  return {
    kind: 'in_doubt',
    reservationId: booking.go.reservationId,
    held: money(booking.go.amount),
    reason: `the answer is ${settled.kind}`,
    needsPerson: true,
  }
}

/**
 * Blob and receipt file first, then receipt and cost in one commit, asked until the ledger answers. What the ledger cannot book is alarmed, and waits for a
 * person. An answer that cost more than its bound stops its model.
 */
export async function bookReceipt(booking: Booking, reply: Answered & ProviderReply): Promise<Told & { readonly receipt: Receipt }> {
  const { go, token, terms, log } = booking
  const stored = await storeContent(booking, reply)
  const cost = await costOfReply(booking, reply)
  const isStrange = cost.flags.some((flag) => flag === 'other_tier' || flag === 'unpriced')
  const receipt: Receipt = {
    reservationId: go.reservationId,
    token,
    account: terms.account,
    scope: go.scope,
    budgetPeriods: go.budgetPeriods,
    source: cost.source,
    cost,
    usage: reply.usage ?? [],
    response: { ...reply.response, requests: reply.requests, ...(isStrange ? { tier: reply.tier ?? booking.request.tier } : {}) },
    blob: stored.blob,
    flags: [...reply.flags, ...stored.flags, ...cost.flags],
    durationMs: reply.durationMs,
  }
  const entry = {
    ...callLineOf(terms, reply),
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
  const told = await persist(booking, 'settle', () => settleTelling(booking.ledger, receipt))
  const { settled } = told
  callLine(log, entry, go.reservationId)
  // The sweep finds it, if this fails.
  await booking.blobs.keepReceipt(go.reservationId, token).catch((error: unknown) => {
    log.warn('a booked receipt could not be moved to the kept ones', { reservationId: go.reservationId, error: String(error) })
  })
  if (settled.kind !== 'settled') log.error(`${settled.kind}: an answer needs a person`, { reservationId: go.reservationId, ...settled })
  else if (settled.overBound) await alarmViolation(booking)
  return { ...told, receipt }
}

/** The answer is booked in full; nothing more of its model starts until its bound is raised. */
async function alarmViolation({ ledger, go, request, log }: Booking): Promise<void> {
  log.error('bound_violated: a call cost more than its bound; it is booked in full', {
    reservationId: go.reservationId,
    model: request.model,
  })
  try {
    await stopModels(ledger, log)
  } catch (error) {
    log.warn('a model whose bound was too low could not be stopped now; the sweep does it', { model: request.model, error: String(error) })
  }
}

type ReplyCost = Receipt['cost'] & {
  readonly source: Receipt['source']
  readonly flags: readonly string[]
}

/** The exact cost at the prices in force at the dispatch; the whole bound when the provider named no usage, or less than it with figures or prices missing. */
async function costOfReply(booking: Booking, reply: Answered): Promise<ReplyCost> {
  const { go } = booking
  const atTheBound = {
    lines: [] as const,
    picoUsd: picoUsd(0n),
    nanoEur: go.amount,
    source: 'presumption',
    flags: ['usage_missing'],
  } as const
  const { usage } = reply
  if (usage === undefined) return atTheBound
  const { prices, flags } = await pricesOfReply(booking, { ...reply, usage })
  const cost = costOf(withRequestFee(usage, prices), prices, go.rate)
  const isKnown = !reply.flags.includes('usage_incomplete') && unpricedPieces(usage, prices).length === 0
  const allFlags = [...new Set([...flags, ...cost.flags])]
  if (!isKnown && cost.nanoEur < go.amount) return { ...atTheBound, flags: allFlags }
  return { ...cost, source: 'answer', flags: allFlags }
}

/**
 * The prices of what answered, as it says it was served: `other_model`, `other_tier` where that is not what was asked for. What has no price is charged at the
 * dearest price that is known of what answered and of what was asked for, in any tier, and flagged `unpriced`.
 */
async function pricesOfReply(
  booking: Booking,
  reply: Answered & { readonly usage: Usage },
): Promise<{ prices: readonly Price[]; flags: string[] }> {
  const { request, known } = booking
  const { modelVersion: named = request.model } = reply.response
  const [model, tier] = [plainName(named), reply.tier ?? request.tier]
  const isOther = !isSameModel(request.model, named)
  const flags = [...(isOther ? ['other_model'] : []), ...(tier === request.tier ? [] : ['other_tier'])]
  const inAnyTier = async (): Promise<Price[]> =>
    dearestOfEach([
      ...(isOther ? await inForce(booking, { model, tier: undefined }) : []),
      ...(await inForce(booking, { model: request.model, tier: undefined })),
    ])
  const own = await ownPrices(booking, { model, tier, isOther })
  if (own.length === 0) {
    const any = await inAnyTier()
    // A price that is not in force still beats none: an answer in hand is always booked.
    return { prices: any.length > 0 ? any : dearestOfEach(known.prices), flags: [...flags, 'unpriced'] }
  }
  const missing = unpricedPieces(reply.usage, own)
  if (missing.length === 0) return { prices: own, flags }
  const elsewhere = (await inAnyTier()).filter(({ unit }) => missing.includes(unit))
  return { prices: [...own, ...elsewhere], flags: [...flags, 'unpriced'] }
}

/** The prices of the very model and tier that answered; of the model that was asked for, if it was a version of that. */
async function ownPrices(
  booking: Booking,
  answered: { readonly model: string; readonly tier: string; readonly isOther: boolean },
): Promise<readonly Price[]> {
  const { go, request, known } = booking
  const { model, tier, isOther } = answered
  if (model !== request.model) {
    const named = await inForce(booking, { model, tier })
    if (named.length > 0 || isOther) return named
  }
  const isRight = go.dispatchedAt.getTime() - known.readAt.getTime() < RIGHT_FOR_MS
  const asAsked = isRight && tier === request.tier ? pricesAt(known.prices, go.dispatchedAt) : []
  return asAsked.length > 0 ? asAsked : inForce(booking, { model: request.model, tier })
}

const inForce = (booking: Booking, of: { readonly model: string; readonly tier: string | undefined }): Promise<Price[]> => {
  const { go, request, prices } = booking
  return persist(booking, 'prices', () => pricesOf(prices, { provider: request.provider, ...of }, go.dispatchedAt, go.dispatchedAt))
}

/** What is paid for by the piece, as searches are, and has no price here: that of a token is no stand-in. */
const unpricedPieces = (usage: Usage, prices: readonly Price[]): Unit[] =>
  usage.flatMap(({ unit }) => (isInput(unit) || isOutput(unit) || prices.some((price) => price.unit === unit) ? [] : [unit]))

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

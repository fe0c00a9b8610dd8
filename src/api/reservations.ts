import type { components, operations } from '../api-types.ts'
import { answerOf, effect, type CallOptions, type Raw } from './asking.ts'
import { snake, type Camel, type Given } from './casing.ts'

export type BodyOf<Name extends keyof operations> = operations[Name] extends {
  readonly requestBody: { readonly content: { readonly 'application/json': infer Body } }
}
  ? Body
  : never
export type Input<Name extends keyof operations> = Given<Camel<BodyOf<Name>>>
export type Shown<Name extends keyof components['schemas']> = Camel<components['schemas'][Name]>

export type ReservationTerms = Input<'createReservation'>

/** What the provider says was used: by unit (`{ input_tokens: 1200, output_tokens: 300 }`), or a list as `purser/usage` makes it. */
export type ApiUsage = Readonly<Record<string, number | string>> | readonly { readonly unit: string; readonly quantity: number | string }[]

type Settling = Omit<Input<'settleReservation'>, 'usage'>
type Releasing = Input<'releaseReservation'>
export type ReservationShown = Shown<'Reservation'>

/** The two ways out of a reservation. Whoever takes neither has spent it. */
export interface ReservationEndings {
  /** Books what it really cost; null: the provider named no usage, so the whole amount is booked. The same again has no effect. */
  settle(usage: ApiUsage | null, more?: Settling & CallOptions): Promise<ReservationShown>
  /** Gives it back: your word, which is recorded, that nothing was billed. A time-out or a cut connection is no such thing. */
  release(word: Releasing, options?: CallOptions): Promise<ReservationShown>
}

/** Money that is set aside for one call, with its two ways out. */
export type Reservation = ReservationShown & ReservationEndings

/** A call's most tokens: as a reservation has them, in short, or all as one figure, which counts as output, the dearer. */
type Tokens =
  | Pick<ReservationTerms, 'inputTokensMax' | 'maxOutputTokens'>
  | { readonly inputTokens: number; readonly maxOutputTokens: number }
  | { readonly estimatedTokens: number }
export type EstimateTerms = Omit<ReservationTerms, 'inputTokensMax' | 'maxOutputTokens'> & Tokens

/** Whether a reservation would be granted at this moment, what it would set aside, and what the tightest budget has left. */
export type Estimate = Omit<Shown<'Estimate'>, 'canAfford'> & { readonly affordable: boolean }

export async function reserve(raw: Raw, terms: ReservationTerms, options?: CallOptions): Promise<Reservation> {
  const { key, init } = effect(options)
  const granted = await answerOf(raw.POST('/v1/reservations', { body: snake(terms) as BodyOf<'createReservation'>, ...init }), key)
  return { ...granted, ...endingsOf(raw, granted.id) }
}

/** The two ways out of a reservation that somebody holds by its id. */
export function endingsOf(raw: Raw, id: string): ReservationEndings {
  return {
    async settle(usage, { idempotencyKey, signal, ...more } = {}) {
      const ended = effect({ idempotencyKey, signal })
      const body = snake({ ...more, usage }) as BodyOf<'settleReservation'>
      return answerOf(raw.POST('/v1/reservations/{id}/settle', { body, ...by(id, ended.init) }), ended.key)
    },
    async release(word, given) {
      const ended = effect(given)
      const body = snake(word) as BodyOf<'releaseReservation'>
      return answerOf(raw.POST('/v1/reservations/{id}/release', { body, ...by(id, ended.init) }), ended.key)
    },
  }
}

export async function estimate(raw: Raw, terms: EstimateTerms, options?: CallOptions): Promise<Estimate> {
  const { key, init } = effect(options)
  const body = snake(withTokens(terms)) as BodyOf<'createEstimate'>
  const { canAfford, ...told } = await answerOf(raw.POST('/v1/estimates', { body, ...init }), key)
  return { affordable: canAfford, ...told }
}

function withTokens(terms: EstimateTerms): ReservationTerms {
  if ('estimatedTokens' in terms) {
    const { estimatedTokens, ...rest } = terms
    return { ...rest, inputTokensMax: 0, maxOutputTokens: estimatedTokens }
  }
  if (!('inputTokens' in terms)) return terms
  const { inputTokens, ...rest } = terms
  return { ...rest, inputTokensMax: inputTokens }
}

/** The same, of one thing by its id. */
export const by = <T extends { readonly params: { readonly header: Readonly<Record<string, string>> } }>(id: string, init: T) => ({
  ...init,
  params: { ...init.params, path: { id } },
})

import { eur, type Money } from '../../src/domain/money.ts'
import type { Ask } from './api.ts'

/** A text model of the first book. */
export const MODEL = 'gemini-2.5-flash-lite'

export const termsFor = (account: string, change: Record<string, unknown> = {}) => ({
  account,
  model: MODEL,
  input_tokens_max: 2_000,
  max_output_tokens: 1_000,
  feature: 'chat',
  ...change,
})

/** The path of a new reservation. */
export async function reservedBy(ask: Ask, account: string): Promise<string> {
  const { body } = await ask('POST', '/v1/reservations', { body: termsFor(account) })
  return `/v1/reservations/${String(body['id'])}`
}

export const nanoOf = (money: unknown): bigint => eur((money as Money).amount)

import type { Preparation } from '../domain/prepared-call.ts'
import type { Nano } from '../domain/money.ts'
import type { PinnedRate } from '../domain/price.ts'
import type { Usage } from '../domain/usage.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'
import type { Strategy } from './savings.ts'
import type { Terms } from './scope.ts'

/** What was prepared for a call the first time; undefined: nothing yet. Throws PurserError `conflict` for another request under its name. */
export async function findPrepared({ sql }: Pick<Ledger, 'sql'>, call: string, askedHash: string): Promise<Preparation | undefined> {
  return (await asked<Preparation | null>(() => sql`select purser.find_prepared(${call}, ${askedHash}) as answer`)) ?? undefined
}

/** What is decided, the strategies that were on, and what is sent for whom. */
export interface NewPreparation extends Preparation {
  readonly saw: readonly Strategy[]
  readonly terms: Terms
}

/** Stores it, and answers what was stored first. Throws PurserError `conflict`, `too_old`. */
export const putPrepared = (
  { sql }: Pick<Ledger, 'sql'>,
  call: string,
  askedHash: string,
  prepared: NewPreparation,
): Promise<Preparation> => asked(() => sql`select purser.put_prepared(${call}, ${askedHash}, ${sql.json(prepared as never)}) as answer`)

/** A prepared call that is answered, and what was paid. */
export interface AnsweredCall extends Preparation {
  readonly call: string
  /** The ledger's number of its scope values. */
  readonly scope: number
  /** The model of the request that was answered: a downgrade may have made it another one. */
  readonly answeredModel: string
  /** As a line of a batch, at half the price. */
  readonly isOfBatch: boolean
  readonly dispatchedAt: Date
  readonly at: string
  readonly usage: Usage
  readonly cost: Nano
  readonly rate: PinnedRate
  /** The line of its input text; undefined: it has none. */
  readonly input: { readonly quantity: bigint; readonly priceId: number; readonly picoUsdPer: bigint; readonly per: bigint } | undefined
}

type RawAnswered = Omit<AnsweredCall, 'dispatchedAt' | 'cost' | 'rate' | 'input'> & {
  readonly dispatchedAt: string
  readonly cost: string
  readonly rate: { readonly id: number; readonly usdMicrosPerEur: string }
  readonly input: { readonly quantity: string; readonly priceId: number; readonly picoUsdPer: string; readonly per: string } | null
}

/** Those that are due, `limit` of them at most; `looked`: so many were looked at, answered or not. Whoever does not note them meets them again. */
export async function takePrepared(
  { sql }: Pick<Ledger, 'sql'>,
  limit: number,
): Promise<{ readonly looked: number; readonly answered: readonly AnsweredCall[] }> {
  const { looked, answered } = await asked<{ looked: number; answered: RawAnswered[] }>(
    () => sql`select purser.take_prepared(${limit}) as answer`,
  )
  return { looked, answered: answered.map(answeredOf) }
}

const answeredOf = ({ dispatchedAt, cost, rate, input, ...rest }: RawAnswered): AnsweredCall => ({
  ...rest,
  dispatchedAt: new Date(dispatchedAt),
  cost: nanoOf(cost),
  rate: { id: rate.id, usdMicrosPerEur: BigInt(rate.usdMicrosPerEur) },
  input:
    input === null
      ? undefined
      : { quantity: BigInt(input.quantity), priceId: input.priceId, picoUsdPer: BigInt(input.picoUsdPer), per: BigInt(input.per) },
})

/** What the strategies of one call saved: nothing, if the list is empty. */
export interface NotedCall extends Pick<AnsweredCall, 'call' | 'scope' | 'at'> {
  readonly savings: readonly {
    readonly strategy: Strategy
    readonly saved: Nano
    readonly tokens: number
    readonly details: Readonly<Record<string, unknown>>
  }[]
}

/** Each strategy of a call counts once, and the call is looked at no more. Safe to repeat. */
export async function notePrepared({ sql }: Pick<Ledger, 'sql'>, noted: readonly NotedCall[]): Promise<{ readonly noted: number }> {
  const raw = noted.map(({ savings, ...call }) => ({ ...call, savings: savings.map((one) => ({ ...one, saved: String(one.saved) })) }))
  return asked(() => sql`select purser.note_prepared(${sql.json(raw as never)}) as answer`)
}

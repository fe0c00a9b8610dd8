import type { Nano } from '../domain/money.ts'
import { sharedReading, type SharedReading } from '../shared-reading.ts'
import { asked } from './asked.ts'
import type { BudgetScope } from './budgets.ts'
import type { Ledger } from './ledger.ts'
import type { Terms } from './scope.ts'

export type LimitedPer = 'account' | 'user' | 'team' | 'project' | 'feature' | 'environment' | 'provider' | 'model'

/** How many requests, how many tokens, how much money calls of a scope may ask for. */
export interface RateLimit {
  readonly name: string
  /** `{}`: every call. */
  readonly scope: BudgetScope
  /** Each value of this one has the limit to itself; null: they share it. */
  readonly per: LimitedPer | null
  readonly requestsPerMinute: number | null
  /** Of a request count about as many input tokens as it has, and its output limit. */
  readonly tokensPerMinute: number | null
  /** Of what each hard budget of a call had left when its day began, so many percent may be spent or reserved in the day. */
  readonly pacePercent: number | null
  readonly reason: string
  readonly setAt: string
}

type Limits = Pick<RateLimit, 'per' | 'requestsPerMinute' | 'tokensPerMinute' | 'pacePercent'>

export type NewRateLimit = Pick<RateLimit, 'name' | 'scope' | 'reason'> & { readonly [K in keyof Limits]?: Limits[K] | undefined }

/** Sets a limit, or changes it. In force within a second, everywhere. Throws PurserError `bad_input`. */
export async function setRateLimit({ sql }: Pick<Ledger, 'sql'>, l: NewRateLimit): Promise<RateLimit> {
  const [set] = await asked<[RateLimit]>(
    () => sql`select purser.set_rate_limit(
      p_name => ${l.name}, p_scope => ${sql.json(l.scope as never)}, p_per => ${l.per ?? null}, p_requests => ${l.requestsPerMinute ?? null}, p_tokens => ${l.tokensPerMinute ?? null},
      p_pace => ${l.pacePercent ?? null}, p_reason => ${l.reason}) as answer`,
  )
  seen.delete(sql)
  return set
}

/** Throws PurserError `not_found`. */
export async function removeRateLimit({ sql }: Pick<Ledger, 'sql'>, name: string): Promise<void> {
  await asked(() => sql`select purser.remove_rate_limit(${name}) as answer`)
}

export const listRateLimits = ({ sql }: Pick<Ledger, 'sql'>): Promise<RateLimit[]> =>
  asked(() => sql`select purser.list_rate_limits(null) as answer`)

/** When a call may ask for money. */
export interface Turn {
  /** 0: now. */
  readonly waitMs: number
  /** After the wait it need not ask again. */
  readonly isBooked: boolean
  /** What it waits for: a limit's name, or a provider that asked for a pause; null: nothing. */
  readonly limit: string | null
  readonly why: string
}

const NOW: Turn = { waitMs: 0, isBooked: true, limit: null, why: '' }

/** A turn so soon is waited for by who can wait; who would wait longer asks again then, beside all others. */
export const TURN_AHEAD_MS = 10_000

interface TurnAsked {
  readonly terms: Terms
  /** Input tokens and the output limit. */
  readonly tokens: number
  readonly amount: Nano
  /** A turn so soon is booked. */
  readonly aheadMs: number
}

/** So long what was seen serves others. */
const SEEN_FOR_MS = 1_000
const seen = new WeakMap<Ledger['sql'], SharedReading<boolean>>()

/** By all limits that are about it, all or none. Where there are none, nothing is asked but once a second. */
export async function takeTurn({ sql }: Pick<Ledger, 'sql'>, { terms, tokens, amount, aheadMs }: TurnAsked): Promise<Turn> {
  if (!(await isAnybodyHeldBack(sql))) return NOW
  return asked<Turn>(() => sql`select purser.take_turn(${sql.json(terms as never)}, ${tokens}, ${amount}, ${aheadMs}) as answer`)
}

/** A line of a batch. */
export interface PacedLine {
  /** The call's id in the ledger. */
  readonly call: string
  readonly ask: number
  readonly terms: Terms
  readonly amount: Nano
}

/**
 * How long a pace holds each line back, in their order: those before it that go count as reserved. Undefined: it goes. No other limit is about lines of a batch. An ask that was made
 * already is not held back; where all go together or none, one such ask takes the others along.
 */
export async function paceLines(
  { sql }: Pick<Ledger, 'sql'>,
  lines: readonly PacedLine[],
  { allOrNone = false }: { readonly allOrNone?: boolean | undefined } = {},
): Promise<(Turn | undefined)[]> {
  if (!(await isAnybodyHeldBack(sql))) return lines.map(() => undefined)
  const asking = lines.map((line) => ({ ...line, amount: line.amount.toString() }))
  const turns = await asked<(Turn | null)[]>(() => sql`select purser.pace_lines(${sql.json(asking as never)}, ${allOrNone}) as answer`)
  return turns.map((turn) => turn ?? undefined)
}

async function isAnybodyHeldBack(sql: Ledger['sql']): Promise<boolean> {
  const read = seen.get(sql) ?? sharedReading<boolean>(SEEN_FOR_MS)
  seen.set(sql, read)
  return (await read('anybody', () => asked(() => sql`select purser.holds_back() as answer`))).value
}

/** The provider said when to come again: nobody asks it for this model before, for a minute at most. Then somebody looks: it may have meant one request only. */
export async function pauseProvider(
  { sql }: Pick<Ledger, 'sql'>,
  { provider, model, forMs, why }: { readonly provider: string; readonly model: string; readonly forMs: number; readonly why: string },
): Promise<void> {
  seen.delete(sql)
  await asked(() => sql`select purser.pause_provider(${provider}, ${model}, ${Math.ceil(forMs)}, ${why}) as answer`)
}

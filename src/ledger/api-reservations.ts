import type { AttemptState } from '../domain/call.ts'
import { picoUsd, type Nano, type PicoUsd } from '../domain/money.ts'
import type { Usage } from '../domain/usage.ts'
import type { RawGo } from './answers.ts'
import { asked, nanoOf } from './asked.ts'
import { goOf, type Go } from './dispatch.ts'
import type { Ledger } from './ledger.ts'
import type { Terms } from './scope.ts'

/** A reservation of a caller that sends by itself, with all that its settle needs. */
export interface SentReservation {
  readonly go: Go
  readonly token: string
  readonly state: AttemptState
  readonly account: string
  readonly terms: Terms
  /** What it was asked for with: the reserve's `requestHash`. */
  readonly termsHash: string
  readonly createdAt: string
  /** Its request should have ended by then. */
  readonly validUntil: string
  /** Then it is spent in full, unless somebody has said what it cost. */
  readonly presumedFrom: string
  readonly endedAt: string | undefined
  readonly why: string | undefined
  readonly cost: Nano | undefined
  readonly source: string | undefined
  /** Of an answer that was booked. */
  readonly usage: Usage | undefined
  readonly flags: readonly string[]
  readonly lines: readonly SentLine[]
  readonly budgets: readonly SentBudget[]
}

export interface SentLine {
  readonly unit: string
  readonly quantity: string
  readonly priceId: number
  readonly rateId: number
  readonly usd: PicoUsd
  readonly cost: Nano
}

export interface SentBudget {
  readonly id: number
  readonly name: string
  /** Null: it is not of one account. */
  readonly account: string | null
  readonly period: string
  readonly remaining: Nano
}

interface Raw {
  go: RawGo
  token: string
  state: AttemptState
  account: string
  terms: Terms
  termsHash: string
  at: string
  validUntil: string
  presumedFrom: string
  endedAt: string | null
  why: string | null
  cost: string | null
  source: string | null
  answer: { usage: Usage | null; flags: string[] | null } | null
  lines: { unit: string; quantity: string; priceId: number; rateId: number; picoUsd: string; nanoEur: string }[] | null
  budgets: (Omit<SentBudget, 'remaining'> & { remaining: string })[] | null
}

/** A reservation of this installation by its id; undefined when there is none. */
export async function readReservation({ sql }: Ledger, installation: string, id: string): Promise<SentReservation | undefined> {
  const raw = await asked<Raw | null>(() => sql`select purser.api_reservation(${installation}, ${id}) as answer`)
  if (raw === null) return undefined
  const { at, answer, lines, budgets, ...rest } = raw
  return {
    ...rest,
    go: goOf(raw.go),
    createdAt: iso(at),
    validUntil: iso(raw.validUntil),
    presumedFrom: iso(raw.presumedFrom),
    endedAt: raw.endedAt === null ? undefined : iso(raw.endedAt),
    why: raw.why ?? undefined,
    cost: raw.cost === null ? undefined : nanoOf(raw.cost),
    source: raw.source ?? undefined,
    usage: answer?.usage ?? undefined,
    flags: answer?.flags ?? [],
    lines: (lines ?? []).map(({ picoUsd: pico, nanoEur, ...line }) => ({ ...line, usd: picoUsd(BigInt(pico)), cost: nanoOf(nanoEur) })),
    budgets: (budgets ?? []).map((budget) => ({ ...budget, remaining: nanoOf(budget.remaining) })),
  }
}

const iso = (text: string): string => new Date(text).toISOString()

/** When the call that a caller names by a text of his own was first asked for. `space`: whose names these are. */
export async function callStart({ sql }: Ledger, space: string, key: string): Promise<Date> {
  return new Date(await asked<string>(() => sql`select purser.api_call_start(${space}, ${key}) as answer`))
}

/** What cursors of this ledger are signed with. */
export const apiSecret = ({ sql }: Ledger): Promise<string> => asked(() => sql`select secret as answer from purser.api_secret`)

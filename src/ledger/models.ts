import type { Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A model that was stopped, and the attempt whose answer cost more than its bound. */
export interface StoppedModel {
  readonly provider: string
  readonly model: string
  readonly attempt: string
}

/**
 * Stops every model of which an answer has cost more than its bound and that nobody has stopped for it: nothing of it is reserved or sent any more.
 * Noted in the settle's own commit, so whoever comes next finds what a killed worker left. Answers the models that were not stopped before.
 */
export const stopViolators = ({ sql }: Ledger): Promise<readonly StoppedModel[]> =>
  asked(() => sql`select purser.stop_violators() as answer`)

/** What people say who raise a model's bound. */
export interface BoundRaise {
  /** Needed only where two providers have a model of this name. */
  readonly provider: string | undefined
  readonly model: string
  readonly byPercent: number
  readonly why: string
  /** The same again has no effect. */
  readonly key: string
}

export interface RaisedBound {
  readonly provider: string
  readonly model: string
  /** What its bounds are multiplied by from now on, in thousandths. */
  readonly boundPerMille: bigint
  readonly changed: boolean
  /** It had been stopped for its bound, and goes on. */
  readonly resumed: boolean
}

/** Bounds of a model are higher from now on, and its stop is over. Throws PurserError `not_found`, `conflict`, `bad_input`. */
export async function raiseBound({ sql }: Ledger, r: BoundRaise): Promise<RaisedBound> {
  const raw = await asked<Omit<RaisedBound, 'boundPerMille'> & { boundPerMille: string }>(
    () => sql`
    select purser.raise_bound(p_provider => ${r.provider ?? null}, p_model => ${r.model}, p_by => ${r.byPercent}, p_why => ${r.why}, p_key => ${r.key}) as answer`,
  )
  return { ...raw, boundPerMille: BigInt(raw.boundPerMille) }
}

/** How well a model's bounds fit. */
export interface ModelReport {
  readonly provider: string
  readonly model: string
  /** Answered ones. */
  readonly calls: number
  readonly reserved: Nano
  readonly cost: Nano
  /** Reserved for each euro that it cost: a decimal with two digits; null while it cost nothing. */
  readonly ratio: string | null
  /** Ever. */
  readonly violations: number
  readonly boundPerMille: bigint
  /** Why nothing of it may start; null when it may. */
  readonly stopped: string | null
}

type RawReport = Omit<ModelReport, 'reserved' | 'cost' | 'boundPerMille'> & { reserved: string; cost: string; boundPerMille: string }

/** Every model that was asked since, or has violated its bound, or was raised or stopped, by name. */
export async function listModels({ sql }: Ledger, since: Date): Promise<ModelReport[]> {
  const raw = await asked<RawReport[]>(() => sql`select purser.list_models(${since}) as answer`)
  return raw.map((m) => ({ ...m, reserved: nanoOf(m.reserved), cost: nanoOf(m.cost), boundPerMille: BigInt(m.boundPerMille) }))
}

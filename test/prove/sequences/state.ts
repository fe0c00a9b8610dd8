/** What a ledger holds, the model and the database in the same words, so that they can be compared. */
import { at, isOpen, overrun, type BudgetPeriod, type Ledger } from '../model/ledger.ts'
import type { RealRun, Stage } from './stage.ts'

/** Texts: a difference is then one line. */
export interface Held {
  /** By budget and period: cap, reserved, spent, overrun. */
  readonly counters: Readonly<Record<string, string>>
  /** By call and attempt: ask, state, amount, cost, who named it, whether it is the first answer, and the budget periods. */
  readonly attempts: Readonly<Record<string, string>>
  readonly unbooked: number
}

/** The database’s state, with the ids that it goes by. */
export interface Found {
  readonly held: Held
  readonly reservationId: (call: number, attempt: number) => string
  readonly periodIds: (on: readonly BudgetPeriod[]) => number[]
}

interface Row {
  readonly periods: readonly { readonly id: number; readonly budget: number; readonly key: string; readonly figures: string }[] | null
  readonly attempts:
    | readonly {
        readonly id: string
        readonly call: string
        readonly number: number
        readonly facts: string
        readonly on: readonly number[]
      }[]
    | null
  readonly unbooked: number
}

export async function find({ owner }: Pick<Stage, 'owner'>, run: RealRun): Promise<Found> {
  const [row] = await owner<Row[]>`
    select (select jsonb_agg(jsonb_build_object('id', p.id, 'budget', p.budget_id, 'key', p.period,
              'figures', concat_ws(' ', purser.real_cap(v.cap), v.reserved, v.spent, greatest(0, v.reserved + v.spent - purser.real_cap(v.cap)))))
              from purser.budget_period p join purser.balance v on v.budget_period_id = p.id where p.budget_id in ${owner(run.budgets.map(({ id }) => id))}) as periods,
           (select jsonb_agg(jsonb_build_object('id', r.id, 'call', r.call, 'number', r.attempt, 'on', l.period_ids,
              'facts', concat_ws(' ', r.ask, r.state, r.amount, r.cost, r.cost_source, case when r.answers then 'first' end)))
              from purser.reservation r join purser.linked_set l on l.id = r.linked_set where r.call in ${owner(run.callIds as string[])}) as attempts,
           (select count(*)::int from purser.unbooked where resolved_at is null) as unbooked`
  const [periods, attempts] = [row?.periods ?? [], row?.attempts ?? []]
  const names = new Map(
    periods.map(({ id, budget, key }) => [
      id,
      nameOf(
        run,
        run.budgets.findIndex((b) => b.id === budget),
        key,
      ),
    ]),
  )
  return {
    held: {
      counters: Object.fromEntries(periods.map(({ id, figures }) => [names.get(id) ?? '', figures])),
      attempts: Object.fromEntries(
        attempts.map(({ call, number, facts, on }) => [
          `${run.callIds.indexOf(call)}/${number}`,
          `${facts} on ${textOf(on.map((id) => names.get(id) ?? ''))}`,
        ]),
      ),
      unbooked: row?.unbooked ?? 0,
    },
    reservationId(call, attempt) {
      const known = attempts.find((a) => a.call === run.callIds[call] && a.number === attempt)
      if (known === undefined) throw new Error(`the database has no attempt ${attempt} of call ${call}`)
      return known.id
    },
    periodIds: (on) =>
      on.flatMap(({ budget, period }) =>
        periods.filter(({ id }) => names.get(id) === nameOf(run, budget, at(at(run.keys, budget), period))).map(({ id }) => id),
      ),
  }
}

const textOf = (names: readonly string[]): string => names.toSorted((a, b) => a.localeCompare(b)).join()

const nameOf = (run: RealRun, budget: number, key: string): string =>
  `${budget} ${run.budgets[budget]?.scope['account'] === undefined ? '' : 'plan '}${key}`

/** The same of the model. A period that nothing has touched is not open in the database: `open` says which are. */
export function heldBy(model: Ledger, run: RealRun, open: Held): Held {
  const counters = model.periods.flatMap((list, budget) =>
    list.flatMap((c, period): [string, string][] => {
      const name = nameOf(run, budget, at(at(run.keys, budget), period))
      const isUntouched = c.reserved === 0n && c.spent === 0n && c.cap === at(run.budgets, budget).cap
      return isUntouched && open.counters[name] === undefined ? [] : [[name, `${c.cap} ${c.reserved} ${c.spent} ${overrun(c)}`]]
    }),
  )
  const attempts = model.calls.flatMap((call, index) =>
    call.attempts.map((a): [string, string] => {
      const facts = [a.ask, a.state, a.amount, a.cost, a.source, a.isFirstAnswer ? 'first' : undefined].filter((fact) => fact !== undefined)
      const on = a.on.map(({ budget, period }) => nameOf(run, budget, at(at(run.keys, budget), period)))
      return [`${index}/${a.number}`, `${facts.join(' ')} on ${textOf(on)}`]
    }),
  )
  return { counters: Object.fromEntries(counters), attempts: Object.fromEntries(attempts), unbooked: model.unbooked.length }
}

export const isAnythingOpen = ({ calls }: Ledger): boolean => calls.some(({ attempts }) => attempts.some(isOpen))

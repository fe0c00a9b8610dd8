/** What a ledger holds, the model and the database in the same words, so that they can be compared. */
import { at, isOpen, overrun, type BudgetPeriod, type Ledger } from '../model/ledger.ts'
import { UNKNOWN } from './meaning.ts'
import type { RealRun, Stage } from './stage.ts'

/** Texts: a difference is then one line. */
export interface Held {
  /** By budget and period: cap, reserved, spent, overrun. */
  readonly counters: Readonly<Record<string, string>>
  /** By call and attempt: ask, state, amount, cost, who named it, whether it is the first answer, and the budget periods. */
  readonly attempts: Readonly<Record<string, string>>
  /** By call: its account, its runs from the oldest on, which are closed, which asks are refused, and what came back. */
  readonly calls: Readonly<Record<string, string>>
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
  readonly calls:
    | readonly {
        readonly id: string
        readonly account: string | null
        readonly runs: readonly string[]
        readonly closed: readonly string[]
        readonly refused: readonly number[] | null
        readonly receipts: readonly { readonly id: string; readonly cost: string; readonly isCovered: boolean }[] | null
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
           (select jsonb_agg(jsonb_build_object('id', c.id, 'account', c.account, 'runs', c.run_ids, 'closed', c.closed_runs,
              'refused', (select jsonb_agg(ask) from purser.refusal where call = c.id),
              'receipts', (select jsonb_agg(jsonb_build_object('id', p.reservation_id, 'cost', p.cost::text, 'isCovered', p.period_ids is null)) from purser.receipt p
                            where p.reservation_id between purser.attempts_from(c.id) and purser.attempts_to(c.id))))
              from purser.call c where c.id in ${owner(run.callIds as string[])}) as calls,
           (select count(*)::int from purser.unbooked where resolved_at is null) as unbooked`
  const [periods, attempts, calls] = [row?.periods ?? [], row?.attempts ?? [], row?.calls ?? []]
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
      calls: Object.fromEntries(
        calls.map(({ id, account, runs, closed, refused, receipts }) => {
          const index = run.callIds.indexOf(id)
          const came = (receipts ?? []).map((r) => {
            const number = attempts.find((a) => a.id === r.id)?.number ?? UNKNOWN
            return { attempt: number, cost: r.cost, isCovered: r.isCovered }
          })
          return [`${index}`, callText(run, index, { account, runs, closed, refused: refused ?? [], came })]
        }),
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
  const calls = model.calls.flatMap((call, index): [string, string][] => {
    if (call.runs.length === 0) return []
    const refused = call.asks.filter(({ isRefused }) => isRefused).map(({ ask }) => ask)
    const came = call.receipts.map((r) => ({ attempt: r.attempt, cost: `${r.cost}`, isCovered: r.uncoveredOn === undefined }))
    return [
      [
        `${index}`,
        callText(run, index, {
          account: call.account ?? null,
          runs: call.runs.map(({ id }) => id),
          closed: call.closedRuns,
          refused,
          came,
        }),
      ],
    ]
  })
  return {
    counters: Object.fromEntries(counters),
    attempts: Object.fromEntries(attempts),
    calls: Object.fromEntries(calls),
    unbooked: model.unbooked.length,
  }
}

interface CallFacts {
  readonly account: string | null
  readonly runs: readonly string[]
  readonly closed: readonly string[]
  readonly refused: readonly number[]
  readonly came: readonly { readonly attempt: number; readonly cost: string; readonly isCovered: boolean }[]
}

const sorted = (numbers: readonly number[]): string => numbers.toSorted((a, b) => a - b).join()

/** Runs are told by their number in the cast. What has no order is sorted. */
function callText(run: RealRun, index: number, { account, runs, closed, refused, came }: CallFacts): string {
  const cast = at(run.cast.calls, index).runs
  const numberOf = (id: string): number => cast.findIndex((known) => known.id === id)
  const receipts = came.map(({ attempt, cost, isCovered }) => `${attempt} ${cost}${isCovered ? '' : ' uncovered'}`).toSorted()
  return [
    account ?? 'nobody',
    `runs ${runs.map(numberOf).join()}`,
    `closed ${sorted(closed.map(numberOf))}`,
    `refused ${sorted(refused)}`,
    `came ${receipts.join()}`,
  ].join('; ')
}

/** The first thing that the two do not hold alike, or undefined. */
export function differenceOf(a: Held, b: Held): string | undefined {
  if (a.unbooked !== b.unbooked) return `unbooked: ${a.unbooked} and ${b.unbooked}`
  for (const part of ['attempts', 'counters', 'calls'] as const)
    for (const name of new Set([...Object.keys(a[part]), ...Object.keys(b[part])]))
      if (a[part][name] !== b[part][name]) return `${part} ${name}: ${a[part][name]} and ${b[part][name]}`
  return undefined
}

export const isAnythingOpen = ({ calls }: Ledger): boolean => calls.some(({ attempts }) => attempts.some(isOpen))

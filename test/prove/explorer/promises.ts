/** What must hold in every state, whatever was lost, repeated or late: the design's invariants by their numbers, and the provider's truth. */
import { sweep } from '../model/booking.ts'
import { at, attemptOf, held, isOpen, type Attempt, type Call, type Ledger, type Outcome } from '../model/ledger.ts'
import type { Rules } from '../model/rules.ts'
import { play, type Step } from '../model/step.ts'
import { isStray, moved, type Move, type Request, type World, type WorldOptions } from './world.ts'

export interface Setting {
  readonly options: WorldOptions
  readonly rules: Rules
  readonly movesIn: (world: World) => readonly Move[]
}
type Promised = readonly [promise: string, holds: (world: World, setting: Setting) => boolean]

const PROMISES: readonly Promised[] = [
  [
    '2: reserved is the sum of the open reservations; spent is what the others cost, and what has no reservation',
    ({ ledger }) =>
      everyPeriod(ledger, ({ counters, attempts, uncovered }) => {
        const spent = sum(attempts.map((a) => a.cost ?? 0n)) + sum(uncovered)
        return counters.reserved === sum(attempts.map(held)) && counters.spent === spent
      }),
  ],
  [
    '4: of a call one attempt at most is reserved or on its way, one answer is the first, and once it is answered nothing is unsent',
    ({ ledger }) =>
      ledger.calls.every((call) => {
        const [first, unsent, underWay] = [
          count(call, (a) => a.isFirstAnswer),
          count(call, ({ state }) => state === 'reserved'),
          count(call, ({ state }) => state === 'dispatched'),
        ]
        return unsent + underWay <= 1 && first <= 1 && (first === 0 || unsent === 0)
      }),
  ],
  [
    'one request goes out for an attempt, and one attempt goes to a token',
    ({ requests }) => {
      const known = requests.filter((r) => !isStray(r))
      const names = [known.map((r) => `${r.call} ${r.attempt}`), known.map((r) => `${r.call} ${r.token}`)]
      return names.every((list) => new Set(list).size === list.length)
    },
  ],
  [
    '6: what may still be billed is reserved or spent',
    ({ ledger, requests }) =>
      requests.every((r) => {
        if (isStray(r) || r.fate === 'not billed') return true
        const attempt = attemptOf(at(ledger.calls, r.call), r.attempt)
        return attempt !== undefined && ['dispatched', 'in_doubt', 'presumed', 'settled'].includes(attempt.state)
      }),
  ],
  [
    '8, 9: an answer that was booked is the total, unless a bill has named it',
    ({ ledger }) =>
      ledger.calls.every((call) =>
        call.receipts.every((r) => {
          if (r.uncoveredOn !== undefined) return true
          const attempt = attemptOf(call, r.attempt)
          return attempt?.source === 'bill' || (attempt?.source === 'answer' && attempt.cost === r.cost)
        }),
      ),
  ],
  [
    'the same key with other terms is a conflict without effect; the same answer at another cost waits for a person',
    ({ ledger }, { rules }) =>
      ledger.calls.every((call, index) => {
        const other = { call: index, run: call.runs.at(-1) ?? { id: 'run' }, account: call.account ?? '', hash: 'other', amount: 1n }
        const asked = call.asks.flatMap(({ ask, scope }): Step[] => [
          { do: 'reserve', ask, scope, holdFor: 0, boundUntil: 0, ...other },
          { do: 'dispatch', ask, token: 'other', ...other },
        ])
        const told = call.receipts.map(({ attempt, token, cost }): Step => ({
          do: 'settle',
          attempt,
          token,
          cost: cost + 1n,
          source: 'answer',
          on: [],
          ...other,
        }))
        return (
          asked.every((step) => isWithoutEffect(play(ledger, step, rules), ledger, 'conflict')) &&
          told.every((step) => isWithoutEffect(play(ledger, step, rules), ledger, 'unbooked'))
        )
      }),
  ],
  [
    '11: nothing stays blocked: time and sweeps alone end whatever is open',
    ({ ledger }, { rules }) => {
      const ended = alone(ledger, rules)
      return everyPeriod(ended, ({ counters }) => counters.reserved === 0n) && !ended.calls.some(({ attempts }) => attempts.some(isOpen))
    },
  ],
  [
    'when all has been heard in the end, what the provider billed is spent: nothing is missing, nothing is counted twice',
    (world, setting) => {
      const { ledger, requests } = heardOfAll({ ...world, ledger: alone(world.ledger, setting.rules) }, setting)
      return requests.every((r) => {
        const call = at(ledger.calls, r.call)
        if (isStray(r)) return call.receipts.filter((x) => x.token === r.token && x.cost === r.fate).length === 1
        const attempt = attemptOf(call, r.attempt)
        if (typeof r.fate === 'bigint') return attempt?.cost === r.fate
        return r.fate === 'may send' || attempt?.cost === undefined || attempt.source === 'person'
      })
    },
  ],
  [
    'the provider bills no budget for more than its cap, where nothing costs more than its bound and nobody frees what may be billed',
    ({ ledger, requests }, { options }) => {
      const mayExceed = options.person === true || options.strayFor !== undefined || options.capChanges !== undefined
      if (mayExceed || options.costs.some((cost) => cost > options.amount)) return true
      return everyPeriod(ledger, ({ counters, isHere }) => sum(requests.map((r) => billedHere(r, ledger, isHere))) <= counters.cap)
    },
  ],
]

/** Which promise this state breaks, if any. */
export function brokenIn(world: World, setting: Setting): string | undefined {
  return PROMISES.find(([, holds]) => !holds(world, setting))?.[0]
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)
const count = (call: Call, is: (attempt: Attempt) => boolean): number => call.attempts.filter(is).length

const isWithoutEffect = ({ ledger: after, answer }: Outcome, before: Ledger, kind: string): boolean =>
  answer.kind === kind && after.calls === before.calls && after.periods === before.periods

type IsHere = (on: Attempt['on']) => boolean
interface Period {
  readonly counters: Ledger['periods'][number][number]
  readonly isHere: IsHere
  readonly attempts: readonly Attempt[]
  /** What was booked here without a reservation. */
  readonly uncovered: readonly bigint[]
}

function everyPeriod(ledger: Ledger, holds: (period: Period) => boolean): boolean {
  return ledger.periods.every((list, budget) =>
    list.every((counters, period) => {
      const isHere: IsHere = (on) => on.some((p) => p.budget === budget && p.period === period)
      const attempts = ledger.calls.flatMap((call) => call.attempts.filter(({ on }) => isHere(on)))
      const uncovered = ledger.calls.flatMap(({ receipts }) => receipts.filter((r) => isHere(r.uncoveredOn ?? [])).map(({ cost }) => cost))
      return holds({ counters, isHere, attempts, uncovered })
    }),
  )
}

function billedHere({ call, attempt, fate }: Request, ledger: Ledger, isHere: IsHere): bigint {
  return typeof fate === 'bigint' && isHere(attemptOf(at(ledger.calls, call), attempt)?.on ?? []) ? fate : 0n
}

/** Nobody acts any more but time and the sweeper: three rounds, because an attempt has three moves at most that time makes. */
function alone(ledger: Ledger, rules: Rules): Ledger {
  let now = ledger
  for (let round = 0; round < 3; round += 1) now = sweep({ ...now, now: now.now + 2 }, { do: 'sweep' }, rules).ledger
  return now
}

/** Every sender still says how its request ended. */
function heardOfAll(world: World, { rules, movesIn }: Setting): World {
  const ends = movesIn(world).filter((move) => 'say' in move && (move.say.do === 'settle' || move.say.do === 'reject'))
  return ends.reduce((to, end) => moved(to, end, rules).state, world)
}

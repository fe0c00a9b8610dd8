/** Every move that is possible in a state: what callers, senders, the provider's bill, people and time may do next. */
import { dueIn } from '../model/booking.ts'
import { at, type Ledger, type Run } from '../model/ledger.ts'
import { DESIGN } from '../model/rules.ts'
import type { Step } from '../model/step.ts'
import { isStray, later, SCOPES, type Move, type Request, type World, type WorldOptions } from './world.ts'

/** In one order for the same state, always. What does not depend on the state is made once. */
export function movesOf(o: WorldOptions): (world: World) => readonly Move[] {
  const ofCall = new Map<string, readonly Move[]>()
  const ofRequest = new WeakMap<Request, Map<string, readonly Move[]>>()
  const always = soon([
    ...(o.stops === true ? (['stop', 'resume'] as const).map((what): Step => ({ do: what, scope: {} })) : []),
    ...(o.capChanges ?? []).map((change): Step => ({ do: 'change cap', budget: 1, change, key: `${change}` })),
  ])

  return (world) => {
    const { ledger, requests } = world
    const moves: Move[] = [...always]
    for (const [index, call] of ledger.calls.entries()) {
      const tokens = requests.filter((r) => r.call === index && !isStray(r)).length
      const asks = [1, 2].filter((ask) => hasRoom(ledger, index, o) || call.asks.some((known) => known.ask === ask))
      moves.push(...remember(ofCall, `${index} ${tokens} ${asks.join()}`, () => saidByCallers(index, asks, tokens, o)))
    }
    for (const [index, request] of requests.entries()) {
      const known = ofRequest.get(request) ?? new Map<string, readonly Move[]>()
      ofRequest.set(request, known)
      const mayHandOn = o.handsOn === true && hasRoom(ledger, request.call, o)
      moves.push(...remember(known, `${index} ${mayHandOn}`, () => [...fatesOf(request, index, o), ...saidOf(request, mayHandOn, o)]))
    }
    for (const budgets of o.monthEnds)
      if (at(ledger.periods, at(budgets, 0)).length === 1) moves.push(...soon([{ do: 'period ends', budgets }]))
    for (const one of dueIn(later(ledger), DESIGN)) moves.push({ say: { do: 'sweep', only: [one] }, isLate: true })
    return moves
  }
}

function remember(known: Map<string, readonly Move[]>, key: string, make: () => readonly Move[]): readonly Move[] {
  const moves = known.get(key) ?? make()
  known.set(key, moves)
  return moves
}

const hasRoom = (ledger: Ledger, call: number, o: WorldOptions): boolean => at(ledger.calls, call).attempts.length < at(o.attempts, call)
const soon = (steps: readonly Step[]): Move[] => steps.map((say) => ({ say, isLate: false }))
/** Also when the deadline that decides about it has passed. */
const soonOrLate = (step: Step): Move[] => [
  { say: step, isLate: false },
  { say: step, isLate: true },
]

/** What any worker of any run of a call may say. A worker has a token of its own, or one that an older message carries. */
function saidByCallers(call: number, asks: readonly number[], tokens: number, o: WorldOptions): Move[] {
  const scope = at(SCOPES, call)
  const account = scope['account'] ?? ''
  const ask = { call, scope, hash: 'h', amount: o.amount, holdFor: 0, boundUntil: Number.POSITIVE_INFINITY }
  return runs(at(o.runs, call)).flatMap((run) => [
    ...asks.flatMap((number) => [
      ...soon([{ do: 'reserve', run, ask: number, ...ask }]),
      ...Array.from({ length: tokens + 1 }, (_, i) =>
        soonOrLate({ do: 'dispatch', call, run, ask: number, account, hash: 'h', token: `t${i + 1}` }),
      ).flat(),
    ]),
    ...soon([{ do: 'close', call, run }]),
  ])
}

const runs = (count: number): Run[] => Array.from({ length: count }, (_, i) => ({ id: `run ${i + 1}`, startedAt: i }))

/** The sender sends, or does not; the provider answers, or refuses. What is cut off is billed all the same, or is not. */
function fatesOf({ fate }: Request, index: number, o: WorldOptions): Move[] {
  return fate === 'may send' ? (['not billed', ...o.costs] as const).map((end) => ({ request: index, fate: end })) : []
}

/** What its sender, the bill and people may say of a request. */
function saidOf(request: Request, mayHandOn: boolean, o: WorldOptions): Move[] {
  const { call, attempt, token, fate } = request
  const said: Move[] = [
    ...soon([{ do: 'mark in doubt', call, attempt, token }]),
    ...soonOrLate({ do: 'mark in doubt', call, attempt, token: undefined }),
  ]
  if (typeof fate === 'bigint') {
    const on = [0, 1].map((budget) => ({ budget, period: 0 }))
    const account = at(SCOPES, call)['account'] ?? ''
    said.push(...soon([{ do: 'settle', call, attempt, token, account, cost: fate, source: 'answer', on }]))
    if (o.bills === true && !isStray(request))
      said.push(...soon([{ do: 'adjust', call, attempt, total: fate, source: 'bill', id: 'bill' }]))
  }
  if (fate === 'not billed') said.push(...soon([{ do: 'reject', call, attempt, token, retryAfter: undefined }]))
  if (fate === 'not billed' && mayHandOn) said.push(...soon([{ do: 'reject', call, attempt, token, retryAfter: 0 }]))
  if (o.person === true) said.push(...soon([{ do: 'adjust', call, attempt, total: 0n, source: 'person', id: 'person' }]))
  return said
}

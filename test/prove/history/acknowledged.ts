/** Whether everything that was acknowledged is in the ledger, exactly once, and nothing is there that nobody asked for. */
import { answered, grouped, keyOf, type Answered } from './keys.ts'
import type { Asked, Operation, Scope } from './operation.ts'
import type { Violation } from './replay.ts'
import type { Attempt, Tables } from './tables.ts'

/** The budgets that cover a call, by id. */
export type Covering = (scope: Scope) => readonly number[]

const PROMISE = {
  there: 'what was acknowledged is there',
  once: 'every effect happens once',
  first: 'every repeat hears the first answer',
  whole: 'what was not acknowledged is whole or not there',
  asked: 'nothing happens that nobody asked for',
  linked: 'all linked budgets or none',
  closed: 'a closed run gets nothing more',
} as const

const SENT = ['dispatched', 'in_doubt', 'settled', 'rejected']
type Of<Do extends Asked['do']> = Extract<Asked, { do: Do }>

export function checkAcknowledged(operations: readonly Operation[], tables: Tables, covering: Covering): Violation[] {
  const violations: Violation[] = []
  const say = (promise: string, where: string, found: string): void => void violations.push({ promise, where, found })
  const seen = lookup(tables)
  const heard = answered(operations)
  for (const one of heard) for (const found of missing(one, seen)) say(PROMISE.there, `${one.id}, ${keyOf(one.asked)}`, found)
  for (const [key, all] of grouped(heard, ({ asked }) => keyOf(asked)))
    for (const found of contradictions(all)) say(PROMISE.first, key, found)
  for (const [call, all] of grouped(
    heard.filter(({ heard: { kind } }) => kind === 'answered' || kind === 'settled'),
    callOf,
  )) {
    const answers = new Set(all.map((one) => `${one.heard.reservation} ${one.heard.cost}`))
    if (call !== '' && answers.size > 1) say(PROMISE.first, `call ${call}`, `two first answers: ${[...answers].join(', ')}`)
  }
  checkCloses(operations, tables, say)
  checkClosed(heard, say)
  checkOrigins(operations, tables, covering, say)
  return violations
}

type Say = (promise: string, where: string, found: string) => void
type Lookup = ReturnType<typeof lookup>

function lookup({ attempts, refusals, receipts, entries, calls }: Tables) {
  return {
    attempts: new Map(attempts.map((attempt) => [attempt.id, attempt])),
    byAsk: grouped(attempts, ({ call, ask }) => `${call} ${ask}`),
    heirs: new Map(attempts.flatMap((a) => (a.handedOnFrom === null ? [] : [[a.handedOnFrom, a] as const]))),
    refusals: new Set(refusals.map(({ call, ask }) => `${call} ${ask}`)),
    receipts: new Map(receipts.map(({ reservation, token, cost }) => [`${reservation} ${token}`, cost])),
    keyed: grouped(
      entries.filter(({ key }) => key !== null),
      ({ kind, key }) => `${kind} ${key}`,
    ),
    calls: new Map(calls.map((call) => [call.id, call])),
  }
}

/** What must be in the tables after such an answer, and is not. */
function missing(one: Answered, seen: Lookup): string[] {
  const { asked, heard } = one
  const attempt = seen.attempts.get(heard.reservation ?? '')
  if (heard.reservation !== undefined && attempt === undefined) return [`${heard.kind}, but there is no attempt ${heard.reservation}`]
  const state = attempt?.state ?? 'nowhere'
  const token = 'token' in asked ? asked.token : undefined
  const ask = 'ask' in asked ? `${asked.call} ${asked.ask}` : ''
  const ofAsk = seen.byAsk.get(ask) ?? []
  switch (heard.kind) {
    case 'reserved':
      return wrong(
        [!ofAsk.some(({ id }) => id === heard.reservation), `attempt ${heard.reservation} is of another ask`],
        [attempt?.amount.toString() !== heard.amount, `reserved ${heard.amount}, there are ${attempt?.amount}`],
      )
    case 'refused':
      return wrong(
        [!seen.refusals.has(ask), 'refused, but no refusal is kept'],
        [ofAsk.length > 0, 'refused, but something is reserved'],
        [asked.do === 'reserve' && asked.amount !== heard.needed, `refused for want of ${heard.needed}, which is not what was asked`],
      )
    case 'go':
      return wrong(
        [attempt?.token !== token, `sent, but the attempt belongs to the token ${attempt?.token}`],
        [!SENT.includes(state), `sent, but the attempt is ${state}`],
      )
    case 'too_late':
      return wrong([attempt?.token !== token, `too late, but the attempt belongs to the token ${attempt?.token}`])
    case 'answered':
      return wrong([
        state !== 'settled' || attempt?.cost?.toString() !== heard.cost,
        `answered at ${heard.cost}, but ${state} at ${attempt?.cost}`,
      ])
    case 'in_doubt':
      return wrong([!SENT.includes(state) || state === 'dispatched', `in doubt, but ${state}`])
    case 'lapsed':
      return wrong([!ofAsk.some((other) => other.state === 'released'), 'lapsed, but nothing of this ask is released'])
    default:
      return missingDeed(one, seen)
  }
}

const wrong = (...conditions: readonly (readonly [boolean, string])[]): string[] => conditions.filter(([is]) => is).map(([, what]) => what)

/** The same for operations whose answer is only that they are done. */
function missingDeed({ asked, heard }: Answered, seen: Lookup): string[] {
  switch (asked.do) {
    case 'settle': {
      const key = `${asked.reservation} ${asked.token}`
      const cost = seen.receipts.get(key)?.toString()
      const attempt = seen.attempts.get(asked.reservation)
      return wrong(
        [heard.kind === 'unbooked', 'an answer was left unbooked'],
        [cost !== asked.cost, `acknowledged at ${asked.cost}, but its receipt says ${cost ?? 'nothing: there is none'}`],
        [heard.kind === 'uncovered' && seen.keyed.get(`uncovered ${key}`)?.length !== 1, 'spent without cover, but not in one entry'],
        [
          heard.kind === 'settled' && (attempt?.token !== asked.token || attempt.state !== 'settled'),
          `settled, but its attempt is ${attempt?.state}`,
        ],
      )
    }
    case 'reject': {
      // An answer that came after all has the last word, and releases what was handed on.
      const state = seen.attempts.get(asked.reservation)?.state
      const isThere = seen.heirs.has(asked.reservation)
      return wrong(
        [state !== 'rejected' && state !== 'settled', `rejected, but the attempt is ${state}`],
        [heard.kind !== 'rejected' && state !== 'settled', `${heard.kind}, but the attempt is ${state}`],
        [
          state === 'rejected' && isThere !== heard.handedOn,
          `handed on: ${heard.handedOn}, but the next attempt is ${isThere ? '' : 'not '}there`,
        ],
      )
    }
    case 'cap': {
      const entries = seen.keyed.get(`cap ${asked.key}`) ?? []
      const isOne = entries.length === 1 && entries[0]?.lines[0]?.cap.toString() === asked.change
      return wrong([!isOne, `changed by ${asked.change}, but there are ${entries.length} such entries`])
    }
    case 'close':
      return wrong([seen.calls.get(asked.call)?.closedRuns.includes(asked.run) !== true, 'closed, but the run is not'])
    case 'reserve':
    case 'dispatch':
    case 'mark':
    case 'look':
      return []
  }
}

const runOf = ({ asked }: Answered): string => ('run' in asked ? `${asked.call} ${asked.run}` : '')
const callOf = ({ asked }: Answered): string => ('call' in asked ? asked.call : '')

/** What an attempt is heard to be, if an ask has one. */
const TAKEN = ['reserved', 'in_flight', 'in_doubt', 'rejected', 'lapsed']

/** Answers to the same key that cannot both be true. */
function contradictions(all: readonly Answered[]): string[] {
  const different = (what: string, of: (one: Answered) => string | undefined): string[] => {
    const said = new Set(all.flatMap((one) => of(one) ?? []))
    return said.size > 1 ? [`${what}: ${[...said].join(', ')}`] : []
  }
  const kinds = all.map(({ heard }) => heard.kind)
  const what = all[0]?.asked.do
  return [
    ...different('refused with different figures', ({ heard }) => (heard.kind === 'refused' ? JSON.stringify(heard.figures) : undefined)),
    ...(what === 'reserve' && kinds.includes('refused') && kinds.some((kind) => TAKEN.includes(kind))
      ? [`heard ${[...new Set(kinds)].join(', ')}`]
      : []),
    ...different('one token sends two attempts', ({ heard }) => (heard.kind === 'go' ? heard.reservation : undefined)),
    ...(what === 'settle'
      ? [
          ...different('booked differently', ({ heard }) => heard.kind),
          ...different('answered differently', ({ heard }) => heard.reservation),
        ]
      : []),
    ...(all.filter(({ heard }) => heard.changed === true).length > 1 ? ['changed twice'] : []),
  ]
}

/** What closes say that they released, all together, is what was released: each amount once. */
function checkCloses(operations: readonly Operation[], { attempts, entries }: Tables, say: Say): void {
  const known = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const released = grouped(
    entries.filter(({ kind, reason }) => kind === 'release' && reason === 'closed'),
    ({ reservation }) => known.get(reservation ?? '')?.call ?? '',
  )
  const closes = grouped(
    operations.filter(({ asked }) => asked.do === 'close'),
    ({ asked }) => (asked as Of<'close'>).call,
  )
  for (const [call, all] of closes) {
    const told = answered(all).reduce((sum, { heard }) => sum + BigInt(heard.released ?? 0), 0n)
    const moved = (released.get(call) ?? []).reduce((sum, { reservation }) => sum + (known.get(reservation ?? '')?.amount ?? 0n), 0n)
    const isAllTold = all.every(({ outcome }) => outcome.kind === 'heard')
    if (told > moved || (isAllTold && told < moved))
      say(PROMISE.once, `call ${call}`, `closes say that ${told} were released, entries ${moved}`)
  }
}

/** A run whose close was acknowledged gets nothing that it asks for afterwards. */
function checkClosed(heard: readonly Answered[], say: Say): void {
  const closes = grouped(
    heard.filter(({ asked }) => asked.do === 'close'),
    runOf,
  )
  for (const one of heard) {
    if (one.heard.kind !== 'reserved' && one.heard.kind !== 'go') continue
    const closed = (closes.get(runOf(one)) ?? []).find(({ at }) => at < one.invokedAt)
    if (closed !== undefined)
      say(PROMISE.closed, `${one.id}, ${keyOf(one.asked)}`, `${one.heard.kind}, though ${closed.id} had closed the run`)
  }
}

/** Every row has somebody who asked for it with these terms, and stands on the budgets that cover it. */
function checkOrigins(operations: readonly Operation[], tables: Tables, covering: Covering, say: Say): void {
  const asked = grouped(operations, (operation) => keyOf(operation.asked))
  const known = new Map(tables.attempts.map((attempt) => [attempt.id, attempt]))
  const budgetOf = new Map(tables.periods.map(({ id, budget }) => [id, budget]))
  for (const attempt of tables.attempts) {
    const reserve = asked.get(`reserve ${attempt.call} ${attempt.ask}`)?.[0]?.asked as Of<'reserve'> | undefined
    if (reserve === undefined || reserve.amount !== attempt.amount.toString())
      say(PROMISE.asked, `attempt ${attempt.id}`, `${attempt.amount} reserved, ${reserve?.amount ?? 'nothing'} asked`)
    if (reserve !== undefined)
      checkBudgets(
        attempt,
        attempt.periods.map((id) => budgetOf.get(id) ?? 0),
        covering(reserve.scope),
        say,
      )
    if (attempt.handedOnFrom !== null) {
      const parent = known.get(attempt.handedOnFrom)
      if (!asked.has(`reject ${parent?.id} ${parent?.token}`)) say(PROMISE.asked, `attempt ${attempt.id}`, 'handed on, but nobody rejected')
    }
    if (attempt.token !== null && !asked.has(`dispatch ${attempt.call} ${attempt.token}`))
      say(PROMISE.asked, `attempt ${attempt.id}`, 'sent by nobody')
  }
  for (const { reservation, token, cost } of tables.receipts) {
    const settle = asked.get(`settle ${reservation} ${token}`)?.[0]?.asked as Of<'settle'> | undefined
    if (settle?.cost !== cost.toString())
      say(PROMISE.asked, `receipt ${reservation} ${token}`, `${cost} booked, ${settle?.cost ?? 'nothing'} asked`)
  }
  for (const { call, ask } of tables.refusals)
    if (!asked.has(`reserve ${call} ${ask}`)) say(PROMISE.asked, `refusal ${call} ${ask}`, 'nobody asked')
  const marks = new Set([...tables.attempts, ...tables.refusals].map(({ call }) => call))
  for (const { id, closedRuns } of tables.calls)
    if (!marks.has(id) && closedRuns.length === 0) say(PROMISE.whole, `call ${id}`, 'it has neither an attempt, nor a refusal, nor a close')
}

function checkBudgets(attempt: Attempt, stands: readonly number[], covered: readonly number[], say: Say): void {
  const [is, due] = [stands, covered].map((ids) => ids.toSorted((a, b) => a - b).join(', '))
  if (is !== due) say(PROMISE.linked, `attempt ${attempt.id}`, `it stands on the budgets ${is}, and is covered by ${due}`)
}

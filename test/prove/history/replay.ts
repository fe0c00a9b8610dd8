/** The entries, told again from the first to the last by a small ledger of one's own: whatever does not add up is named. */
import type { Attempt, Entry, Tables } from './tables.ts'

/** A broken promise, where, and what was found. */
export interface Violation {
  readonly promise: string
  readonly where: string
  readonly found: string
}

/** A budget period after an entry. */
export interface Version {
  readonly entry: Entry
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
}

export interface Replay {
  readonly violations: readonly Violation[]
  /** Of each budget period, the versions from the first on. */
  readonly versions: ReadonlyMap<number, readonly Version[]>
  /** The entries in an order in which every budget tells them. */
  readonly order: readonly Entry[]
}

/** Where an attempt's money is. */
type Place = 'nowhere' | 'reserved' | 'given back' | 'spent'

/** What an entry must move on each budget period, by the attempts that it names. */
type Due = Map<number, { reserved: bigint; spent: bigint; taken: bigint }>

export function replay(tables: Tables): Replay {
  const violations: Violation[] = []
  const say = (promise: string, where: string, found: string): void => void violations.push({ promise, where, found })
  const versions = versionsOf(tables, say)
  const order = orderOf(tables.entries, versions, say)
  const life = livesOf(tables, say)
  for (const entry of order) {
    const due = life.dueOf(entry)
    compare(entry, due, say)
    for (const [period, { taken }] of due) {
      const after = versions.get(period)?.[(entry.lines.find((line) => line.period === period)?.version ?? 0) - 1]
      const left = after === undefined ? 0n : after.cap - after.reserved - after.spent
      if (taken > 0n && left < 0n)
        say('nothing is admitted that does not fit', `entry ${entry.id}, budget period ${period}`, `${taken} taken, ${-left} too much`)
    }
  }
  life.end()
  return { violations, versions, order }
}

type Say = (promise: string, where: string, found: string) => void

function versionsOf({ entries, balances }: Tables, say: Say): Map<number, Version[]> {
  const lines = new Map<number, { entry: Entry; line: Entry['lines'][number] }[]>()
  for (const { period } of balances) lines.set(period, [])
  for (const entry of entries)
    for (const line of entry.lines) {
      const told = lines.get(line.period)
      if (told === undefined)
        say('counters are the fold of the entries', `budget period ${line.period}`, `entry ${entry.id} tells of it, and it is not there`)
      told?.push({ entry, line })
    }
  const all = new Map<number, Version[]>()
  for (const balance of balances) {
    const { period } = balance
    const told = (lines.get(period) ?? []).toSorted((a, b) => a.line.version - b.line.version)
    const gap = told.findIndex(({ line }, i) => line.version !== i + 1)
    if (gap >= 0) say('versions have no gaps', `budget period ${period}`, `version ${told[gap]?.line.version} where ${gap + 1} should be`)
    let now = { cap: 0n, reserved: 0n, spent: 0n }
    const versions = told.map(({ entry, line }): Version => {
      now = { cap: now.cap + line.cap, reserved: now.reserved + line.reserved, spent: now.spent + line.spent }
      if (now.reserved < 0n || now.spent < 0n)
        say('no counter is below zero', `budget period ${period} version ${line.version}`, textOf(now))
      return { entry, ...now }
    })
    all.set(period, versions)
    const over = now.reserved + now.spent - now.cap
    const folded = { ...now, overrun: over > 0n ? over : 0n, version: versions.length }
    if (textOf(folded) !== textOf(balance))
      say('counters are the fold of the entries', `budget period ${period}`, `${textOf(balance)}; entries come to ${textOf(folded)}`)
  }
  return all
}

const textOf = (b: { cap: bigint; reserved: bigint; spent: bigint; overrun?: bigint; version?: number }): string =>
  [
    `cap ${b.cap}, reserved ${b.reserved}, spent ${b.spent}`,
    ...(b.version === undefined ? [] : [`overrun ${b.overrun}, version ${b.version}`]),
  ].join(', ')

/** Entries in the order of their versions on every budget at once. There is none if two budgets tell two entries in different orders. */
function orderOf(entries: readonly Entry[], versions: ReadonlyMap<number, readonly Version[]>, say: Say): Entry[] {
  const followers = new Map<string, Entry[]>()
  const waitsFor = new Map(entries.map(({ id }) => [id, 0]))
  for (const told of versions.values())
    for (const [i, { entry }] of told.entries()) {
      const next = told[i + 1]?.entry
      if (next === undefined) continue
      followers.set(entry.id, [...(followers.get(entry.id) ?? []), next])
      waitsFor.set(next.id, (waitsFor.get(next.id) ?? 0) + 1)
    }
  const order = entries.filter(({ id }) => waitsFor.get(id) === 0)
  // It grows behind us: whoever waits for nobody any more comes next.
  for (const entry of order)
    for (const next of followers.get(entry.id) ?? []) {
      const left = (waitsFor.get(next.id) ?? 0) - 1
      waitsFor.set(next.id, left)
      if (left === 0) order.push(next)
    }
  if (order.length < entries.length) {
    const stuck = entries.filter(({ id }) => (waitsFor.get(id) ?? 0) > 0)
    say('all budgets tell one order', `entry ${stuck[0]?.id}`, `${stuck.length} entries come before each other`)
    order.push(...stuck)
  }
  return order
}

function livesOf({ attempts, receipts, entries }: Tables, say: Say) {
  const known = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const costs = new Map(receipts.map(({ reservation, token, cost }) => [`${reservation} ${token}`, cost]))
  const heirs = new Map(attempts.flatMap((a) => (a.handedOnFrom === null ? [] : [[a.handedOnFrom, a.id] as const])))
  const places = new Map<string, Place>()
  const paid = new Map<string, bigint>()
  const uncovered = new Set<string>()
  const placeOf = (id: string): Place => places.get(id) ?? 'nowhere'
  // A hand-on moves nothing, so no budget tells it: the heir has its money from the start.
  for (const { kind, reservation } of entries) if (kind === 'hand_on') move(reservation, 'nowhere', 'reserved', 'handed on')

  function move(id: string | null, from: Place, to: Place, what: string): Attempt | undefined {
    const attempt = known.get(id ?? '')
    if (attempt === undefined) {
      say('what was not acknowledged is whole or not there', `attempt ${id}`, `an entry says ${what}, but there is no such attempt`)
      return undefined
    }
    const is = placeOf(attempt.id)
    if (is !== from) say('every effect happens once', `attempt ${id}`, `${what}, though its money is ${is}`)
    places.set(attempt.id, to)
    return attempt
  }
  const receiptOf = (id: string | null): bigint => costs.get(`${id} ${known.get(id ?? '')?.token}`) ?? 0n

  function dueOf(entry: Entry): Due {
    const due: Due = new Map()
    const add = (attempt: Attempt | undefined, reserved: bigint, spent: bigint): void =>
      attempt?.periods.forEach((period) => {
        const so = due.get(period) ?? { reserved: 0n, spent: 0n, taken: 0n }
        due.set(period, { reserved: so.reserved + reserved, spent: so.spent + spent, taken: so.taken + (reserved > 0n ? reserved : 0n) })
      })
    const reserve = (id: string | null): void => {
      const attempt = move(id, 'nowhere', 'reserved', 'reserved')
      add(attempt, attempt?.amount ?? 0n, 0n)
    }
    const giveBack = (id: string | null): void => {
      const attempt = move(id, 'reserved', 'given back', 'given back')
      add(attempt, -(attempt?.amount ?? 0n), 0n)
    }
    const settle = (id: string | null, cost: bigint): void => {
      // A late answer to what was given back, or handed on: only the cost moves.
      const isLate = placeOf(id ?? '') === 'given back' || heirs.has(id ?? '')
      const attempt = move(id, isLate ? placeOf(id ?? '') : 'reserved', 'spent', 'settled')
      add(attempt, isLate ? 0n : -(attempt?.amount ?? 0n), cost)
      paid.set(id ?? '', cost)
    }
    switch (entry.kind) {
      case 'calls':
        entry.reservedIds.forEach(reserve)
        entry.settledIds.forEach((id, i) => settle(id, entry.settledCosts[i] ?? 0n))
        break
      case 'reserve':
        reserve(entry.reservation)
        break
      case 'release':
      case 'reject':
        giveBack(entry.reservation)
        break
      case 'settle':
        settle(entry.reservation, receiptOf(entry.reservation))
        break
      case 'uncovered':
        if (uncovered.has(entry.key ?? '')) say('every effect happens once', `entry ${entry.id}`, `uncovered ${entry.key} again`)
        uncovered.add(entry.key ?? '')
        entry.lines.forEach(({ period }) => due.set(period, { reserved: 0n, spent: costs.get(entry.key ?? '') ?? 0n, taken: 0n }))
        break
      case 'open':
      case 'cap':
      case 'hand_on':
        break
      default:
        say('nothing happens that nobody asked for', `entry ${entry.id}`, `a ${entry.kind}`)
    }
    return due
  }

  /** Whether every attempt ended where its entries left its money. */
  function end(): void {
    for (const attempt of attempts) {
      const place = heirs.has(attempt.id) && placeOf(attempt.id) === 'reserved' ? 'given back' : placeOf(attempt.id)
      const states = STATES[place]
      if (states.length === 0)
        say('what was not acknowledged is whole or not there', `attempt ${attempt.id}`, 'no entry ever reserved for it')
      else if (!states.includes(attempt.state))
        say('final states are those of the entries', `attempt ${attempt.id}`, `${attempt.state}, but its money is ${place}`)
      else if ((attempt.cost ?? undefined) !== paid.get(attempt.id))
        say('final states are those of the entries', `attempt ${attempt.id}`, `cost ${attempt.cost}, paid ${paid.get(attempt.id)}`)
      else if (place === 'spent' && costs.get(`${attempt.id} ${attempt.token}`) !== attempt.cost)
        say('final states are those of the entries', `attempt ${attempt.id}`, `cost ${attempt.cost} without its receipt`)
    }
    for (const [key] of costs) {
      const [id = '', token] = key.split(' ')
      const isBooked = (known.get(id)?.token === token && placeOf(id) === 'spent') || uncovered.has(key)
      if (!isBooked) say('what was not acknowledged is whole or not there', `receipt ${key}`, 'no entry ever booked it')
    }
  }
  return { dueOf, end }
}

const STATES: Readonly<Record<Place, readonly string[]>> = {
  nowhere: [],
  reserved: ['reserved', 'dispatched', 'in_doubt'],
  'given back': ['released', 'rejected'],
  spent: ['settled'],
}

/** An entry moves exactly what is due, on all budgets of its attempts. A line that moves nothing is one where all were refused. */
function compare(entry: Entry, due: Due, say: Say): void {
  if (entry.kind === 'open' || entry.kind === 'cap') return
  const moved = new Map(entry.lines.map(({ period, reserved, spent }) => [period, `${reserved} reserved, ${spent} spent`]))
  const nothing = '0 reserved, 0 spent'
  for (const period of new Set([...due.keys(), ...moved.keys()])) {
    const { reserved, spent } = due.get(period) ?? { reserved: 0n, spent: 0n }
    const wanted = `${reserved} reserved, ${spent} spent`
    const is = moved.get(period) ?? nothing
    if (is !== wanted) say('all linked budgets or none', `entry ${entry.id}, budget period ${period}`, `${is} instead of ${wanted}`)
  }
}

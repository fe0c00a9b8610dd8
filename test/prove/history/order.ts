/** Whether the order of versions is the order of real time, and whether every figure that was told was so when it was told. */
import { answered, grouped, keyOf, type Answered } from './keys.ts'
import type { Figures, Operation } from './operation.ts'
import type { Replay, Version, Violation } from './replay.ts'
import type { Entry, Tables } from './tables.ts'

/** An entry was committed after this operation was asked, and before that one was answered. */
interface Bounds {
  readonly after: Bound
  readonly before: Bound
}
interface Bound {
  readonly at: number
  readonly op: string
}

const EVER: Bounds = { after: { at: -Infinity, op: 'the beginning' }, before: { at: Infinity, op: 'the end' } }
const later = (a: Bound, b: Bound): Bound => (b.at > a.at ? b : a)
const earlier = (a: Bound, b: Bound): Bound => (b.at < a.at ? b : a)

export function checkOrder(operations: readonly Operation[], tables: Tables, { versions, order }: Replay): Violation[] {
  const violations: Violation[] = []
  const own = boundsOf(operations, tables, order, violations)
  const windows = new Map<string, Bounds>()
  const boundsAt = (entry: Entry | undefined): Bounds => (entry === undefined ? EVER : (windows.get(entry.id) ?? own.get(entry.id) ?? EVER))
  const neighbours = (entry: Entry, step: 1 | -1): Bounds[] =>
    entry.lines.map(({ period, version }) => boundsAt(versions.get(period)?.[version - 1 + step]?.entry))

  // What comes before on any budget was committed before; what comes after, after.
  for (const entry of order) {
    const { after, before } = own.get(entry.id) ?? EVER
    const since = neighbours(entry, -1).reduce((bound, neighbour) => later(bound, neighbour.after), after)
    if (since.at > before.at)
      violations.push({
        promise: 'what was acknowledged comes before what was asked later',
        where: `entry ${entry.id}, on budget periods ${entry.lines.map(({ period }) => period).join(', ')}`,
        found: `${before.op} was acknowledged ${since.at - before.at} µs before ${since.op} was asked, and has the higher version`,
      })
    windows.set(entry.id, { after: since, before })
  }
  for (const entry of order.toReversed()) {
    const { after, before } = boundsAt(entry)
    windows.set(entry.id, { after, before: neighbours(entry, 1).reduce((bound, neighbour) => earlier(bound, neighbour.before), before) })
  }

  /** The versions of a budget that may have been the newest at some moment of this time. */
  function* versionsIn(budget: number, from: number, to: number): Generator<Version> {
    for (const { id } of tables.periods.filter((period) => period.budget === budget)) {
      const told = versions.get(id) ?? []
      for (let i = firstAfter(told, from); i < told.length; i += 1) {
        const version = told[i]
        if (version === undefined || boundsAt(version.entry).after.at > to) break
        yield version
      }
    }
  }
  /** The first version that was not replaced for sure before this moment: bounds rise from version to version. */
  function firstAfter(told: readonly Version[], from: number): number {
    let [low, high] = [0, told.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const replaced = told[middle + 1]
      if (replaced !== undefined && boundsAt(replaced.entry).before.at < from) low = middle + 1
      else high = middle
    }
    return low
  }

  violations.push(...checkFigures(operations, versionsIn))
  return violations
}

/** When each entry was committed, by those who asked for what is in it and those who heard of it. */
function boundsOf(operations: readonly Operation[], tables: Tables, order: readonly Entry[], violations: Violation[]): Map<string, Bounds> {
  const asked = grouped(operations, ({ asked: { do: what, ...of } }) => ('call' in of ? `${what} ${of.call}` : what))
  const byKey = grouped(operations, (operation) => keyOf(operation.asked))
  const heard = answered(operations)
  const heardByKey = grouped(heard, (operation) => keyOf(operation.asked))
  const naming = grouped(heard, (operation) => operation.heard.reservation ?? '')
  const attempts = new Map(tables.attempts.map((attempt) => [attempt.id, attempt]))

  const boundsBy = (what: string, causes: readonly Operation[], witnesses: readonly Answered[]): Bounds => {
    if (causes.length === 0)
      violations.push({ promise: 'nothing happens that nobody asked for', where: what, found: 'no operation asked for it' })
    const first = causes.reduce<Bound>((bound, { id, invokedAt }) => earlier(bound, { at: invokedAt, op: id }), EVER.before)
    return {
      after: causes.length === 0 ? EVER.after : first,
      before: witnesses.reduce((bound, { id, at }) => earlier(bound, { at, op: id }), EVER.before),
    }
  }
  const of = (id: string | null) => attempts.get(id ?? '')
  const begun = (id: string | null): Bounds =>
    boundsBy(`attempt ${id} is reserved`, byKey.get(`reserve ${of(id)?.call} ${of(id)?.ask}`) ?? [], naming.get(id ?? '') ?? [])
  const settled = (key: string): Bounds =>
    boundsBy(
      `settle ${key}`,
      byKey.get(`settle ${key}`) ?? [],
      (heardByKey.get(`settle ${key}`) ?? []).filter(({ heard: { kind } }) => kind !== 'unbooked'),
    )
  const ownKey = (id: string | null): string => `${id} ${of(id)?.token}`

  function movesOf(entry: Entry): Bounds[] {
    const { kind, reservation, key } = entry
    switch (kind) {
      case 'calls':
        return [...entry.reservedIds.map(begun), ...entry.settledIds.map((id) => settled(ownKey(id)))]
      case 'reserve':
        return [begun(reservation)]
      case 'settle':
        return [settled(ownKey(reservation))]
      case 'uncovered':
        return [settled(key ?? '')]
      case 'reject':
        return [
          boundsBy(
            `reject ${ownKey(reservation)}`,
            byKey.get(`reject ${ownKey(reservation)}`) ?? [],
            heardByKey.get(`reject ${ownKey(reservation)}`) ?? [],
          ),
        ]
      case 'cap':
        return [boundsBy(`cap ${key}`, byKey.get(`cap ${key}`) ?? [], heardByKey.get(`cap ${key}`) ?? [])]
      case 'release': {
        // By a close, by the call's first answer, or by a dispatch that came too late.
        const call = of(reservation)?.call
        const causes = ['close', 'settle', 'dispatch'].flatMap((what) => asked.get(`${what} ${call}`) ?? [])
        return [boundsBy(`attempt ${reservation} is released`, causes, [])]
      }
      default:
        return []
    }
  }
  return new Map(
    order.map((entry) => [
      entry.id,
      movesOf(entry).reduce<Bounds>((all, one) => ({ after: later(all.after, one.after), before: earlier(all.before, one.before) }), EVER),
    ]),
  )
}

/** A refusal's figures, and a look's, were those of its budget at some moment between question and answer; and there was no room in a refusal's. */
function checkFigures(
  operations: readonly Operation[],
  versionsIn: (budget: number, from: number, to: number) => Iterable<Version>,
): Violation[] {
  const heard = answered(operations)
  const asks = grouped(
    operations.filter(({ asked }) => asked.do === 'reserve'),
    ({ asked }) => keyOf(asked),
  )
  const refused = grouped(
    heard.filter((h) => h.asked.do === 'reserve' && h.heard.kind === 'refused'),
    ({ asked }) => keyOf(asked),
  )
  const violations: Violation[] = []
  for (const [key, all] of refused) {
    // It was decided once: after the first who asked, and before the first who heard.
    const from = Math.min(...(asks.get(key) ?? []).map(({ invokedAt }) => invokedAt))
    const to = Math.min(...all.map(({ at }) => at))
    const { budget = 0, figures, needed = '0' } = all[0]?.heard ?? {}
    const then = [...versionsIn(budget, from, to)]
    if (then.every((v) => v.cap - v.reserved - v.spent >= BigInt(needed)))
      violations.push({
        promise: 'nothing is refused while there is room',
        where: key,
        found: `${needed} needed of budget ${budget}, which had it all the time`,
      })
    else if (!then.some((version) => isSame(version, figures)))
      violations.push({
        promise: 'what is told was so when it was told',
        where: key,
        found: `refused with ${JSON.stringify(figures)} of budget ${budget}`,
      })
  }
  for (const { id, asked, heard: seen, invokedAt, at } of heard) {
    if (asked.do !== 'look' || [...versionsIn(asked.budget, invokedAt, at)].some((version) => isSame(version, seen.figures))) continue
    violations.push({
      promise: 'what is told was so when it was told',
      where: id,
      found: `${JSON.stringify(seen.figures)} of budget ${asked.budget}`,
    })
  }
  return violations
}

const isSame = (version: Version, figures: Figures | undefined): boolean =>
  `${version.cap} ${version.reserved} ${version.spent}` === `${figures?.cap} ${figures?.reserved} ${figures?.spent}`

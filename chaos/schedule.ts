/** What breaks, and when: fixed by the seed. How the programs' steps fall between is not. */
import type { Chance } from '../test/support/chance.ts'
import { ZONES, type Zone } from './months.ts'
import { BATCH_POINTS, STORM_POINTS, type Point } from './points.ts'

export type Wire = 'postgres' | 'temporal' | 'provider'

export type Break =
  /** With a point: when a worker passes it; without: now. */
  | { readonly kind: 'kill'; readonly victim: 'postgres' | 'temporal'; readonly point: Point | undefined }
  | { readonly kind: 'kill_worker' }
  | { readonly kind: 'cut'; readonly wire: Wire; readonly ms: number }
  | { readonly kind: 'delay'; readonly wire: Wire; readonly ms: number; readonly forMs: number }
  /** What is asked arrives, and no answer comes back. */
  | { readonly kind: 'mute'; readonly wire: Wire; readonly ms: number }
  /** Longer than a heartbeat: Temporal gives its work to another, and then it goes on. */
  | { readonly kind: 'freeze'; readonly ms: number }
  /**
   * The ledger's clock goes on to so long before the next month's end in a zone, and when that has come, to where the month may be closed. Held: whoever
   * has an answer in hand meanwhile books it when the month is sealed.
   */
  | { readonly kind: 'month'; readonly zone: Zone; readonly leadMs: number; readonly isHeld: boolean }

export interface Schedule {
  readonly breaks: readonly (Break & { readonly atMs: number })[]
  /** One for each worker that is started, in turn: where it kills itself. */
  readonly fates: readonly { readonly point: Point; readonly nth: number }[]
}

/** Mean pauses. */
const EVERY_MS = {
  postgres: 30_000,
  temporal: 45_000,
  worker: 45_000,
  cut: 25_000,
  delay: 40_000,
  mute: 45_000,
  freeze: 80_000,
  month: 30_000,
} as const
const FIRST_MS = 5_000
/** Few jobs come by these. */
const RARE: readonly Point[] = [
  'reject.before',
  'reject.after',
  'doubt.before',
  'doubt.after',
  'close.before',
  'close.after',
  'sweep.before',
  'sweep.after',
  'seal.before',
  'seal.after',
  'closed.before',
  'closed.after',
  ...BATCH_POINTS,
]
/** Of a batch's points these come by only where something goes wrong, or the deadline nears: nobody waits at them to kill a server. */
const SELDOM = /^batch\.(find|cancel|reject|close)/
const FREQUENT = STORM_POINTS.filter((point) => !SELDOM.test(point))
const ZONE_NAMES = Object.keys(ZONES) as Zone[]
const WIRES = ['postgres', 'temporal', 'provider'] as const

export function scheduleOf(minutes: number, dice: Chance): Schedule {
  const endMs = minutes * 60_000
  const every = (meanMs: number, make: () => Break): (Break & { atMs: number })[] => {
    const made: (Break & { atMs: number })[] = []
    for (let atMs = FIRST_MS + dice(meanMs); atMs < endMs; atMs += meanMs / 2 + dice(meanMs)) made.push({ ...make(), atMs })
    return made
  }
  const wire = (): Wire => WIRES[dice(WIRES.length)] ?? 'postgres'
  let zones = dice(ZONE_NAMES.length)
  const zone = (): Zone => ZONE_NAMES[(zones += 1) % ZONE_NAMES.length] ?? 'UTC'
  const points = { postgres: inTurn(FREQUENT, dice), temporal: inTurn(FREQUENT, dice) }
  const kill = (victim: 'postgres' | 'temporal') => (): Break => ({
    kind: 'kill',
    victim,
    point: dice(4) === 0 ? undefined : points[victim](),
  })
  const breaks = [
    ...every(EVERY_MS.postgres, kill('postgres')),
    ...every(EVERY_MS.temporal, kill('temporal')),
    ...every(EVERY_MS.worker, () => ({ kind: 'kill_worker' })),
    ...every(EVERY_MS.cut, () => ({ kind: 'cut', wire: wire(), ms: 100 + dice(3_000) })),
    ...every(EVERY_MS.delay, () => ({ kind: 'delay', wire: wire(), ms: 100 + dice(900), forMs: 2_000 + dice(4_000) })),
    ...every(EVERY_MS.mute, () => ({ kind: 'mute', wire: wire(), ms: 500 + dice(3_000) })),
    ...every(EVERY_MS.month, () => ({ kind: 'month', zone: zone(), leadMs: 2_000 + dice(4_000), isHeld: dice(2) === 0 })),
    ...every(EVERY_MS.freeze, () => ({ kind: 'freeze', ms: 33_000 + dice(8_000) })),
  ]
  const point = inTurn(STORM_POINTS, dice)
  const fates = Array.from({ length: 200 }, () => {
    const next = point()
    return { point: next, nth: RARE.includes(next) ? 1 : 1 + dice(4) }
  })
  return { breaks: breaks.toSorted((a, b) => a.atMs - b.atMs), fates }
}

/** A break in words. */
export function wordsOf(what: Break): string {
  switch (what.kind) {
    case 'kill':
      return `${what.victim} is killed${what.point === undefined ? '' : ` at ${what.point}`}`
    case 'kill_worker':
      return 'a worker is killed'
    case 'cut':
      return `the wires to ${what.wire} are cut for ${what.ms} ms`
    case 'delay':
      return `answers of ${what.wire} come ${what.ms} ms late`
    case 'mute':
      return `answers of ${what.wire} are lost for ${what.ms} ms`
    case 'freeze':
      return `a worker is frozen for ${Math.round(what.ms / 1_000)} s`
    case 'month':
      return `in ${what.leadMs} ms a month ends in ${what.zone}${what.isHeld ? ', and an answer is booked when it is sealed' : ''}`
  }
}

/** Every one of these, in an order that the dice make, again and again. */
function inTurn(points: readonly Point[], dice: Chance): () => Point {
  const shuffled = points.map((point) => ({ point, at: dice(1_000_000) })).toSorted((a, b) => a.at - b.at)
  let next = 0
  return () => {
    next += 1
    return shuffled[(next - 1) % shuffled.length]?.point ?? 'reserve.before'
  }
}

/** Jobs all the time, and everything that can break breaks: by the schedule, and at every named point. */
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../src/platform/embedded/wait.ts'
import { chance } from '../test/support/chance.ts'
import { newOrder, type Hand } from './crew.ts'
import { startClosing } from './closing.ts'
import { startLoad } from './jobs.ts'
import { monthAt, monthEnd, type Zone } from './months.ts'
import { STORM_POINTS, type Order, type Point } from './points.ts'
import { scheduleOf, wordsOf, type Break } from './schedule.ts'
import type { SeenSealed } from './stated.ts'
import type { System } from './system.ts'

export interface Storm {
  readonly jobs: readonly string[]
  /** Statements as they were seen sealed meanwhile. */
  readonly seen: readonly SeenSealed[]
  readonly hands: () => readonly Hand[]
  readonly kills: number
  readonly faults: number
}

const WORKERS = 3
/** Between two breaks, at least; but nobody waits for them longer than this. */
const JOBS_BETWEEN = 2
const STEP_LIMIT_MS = 8_000
/** So long nobody passes a point: then it breaks at random. */
const POINT_LIMIT_MS = 15_000
/** So much of the new month is over when it goes on. */
const END_MS = 3_000
/** Before and behind a month's end, jobs of an account start then. */
const EDGES_MS = [-1_500, -600, 200, 1_000]
/** A month may be closed so long after its end. */
const CLOSABLE_MS = 60_000
/** So long an answer waits for the month to be sealed, at the most. */
const CLOSE_LIMIT_MS = 8_000

/** Breaks things for so many minutes, then heals what is broken. */
export async function storm(
  system: System,
  {
    minutes,
    seed,
    say,
    stopping,
  }: { readonly minutes: number; readonly seed: number; readonly say: (line: string) => void; readonly stopping: AbortSignal },
): Promise<Storm> {
  const dice = chance(seed)
  const { breaks, fates } = scheduleOf(minutes, dice)
  const over = AbortSignal.any([stopping, AbortSignal.timeout(minutes * 60_000)])
  const crew = await startCrew(system, fates, over, say)
  const load = startLoad(system, dice, over)
  // Dice of its own: how often it is asked depends on how fast servers answer.
  const closing = startClosing(system, chance(seed + 1), over)
  const startedAt = performance.now()
  const background: Promise<unknown>[] = []
  const edges: string[] = []
  let broken = 0
  for (const next of breaks) {
    const isTime = await sleep(Math.max(0, next.atMs - (performance.now() - startedAt)), true, { signal: over }).catch(() => false)
    if (!isTime) break
    // In step with the work that is done, so that a slow machine is not broken more than it can do.
    const enough = load.jobs.length + JOBS_BETWEEN
    await waitFor(STEP_LIMIT_MS, () => (load.jobs.length >= enough || over.aborted ? true : undefined))
    say(`${load.jobs.length} jobs, ${crew.kills()} kills, ${broken + load.faults()} faults; ${wordsOf(next)}`)
    await breakOne(system, crew, next, over, (work) => void background.push(work), edges)
    if (next.kind !== 'kill' && next.kind !== 'kill_worker') broken += 1
  }
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }))
  // Healing.
  await Promise.all([load.ended, closing.ended, ...background])
  crew.forgive()
  await system.clearFaults()
  const missed = STORM_POINTS.filter((point) => !crew.passed().has(point))
  say(
    `the storm is over: workers ended at ${STORM_POINTS.length - missed.length} of ${STORM_POINTS.length} points${missed.length > 0 ? ` (not at ${missed.join(', ')})` : ''}`,
  )
  stopping.throwIfAborted()
  await crew.complete()
  say(`${closing.jobs.length} closes were started, ${closing.seen.length} statements seen sealed, ${closing.acts()} changes of accounts`)
  return {
    jobs: [...load.jobs, ...closing.jobs, ...edges],
    seen: closing.seen,
    hands: crew.hands,
    kills: crew.kills(),
    faults: broken + load.faults(),
  }
}

type Crew = Awaited<ReturnType<typeof startCrew>>

/** Three workers; whoever ends is replaced. Each has a fate: a point at which it kills itself. */
async function startCrew(system: System, fates: readonly { point: Point; nth: number }[], over: AbortSignal, say: (line: string) => void) {
  const hands = new Map<Hand, Order>()
  const waiting = new Map<string, (hand: Hand) => void>()
  const passed = new Set<Point>()
  const replacing = new Set<Promise<void>>()
  let [started, kills] = [0, 0]

  async function add(isFated: boolean): Promise<void> {
    const fate = newOrder({ ...(fates[started % fates.length] ?? { point: 'settle.after', nth: 1 }), act: 'die' })
    started += 1
    const hand = await system.startWorker(isFated ? [fate] : [], (id, at) => waiting.get(id)?.(at))
    hands.set(hand, fate)
    void hand.ended.then((how) => {
      hands.delete(hand)
      if (how !== 'SIGKILL') return say(`${hand.name} ended by itself: ${how}`)
      kills += 1
      passed.add(fate.point)
      return undefined
    })
  }
  /** A server that is down makes a start fail; it is tried again. */
  async function keep(): Promise<void> {
    while (!over.aborted) {
      if (hands.size < WORKERS) await add(true).catch((error: unknown) => say(`a worker did not start: ${String(error)}`))
      await sleep(250)
    }
  }

  await Promise.all(Array.from({ length: WORKERS }, () => add(true)))
  const keeping = keep()
  replacing.add(keeping)
  return {
    hands: () => [...hands.keys()],
    passed: () => passed,
    kills: () => kills,
    killed: () => void (kills += 1),
    /** Resolves when some worker stands at the point, and waits there. */
    async standing(point: Point): Promise<{ letGo(): void }> {
      const order = newOrder({ point, nth: 1, act: 'tell' })
      const { promise, resolve } = Promise.withResolvers<Hand | undefined>()
      waiting.set(order.id, resolve)
      for (const hand of hands.keys()) hand.tell({ kind: 'order', order })
      const timer = setTimeout(() => resolve(undefined), POINT_LIMIT_MS)
      const at = await promise
      clearTimeout(timer)
      waiting.delete(order.id)
      // A second one may stand there by now, too.
      for (const hand of hands.keys()) if (hand !== at) hand.tell({ kind: 'forget', id: order.id })
      return { letGo: () => at?.tell({ kind: 'go', id: order.id }) }
    },
    /** Whoever lives has no fate any more. */
    forgive(): void {
      for (const [hand, fate] of hands) hand.tell({ kind: 'forget', id: fate.id })
    },
    async complete(): Promise<void> {
      await Promise.all(replacing)
      while (hands.size < WORKERS) await add(false)
    },
  }
}

/** The month ends under way, in the ledger's time and the machine's; only the time before it, and the minute behind it, are taken away. */
async function endMonth(system: System, crew: Crew, { zone, leadMs, isHeld }: MonthEnd, edges: string[]): Promise<void> {
  const { clock, purser } = system
  const end = monthEnd(clock.now(), zone)
  await clock.goTo(new Date(end.getTime() - leadMs))
  callOverTheEnd(system, zone, leadMs, edges)
  const standing = isHeld ? crew.standing('settle.before') : undefined
  await sleep(leadMs + END_MS)
  await clock.goTo(new Date(end.getTime() + CLOSABLE_MS + END_MS))
  if (standing === undefined) return
  const closing = purser.closeMonth(monthAt(new Date(end.getTime() - 1), zone)).catch(() => undefined)
  const at = await standing
  await Promise.race([closing, sleep(CLOSE_LIMIT_MS)])
  at.letGo()
}

/** Jobs of one account on both sides of its month's end. What cannot be started just now is left. */
function callOverTheEnd({ purser }: System, zone: Zone, leadMs: number, edges: string[]): void {
  const account = `edge_${edges.length}`
  const made = purser.accounts.ensure({ id: account, plan: 'corporate', timeZone: zone })
  for (const ms of EDGES_MS) {
    const start = async (): Promise<void> => {
      await Promise.all([made, sleep(leadMs + ms)])
      const jobId = `${account}_${ms}`
      await purser.banner.start(edgeJob(jobId, account))
      edges.push(jobId)
    }
    start().catch(() => undefined)
  }
}

const edgeJob = (jobId: string, account: string) => ({
  jobId,
  account,
  brief: { name: jobId, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' },
})

type MonthEnd = Extract<Break, { readonly kind: 'month' }>

async function breakOne(
  system: System,
  crew: Crew,
  what: Break,
  over: AbortSignal,
  later: (work: Promise<unknown>) => void,
  edges: string[],
): Promise<void> {
  switch (what.kind) {
    case 'kill': {
      const standing = what.point === undefined ? undefined : await crew.standing(what.point)
      const killing = system[what.victim].kill()
      crew.killed()
      standing?.letGo()
      return killing
    }
    case 'kill_worker':
      return crew.hands()[0]?.kill()
    case 'cut':
      await system.wires[what.wire].cut()
      await sleep(what.ms)
      return system.wires[what.wire].join()
    case 'mute':
      system.wires[what.wire].mute()
      await sleep(what.ms)
      await system.wires[what.wire].cut()
      return system.wires[what.wire].join()
    case 'delay':
      system.wires[what.wire].delay(what.ms)
      later(sleep(what.forMs).then(() => system.wires[what.wire].delay(0)))
      return
    case 'freeze': {
      const hand = crew.hands().at(-1)
      hand?.freeze()
      later(
        sleep(what.ms, undefined, { signal: over })
          .catch(() => undefined)
          .then(() => hand?.thaw()),
      )
      return
    }
    case 'month':
      later(endMonth(system, crew, what, edges))
  }
}

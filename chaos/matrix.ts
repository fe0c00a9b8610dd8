/** Every point of a call's way × everything that can be lost there, once each: one job stands at each point, and then the victim goes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { JobFailed, type BannerInput } from '../src/client.ts'
import { waitFor } from '../src/platform/embedded/wait.ts'
import type { WishedFault } from '../test/support/emulator.ts'
import { waitForJobs } from './conclude.ts'
import { newOrder, type Hand } from './crew.ts'
import { batchOf, faultOfBatch, isBatch, sawOfBatch } from './matrix-batches.ts'
import type { MatrixPoint, Order } from './points.ts'
import type { System } from './system.ts'

export const VICTIMS = ['worker', 'frozen', 'postgres', 'temporal'] as const
export type Victim = (typeof VICTIMS)[number]

/** One job of the matrix, and what its workflow saw in the end. */
export interface Cell {
  readonly victim: Victim
  readonly point: MatrixPoint
  readonly job: string
  readonly saw: string
}

const REACH_LIMIT_MS = 60_000
/** Well above the heartbeat's thirty seconds: by then another worker has its activities. */
export const FROZEN_MS = 45_000

type Say = (line: string) => void

export interface Matrix {
  readonly cells: readonly Cell[]
  readonly kills: number
  readonly hands: () => readonly Hand[]
}

export interface MatrixPart {
  readonly victims: readonly Victim[]
  readonly points: readonly MatrixPoint[]
}

/** Plays the columns one after the other. The sweeper runs only when a cell asks for it. */
export async function playMatrix(system: System, { victims, points }: MatrixPart, say: Say, stopping: AbortSignal): Promise<Matrix> {
  await system.client.schedule.getHandle('purser-sweep').pause('the crash matrix sweeps by itself')
  const cells: Cell[] = []
  let hands: Hand[] = []
  for (const victim of victims) {
    stopping.throwIfAborted()
    await Promise.all(hands.map((hand) => hand.stop()))
    const column = await playColumn(system, victim, points, say)
    cells.push(...column.cells)
    // The last ones stay, for what is left to be done.
    hands = column.hands
  }
  return { cells, kills: victims.length, hands: () => hands }
}

async function playColumn(system: System, victim: Victim, points: readonly MatrixPoint[], say: Say) {
  const at = new Map<string, () => void>()
  const places = points.map((point) => ({
    point,
    job: `${victim}-${point}`,
    orders: ordersOf(point, `${victim}-${point}`),
  }))
  const orders = places.flatMap((place) => place.orders)
  const reached = new Map(orders.map((order) => [order.id, new Promise<void>((resolve) => at.set(order.id, resolve))]))
  const standsAt = async (order: Order | undefined): Promise<void> => {
    const isThere = await Promise.race([reached.get(order?.id ?? '')?.then(() => true), sleep(REACH_LIMIT_MS, false)])
    if (isThere !== true) throw new Error(`nobody came to ${order?.point} in ${order?.job}`)
  }
  const first = await system.startWorker(orders, (id) => at.get(id)?.())
  await system.purser.accounts.ensure({ id: victim, plan: 'corporate' })
  // Those whose way is long go first, so that nobody stands at a point so long that his permission to send is over.
  for (const wave of [places.filter((p) => isSlow(p.point)), places.filter((p) => !isSlow(p.point))])
    await Promise.all(wave.map((place) => bringThere(system, victim, place, standsAt)))
  say(`${victim}: a job stands at each of ${places.length} points`)
  const letGo = (): void => orders.forEach(({ id }) => first.tell({ kind: 'go', id }))
  const second = await strike(system, victim, first, letGo, (started) => say(`${victim}: ${started}`))
  const jobs = places.map(({ job }) => job)
  await waitForJobs(system, jobs, (line) => say(`${victim}: ${line}`))
  const cells = await Promise.all(
    places.map(async ({ point, job }) => ({ victim, point, job, saw: await (isBatch(point) ? sawOfBatch : sawOf)(system, job) })),
  )
  return { cells, hands: second === undefined ? [first] : [first, second] }
}

const isSlow = (point: MatrixPoint): boolean => /^(close|sweep|batch\.(state|blob|receipt|settle|cancel|reject|live|close))/.test(point)

/** By itself a line is asked as every call is. */
const passedAt = (point: MatrixPoint): MatrixPoint =>
  point === 'batch.live.sent' ? 'request.sent' : point === 'batch.live.settled' ? 'settle.after' : point

/** A sweep's job is one whose worker stands before its mark of doubt, so that only the sweeper can end it. */
const ordersOf = (point: MatrixPoint, job: string): Order[] =>
  point.startsWith('sweep')
    ? [newOrder({ point: 'doubt.before', nth: 1, act: 'tell', job }), newOrder({ point, nth: 1, act: 'tell', job: `${job}-sweep` })]
    : [newOrder({ point: passedAt(point), nth: 1, act: 'tell', job })]

interface Place {
  readonly point: MatrixPoint
  readonly job: string
  readonly orders: readonly Order[]
}

/** What the provider does to a job, so that it comes by the point. */
function faultOf(point: MatrixPoint): WishedFault | undefined {
  if (isBatch(point)) return faultOfBatch(point)
  if (point.startsWith('close')) return { fault: 'rate_limited', retryAfterSeconds: 15 }
  if (point.startsWith('reject')) return { fault: 'rate_limited', retryAfterSeconds: 1 }
  if (point.startsWith('doubt') || point.startsWith('sweep')) return { fault: 'internal' }
  return undefined
}

async function bringThere(
  system: System,
  account: string,
  { point, job, orders }: Place,
  standsAt: (order?: Order) => Promise<void>,
): Promise<void> {
  const fault = faultOf(point)
  if (fault !== undefined) await system.fault({ ...fault, promptIncludes: `${job}.` })
  if (isBatch(point))
    await system.client.workflow.start('batchCalls', { workflowId: job, taskQueue: system.taskQueue, args: [batchOf(point, account, job)] })
  else await system.purser.banner.start(bannerOf(point, account, job))
  const [first, second] = orders
  if (point.startsWith('close')) {
    await until(`${job} is handed on`, async () => (await attemptsOf(system, job)).length === 2)
    await system.client.workflow.getHandle(job).cancel()
  }
  await standsAt(first)
  if (second === undefined) return
  await system.client.workflow.getHandle(job).terminate('lost, for the crash matrix')
  await until(`${job} is due`, async () => (await attemptsOf(system, job))[0]?.isDue)
  await system.client.workflow.start('sweep', { workflowId: `${job}-sweep`, taskQueue: system.taskQueue, args: [] })
  await standsAt(second)
}

/** Of a model of its own: a provider that says "in a while" holds back all calls of a model. */
const HELD_BACK_MODEL = 'gemini-nano-banana-2.1'

/** The name ends with a full stop, so that no job's name is the beginning of another's. */
const bannerOf = (point: MatrixPoint, account: string, jobId: string): BannerInput & { jobId: string } => ({
  jobId,
  account,
  brief: { name: `${jobId}.`, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' },
  ...(point.startsWith('close') ? { model: HELD_BACK_MODEL } : {}),
})

const attemptsOf = ({ owner }: System, job: string) => owner<{ isDue: boolean }[]>`
  select purser.is_due(r, purser.clock_timestamp()) as "isDue" from purser.reservation r join purser.call c on c.id = r.call where c.workflow_id = ${job}`

async function until(what: string, check: () => Promise<boolean | undefined>): Promise<void> {
  const isSo = await waitFor(REACH_LIMIT_MS, async () => ((await check()) === true ? true : undefined))
  if (isSo === undefined) throw new Error(`${what}: not within ${REACH_LIMIT_MS / 1_000} s`)
}

/** The victim goes while all stand at their points; who lives goes on at once, and meets what is not there. */
async function strike(system: System, victim: Victim, first: Hand, letGo: () => void, say: Say): Promise<Hand | undefined> {
  switch (victim) {
    case 'worker':
      await first.kill()
      say('killed; the next one starts')
      return system.startWorker([], () => undefined)
    case 'frozen': {
      first.freeze()
      say(`frozen for ${FROZEN_MS / 1_000} s; another one starts`)
      const second = await system.startWorker([], () => undefined)
      await sleep(FROZEN_MS)
      first.thaw()
      letGo()
      return second
    }
    case 'postgres':
    case 'temporal': {
      const killing = system[victim].kill()
      letGo()
      await killing
      say('killed, and started again on the same data')
      return undefined
    }
  }
}

async function sawOf({ purser }: System, job: string): Promise<string> {
  try {
    await purser.banner.job(job).result()
    return 'banner'
  } catch (error) {
    return error instanceof JobFailed ? error.code : String(error)
  }
}

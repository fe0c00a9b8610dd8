/** The worker processes: started, told what to do at which point, killed, frozen, and replaced. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../src/platform/embedded/wait.ts'
import type { FromWorker, Order, ToWorker, WorkerPlan } from './points.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))
const READY_LIMIT_MS = 60_000
/** Above the grace time of a worker that is asked to end: a request's time-out, and the booking. */
const STOP_LIMIT_MS = 45_000

export interface Hand {
  readonly name: string
  readonly pid: number
  /** Undefined while it lives. */
  ending(): string | undefined
  readonly ended: Promise<string>
  tell(message: ToWorker): void
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** Asks it to end; what it has in hand is finished. Kills it when that takes too long. */
  stop(): Promise<void>
}

/** Hears of every worker that stands at the point of an order, and waits there. */
export type AtPoint = (order: string, hand: Hand, job: string) => void

/** Starts a worker and waits until it polls. Throws with its last words if it ends before. */
export async function startHand(plan: WorkerPlan, atPoint: AtPoint): Promise<Hand> {
  const child = fork(PROGRAM, {
    env: { ...process.env, CHAOS: JSON.stringify(plan) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const hand = handOf(plan.name, child)
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (words = (words + String(chunk)).slice(-600)))
  let isReady = false
  child.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') isReady = true
    else atPoint(message.id, hand, message.job)
  })
  await waitFor(READY_LIMIT_MS, () => (isReady || hand.ending() !== undefined ? true : undefined), 20)
  if (isReady) return hand
  await hand.kill()
  throw new Error(`worker ${plan.name} was not ready (${hand.ending()}): ${words}`)
}

function handOf(name: string, child: ChildProcess): Hand {
  let ending: string | undefined
  const ended = once(child, 'exit').then(([code, signal]) => (ending = code === null ? String(signal) : `exit code ${code}`))
  const signal = (what: NodeJS.Signals): void => void (ending === undefined && child.kill(what))
  return {
    name,
    pid: child.pid ?? 0,
    ending: () => ending,
    ended,
    // One that was killed a moment ago hears nothing any more.
    tell: (message) => void (child.connected && child.send(message, () => undefined)),
    async kill() {
      signal('SIGKILL')
      await ended
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      signal('SIGCONT')
      signal('SIGTERM')
      const timer = setTimeout(() => signal('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

let orders = 0

/** An order that nobody has given before. */
export const newOrder = (order: Omit<Order, 'id'>): Order => ({ ...order, id: `order-${(orders += 1)}` })

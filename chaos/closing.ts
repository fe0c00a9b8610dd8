/** Months are closed while everything breaks: too early, late, twice at once, dry, by the product's own door and beside it; some of the jobs are ended by force. */
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { closeMonths } from '../src/workflows/close-months.ts'
import type { Chance } from '../test/support/chance.ts'
import { again } from './again.ts'
import { monthAt, monthsFrom } from './months.ts'
import { peopleOf } from './people.ts'
import { readSealed, type SeenSealed } from './stated.ts'
import type { System } from './system.ts'

export interface Closing {
  /** Resolves when no more closes are started, and those that run have ended. */
  readonly ended: Promise<void>
  /** The jobs that were started. */
  readonly jobs: readonly string[]
  /** Statements as they were seen sealed meanwhile, again and again. */
  readonly seen: readonly SeenSealed[]
  /** What people did to accounts. */
  readonly acts: () => number
}

const PAUSE_MS = 2_000
/** Now and then nobody closes anything for so long. */
const MISSED_MS = 15_000

/** Closes months until the signal says that it is enough. */
export function startClosing(system: System, dice: Chance, enough: AbortSignal): Closing {
  const jobs: string[] = []
  let started = 0
  const seen = new Map<string, SeenSealed>()
  const people = peopleOf(system, dice)
  const background = new Set<Promise<unknown>>()
  const later = (work: Promise<unknown>): void => {
    const quiet = work.catch(() => undefined).finally(() => background.delete(quiet))
    background.add(quiet)
  }

  async function play(): Promise<void> {
    try {
      while (!enough.aborted) {
        const now = monthAt(system.clock.now(), 'UTC')
        // The month that is not over, too: nothing of it may be sealed.
        const until = monthsFrom(now, -dice(3))
        if (dice(3) === 0) void system.purser.closeMonth(until, { dryRun: dice(2) === 0 }).catch(() => undefined)
        for (let n = 1 + dice(2); n > 0; n -= 1) later(closeBeside(until))
        await people.act()
        await look()
        await sleep(dice(12) === 0 ? MISSED_MS : PAUSE_MS / 2 + dice(PAUSE_MS), undefined, { signal: enough }).catch(() => undefined)
      }
      await Promise.all(background)
    } finally {
      await people.close()
    }
  }

  /** A close of its own, that does not know of the others. */
  async function closeBeside(until: string): Promise<void> {
    const workflowId = `close-${(started += 1)}`
    const dryRun = dice(5) === 0
    const force = (['cancel', 'terminate', 'pause'] as const)[dice(10)]
    const afterMs = dice(150)
    const handle = await system.client.workflow.start<typeof closeMonths>('closeMonths', {
      workflowId,
      taskQueue: system.taskQueue,
      args: [{ until, dryRun }],
    })
    jobs.push(workflowId)
    if (force === undefined) return
    await sleep(afterMs)
    if (force === 'cancel') await handle.cancel()
    if (force === 'terminate') await handle.terminate('a part of the chaos')
    if (force !== 'pause') return
    await handle.signal('pauseClose')
    await sleep(afterMs)
    // Who pauses a close ends the pause, too.
    await again(() => handle.signal('resumeClose').catch(hasEnded))
  }

  /** What somebody has seen sealed stays so, whatever is killed. */
  async function look(): Promise<void> {
    const sealed = await readSealed(system.owner).catch(() => [])
    for (const one of sealed) seen.set(`${one.account} ${one.month} ${one.hash}`, one)
  }

  const ended = play()
  return {
    ended,
    jobs,
    get seen() {
      return [...seen.values()]
    },
    acts: people.acts,
  }
}

function hasEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error
}

/** A player: a client of the ledger that runs random jobs on budgets that all players share, and writes down what it asked and heard. */
import { randomUUID } from 'node:crypto'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { chance, zipf, type Chance } from '../../support/chance.ts'
import { recorder, type Asked, type Heard, type Log, type Scope } from './operation.ts'
import { callOf, HASH, performer } from './perform.ts'
import type { World } from './world.ts'

export interface PlayOptions {
  readonly ledger: Ledger
  readonly world: World
  /** No two players have the same. */
  readonly name: string
  readonly log: Log
  /** Jobs at once. */
  readonly atOnce: number
  readonly mayGoOn: () => boolean
}

/** Every fifth job is one that all players have: they ask for the same calls with the same keys, at once or long after each other. */
const SHARED_EVERY = 5
const ASKS_MAX = 3
const TRIES_MAX = 3
/** So many of its asks a player wants refused, in percent: it tops budgets up when it is more. */
const REFUSED_SHARE = 35

interface Job {
  readonly name: string
  readonly call: string
  readonly scope: Scope
  /** The terms of each ask, the same for all who play this job. */
  readonly amounts: readonly bigint[]
  readonly dice: Chance
}

/** Plays until it may not go on and every job that was begun has ended. */
export async function play(options: PlayOptions): Promise<void> {
  const { world, name, mayGoOn } = options
  const player = playerOf(options)
  let count = 0
  const lane = async (): Promise<void> => {
    while (mayGoOn()) {
      const index = (count += 1)
      await player.play(jobOf(world, name, index))
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, lane))
}

function jobOf(world: World, player: string, index: number): Job {
  const own = world.seed + index * 7_919 + Buffer.from(player).reduce((sum, byte) => sum * 31 + byte, 0)
  const isShared = index % SHARED_EVERY === 0
  const terms = chance(isShared ? world.seed + index * 104_729 : own + 1)
  const name = isShared ? `shared-${index}` : `${player}-${index}`
  const scope = { account: zipf(terms, world.accounts), team: zipf(terms, world.teams), feature: zipf(terms, world.features) }
  // 4 to 20 thousandths of a euro, with an odd end.
  const amounts = Array.from({ length: ASKS_MAX }, () => 4_000_000n + BigInt(terms(16_000_000)))
  return { name, call: callOf(world, name), scope, amounts, dice: chance(own) }
}

function playerOf({ ledger, world, name, log }: PlayOptions) {
  const record = recorder(log, name)
  const perform = performer(ledger, world)
  const asks = { decided: 0, refused: 0 }

  /** Asks until something is heard, three times at most; sometimes it gives up earlier, as a client that dies does. */
  async function tell(dice: Chance, asked: Asked): Promise<Heard | undefined> {
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const outcome = await record(asked, perform)
      if (outcome.kind === 'heard') return outcome.heard
      if (outcome.kind === 'fail' || dice(4) === 0) return undefined
      await new Promise((done) => setTimeout(done, 30 + dice(100)))
    }
    return undefined
  }

  /** The same twice at once, now and then. */
  async function maybeTwice(dice: Chance, asked: Asked): Promise<Heard | undefined> {
    if (dice(8) > 0) return tell(dice, asked)
    const [first, second] = await Promise.all([tell(dice, asked), tell(dice, asked)])
    return first ?? second
  }

  async function topUp(dice: Chance, refusal: Heard): Promise<void> {
    asks.refused += 1
    if (asks.refused * 100 < asks.decided * REFUSED_SHARE) return
    const change = BigInt(refusal.needed ?? 0) * BigInt(2 + dice(5))
    await maybeTwice(dice, { do: 'cap', budget: refusal.budget ?? 0, change: change.toString(), key: randomUUID() })
  }

  /** Looks at a budget, and cuts one, now and then. */
  async function administer(dice: Chance): Promise<void> {
    const watched = world.budgets.filter(({ isWatched }) => isWatched)
    const budget = watched[dice(watched.length)]?.id ?? 0
    if (dice(4) === 0) await tell(dice, { do: 'look', budget })
    if (dice(25) === 0) await tell(dice, { do: 'cap', budget, change: (-3_000_000 - dice(9_000_000)).toString(), key: randomUUID() })
  }

  /** What was sent ends in some way: the same ask may have money again, or the next one may be made. */
  async function end({ dice, call, scope }: Job, go: Heard, token: string): Promise<'handed on' | 'next' | 'over'> {
    const reservation = go.reservation ?? ''
    const cost = (BigInt(go.amount ?? 0) * BigInt(1 + dice(12))) / 10n
    const of = { account: scope.account, scopeId: go.scopeId ?? 0, periods: go.periods ?? [] }
    const settle = { do: 'settle', call, reservation, token, cost: cost.toString(), ...of } as const
    const how = dice(100)
    if (how < 55) await maybeTwice(dice, settle)
    else if (how < 65) await maybeTwice(dice, { do: 'reject', call, reservation, token, retry: false })
    else if (how < 77) {
      const heard = await maybeTwice(dice, { do: 'reject', call, reservation, token, retry: true })
      return heard?.handedOn === true ? 'handed on' : 'over'
    } else if (how < 90) {
      await tell(dice, { do: 'mark', call, reservation, token })
      if (dice(2) === 0) await tell(dice, settle)
      else return 'next'
    } else if (how < 93) await maybeTwice(dice, { ...settle, token: randomUUID() })
    else if (how < 96) await Promise.all([tell(dice, settle), tell(dice, { do: 'reject', call, reservation, token, retry: true })])
    return 'over'
  }

  /** Sends what an ask has money for, and again when it was handed on. */
  async function send(job: Job, run: string, ask: number): Promise<'next' | 'over'> {
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const token = randomUUID()
      const dispatch = { do: 'dispatch', job: job.name, call: job.call, run, ask, account: job.scope.account, token } as const
      const go = await maybeTwice(job.dice, dispatch)
      if (go?.kind !== 'go') return 'over'
      const ended = await end(job, go, token)
      if (ended !== 'handed on') return ended
    }
    return 'over'
  }

  return {
    async play(job: Job): Promise<void> {
      const { dice, call, scope, amounts } = job
      // Now and then the job is reset: a newer run asks on.
      let run = `${job.name}-run`
      for (const [i, amount] of amounts.entries()) {
        const ask = i + 1
        if (dice(15) === 0) run = `${run}-${name}`
        asks.decided += 1
        const asked = { do: 'reserve', job: job.name, call, run, ask, amount: amount.toString(), scope, hash: HASH } as const
        const heard = await maybeTwice(dice, asked)
        if (heard?.kind === 'refused') {
          await topUp(dice, heard)
          if (dice(3) === 0) continue
          break
        }
        if (heard?.kind !== 'reserved' || dice(12) === 0) break
        if ((await send(job, run, ask)) === 'over') break
      }
      if (dice(3) > 0) await maybeTwice(dice, { do: 'close', job: job.name, call, run })
      await administer(dice)
    },
  }
}

/** The real ledger for sequences: one database, a clock that only the test moves, and several programs with their own pools and batchers. */
import { randomUUID } from 'node:crypto'
import { nano, type Nano } from '../../../src/domain/money.ts'
import { createBudget } from '../../../src/ledger/budgets.ts'
import { audit } from '../../../src/ledger/audit.ts'
import { callIdOf } from '../../../src/ledger/call-id.ts'
import type { Ledger as RealLedger } from '../../../src/ledger/ledger.ts'
import { connectSql } from '../../../src/platform/sql.ts'
import { putClock } from '../../support/clock.ts'
import { ledgerBy, openTestLedger, REQUEST_TIMEOUT_MS, times, type Path, type TestCall } from '../../support/ledger.ts'
import { at, newLedger, type Budget, type Ledger, type Run, type Scope } from '../model/ledger.ts'
import { putLinger } from './linger.ts'
import type { Cast } from './meaning.ts'

/** A minute before February begins in Kathmandu; fifteen more, and it begins in Kolkata. */
const START = Date.parse('2027-01-31T18:14:00Z')
const KATHMANDU = { name: 'Asia/Kathmandu', offsetMinutes: 345 }
const KOLKATA = { name: 'Asia/Kolkata', offsetMinutes: 330 }
const UTC = { name: 'UTC', offsetMinutes: 0 }

/** Past every hold and deadline. */
export const LONG_AFTER = 2 * 3_600_000

const DURATIONS = { go: 5_000, doubt: REQUEST_TIMEOUT_MS + 5_000, presume: 600_000 + 300_000, handOn: 120_000 }
const MODELS = ['penny-model', 'cheaper'] as const
const ASKED = { provider: 'test', endpoint: 'generateContent' }

type Zone = typeof UTC
interface RealBudget extends Budget {
  readonly id: number
  /** What its period is called at an instant. */
  readonly keyAt: (instant: number) => string
}

/** One sequence’s own accounts, budgets and calls, in a ledger that others have used before and will use after. */
export interface RealRun {
  readonly model: Ledger
  readonly cast: Cast
  readonly budgets: readonly RealBudget[]
  /** By call, then by client. */
  readonly calls: readonly (readonly TestCall[])[]
  readonly callIds: readonly string[]
  /** By budget: what its periods are called, in the order of the model. */
  readonly keys: string[][]
}

export type Stage = Awaited<ReturnType<typeof openStage>>

/** One client for each of these paths. `lingers`: transactions stop for a moment between their statements, so that others come in between. */
async function openStage(paths: readonly Path[], lingers: boolean) {
  const t = await openTestLedger()
  const clock = await putClock(t.owner, new Date(START))
  if (lingers) await putLinger(t.owner)
  const pools = paths.map(() => connectSql(t.url, { max: 2, statementTimeoutMs: 60_000 }))
  const clients: RealLedger[] = paths.map((path, i) => ledgerBy(path, at(pools, i)))

  /** New accounts, budgets and calls at the beginning of time. */
  async function begin(): Promise<RealRun> {
    // What earlier sequences left has ended: nothing is swept twice when time begins again.
    await clock.set(new Date(START))
    await t.owner`update purser.ledger_state set swept_to = '-infinity'`
    const team = `team-${randomUUID()}`
    const accounts = [
      await t.accountWith({ cap: '0.10', timeZone: KATHMANDU.name }),
      await t.accountWith({ cap: '0.09', timeZone: KOLKATA.name }),
    ]
    const [first = '', second = ''] = accounts
    const planned = await t.owner<
      { id: number; account: string }[]
    >`select id, account from purser.budget where account in ${t.owner(accounts)}`
    const plan = (account: string, cap: bigint, zone: Zone): RealBudget => ({
      id: planned.find((row) => row.account === account)?.id ?? 0,
      name: account,
      scope: { account },
      isHard: true,
      cap,
      keyAt: localKey(zone, 'month'),
    })
    const budgets = [
      plan(first, cents(10), KATHMANDU),
      plan(second, cents(9), KOLKATA),
      await budget({ team }, cents(13), 'total', UTC),
      await budget({ team, model: MODELS[1] }, cents(5), 'day', KOLKATA),
      await budget({ team, feature: 'f1' }, cents(1), 'month', UTC, false),
    ]
    const scopes = [first, first, first, second, second].map((account, i) => ({ account, team, feature: `f${i % 2}` }))
    const calls = scopes.map(({ account, ...scope }) => {
      const { key } = t.callOf(t.ledger, account, { scope })
      return clients.map((client) => t.callOf(client, account, { scope, key }))
    })
    return {
      model: newLedger(budgets, scopes.length, DURATIONS),
      cast: {
        calls: scopes.map((scope, i) => ({ scope: { ...scope, ...ASKED }, runs: runsOf(i % 2 === 0), stray: randomUUID() })),
        models: MODELS,
        stops: [{ team }, { team, feature: 'f1' }],
      },
      budgets,
      calls,
      callIds: calls.map((list) => callIdOf(at(list, 0).key)),
      keys: budgets.map(({ keyAt }) => [keyAt(START)]),
    }
  }

  async function budget(scope: Scope, cap: Nano, period: 'day' | 'month' | 'total', zone: Zone, isHard = true): Promise<RealBudget> {
    const name = `budget ${randomUUID()}`
    const made = await createBudget(t.ledger, {
      name,
      scope,
      isHard,
      periodKind: period,
      timeZone: zone.name,
      cap,
      thresholds: [50, 100],
    })
    return { id: made.budgetId, name, scope, isHard, cap, keyAt: localKey(zone, period) }
  }

  return {
    owner: t.owner,
    clients,
    start: START,
    begin,

    /** Moves the clock to so long after the beginning, and answers the budgets whose periods have ended meanwhile. */
    async moveTo(run: RealRun, now: number): Promise<number[]> {
      await clock.set(new Date(START + now))
      return run.budgets.flatMap(({ keyAt }, i) => {
        const key = keyAt(START + now)
        if (at(run.keys, i).at(-1) === key) return []
        at(run.keys, i).push(key)
        return [i]
      })
    },

    /** Works off what waits for a person, and answers what `purser audit` finds then. */
    async audited(): Promise<unknown[]> {
      await t.owner`update purser.unbooked set resolved_at = clock_timestamp() where resolved_at is null`
      return [...(await audit(at(clients, 0))).violations]
    },

    async drop(): Promise<void> {
      await Promise.all(pools.map((pool) => pool.end({ timeout: 5 })))
      await t.drop()
    },
  }
}

/** A database is copied faster than an audit of many sequences takes. */
const SEQUENCES_A_STAGE = 40

/** A stage for each sequence: used by some, and thrown away after one that failed. */
export function stagesFor(paths: readonly Path[], lingers = false) {
  let open: Stage | undefined
  let played = 0
  const close = async (): Promise<void> => {
    await open?.drop()
    open = undefined
    played = 0
  }
  return {
    close,
    async on(play: (stage: Stage) => Promise<void>): Promise<void> {
      open ??= await openStage(paths, lingers)
      played += 1
      let isSound = false
      try {
        await play(open)
        isSound = true
      } finally {
        if (!isSound || played >= SEQUENCES_A_STAGE) await close()
      }
    },
  }
}

const cents = (count: number): Nano => nano(BigInt(count) * 10_000_000n)

/** The zones here have no summer time. */
const localKey =
  ({ offsetMinutes }: Zone, period: 'day' | 'month' | 'total') =>
  (instant: number): string =>
    period === 'total' ? 'total' : new Date(instant + offsetMinutes * 60_000).toISOString().slice(0, period === 'day' ? 10 : 7)

/** Three runs of a job, with ids that tell when they began (UUIDs of version 7) or do not. */
function runsOf(areTimed: boolean): Run[] {
  return times(3, (startedAt) => {
    const id = randomUUID()
    const time = (START + startedAt).toString(16).padStart(12, '0')
    return areTimed ? { id: `${time.slice(0, 8)}-${time.slice(8)}-7${id.slice(15)}`, startedAt } : { id }
  })
}

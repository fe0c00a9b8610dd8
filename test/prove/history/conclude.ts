/** The end of a proof by history: what is unknown is found out, everything is asked again, and all of it is judged. */
import type { Sql } from 'postgres'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { until } from '../../support/until.ts'
import type { Covering } from './acknowledged.ts'
import { check, type Violation } from './checker.ts'
import { grouped, keyOf } from './keys.ts'
import { memoryLog, operationsOf, recorder, type Asked, type Log, type Operation, type Outcome } from './operation.ts'
import { performer } from './perform.ts'
import { readTables, type Tables } from './tables.ts'
import { MODEL, PROVIDER, type World } from './world.ts'

type Lines = ReturnType<typeof memoryLog>['lines']

export interface Concluding {
  readonly world: World
  /** A ledger that nobody disturbs. */
  readonly ledger: Ledger
  readonly owner: Sql<{ bigint: bigint }>
  readonly lines: Lines
  /** So many of what was acknowledged are asked again; of what was unknown, all. */
  readonly repeatsMax: number
}

export interface Conclusion {
  readonly violations: readonly Violation[]
  readonly operations: readonly Operation[]
  readonly tables: Tables
  readonly counts: {
    readonly operations: number
    readonly acknowledged: number
    /** The ledger said that nothing happened. */
    readonly failed: number
    readonly unknown: number
    readonly unknownHappened: number
    /** Of the asks that were decided, in percent. */
    readonly refusedPercent: number
    /** From the question to the answer, or to the error. */
    readonly slowestMs: number
    readonly repeated: number
  }
  /** Why what is unknown is so: each code, and how often. */
  readonly codes: Readonly<Record<string, number>>
}

const AT_ONCE = 64

export async function conclude({ world, ledger, owner, lines, repeatsMax }: Concluding): Promise<Conclusion> {
  const covering = coveringOf(world)
  const operations = operationsOf(lines)
  const tables = await readQuietly(owner)
  const violations = check(operations, tables, covering)
  const again = memoryLog()
  const asking = { world, ledger, log: again }

  // What has happened is asked again: it must be heard of, and must not happen again.
  const isDone = happened(tables)
  const done = operations.filter(({ asked }) => isDone(asked))
  const acknowledged = done.filter(({ outcome }) => outcome.kind === 'heard')
  const repeated = [...spread(acknowledged, repeatsMax), ...done.filter(({ outcome }) => outcome.kind === 'unknown')].map(
    ({ asked }) => asked,
  )
  violations.push(...unlike('heard', 'every repeat hears the first answer', await ask({ ...asking, name: 'again', all: repeated })))
  const mutated = repeated.flatMap((asked) => (asked.do === 'reserve' ? [{ ...asked, hash: 'another hash' }] : []))
  const conflicts = await ask({ ...asking, log: memoryLog(), name: 'mutated', all: mutated })
  violations.push(...unlike('conflict', 'other terms are a conflict', conflicts), ...changes(tables, await readQuietly(owner)))

  // What has not happened is asked for the first time: then nothing is unknown any more.
  const open = operations
    .filter(({ asked, outcome }) => !isDone(asked) && outcome.kind === 'unknown' && asked.do !== 'look')
    .map(({ asked }) => asked)
  await ask({ ...asking, name: 'resolved', all: open })
  const all = operationsOf([...lines, ...again.lines])
  const last = await readQuietly(owner)
  violations.push(...check(all, last, covering), ...unresolved(all))
  const counts = { ...countsOf(operations, isDone), repeated: repeated.length + mutated.length }
  return { violations, operations: all, tables: last, counts, codes: codesOf(operations) }
}

/** When nobody writes any more: a killed client's last statements may still be running. */
async function readQuietly(owner: Sql<{ bigint: bigint }>): Promise<Tables> {
  await until('nobody writes', async () => {
    const [row] = await owner<{ busy: number }[]>`
      select count(*)::int as busy from pg_stat_activity where datname = current_database() and application_name = 'purser' and state <> 'idle'`
    return row?.busy === 0
  })
  return readTables(owner)
}

/** The budgets whose scope a call's values contain. */
export function coveringOf(world: World): Covering {
  return (scope) => {
    const terms: Readonly<Record<string, string>> = { ...scope, provider: PROVIDER, model: MODEL }
    return world.budgets
      .filter((budget) => Object.entries(budget.scope).every(([name, value]) => terms[name] === value))
      .map(({ id }) => id)
  }
}

/** Whether the tables show what was asked. */
export function happened({ attempts, refusals, receipts, entries, calls }: Tables): (asked: Asked) => boolean {
  const known = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const asks = new Set([...attempts, ...refusals].map(({ call, ask: number }) => `${call} ${number}`))
  const seen = new Set(calls.flatMap(({ id, runs }) => runs.map((run) => `${id} ${run}`)))
  const heirs = new Set(attempts.map(({ handedOnFrom }) => handedOnFrom))
  const tokens = new Set(attempts.map(({ call, token }) => `${call} ${token}`))
  const booked = new Set(receipts.map(({ reservation, token }) => `${reservation} ${token}`))
  const changed = new Set(entries.flatMap(({ kind, key }) => (kind === 'cap' ? [key] : [])))
  const closed = new Set(calls.flatMap(({ id, closedRuns }) => closedRuns.map((run) => `${id} ${run}`)))
  const isOwn = ({ reservation, token }: { reservation: string; token: string }): boolean => known.get(reservation)?.token === token
  return (asked) => {
    switch (asked.do) {
      case 'reserve':
        return asks.has(`${asked.call} ${asked.ask}`) && seen.has(`${asked.call} ${asked.run}`)
      case 'dispatch':
        return tokens.has(`${asked.call} ${asked.token}`) && seen.has(`${asked.call} ${asked.run}`)
      case 'settle':
        return booked.has(`${asked.reservation} ${asked.token}`)
      case 'reject':
        return isOwn(asked) && (known.get(asked.reservation)?.state === 'rejected' || heirs.has(asked.reservation))
      case 'mark':
        return isOwn(asked) && known.get(asked.reservation)?.state === 'in_doubt'
      case 'close':
        return closed.has(`${asked.call} ${asked.run}`)
      case 'cap':
        return changed.has(asked.key)
      case 'look':
        return false
    }
  }
}

async function ask(o: {
  world: World
  ledger: Ledger
  log: Log
  name: string
  all: readonly Asked[]
}): Promise<{ asked: Asked; outcome: Outcome }[]> {
  const record = recorder(o.log, o.name)
  const perform = performer(o.ledger, o.world)
  const left = o.all.values()
  const answers: { asked: Asked; outcome: Outcome }[] = []
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const asked of left) answers.push({ asked, outcome: await record(asked, perform) })
    }),
  )
  return answers
}

/** Evenly taken from the whole. */
const spread = <T>(from: readonly T[], max: number): T[] =>
  from.filter((_, i) => from.length <= max || Math.floor((i * max) / from.length) !== Math.floor(((i + 1) * max) / from.length))

/** Answers that are another one than all must hear: a code, or that something was heard. */
const unlike = (wanted: string, promise: string, answers: readonly { asked: Asked; outcome: Outcome }[]): Violation[] =>
  answers.flatMap(({ asked, outcome }) => {
    const found = outcome.kind === 'heard' ? 'heard' : outcome.code
    return found === wanted ? [] : [{ promise, where: keyOf(asked), found }]
  })

/** A repeat has no effect: no row but says what it said. */
function changes(before: Tables, after: Tables): Violation[] {
  return (Object.keys(before) as (keyof Tables)[]).flatMap((table) => {
    const [is, was] = [after, before].map((tables) =>
      tables[table].map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))),
    )
    const old = new Set(was)
    const found = (is ?? []).filter((row) => !old.has(row))
    if (found.length === 0 && is?.length === was?.length) return []
    return [
      {
        promise: 'a repeat has no effect',
        where: table,
        found: `${was?.length} rows before, ${is?.length} after; new: ${found.slice(0, 3).join(' ')}`,
      },
    ]
  })
}

/** Whoever was asked a last time has said something. */
const unresolved = (operations: readonly Operation[]): Violation[] =>
  [...grouped(operations, ({ asked }) => keyOf(asked))].flatMap(([key, all]) =>
    key === 'look' || all.some(({ outcome }) => outcome.kind !== 'unknown')
      ? []
      : [{ promise: 'every operation ends', where: key, found: 'nobody ever answered' }],
  )

function countsOf(operations: readonly Operation[], isDone: (asked: Asked) => boolean): Omit<Conclusion['counts'], 'repeated'> {
  const unknown = operations.filter(({ outcome, asked }) => outcome.kind === 'unknown' && asked.do !== 'look')
  const decided = operations.flatMap(({ asked, outcome }) =>
    asked.do === 'reserve' && outcome.kind === 'heard' ? [outcome.heard.kind] : [],
  )
  const refused = decided.filter((kind) => kind === 'refused').length
  const granted = decided.filter((kind) => kind === 'reserved').length
  const took = operations.map(({ invokedAt, outcome }) => (outcome.at ?? invokedAt) - invokedAt)
  return {
    operations: operations.length,
    acknowledged: operations.filter(({ outcome }) => outcome.kind === 'heard').length,
    failed: operations.filter(({ outcome }) => outcome.kind === 'fail').length,
    unknown: unknown.length,
    unknownHappened: unknown.filter(({ asked }) => isDone(asked)).length,
    refusedPercent: Math.round((refused * 100) / Math.max(1, refused + granted)),
    slowestMs: Math.round(took.reduce((most, one) => Math.max(most, one), 0) / 1_000),
  }
}

function codesOf(operations: readonly Operation[]): Record<string, number> {
  const codes: Record<string, number> = {}
  for (const { outcome } of operations) if (outcome.kind !== 'heard') codes[outcome.code] = (codes[outcome.code] ?? 0) + 1
  return codes
}

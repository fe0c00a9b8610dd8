/** Lies that a ledger could tell, planted in a true history: a checker that believes one proves nothing. Each is as consistent as it can be. */
import { answered, grouped, keyOf, type Answered } from './keys.ts'
import type { Asked, Heard, Operation } from './operation.ts'
import type { Attempt, Entry, Line, Tables } from './tables.ts'

export interface History {
  readonly operations: readonly Operation[]
  readonly tables: Tables
}

export interface Lie {
  readonly lie: string
  /** The promise that it breaks. */
  readonly promise: string
  /** The history with the lie in it, and a part of the place where it must be found. */
  readonly plant: (history: History) => History & { readonly where: string }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** The first of these; a history that has none is too small to prove anything. */
function some<T>(what: string, items: Iterable<T>): T {
  for (const item of items) return item
  throw new Error(`this history has no ${what}`)
}

const heardOf = ({ operations }: History, what: Asked['do'], kind: string): Answered[] =>
  answered(operations).filter(({ asked, heard }) => asked.do === what && heard.kind === kind)

/** The same tables with other entries, and the counters that these come to. */
function retold(tables: Tables, change: (entry: Entry) => Entry | undefined, more: readonly Entry[] = []): Tables {
  const entries = [...tables.entries.flatMap((entry) => change(entry) ?? []), ...more]
  const lines = grouped(
    entries.flatMap((entry) => entry.lines),
    ({ period }) => String(period),
  )
  const balances = tables.balances.map(({ period }) => {
    const told = lines.get(String(period)) ?? []
    const sum = (of: 'cap' | 'reserved' | 'spent'): bigint => told.reduce((total, line) => total + line[of], 0n)
    const [cap, reserved, spent] = [sum('cap'), sum('reserved'), sum('spent')]
    const over = reserved + spent - cap
    return { period, cap, reserved, spent, overrun: over > 0n ? over : 0n, version: told.length }
  })
  return { ...tables, entries, balances }
}

const entryOf = (id: string, change: (entry: Entry) => Entry) => (entry: Entry) => (entry.id === id ? change(entry) : entry)
const linesOf = (entry: Entry, periods: readonly number[], change: (line: Mutable<Line>) => Line): Entry => ({
  ...entry,
  lines: entry.lines.map((line) => (periods.includes(line.period) ? change({ ...line }) : line)),
})
const answeredAs = (operations: readonly Operation[], key: string, heard: (before: Heard) => Heard): Operation[] =>
  operations.map((operation) =>
    keyOf(operation.asked) === key && operation.outcome.kind === 'heard'
      ? { ...operation, outcome: { ...operation.outcome, heard: heard(operation.outcome.heard) } }
      : operation,
  )

const runOf = (asked: Asked): string => ('run' in asked ? `${asked.call} ${asked.run}` : '')

/** A settle that was acknowledged and booked in a batch, with its attempt. */
function aSettle(history: History): { entry: Entry; attempt: Attempt; cost: bigint } {
  const attempts = new Map(history.tables.attempts.map((attempt) => [attempt.id, attempt]))
  const heard = new Set(heardOf(history, 'settle', 'settled').map(({ asked }) => keyOf(asked)))
  return some(
    'acknowledged settle in a batch',
    history.tables.entries.flatMap((entry) =>
      entry.settledIds.flatMap((id, i) => {
        const attempt = attempts.get(id)
        return attempt !== undefined && heard.has(`settle ${id} ${attempt.token}`)
          ? [{ entry, attempt, cost: entry.settledCosts[i] ?? 0n }]
          : []
      }),
    ),
  )
}

/** A reservation in a batch that nothing has ended yet. */
function aReserve({ tables }: History): { entry: Entry; attempt: Attempt } {
  const open = tables.attempts.filter(({ state }) => ['reserved', 'dispatched', 'in_doubt'].includes(state))
  const attempts = new Map(open.map((attempt) => [attempt.id, attempt]))
  return some(
    'open reservation in a batch',
    tables.entries.flatMap((entry) =>
      entry.reservedIds.flatMap((id) => (attempts.has(id) ? [{ entry, attempt: attempts.get(id) as Attempt }] : [])),
    ),
  )
}

/** A top-up that was acknowledged, as its entry. */
function aTopUp({ operations, tables }: History): Entry & { readonly key: string } {
  const heard = new Set(answered(operations).flatMap(({ asked }) => (asked.do === 'cap' ? [asked.key] : [])))
  const late = tables.entries.filter(({ lines }) => (lines[0]?.version ?? 0) > 5)
  return some(
    'acknowledged top-up of a budget in use',
    late.filter((entry): entry is Entry & { key: string } => entry.kind === 'cap' && heard.has(entry.key ?? '')),
  )
}

export const LIES: readonly Lie[] = [
  {
    lie: 'an acknowledged settle is lost',
    promise: 'what was acknowledged is there',
    plant(history) {
      const { entry, attempt, cost } = aSettle(history)
      const { tables } = history
      const without = (now: Entry): Entry => ({
        ...linesOf(now, attempt.periods, (line) => ({ ...line, reserved: line.reserved + attempt.amount, spent: line.spent - cost })),
        settledIds: now.settledIds.filter((id) => id !== attempt.id),
        settledCosts: now.settledCosts.filter((_, i) => now.settledIds[i] !== attempt.id),
      })
      return {
        operations: history.operations,
        tables: {
          ...retold(tables, entryOf(entry.id, without)),
          attempts: tables.attempts.map((one) => (one.id === attempt.id ? { ...one, state: 'dispatched', cost: null } : one)),
          receipts: tables.receipts.filter(({ reservation }) => reservation !== attempt.id),
        },
        where: `settle ${attempt.id} ${attempt.token}`,
      }
    },
  },
  {
    lie: 'a settle is booked twice',
    promise: 'every effect happens once',
    plant(history) {
      const { entry, attempt, cost } = aSettle(history)
      const twice = (now: Entry): Entry => ({
        ...linesOf(now, attempt.periods, (line) => ({ ...line, reserved: line.reserved - attempt.amount, spent: line.spent + cost })),
        settledIds: [...now.settledIds, attempt.id],
        settledCosts: [...now.settledCosts, cost],
      })
      return { operations: history.operations, tables: retold(history.tables, entryOf(entry.id, twice)), where: `attempt ${attempt.id}` }
    },
  },
  {
    lie: 'an ask is admitted past the cap',
    promise: 'nothing is admitted that does not fit',
    plant(history) {
      const { tables, operations } = history
      const left = new Map(tables.balances.map(({ period, cap, reserved, spent }) => [period, cap - reserved - spent]))
      const periodsOf = new Map(tables.attempts.map(({ call, periods }) => [call, periods]))
      const { asked, periods } = some(
        'refused ask on budgets that are known',
        heardOf(history, 'reserve', 'refused').flatMap(({ asked: one }) => {
          const on = one.do === 'reserve' ? periodsOf.get(one.call) : undefined
          return one.do === 'reserve' && on !== undefined ? [{ asked: one, periods: on }] : []
        }),
      )
      const id = `${asked.call.slice(0, 28)}00000000`
      // Where its own amount would fit by now, it is told to have asked for just too much.
      const tooMuch = periods.map((period) => (left.get(period) ?? 0n) + 1n).reduce((least, one) => (one < least ? one : least))
      const amount = tooMuch > BigInt(asked.amount) ? tooMuch : BigInt(asked.amount)
      const retoldAsk = (operation: Operation): Operation =>
        keyOf(operation.asked) === keyOf(asked) && operation.asked.do === 'reserve'
          ? { ...operation, asked: { ...operation.asked, amount: String(amount) } }
          : operation
      const version = (period: number): number => 1 + (tables.balances.find((balance) => balance.period === period)?.version ?? 0)
      const lines = periods.map((period) => ({ period, version: version(period), cap: 0n, reserved: amount, spent: 0n }))
      const entry = {
        id: 'planted',
        kind: 'reserve',
        reservation: id,
        key: null,
        reason: null,
        reservedIds: [],
        settledIds: [],
        settledCosts: [],
        lines,
      }
      const attempt = {
        id,
        call: asked.call,
        ask: asked.ask,
        attempt: 9,
        state: 'reserved',
        amount,
        cost: null,
        token: null,
        handedOnFrom: null,
        periods,
      }
      return {
        operations: answeredAs(operations.map(retoldAsk), keyOf(asked), () => ({
          kind: 'reserved',
          reservation: id,
          amount: String(amount),
        })),
        tables: {
          ...retold(tables, (now) => now, [entry]),
          attempts: [...tables.attempts, attempt],
          refusals: tables.refusals.filter(({ call, ask }) => call !== asked.call || ask !== asked.ask),
        },
        where: 'entry planted',
      }
    },
  },
  {
    lie: 'a version is missing',
    promise: 'versions have no gaps',
    plant({ operations, tables }) {
      const { period, version } = some(
        'budget in use',
        tables.balances.filter((balance) => balance.version > 10),
      )
      const moved = (entry: Entry): Entry =>
        linesOf(entry, [period], (line) => ({ ...line, version: line.version + (line.version > version / 2 ? 1 : 0) }))
      return { operations, tables: retold(tables, moved), where: `budget period ${period}` }
    },
  },
  {
    lie: 'what was acknowledged first has the higher version',
    promise: 'what was acknowledged comes before what was asked later',
    plant(history) {
      const { id, key } = aTopUp(history)
      const operations = history.operations.map((operation) =>
        keyOf(operation.asked) === `cap ${key}` && operation.outcome.kind === 'heard'
          ? { ...operation, invokedAt: -2, outcome: { ...operation.outcome, at: -1 } }
          : operation,
      )
      return { operations, tables: history.tables, where: `entry ${id},` }
    },
  },
  {
    lie: 'two budgets tell two orders',
    promise: 'all budgets tell one order',
    plant({ operations, tables }) {
      const wide = grouped(
        tables.entries.filter(({ kind, lines }) => kind === 'calls' && lines.length > 1),
        ({ lines }) => lines.map(({ period }) => period).join(),
      )
      const [one, other] = some(
        'two batches on the same budgets',
        [...wide.values()].filter((all) => all.length > 1),
      )
      const period = one?.lines[0]?.period ?? 0
      const versionOf = (entry: Entry | undefined): number => entry?.lines.find((line) => line.period === period)?.version ?? 0
      const swapped = new Map([
        [one?.id, versionOf(other)],
        [other?.id, versionOf(one)],
      ])
      const swap = (entry: Entry): Entry =>
        linesOf(entry, [period], (line) => ({ ...line, version: swapped.get(entry.id) ?? line.version }))
      return { operations, tables: retold(tables, swap), where: 'entry' }
    },
  },
  {
    lie: 'asks are refused while there is room',
    promise: 'nothing is refused while there is room',
    plant({ operations, tables }) {
      // As if each had asked for next to nothing.
      const refused = new Set(answered(operations).flatMap(({ asked, heard }) => (heard.kind === 'refused' ? [keyOf(asked)] : [])))
      const small = (operation: Operation): Operation => {
        const { asked, outcome } = operation
        if (asked.do !== 'reserve' || !refused.has(keyOf(asked))) return operation
        const heard = outcome.kind === 'heard' ? { ...outcome, heard: { ...outcome.heard, needed: '1' } } : outcome
        return { ...operation, asked: { ...asked, amount: '1' }, outcome: heard }
      }
      return { operations: operations.map(small), tables, where: 'reserve' }
    },
  },
  {
    lie: 'one of several budgets is left out',
    promise: 'all linked budgets or none',
    plant(history) {
      const { entry, attempt } = aReserve(history)
      const period = attempt.periods[0] ?? 0
      const less = (now: Entry): Entry => linesOf(now, [period], (line) => ({ ...line, reserved: line.reserved - attempt.amount }))
      return {
        operations: history.operations,
        tables: retold(history.tables, entryOf(entry.id, less)),
        where: `entry ${entry.id}, budget period ${period}`,
      }
    },
  },
  {
    lie: 'an attempt is there that no entry reserved',
    promise: 'what was not acknowledged is whole or not there',
    plant(history) {
      const { entry, attempt } = aReserve(history)
      const without = (now: Entry): Entry => ({
        ...linesOf(now, attempt.periods, (line) => ({ ...line, reserved: line.reserved - attempt.amount })),
        reservedIds: now.reservedIds.filter((id) => id !== attempt.id),
      })
      return { operations: history.operations, tables: retold(history.tables, entryOf(entry.id, without)), where: `attempt ${attempt.id}` }
    },
  },
  {
    lie: 'an acknowledged top-up is lost',
    promise: 'what was acknowledged is there',
    plant(history) {
      const { id, key, lines } = aTopUp(history)
      const [gone] = lines
      const after = (entry: Entry): Entry | undefined =>
        entry.id === id
          ? undefined
          : linesOf(entry, [gone?.period ?? 0], (line) => ({
              ...line,
              version: line.version - (line.version > (gone?.version ?? 0) ? 1 : 0),
            }))
      return { operations: history.operations, tables: retold(history.tables, after), where: `cap ${key}` }
    },
  },
  {
    lie: 'a top-up is there that nobody asked for',
    promise: 'nothing happens that nobody asked for',
    plant(history) {
      const { key } = aTopUp(history)
      return {
        operations: history.operations.filter(({ asked }) => keyOf(asked) !== `cap ${key}`),
        tables: history.tables,
        where: `cap ${key}`,
      }
    },
  },
  {
    lie: 'two may send one attempt',
    promise: 'what was acknowledged is there',
    plant(history) {
      const { id, asked, invokedAt, heard, at } = some('dispatch', heardOf(history, 'dispatch', 'go'))
      const second = {
        id: `${id} again`,
        asked: { ...asked, token: 'another' } as Asked,
        invokedAt,
        outcome: { kind: 'heard', heard, at },
      } as const
      return { operations: [...history.operations, second], tables: history.tables, where: second.id }
    },
  },
  {
    lie: 'a closed run sends',
    promise: 'a closed run gets nothing more',
    plant(history) {
      const closes = new Map(heardOf(history, 'close', 'closed').map((close) => [runOf(close.asked), close]))
      const going = heardOf(history, 'dispatch', 'go').filter(({ asked }) => closes.has(runOf(asked)))
      const { id, asked, heard } = some('dispatch of a run that was closed', going)
      const at = closes.get(runOf(asked))?.at ?? 0
      const second = { id: `${id} again`, asked, invokedAt: at + 1, outcome: { kind: 'heard', heard, at: at + 2 } } as const
      return { operations: [...history.operations, second], tables: history.tables, where: second.id }
    },
  },
  {
    lie: 'a refusal tells other figures the second time',
    promise: 'every repeat hears the first answer',
    plant(history) {
      const { id, asked, invokedAt, heard, at } = some('refusal', heardOf(history, 'reserve', 'refused'))
      const figures = { cap: '1', reserved: '0', spent: '0' }
      const second = { id: `${id} again`, asked, invokedAt, outcome: { kind: 'heard', heard: { ...heard, figures }, at } } as const
      return { operations: [...history.operations, second], tables: history.tables, where: keyOf(asked) }
    },
  },
  {
    lie: 'a look sees what never was',
    promise: 'what is told was so when it was told',
    plant(history) {
      const look = some('look', heardOf(history, 'look', 'seen'))
      const figures = { cap: '0', reserved: '0', spent: '0', ...look.heard.figures }
      const seen = { ...look.heard, figures: { ...figures, spent: (BigInt(figures.spent) + 1n).toString() } }
      const operations = history.operations.map((one) =>
        one.id === look.id ? { ...one, outcome: { kind: 'heard', heard: seen, at: look.at } as const } : one,
      )
      return { operations, tables: history.tables, where: look.id }
    },
  },
  {
    lie: 'a counter is not what its entries come to',
    promise: 'counters are the fold of the entries',
    plant({ operations, tables }) {
      const { period } = some('budget in use', tables.balances)
      const balances = tables.balances.map((balance) => (balance.period === period ? { ...balance, spent: balance.spent + 1n } : balance))
      return { operations, tables: { ...tables, balances }, where: `budget period ${period}` }
    },
  },
]

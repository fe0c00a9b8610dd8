/** What the ledger says of its months, as plain data for the judge: statements line by line, and what was told of them. Reads only. */
import type { Sql } from 'postgres'

type Owner = Sql<{ bigint: bigint }>

/** What a statement says of one attempt, or of an answer without one. Nano-EUR. */
export interface StatedLine {
  readonly row: string
  /** When it was reserved. */
  readonly at: Date
  readonly cost: bigint
}

/** By how much a line of an earlier statement has changed. */
export interface StatedChange {
  readonly id: bigint
  readonly row: string
  readonly cost: bigint
}

export interface Statement {
  readonly account: string
  readonly month: string
  readonly timeZone: string
  /** Null: provisional. */
  readonly hash: string | null
  /** As its head says. Nano-EUR. */
  readonly spent: bigint
  readonly corrections: bigint
  readonly lines: readonly StatedLine[]
  readonly changes: readonly StatedChange[]
  /** What the ledger finds when it reckons it anew. */
  readonly faults: readonly string[]
}

/** A statement, as somebody saw it sealed. */
export interface SeenSealed {
  readonly account: string
  readonly month: string
  readonly hash: string
}

export interface Stated {
  /** Each account's month in which this was read, by its own clock; its first one, in which it was made, or had its first call. */
  readonly accounts: readonly { readonly id: string; readonly first: string; readonly now: string }[]
  /** The sealed ones, and of each account the one of its month of now. */
  readonly statements: readonly Statement[]
  /** The month of each notice that a month is closed. */
  readonly closed: readonly string[]
}

/** Nobody may be booking, and what was booked must be taken in: these are several statements. */
export async function readStated(owner: Owner): Promise<Stated> {
  const [accounts, heads, lines, changes, faults, closed] = await Promise.all([
    owner<Stated['accounts'][number][]>`
      select a.id, purser.month_of(purser.clock_timestamp(), a.time_zone) as now, purser.month_of(least(a.created_at, (
          select min(r.at) from purser.reservation r join purser.scope s on s.id = r.scope where s.account = a.id)), a.time_zone) as first
        from purser.account a order by a.id`,
    headsOf(owner),
    owner<(StatedLine & Key)[]>`
      select s.account, s.month, l.row_id as row, l.at, l.cost from ${all(owner)} cross join lateral purser.statement_lines(s) l`,
    owner<(StatedChange & Key)[]>`
      select s.account, s.month, c.id, c.row_id as row, c.cost from ${all(owner)} join purser.statement_change c on c.account = s.account and c.id <= s.changes_to
       where c.id > coalesce((select max(b.changes_to) from purser.statement b where b.account = s.account and b.month < s.month), 0)`,
    owner<(Key & { faults: string[] })[]>`
      select a.id as account, v ->> 'month' as month, v -> 'faults' as faults from purser.account a cross join lateral jsonb_array_elements(purser.verify_statements(a.id)) v`,
    owner<{ month: string }[]>`select data ->> 'month' as month from purser.notice where type = 'month.closed'`,
  ])
  const linesOf = Map.groupBy(lines, nameOf)
  const changesOf = Map.groupBy(changes, nameOf)
  const faultsOf = new Map(faults.map((found) => [nameOf(found), found.faults]))
  const statements = heads.map((head) => ({
    ...head,
    lines: linesOf.get(nameOf(head)) ?? [],
    changes: changesOf.get(nameOf(head)) ?? [],
    faults: faultsOf.get(nameOf(head)) ?? [],
  }))
  return { accounts, statements, closed: closed.map(({ month }) => month) }
}

export const readSealed = (owner: Owner): Promise<readonly SeenSealed[]> =>
  owner<SeenSealed[]>`select account, month, encode(hash, 'hex') as hash from purser.statement`

interface Key {
  readonly account: string
  readonly month: string
}
const nameOf = ({ account, month }: Key): string => `${account} ${month}`

/** `s`: the sealed ones, and what the month of now would be. */
const all = (owner: Owner) => owner`(
  select * from purser.statement
  union all
  select p.* from purser.account a cross join lateral purser.provisional_statement(a.id, purser.month_of(purser.clock_timestamp(), a.time_zone)) p
   where not exists (select from purser.statement x where x.account = a.id and x.month = p.month)) s`

/** As the product shows them. */
async function headsOf(owner: Owner): Promise<Omit<Statement, 'lines' | 'changes' | 'faults'>[]> {
  const rows = await owner<(Key & { shown: Record<'timeZone' | 'spent' | 'corrections', string> & { hash: string | null } })[]>`
    select s.account, s.month, purser.show_statement(s.account, s.month) as shown from ${all(owner)} order by 1, 2`
  return rows.map(({ account, month, shown: { timeZone, hash, spent, corrections } }) => ({
    account,
    month,
    timeZone,
    hash,
    spent: BigInt(spent),
    corrections: BigInt(corrections),
  }))
}

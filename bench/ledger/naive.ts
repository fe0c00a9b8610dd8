import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import type { Measured } from './full-calls.ts'

const CONNECTIONS = 16

/**
 * The way everybody writes first: a transaction a step; lock the budgets' rows (in order), check, update, insert. The same three budgets, one
 * of them shared by all, and the same three steps.
 */
export function naiveCalls(server: RunningPostgres): (ms: number) => Promise<Measured> {
  let ready: Promise<void> | undefined
  return async (ms) => {
    await (ready ??= initialise(server))
    let calls = 0
    const sql = postgres(server.url('postgres'), { max: CONNECTIONS, onnotice: () => {} })
    const endsAt = performance.now() + ms
    const startedAt = performance.now()
    const caller = async (index: number): Promise<void> => {
      while (performance.now() < endsAt) {
        await oneCall(sql, [1 + index, 101 + index, 1_000])
        calls += 1
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => caller(i)))
    const perSecond = calls / ((performance.now() - startedAt) / 1_000)
    await sql.end({ timeout: 5 })
    return { perSecond }
  }
}

async function oneCall(sql: postgres.Sql, budgets: number[]): Promise<void> {
  const id = randomUUID()
  const amount = 56_820_931
  await sql.begin(async (tx) => {
    const rows = await tx`select id, cap - reserved - spent as free from naive_budget where id in ${tx(budgets)} order by id for update`
    if (rows.some((row) => Number(row['free']) < amount)) throw new Error('refused')
    await tx`update naive_budget set reserved = reserved + ${amount} where id in ${tx(budgets)}`
    await tx`insert into naive_reservation (id, amount, state) values (${id}, ${amount}, 'reserved')`
    await tx`insert into naive_entry (reservation, budget, reserved, spent) select ${id}, b, ${amount}, 0 from unnest(${budgets}::int[]) b`
  })
  await sql.begin(async (tx) => {
    await tx`select from naive_reservation where id = ${id} and state = 'reserved' for update`
    await tx`update naive_reservation set state = 'dispatched' where id = ${id}`
  })
  await sql.begin(async (tx) => {
    await tx`select from naive_reservation where id = ${id} and state = 'dispatched' for update`
    await tx`select from naive_budget where id in ${tx(budgets)} order by id for update`
    await tx`update naive_budget set reserved = reserved - ${amount}, spent = spent + 38500000 where id in ${tx(budgets)}`
    await tx`update naive_reservation set state = 'settled', cost = 38500000 where id = ${id}`
    await tx`insert into naive_entry (reservation, budget, reserved, spent) select ${id}, b, ${-amount}, 38500000 from unnest(${budgets}::int[]) b`
  })
}

async function initialise(server: RunningPostgres): Promise<void> {
  const sql = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create table naive_budget (id int primary key, cap bigint not null, reserved bigint not null default 0, spent bigint not null default 0);
    insert into naive_budget (id, cap) select i, 1000000000000000 from generate_series(1, 1000) i;
    create table naive_reservation (id uuid primary key, amount bigint not null, state text not null, cost bigint);
    create table naive_entry (id bigserial primary key, reservation uuid not null, budget int not null, reserved bigint not null, spent bigint not null, at timestamptz not null default now());
    create index on naive_entry (reservation);`)
  await sql.end()
}

import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { nano } from '../../src/domain/money.ts'
import { costLine, type Price, type Rate } from '../../src/domain/price.ts'
import { ledgerOver, type Ledger } from '../../src/ledger/ledger.ts'
import { connectSql } from '../../src/platform/sql.ts'
import type { CallScope } from '../../src/domain/call.ts'
import { ensureInstallation } from '../../src/ledger/installation.ts'

import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'

/** Accounts, budgets and a price: what a product with customers looks like to the ledger. */
export interface Town {
  readonly ledger: Ledger
  readonly installation: string
  readonly accounts: readonly string[]
  readonly price: Price
  readonly rate: Rate
  /** Three linked budgets: the account's plan, its feature's, and (shared) one that covers every call. */
  readonly scope: (index: number, shared: boolean) => CallScope
  bytesPerCall(): Promise<number>
  close(): Promise<void>
}

/** So many accounts call on the shared budget, at most; all call on budgets of their own. */
const SHARING = 2_000
/** A cap that no bench reaches. */
const CAP = 1_000_000_000_000_000n

async function openTown(url: string, size: number): Promise<Town> {
  const owner = postgres(url, { max: 2, types: { bigint: postgres.BigInt }, onnotice: () => {} })
  await owner`insert into purser.plan_version values ('bench', '2026-01-01T00:00:00Z', ${CAP}, 'bench')`
  await owner`insert into purser.account (id, plan, time_zone) select 'acc-' || i, 'bench', 'UTC' from generate_series(0, ${size - 1}) i`
  await owner`
    insert into purser.budget (name, scope, period_kind, time_zone, plan)
    select 'plan of acc-' || i, jsonb_build_object('account', 'acc-' || i), 'month', 'UTC', 'bench' from generate_series(0, ${size - 1}) i`
  // Calls of the environment `shared` are on a budget of their feature and on one for all; those of `spread` on two more of their account.
  await owner`
    insert into purser.budget (name, scope, period_kind, time_zone, cap)
    select f || ' of acc-' || i, jsonb_build_object('account', 'acc-' || i, 'feature', f), 'month', 'UTC', ${CAP}::bigint
      from generate_series(0, ${size - 1}) i, unnest(array['banner']) f
    union all
    select 'spread of acc-' || i, jsonb_build_object('account', 'acc-' || i, 'environment', 'spread'), 'month', 'UTC', ${CAP}::bigint
      from generate_series(0, ${size - 1}) i
    union all
    select 'everything shared', '{"environment":"shared"}', 'month', 'UTC', ${CAP}::bigint`
  const [price] = await owner<{ id: number }[]>`
    insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
    values ('bench', 'bench-model', 'output_image_tokens', 30000000, '2026-01-01T00:00:00Z', 'bench', '2026-01-01') returning id`
  const [rate] = await owner<{ id: number }[]>`select id from purser.rate order by day desc limit 1`
  const sql = connectSql(url, { max: 8, statementTimeoutMs: 60_000 })
  const ledger = ledgerOver(sql)
  await owner`analyze purser.budget, purser.account`
  // As in a process that has been running: every scope has been met.
  await owner`
    select purser.resolve(jsonb_build_object('account', 'acc-' || i, 'user', 'user-1', 'feature', 'banner', 'environment', e, 'provider', 'bench',
      'model', 'bench-model', 'endpoint', 'generateContent'))
      from generate_series(0, ${size - 1}) i, unnest(array['shared', 'spread']) e where e = 'spread' or i < ${SHARING}`
  // Not the tables of calls: they are empty still, and a plan for an empty table is none for a month.
  await owner`analyze purser.scope, purser.linked_set, purser.balance, purser.budget, purser.budget_period, purser.account`
  const installation = await ensureInstallation(ledger, 'bench', randomUUID())
  return {
    ledger,
    installation,
    accounts: Array.from({ length: size }, (_, i) => `acc-${i}`),
    price: {
      id: price?.id ?? 0,
      provider: 'bench',
      model: 'bench-model',
      unit: 'output_image_tokens',
      tier: 'standard',
      aboveTokens: 0n,
      picoUsdPer: 30_000_000n,
      per: 1n,
      effectiveFrom: new Date('2026-01-01'),
      effectiveUntil: undefined,
      source: 'bench',
      sourceDate: '2026-01-01',
    },
    rate: { id: rate?.id ?? 0, day: '', usdMicrosPerEur: 1_117_200n, source: 'ECB' },
    scope: (index, shared) => ({
      account: `acc-${index % size}`,
      user: 'user-1',
      feature: 'banner',
      environment: shared ? 'shared' : 'spread',
    }),
    async bytesPerCall() {
      const [row] = await owner<{ bytes: number }[]>`
        select (sum(pg_total_relation_size(c.oid)) / greatest(1, (select count(*) from purser.call)))::int as bytes
          from pg_class c where c.relnamespace = 'purser'::regnamespace and c.relkind in ('r')
           and c.relname ~ '^(call_2|reservation_2|receipt_2|refusal_2|entry$)'`
      return row?.bytes ?? 0
    },
    async close() {
      await sql.end({ timeout: 5 })
      await owner.end({ timeout: 5 })
    },
  }
}

/** A migrated ledger of its own with accounts and budgets in it. */
export async function prepared(server: RunningPostgres, database: string, size: number, say: (line: string) => void): Promise<Town> {
  const admin = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${database}`)
  await admin.end()
  await migrate({ databaseUrl: server.url(database), folder: MIGRATIONS_FOLDER })
  const town = await openTown(server.url(database), size)
  say(`  ledger with ${town.accounts.length} accounts ready`)
  return town
}

/** What one call costs: two lines, as a picture's. */
export function costOfCall({ price, rate }: Pick<Town, 'price' | 'rate'>) {
  const lines = [costLine('input_text_tokens', 144n, price, rate), costLine('output_image_tokens', 1_290n, price, rate)]
  return {
    lines,
    picoUsd: lines.reduce((sum, line) => sum + line.picoUsd, 0n),
    nanoEur: nano(lines.reduce((sum, line) => sum + line.nanoEur, 0n)),
  }
}

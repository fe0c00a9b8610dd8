/** What is played on: a few accounts and budgets that many share, all of them tight. */
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { eur } from '../../../src/domain/money.ts'
import { ensureAccount } from '../../../src/ledger/accounts.ts'
import { createBudget, listBudgets } from '../../../src/ledger/budgets.ts'
import { ensureInstallation } from '../../../src/ledger/installation.ts'
import { ledgerOver } from '../../../src/ledger/ledger.ts'
import { connectSql } from '../../../src/platform/sql.ts'

/** All that a process needs to take part; plain JSON. */
export interface World {
  readonly seed: number
  readonly installation: string
  /** When every job started. */
  readonly startedAt: string
  readonly accounts: readonly [string, ...string[]]
  readonly teams: readonly [string, ...string[]]
  readonly features: readonly [string, ...string[]]
  /** With the scope of each, so that a checker can tell by itself on which a call stands. Watched are the hard ones without an end. */
  readonly budgets: readonly { readonly id: number; readonly isWatched: boolean; readonly scope: Readonly<Record<string, string>> }[]
  /** A price of one pico-USD a token at one dollar a euro: a cost can be any number of nano-EUR. */
  readonly priceId: number
  readonly rateId: number
}

export const PROVIDER = 'test'
export const MODEL = 'penny-model'

const ids = (prefix: string, count: number): [string, ...string[]] => [
  `${prefix}0`,
  ...Array.from({ length: count - 1 }, (_, i) => `${prefix}${i + 1}`),
]

export async function makeWorld(url: string, seed: number): Promise<World> {
  const sql = connectSql(url, { max: 2 })
  const owner = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const ledger = ledgerOver(sql)
    const [price] = await owner<{ id: number }[]>`
      insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
      values (${PROVIDER}, ${MODEL}, 'output_text_tokens', 1, '2026-01-01T00:00:00Z', 'proof', '2026-01-01') returning id`
    const [rate] = await owner<{ id: number }[]>`
      insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-01-01', 1000000, 'proof', '2026-01-01') returning id`
    const [accounts, teams, features] = [ids('acc_', 10), ids('team_', 4), ids('feature_', 3)]
    for (const id of accounts) await ensureAccount(ledger, { id, plan: 'free' })
    const total = { periodKind: 'total', timeZone: 'UTC', isHard: true, thresholds: [50, 80, 100] } as const
    for (const team of teams) await createBudget(ledger, { ...total, name: team, scope: { team }, cap: eur('0.15') })
    await createBudget(ledger, {
      ...total,
      name: 'one feature, by the day',
      scope: { feature: features[0] },
      periodKind: 'day',
      cap: eur('0.15'),
    })
    await createBudget(ledger, {
      ...total,
      name: 'one feature of one team',
      scope: { feature: features[1], team: teams[0] },
      cap: eur('0.05'),
    })
    await createBudget(ledger, { ...total, name: 'all calls', scope: {}, cap: eur('0.30') })
    await createBudget(ledger, { ...total, name: 'all calls of a model, softly', scope: { model: MODEL }, isHard: false, cap: eur('0.01') })
    const budgets = await listBudgets(ledger, { after: 0, limit: 1_000 })
    return {
      seed,
      installation: await ensureInstallation(ledger, 'proof', randomUUID()),
      startedAt: new Date().toISOString(),
      accounts,
      teams,
      features,
      budgets: budgets.map(({ budgetId, isHard, periodKind, scope }) => ({
        id: budgetId,
        isWatched: isHard && periodKind === 'total',
        scope: scope as Record<string, string>,
      })),
      priceId: price?.id ?? 0,
      rateId: rate?.id ?? 0,
    }
  } finally {
    await Promise.all([sql.end({ timeout: 5 }), owner.end({ timeout: 5 })])
  }
}

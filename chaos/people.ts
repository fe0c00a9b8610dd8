/** What people do to accounts meanwhile: other plans, more money, money until a moment, the end of an account and its return. */
import type { Sql } from 'postgres'
import { eur } from '../src/domain/money.ts'
import { setAccountStatus } from '../src/ledger/accounts.ts'
import { changeCap } from '../src/ledger/budgets.ts'
import { cancelAccount } from '../src/ledger/cancel-account.ts'
import { changePlan } from '../src/ledger/change-plan.ts'
import { ledgerOver, type Ledger } from '../src/ledger/ledger.ts'
import { connectSql } from '../src/platform/sql.ts'
import type { Chance } from '../test/support/chance.ts'
import type { System } from './system.ts'

const PLANS = ['free', 'paid', 'paid', 'corporate'] as const
const RAISE_MS = 20_000

export interface People {
  /** Does one thing to one account. What cannot be done just now (a plan that it has, a server that is away) is left. */
  readonly act: () => Promise<void>
  /** What was done. */
  readonly acts: () => number
  readonly close: () => Promise<void>
}

export function peopleOf({ databaseUrl, owner, clock }: System, dice: Chance): People {
  const sql = connectSql(databaseUrl, { max: 1 })
  const ledger = ledgerOver(sql)
  let [acts, n] = [0, 0]
  return {
    async act() {
      n += 1
      try {
        const account = await anAccount(owner, dice)
        if (account === undefined) return
        await actOn(ledger, account, { dice, key: `people-${n}`, now: clock.now() })
        acts += 1
      } catch {
        // The next one, then.
      }
    },
    acts: () => acts,
    close: () => sql.end({ timeout: 5 }),
  }
}

/** One of the newest, on which there are still jobs. */
async function anAccount(owner: Sql<{ bigint: bigint }>, dice: Chance): Promise<string | undefined> {
  const accounts = await owner<{ id: string }[]>`select id from purser.account order by created_at desc limit 8`
  return accounts[dice(Math.max(1, accounts.length))]?.id
}

async function actOn(
  ledger: Ledger,
  account: string,
  { dice, key, now }: { readonly dice: Chance; readonly key: string; readonly now: Date },
): Promise<unknown> {
  const reason = 'a part of the chaos'
  const what = dice(10)
  if (what < 4) {
    const plan = PLANS[dice(PLANS.length)] ?? 'paid'
    const how = (['next_month', 'now', undefined] as const)[dice(3)]
    return changePlan(ledger, { account, plan, from: how, ...(how === 'now' && dice(2) === 0 ? { proration: 'days' } : {}), key, reason })
  }
  if (what < 6) return changeCap(ledger, { of: { account }, change: eur('0.20'), key, reason })
  if (what < 8) return changeCap(ledger, { of: { account }, change: eur('0.10'), until: new Date(now.getTime() + RAISE_MS), key, reason })
  await cancelAccount(ledger, { id: account, from: what === 8 ? 'next_month' : 'now', key, reason })
  // Some come back.
  if (dice(2) === 0) await setAccountStatus(ledger, { id: account, status: 'active', key: `${key}-back`, reason })
  return undefined
}

import { randomUUID } from 'node:crypto'
import type { BillFile, BillFileLine } from '../../src/domain/bill.ts'
import { eur } from '../../src/domain/money.ts'
import { approveBill, importBill } from '../../src/ledger/bills.ts'
import type { openTestLedger } from './ledger.ts'

type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

export const today = new Date().toISOString().slice(0, 10)

/** What so much costs: a token is a pico-USD, and a thousand are a nano-EUR. */
export const tokensFor = (amount: string): bigint => eur(amount) * 1000n

/** A line of the test ledger's one model, as a request or a sum of today. */
export const line = (over: Partial<BillFileLine> & Pick<BillFileLine, 'picoUsd'>): BillFileLine => ({
  row: 1,
  lineId: randomUUID(),
  day: today,
  model: 'penny-model',
  tier: 'standard',
  unit: 'output_text_tokens',
  quantity: over.picoUsd,
  picoSlack: 0n,
  nanoEur: null,
  nanoSlack: 0n,
  requestId: null,
  ...over,
})

/** A file of these lines, another one each time. */
export const billOf = (lines: readonly BillFileLine[], over: Partial<BillFile> = {}): BillFile => {
  const days = lines.map(({ day }) => day).toSorted()
  return {
    provider: 'test',
    format: 'purser',
    name: 'bill.jsonl',
    hash: randomUUID(),
    currency: 'USD',
    timeZone: 'UTC',
    fromDay: days[0] ?? today,
    toDay: days.at(-1) ?? today,
    lines: lines.map((one, index) => ({ ...one, row: index + 1 })),
    ...over,
  }
}

/** What a test does with bills, on a ledger in which a dollar is a euro, also for what no attempt has pinned. */
export async function billsOn(t: TestLedger) {
  await t.owner`
    insert into purser.rate (day, usd_micros_per_eur, source, fetched_on)
      select d::date, 1000000, 'test', '2026-01-01' from generate_series(${today}::date - 200, ${today}::date, interval '1 day') d`
  return {
    imported: async (lines: readonly BillFileLine[], over: Partial<BillFile> = {}): Promise<number> =>
      (await importBill(t.ledger, billOf(lines, over), 'test')).bill.billId,
    approve: (billId: number) => approveBill(t.ledger, { billId, why: 'looked at', by: 'test' }),
    /** What the house has spent in all its months. */
    house: async (): Promise<bigint> => {
      const [row] = await t.owner<{ spent: bigint }[]>`
        select purser.total(v.spent) as spent from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
          join purser.budget b on b.id = p.budget_id where b.scope ? 'house'`
      return row?.spent ?? 0n
    },
  }
}

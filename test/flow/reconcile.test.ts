import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ceilDiv } from '../../src/domain/money.ts'
import type { BillEntry } from '../../src/emulator/bill.ts'
import { approveBill, driftOf, importBill, showBill, type Drift } from '../../src/ledger/bills.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { readBill } from '../../src/schema/bills/bill-file.ts'
import { requestIdOf, type WishedFault } from '../support/emulator.ts'
import { EMULATOR_KEY } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor } from '../support/worker.ts'

const { stage, worker } = await workedStage({ stage: { env: { PURSER_REQUEST_TIMEOUT_MS: '1500' } } })

/** Jobs whose requests meet these faults. */
const JOBS: readonly (readonly WishedFault[])[] = [
  [],
  [],
  [{ fault: 'rate_limited', retryAfterSeconds: 0 }],
  [{ fault: 'billed_but_cut' }],
  [{ fault: 'billed_but_cut', times: 2 }],
  [{ fault: 'proxy_unavailable', billed: true }],
  [{ fault: 'hang', billed: true }],
  [{ fault: 'no_usage' }],
]

async function play(faults: readonly WishedFault[]): Promise<string> {
  const account = await stage.account('corporate')
  for (const fault of faults) await stage.emulator.fault({ ...fault, promptIncludes: account })
  await (await worker.purser.banner.start(bannerFor(account))).result().catch(() => undefined)
  return account
}

interface Row {
  readonly id: string
  readonly state: string
  readonly cost: bigint | null
  readonly source: string | null
  readonly micros: bigint
}
const attempts = () => stage.db.sql<Row[]>`
  select r.id, r.state, r.cost, r.cost_source as source, t.usd_micros_per_eur as micros from purser.reservation r join purser.rate t on t.id = r.rate_id`

const textOf = (entries: readonly object[]): string => entries.map((entry) => JSON.stringify(entry)).join('\n')
const importOf = (text: string) =>
  importBill(stage.ledger, readBill({ text, name: 'emulator-bill.jsonl', provider: 'gemini', format: 'purser' }).bill, 'test')

const nanoOf = ({ lines }: BillEntry, micros: bigint): bigint =>
  lines.reduce((sum, { picoUsd }) => sum + ceilDiv(BigInt(picoUsd) * 1000n, micros), 0n)
const picoOf = (entries: readonly BillEntry[]): bigint => entries.reduce((sum, { picoUsd }) => sum + BigInt(picoUsd), 0n)
const sum = (drift: readonly Drift[], of: (one: Drift) => bigint): bigint => drift.reduce((total, one) => total + of(one), 0n)

/** The same request at twice the price; and with its euros at another rate than the ledger's. */
const dearer = (entry: BillEntry): BillEntry => {
  const lines = entry.lines.map((line) => ({ ...line, picoUsd: String(BigInt(line.picoUsd) * 2n) }))
  return { ...entry, lines, picoUsd: String(BigInt(entry.picoUsd) * 2n) }
}
const inEuros = (entry: BillEntry, micros: bigint) => ({
  ...entry,
  lines: entry.lines.map((line) => ({ ...line, nanoEur: String(ceilDiv(BigInt(line.picoUsd) * 1000n, micros) + 7n) })),
})

test(
  'after a run with lost answers the ledger and the emulator’s bill are equal to the pico-USD, and each difference was seen as what it is',
  { timeout: 60_000 },
  async () => {
    await Promise.all(JOBS.map(play))
    await until('nothing is on its way any more', async () =>
      (await attempts()).every(({ state }) => state !== 'dispatched' && state !== 'reserved'),
    )
    // Half of what is in doubt is past its deadline.
    const doubtful = (await attempts()).filter(({ state }) => state === 'in_doubt')
    expect(doubtful.length).toBeGreaterThanOrEqual(4)
    const late = doubtful.slice(0, 2).map(({ id }) => id)
    await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - interval '1 hour' where id = any (${late})`
    expect(await sweep(stage.ledger, 100)).toMatchObject({ presumed: 2 })

    // What nobody but the provider knows of: a call beside Purser.
    const response = await fetch(`${stage.emulator.url}/v1beta/models/gemini-2.5-flash-lite:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-client-request-id': `leak-${randomUUID()}`, 'x-goog-api-key': EMULATOR_KEY },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }], generationConfig: { maxOutputTokens: 100 } }),
    })
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)])

    const written = await stage.emulator.bill()
    const before = new Map((await attempts()).map((row) => [requestIdOf(row.id), row]))
    const answered = written.filter(({ clientRequestId }) => before.get(clientRequestId ?? '')?.source === 'answer')
    const [dear, foreign] = answered
    const rateOf = (entry: BillEntry | undefined) => before.get(entry?.clientRequestId ?? '')?.micros ?? 1n
    const bill = written.map((entry) => (entry === dear ? dearer(entry) : entry))
    const leak = bill.filter(({ clientRequestId }) => clientRequestId?.startsWith('leak'))
    const lost = bill.filter(({ clientRequestId }) => before.get(clientRequestId ?? '')?.state === 'in_doubt')
    const text = textOf(bill.map((entry) => (entry === foreign ? inEuros(entry, rateOf(entry)) : entry)))

    const { bill: imported } = await importOf(text)
    expect(imported).toMatchObject({
      picoUsd: String(picoOf(bill)),
      named: imported.stored,
      stored: imported.attributed + leak.flatMap(({ lines }) => lines).length,
    })
    const drift = await driftOf(stage.ledger, imported.billId)
    expect(sum(drift, (d) => d.missingInLedger)).toBe(picoOf(leak) + picoOf(lost))
    expect(sum(drift, (d) => d.pricePart)).toBe(BigInt(dear?.picoUsd ?? 0))
    expect(sum(drift, (d) => d.quantityPart)).toBe(0n)
    expect(sum(drift, (d) => d.missingOnBill)).toBe(0n)
    expect(sum(drift, (d) => d.fxPart)).toBe(7n * BigInt(foreign?.lines.length ?? 0))
    // The parts are the whole.
    expect(sum(drift, (d) => d.missingInLedger - d.missingOnBill + d.presumed + d.quantityPart + d.pricePart)).toBe(
      sum(drift, (d) => d.picoUsd.bill - d.picoUsd.ledger),
    )

    const [first, second] = await Promise.all(
      [1, 2].map(() => approveBill(stage.ledger, { billId: imported.billId, why: 'looked at', by: 'test' })),
    )
    expect((first?.lines ?? 0) + (second?.lines ?? 0)).toBe(imported.stored)
    expect(await showBill(stage.ledger, imported.billId)).toMatchObject({ state: 'approved' })

    const after = new Map((await attempts()).map((row) => [requestIdOf(row.id), row]))
    for (const entry of bill.filter((one) => !leak.includes(one))) {
      const row = after.get(entry.clientRequestId ?? '')
      expect(row).toMatchObject({ state: 'settled', cost: nanoOf(entry, row?.micros ?? 1n) })
    }
    const all = await driftOf(stage.ledger, imported.billId, 'all')
    expect(sum(all, (d) => d.picoUsd.ledger + d.missingInLedger)).toBe(picoOf(bill))
    expect(sum(all, (d) => d.missingInLedger)).toBe(picoOf(leak))
    expect(new Set(all.flatMap(({ differs }) => differs))).toEqual(new Set(['missing_in_ledger', 'fx']))
    expect(all.every(({ isBooked }) => isBooked)).toBe(true)
    await stage.intact()

    // The bill goes on: only what is new is stored.
    const longer = await importOf(`${text}\n${textOf([{ ...leak[0], responseId: 'another', clientRequestId: null }])}`)
    expect(longer).toMatchObject({ changed: true, known: imported.stored, bill: { stored: leak[0]?.lines.length } })
    await approveBill(stage.ledger, { billId: longer.bill.billId, why: 'the rest', by: 'test' })
    await stage.intact()
  },
)

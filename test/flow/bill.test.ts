import { expect, test } from 'vitest'
import type { BannerInput } from '../../src/client.ts'
import type { BillEntry } from '../../src/emulator/bill.ts'
import { ceilDiv } from '../../src/domain/money.ts'
import { requestIdOf, type WishedFault } from '../support/emulator.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor } from '../support/worker.ts'
import { rowsOf } from '../workflows/history.ts'

const { stage, worker } = await workedStage({ stage: { env: { PURSER_REQUEST_TIMEOUT_MS: '1500' } } })

interface Row {
  readonly id: string
  readonly account: string
  readonly state: string
  readonly source: string | null
  readonly amount: bigint
  readonly cost: bigint | null
  readonly pico: bigint | null
  readonly lines: readonly { unit: string; quantity: number; pico: string; micros: number; nano: string }[]
}

const reservations = () => stage.db.sql<Row[]>`
  select r.id, s.account, r.state, r.cost_source as source, r.amount, r.cost, p.pico_usd as pico,
         coalesce((select jsonb_agg(jsonb_build_object('unit', l.unit, 'quantity', l.quantity, 'pico', l.pico_usd::text,
           'micros', l.usd_micros_per_eur, 'nano', l.nano_eur::text) order by l.unit) from purser.cost_line l
           where l.reservation_id = p.reservation_id and l.token = p.token), '[]') as lines
    from purser.reservation r join purser.scope s on s.id = r.scope left join purser.receipt p on p.reservation_id = r.id and p.token = r.token`

/** The rate that the reservation pinned, for bills of attempts without lines. */
async function nanoOf(entry: BillEntry, reservationId: string): Promise<bigint> {
  const [row] = await stage.db.sql<{ micros: bigint }[]>`
    select t.usd_micros_per_eur as micros from purser.reservation r join purser.rate t on t.id = r.rate_id where r.id = ${reservationId}`
  return ceilDiv(BigInt(entry.picoUsd) * 1000n, row?.micros ?? 1n)
}

const isAnswered = (row: Row): boolean => row.state === 'settled' && row.source === 'answer'

function rowOf(rows: ReadonlyMap<string, Row>, entry: BillEntry): Row {
  const row = rows.get(entry.clientRequestId ?? '')
  if (row === undefined) throw new Error(`billed, but not in the ledger: ${entry.clientRequestId}`)
  return row
}

const sum = (of: readonly Row[], value: (row: Row) => bigint | null) => of.reduce((total, row) => total + (value(row) ?? 0n), 0n)

/** Jobs whose first requests meet these faults, in this order. */
const JOBS: readonly { faults: readonly WishedFault[]; input?: Partial<BannerInput>; end?: 'cancel' | 'terminate' }[] = [
  { faults: [] },
  { faults: [], input: { variants: 4, ledgerMode: 'activity' } },
  { faults: [], input: { model: 'gemini-nano-banana-2.1' } },
  { faults: [], input: { model: 'gemini-3.1-flash-lite-image', variants: 2 } },
  { faults: [{ fault: 'rate_limited', retryAfterSeconds: 1 }] },
  {
    faults: [
      { fault: 'unavailable', retryAfterSeconds: 0 },
      { fault: 'rate_limited', retryAfterSeconds: 0 },
    ],
  },
  { faults: [{ fault: 'rate_limited', retryAfterSeconds: 0 }, { fault: 'billed_but_cut' }] },
  { faults: [{ fault: 'rate_limited', retryAfterSeconds: 0, times: 6 }] },
  { faults: [{ fault: 'internal' }] },
  { faults: [{ fault: 'proxy_unavailable', billed: true }] },
  { faults: [{ fault: 'proxy_unavailable', billed: false }] },
  { faults: [{ fault: 'proxy_bad_gateway', billed: true }] },
  { faults: [{ fault: 'not_json', billed: true }] },
  { faults: [{ fault: 'billed_but_cut' }] },
  { faults: [{ fault: 'cut_before_headers' }] },
  { faults: [{ fault: 'cut_after_headers', billed: true }] },
  { faults: [{ fault: 'hang', billed: true }] },
  { faults: [{ fault: 'hang', billed: false }] },
  { faults: [{ fault: 'no_usage' }] },
  { faults: [{ fault: 'no_image_detail' }] },
  { faults: [{ fault: 'blocked' }, { fault: 'image_safety' }], input: { variants: 3 } },
  { faults: [{ fault: 'other_model_version' }] },
  { faults: [{ fault: 'slow', ms: 800 }], end: 'cancel' },
  { faults: [{ fault: 'slow', ms: 800 }], end: 'terminate' },
]

/** What stops its model: each has one of its own, and comes when nobody else needs it any more. */
const ABOVE_THEIR_BOUND: typeof JOBS = [
  { faults: [{ fault: 'two_images' }], input: { model: 'gemini-nano-banana-2.1' } },
  { faults: [{ fault: 'usage_above_bound', tokens: 50_000 }], input: { model: 'gemini-3.1-flash-lite-image' } },
]

async function play({ faults, input, end }: (typeof JOBS)[number]): Promise<string> {
  const account = await stage.account('corporate')
  for (const fault of faults) await stage.emulator.fault({ ...fault, promptIncludes: account })
  const job = await worker.purser.banner.start(bannerFor(account, input))
  const requested = async () => {
    const ids = new Set((await stage.attempts(account)).map((a) => requestIdOf(a.id)))
    return (await stage.emulator.requests()).some((r) => ids.has(r.clientRequestId ?? ''))
  }
  if (end !== undefined) await until('the request is sent', requested)
  if (end === 'cancel') await job.cancel()
  if (end === 'terminate') await worker.client.workflow.getHandle(job.workflowId).terminate('a test')
  await job.result().catch(() => undefined)
  return job.workflowId
}

test(
  'everything that the provider billed is settled to the last pico-USD or held in doubt; nothing is there twice, nothing too much',
  { timeout: 60_000 },
  async () => {
    const workflowIds = [...(await Promise.all(JOBS.map(play))), ...(await Promise.all(ABOVE_THEIR_BOUND.map(play)))]
    await until('nothing is on its way any more', async () =>
      (await reservations()).every((r) => r.state !== 'dispatched' && r.state !== 'reserved'),
    )
    const [bill, rows, requests] = await Promise.all([stage.emulator.bill(), reservations(), stage.emulator.requests()])
    const byRequest = new Map(rows.map((row) => [requestIdOf(row.id), row]))

    // Every physical request is an attempt of its own, and no attempt made two.
    const names = requests.map((r) => r.clientRequestId ?? '')
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !byRequest.has(name))).toEqual([])
    const sent = rows.filter((row) => row.state !== 'released')
    expect(new Set(names)).toEqual(new Set(sent.map((row) => requestIdOf(row.id))))

    // Every line of the bill is in the ledger: exact when it was answered, covered by what is held when not.
    expect(new Set(bill.map((entry) => entry.clientRequestId)).size).toBe(bill.length)
    const pairs = bill.map((entry) => ({ entry, row: rowOf(byRequest, entry) }))
    for (const { entry, row } of pairs.filter((pair) => isAnswered(pair.row))) {
      expect(row.pico).toBe(BigInt(entry.picoUsd))
      const inBill = entry.lines.toSorted((a, b) => (a.unit < b.unit ? -1 : 1))
      expect(row.lines.map(({ unit, quantity, pico }) => ({ unit, quantity, pico }))).toEqual(
        inBill.map(({ unit, quantity, picoUsd }) => ({ unit, quantity, pico: picoUsd })),
      )
      for (const line of row.lines) expect(BigInt(line.nano)).toBe(ceilDiv(BigInt(line.pico) * 1000n, BigInt(line.micros)))
      expect(row.cost).toBe(row.lines.reduce((total, line) => total + BigInt(line.nano), 0n))
    }
    for (const { entry, row } of pairs.filter((pair) => !isAnswered(pair.row))) {
      expect(['settled presumption', 'in_doubt null']).toContain(`${row.state} ${row.source}`)
      expect(row.cost ?? row.amount).toBeGreaterThanOrEqual(await nanoOf(entry, row.id))
    }

    // And what is settled was billed; what was given back was not.
    const billed = new Set(bill.map((entry) => entry.clientRequestId))
    for (const row of rows.filter(({ state }) => state === 'settled')) expect(billed).toContain(requestIdOf(row.id))
    for (const row of rows.filter(({ state }) => state === 'rejected' || state === 'released'))
      expect(billed).not.toContain(requestIdOf(row.id))
    expect(new Set(rows.map((row) => row.state))).toEqual(new Set(['settled', 'rejected', 'released', 'in_doubt']))

    // The counters say the same.
    for (const account of new Set(rows.map((row) => row.account))) {
      const own = rows.filter((row) => row.account === account)
      expect(await stage.balance(account)).toMatchObject({
        spent: sum(own, (row) => row.cost),
        reserved: sum(
          own.filter((row) => row.state === 'in_doubt'),
          (row) => row.amount,
        ),
      })
    }
    const audited = await stage.audited()
    expect(audited.violations).toEqual([])
    expect(audited.held).toEqual({
      attempts: rows.filter((row) => row.state === 'in_doubt').length,
      nanoEur: sum(
        rows.filter((row) => row.state === 'in_doubt'),
        (row) => row.amount,
      ),
    })

    // The call log has a row for every request, and its costs are the ledger's.
    const [log] = await stage.db.sql<{ rows: number; failed: number; total: bigint }[]>`
    select count(*)::int as rows, count(*) filter (where not success)::int as failed, purser.total(total_cost) as total from purser.call_log`
    expect(log).toEqual({
      rows: requests.length,
      failed: sent.filter((row) => row.state !== 'settled').length,
      total: sum(rows, (row) => row.cost),
    })

    // No picture went through Temporal.
    for (const workflowId of workflowIds) expect((await rowsOf(worker.client, workflowId)).largestBytes).toBeLessThan(20_000)
  },
)

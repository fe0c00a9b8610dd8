import { z } from '@hono/zod-openapi'
import { BILL_FORMATS } from '../domain/bill.ts'
import { exactEur, exactUsd, nano, picoUsd } from '../domain/money.ts'
import { isTimeZone } from '../domain/period.ts'
import {
  approveBill,
  discardBill,
  driftOf,
  importBill,
  listBills,
  showBill,
  type Bill,
  type Drift,
  type ShownBill,
} from '../ledger/bills.ts'
import { readBill } from '../schema/bills/bill-file.ts'
import { meaningsSchema } from '../schema/bills/reading.ts'
import { label, text } from '../schema/names.ts'
import { note } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId, yesOrNo } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const usd = (value: bigint): string => exactUsd(picoUsd(value))
const eur = (value: bigint): string => exactEur(nano(value))
const iso = (at: string | null): string | null => (at === null ? null : new Date(at).toISOString())

const usdText = z.string().openapi({ description: 'USD, all twelve digits after the point', example: '0.000412500000' })
const eurText = z.string().openapi({ description: 'EUR, all nine digits after the point', example: '0.000366850' })

const bill = {
  id: z.string().openapi({ example: 'bill_7' }),
  provider: z.string(),
  format: z.enum(BILL_FORMATS),
  name: z.string(),
  sha256: z.string(),
  currency: z.string(),
  time_zone: z.string().openapi({ description: 'In which its days are days' }),
  from_day: z.string().openapi({ example: '2026-11-01' }),
  to_day: z.string().openapi({ example: '2026-11-30' }),
  lines: z.int(),
  cost_usd: usdText,
  cost_eur: eurText.nullable().openapi({ description: 'Null: its file says no euros' }),
  state: z
    .enum(['importing', 'imported', 'approving', 'approved', 'discarded'])
    .openapi({ description: '`importing`, `approving`: broken off; the same again goes on. `discarded`: it has no lines any more' }),
  imported_by: z.string(),
  imported_at: z.iso.datetime(),
  approved_by: z.string().nullable(),
  approved_at: z.iso.datetime().nullable(),
  reason: z.string().nullable().openapi({ description: 'Of who approved or discarded it' }),
}
const billSchema = z.object(bill).openapi('Bill')
const shown = {
  ...bill,
  stored: z.int().openapi({ description: 'Lines that this file named first' }),
  attributed: z.int().openapi({ description: 'Of them: those that have found their attempt' }),
  attempts: z.int(),
  booked: z.int(),
}
const shownSchema = z.object(shown).openapi('BillWithLines')

const bodyOf = (b: Bill) => ({
  id: idOf('bill', b.billId),
  provider: b.provider,
  format: b.format,
  name: b.name,
  sha256: b.hash,
  currency: b.currency,
  time_zone: b.timeZone,
  from_day: b.fromDay,
  to_day: b.toDay,
  lines: b.lines,
  cost_usd: usd(BigInt(b.picoUsd)),
  cost_eur: b.nanoEur === null ? null : eur(BigInt(b.nanoEur)),
  state: b.state,
  imported_by: b.importedBy,
  imported_at: iso(b.importedAt) ?? '',
  approved_by: b.approvedBy,
  approved_at: iso(b.approvedAt),
  reason: b.discardedWhy ?? b.why,
})

const shownBody = (b: ShownBill) => ({
  ...bodyOf(b),
  stored: b.stored,
  attributed: b.attributed,
  attempts: b.attempts,
  booked: b.booked,
})

const importOne = endpoint({
  method: 'post',
  path: '/v1/bills',
  name: 'importBill',
  resource: 'bills',
  summary: 'Store the lines of a provider’s bill, each once; books nothing',
  description:
    'The same file again has no effect. A row that cannot be read, or a line that was stored with other figures, is named, and nothing is stored. Larger files are cut by days, or imported by `purser reconcile import`. Needs a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    provider: label.clone().openapi({ description: 'As in the price book', example: 'gemini' }),
    format: z.enum(BILL_FORMATS),
    name: label.clone().openapi({ description: 'Of the file, for people', example: 'november.json' }),
    content: z.string().min(1).openapi({ description: 'The file, as text' }),
    time_zone: text(100)
      .refine(isTimeZone, 'is no time zone: write it like America/Los_Angeles')
      .optional()
      .openapi({ description: 'In which its days are days; if left out, America/Los_Angeles for google, else UTC' }),
    meanings: meaningsSchema
      .clone()
      .optional()
      .openapi({ type: 'object', description: 'What the provider’s words for lines mean, by these words; null: left out' }),
  }),
  answers: {
    201: { what: 'Stored', schema: shownSchema },
    200: { what: 'It was imported before', schema: shownSchema },
  },
  problems: ['conflict'],
  run(access, { body: { content, time_zone: timeZone, meanings, ...terms } }) {
    access.everywhere()
    const { bill: file } = readBill({ ...terms, text: content, timeZone, meanings })
    return access.once(undefined, async (reach) => {
      const { bill: stored, changed } = await importBill(reach.ledger, file, access.who)
      if (changed)
        await note(access, reach, 'bill.import', undefined, { id: idOf('bill', stored.billId), provider: file.provider, name: file.name })
      return { status: changed ? 201 : 200, body: shownBody(stored) }
    })
  },
})

const NEWEST = '2147483647'

const list = endpoint({
  method: 'get',
  path: '/v1/bills',
  name: 'listBills',
  resource: 'bills',
  summary: 'Bills that were imported, the newest first',
  scope: 'admin',
  query: z.strictObject({ ...pageQuery, provider: label.clone().optional() }),
  answers: { 200: { what: 'A page of bills', schema: listSchema(billSchema, 'Bill') } },
  async run(access, { query }) {
    const { ledger } = access.everywhere()
    const bills = await page(
      access,
      query,
      NEWEST,
      (before, limit) => listBills(ledger, { provider: query.provider, before: Number(before), limit }),
      ({ billId }) => String(billId),
    )
    return { status: 200, body: { ...bills, data: bills.data.map(bodyOf) } }
  },
})

const params = z.object({ id: numberedId('bill', 'bill') })

const show = endpoint({
  method: 'get',
  path: '/v1/bills/{id}',
  name: 'getBill',
  resource: 'bills',
  summary: 'A bill, with what has become of its lines',
  scope: 'admin',
  params,
  answers: { 200: { what: 'The bill', schema: shownSchema } },
  problems: ['not_found'],
  run: async (access, { params: { id } }) => ({ status: 200, body: shownBody(await showBill(access.everywhere().ledger, id)) }),
})

const driftSchema = z
  .object({
    day: z.string(),
    model: z.string(),
    tier: z.string(),
    unit: z.string().nullable().openapi({ description: 'Null: a cost without lines, such as a presumed one' }),
    ledger_quantity: z.string(),
    bill_quantity: z.string().nullable().openapi({ description: 'Null: the bill does not say it' }),
    ledger_usd: usdText,
    bill_usd: usdText,
    ledger_eur: eurText,
    bill_eur: eurText.nullable(),
    differs: z.array(z.enum(['missing_in_ledger', 'missing_on_bill', 'presumed', 'quantity', 'price', 'fx'])),
    missing_requests: z.int(),
    missing_in_ledger_usd: usdText,
    missing_on_bill_usd: usdText,
    presumed_usd: usdText,
    quantity_usd: usdText,
    price_usd: usdText,
    fx_eur: eurText,
    on_the_house_eur: eurText,
    is_booked: z.boolean(),
  })
  .openapi('BillDrift')

const driftBody = (d: Drift) => ({
  day: d.day,
  model: d.model,
  tier: d.tier,
  unit: d.unit,
  ledger_quantity: String(d.quantity.ledger),
  bill_quantity: d.quantity.bill === null ? null : String(d.quantity.bill),
  ledger_usd: usd(d.picoUsd.ledger),
  bill_usd: usd(d.picoUsd.bill),
  ledger_eur: eur(d.nanoEur.ledger),
  bill_eur: d.nanoEur.bill === null ? null : eur(d.nanoEur.bill),
  differs: d.differs,
  missing_requests: d.missingRequests,
  missing_in_ledger_usd: usd(d.missingInLedger),
  missing_on_bill_usd: usd(d.missingOnBill),
  presumed_usd: usd(d.presumed),
  quantity_usd: usd(d.quantityPart),
  price_usd: usd(d.pricePart),
  fx_eur: eur(d.fxPart),
  on_the_house_eur: eur(d.house),
  is_booked: d.isBooked,
})

const drift = endpoint({
  method: 'get',
  path: '/v1/bills/{id}/drift',
  name: 'getBillDrift',
  resource: 'bills',
  summary: 'A bill’s days beside the ledger: what differs in quantity, price and euro',
  description:
    'Per day, model, tier and unit, with all stored lines of its provider on these days. The parts in USD (missing in the ledger, less missing on the bill, presumed, quantity, price) add up to what the bill has more.',
  scope: 'admin',
  params,
  query: z.strictObject({ ...pageQuery, all: yesOrNo.openapi({ description: 'Also where both agree' }) }),
  answers: { 200: { what: 'A page of days, models, tiers and units', schema: listSchema(driftSchema, 'BillDrift') } },
  problems: ['not_found'],
  async run(access, { params: { id }, query }) {
    const { reports } = access.everywhere()
    const rows = (await driftOf(reports, id, query.all === true ? 'all' : 'differences')).map((row, place) => ({ row, place: place + 1 }))
    const found = await page(
      access,
      { ...query, id },
      '0',
      (after, limit) => Promise.resolve(rows.slice(Number(after), Number(after) + limit)),
      ({ place }) => String(place),
    )
    return { status: 200, body: { ...found, data: found.data.map(({ row }) => driftBody(row)) } }
  },
})

/** What one request books stays short for those who reserve beside it. */
const PAGES_MAX = 4

const approvedSchema = z
  .object({
    ...shown,
    lines_booked: z.int().openapi({ description: 'By this request' }),
    attempts_corrected: z.int(),
    on_the_house: z.int().openapi({ description: 'Entries: what belongs to no attempt, and differences of the euro' }),
  })
  .openapi('ApprovedBill')

const approve = endpoint({
  method: 'post',
  path: '/v1/bills/{id}/approve',
  name: 'approveBill',
  resource: 'bills',
  summary: 'Book what differs, on the attempts and on the house',
  description:
    'Some two thousand lines a request: while the bill is `approving` afterwards, ask again with a new key. Needs a key that is bound to no account.',
  scope: 'admin',
  params,
  body: z.strictObject({ reason: text(1000).min(1).openapi({ description: 'Kept with the bill, and with each entry' }) }),
  answers: { 200: { what: 'The bill, and what this request booked', schema: approvedSchema } },
  problems: ['not_found', 'conflict', 'rate_missing'],
  async run(access, { params: { id }, body: { reason } }) {
    await showBill(access.everywhere().ledger, id)
    return access.once(undefined, async (reach) => {
      const booked = await approveBill(reach.ledger, { billId: id, why: reason, by: access.who, pagesMax: PAGES_MAX })
      await note(access, reach, 'bill.approve', undefined, { id: idOf('bill', id), lines: booked.lines, reason })
      const after = await showBill(reach.ledger, id)
      return {
        status: 200,
        body: {
          ...shownBody(after),
          lines_booked: booked.lines,
          attempts_corrected: booked.adjusted,
          on_the_house: booked.onTheHouse,
        },
      }
    })
  },
})

const discard = endpoint({
  method: 'post',
  path: '/v1/bills/{id}/discard',
  name: 'discardBill',
  resource: 'bills',
  summary: 'The file was a mistake: its lines go, and may be imported again',
  description: 'Not after it is booked. Again: no effect. Needs a key that is bound to no account.',
  scope: 'admin',
  params,
  body: z.strictObject({ reason: text(1000).min(1) }),
  answers: { 200: { what: 'The bill', schema: billSchema } },
  problems: ['not_found', 'conflict'],
  async run(access, { params: { id }, body: { reason } }) {
    await showBill(access.everywhere().ledger, id)
    return access.once(undefined, async (reach) => {
      const { changed, ...after } = await discardBill(reach.ledger, { billId: id, why: reason, by: access.who })
      if (changed) await note(access, reach, 'bill.discard', undefined, { id: idOf('bill', id), reason })
      return { status: 200, body: bodyOf(after) }
    })
  },
})

export const BILLS = [importOne, list, show, drift, approve, discard]

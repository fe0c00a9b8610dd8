import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { nano, picoUsd } from '../../src/domain/money.ts'
import { costOf, type Cost, type Price, type Rate } from '../../src/domain/price.ts'
import type { Unit, Usage } from '../../src/domain/usage.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { reserve } from '../../src/ledger/reserve.ts'
import { termsOf } from '../../src/ledger/scope.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
const env = { DATABASE_URL: t.url }
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const MODEL = 'explained-model'
async function price(unit: Unit, picoUsdPer: bigint, per: bigint, aboveTokens: bigint): Promise<Price> {
  const [row] = await t.owner<Price[]>`
    insert into purser.price (provider, model, unit, tier, above_tokens, pico_usd_per, per, effective_from, source, source_date)
    values ('test', ${MODEL}, ${unit}, 'priority', ${aboveTokens}, ${picoUsdPer}, ${per}, '2026-01-01T08:30:00Z', 'the price page', '2026-02-03')
    returning id, provider, model, unit, tier, above_tokens as "aboveTokens", pico_usd_per as "picoUsdPer", per, effective_from as "effectiveFrom", source,
      source_date::text as "sourceDate"`
  if (row === undefined) throw new Error('no price')
  return { ...row, effectiveUntil: undefined }
}
const [rate] = await t.owner<{ id: number }[]>`
  insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-10-30', 1157200, 'a bank', '2026-10-31') returning id`
const RATE: Rate = { id: rate?.id ?? 0, day: '2026-10-30', usdMicrosPerEur: 1_157_200n, source: 'a bank' }
const book = [
  await price('input_text_tokens', 1n, 1n, 0n),
  await price('input_text_tokens', 1_234n, 1_000n, 200_000n),
  await price('output_text_tokens', 10_000_000n, 1n, 0n),
]
const [, long, out] = book

const USAGE: Usage = [
  { unit: 'input_text_tokens', quantity: 200_001 },
  { unit: 'output_thought_tokens', quantity: 83 },
]
// 200,001 × 1,234 ÷ 1,000 = 246,801.234; × 1,000 ÷ 1,157,200 = 213.27…
// 83 × 10,000,000 = 830,000,000; × 1,000 ÷ 1,157,200 = 717,248.53…
const COST: Cost = costOf(USAGE, book, RATE)

async function settled(over: { cost?: Cost; source?: 'answer' | 'presumption'; flags: string[]; model?: string }) {
  const call = t.call(await t.accountWith({ cap: '1.00' }))
  const asked = { ...call.request({}), rate: RATE }
  await t.meets(termsOf(asked.scope, asked.request))
  await reserve(t.ledger, asked)
  const token = randomUUID()
  const answer = await call.dispatch(token)
  if (answer.kind !== 'go') throw new Error(answer.kind)
  const go = { ...answer, token }
  const response = { responseId: 'r', modelVersion: over.model, finishReason: 'STOP', blocked: undefined, requests: 1 }
  const { cost = COST, source = 'answer', flags } = over
  const kind = await call.settle(go, cost.nanoEur, { cost, source, flags, response, usage: USAGE })
  expect(kind.kind).toBe('settled')
  const [people, machines] = await Promise.all([
    purser(['explain-cost', call.key.workflowId], env),
    purser(['explain-cost', call.key.workflowId, '--json'], env),
  ])
  return { call, go, people: people.stdout, json: objects(machines.stdout)[0] }
}

test('each line is the calculation that made it: quantity × price, ÷ rate, with what was rounded, and where both stand in the books', async () => {
  const { people, json } = await settled({ flags: ['unpriced', 'other_model'], model: 'another-model' })
  const after = people.slice(people.indexOf('  answered by')).replaceAll(/ +$/gm, '')
  expect(after).toBe(`  answered by another-model
  unpriced: something had no price (a unit, the tier or the model that answered), so it was charged at the dearest price known of its kind
  other_model: another model answered than was asked for; its own prices decided, if the book has them
  unit                    quantity                × USD each            = USD   ÷ USD per EUR   = EUR, rounded up
  input_text_tokens         200001   0.000000001234 per 1000   0.000000246802          1.1572         0.000000214
  output_thought_tokens         83                   0.00001          0.00083          1.1572         0.000717249
  input_text_tokens
    200001 × 1234 ÷ 1000 = 246801 and 234/1000, rounded up 246802 pico-USD
    246802 × 1000 ÷ 1157200 = 213 and 318400/1157200, rounded up 214 nano-EUR
    price ${long?.id}: test/${MODEL}, priority, for prompts of more than 200000 tokens, since 2026-01-01 08:30 UTC, before there were imports
      the price page, 2026-02-03
  output_thought_tokens
    83 × 10000000 = 830000000 pico-USD
    830000000 × 1000 ÷ 1157200 = 717248 and 614400/1157200, rounded up 717249 nano-EUR
    price ${out?.id}: output_text_tokens of test/${MODEL}, priority, since 2026-01-01 08:30 UTC, before there were imports
      the price page, 2026-02-03
  rate ${RATE.id}: 1.1572 USD per EUR, a bank, 2026-10-30
  0.000000214 + 0.000717249 = 0.000717463
  cost 0.000717463 EUR, given back 0.029282537 EUR
`)
  expect(json).toMatchObject({
    costEur: '0.000717463',
    costSource: 'answer',
    answeredBy: 'another-model',
    flags: ['unpriced', 'other_model'],
    flagsInWords: [expect.stringContaining('dearest price'), expect.stringContaining('another model answered')],
    lines: [
      {
        unit: 'input_text_tokens',
        quantity: '200001',
        picoUsdPer: '1234',
        per: '1000',
        picoUsd: '246802',
        usdMicrosPerEur: '1157200',
        nanoEur: '214',
        costEur: '0.000000214',
        priceId: long?.id,
        priceTier: 'priority',
        priceAboveTokens: '200000',
        priceFrom: '2026-01-01T08:30:00.000Z',
        priceVersion: null,
        priceSource: 'the price page',
        rateId: RATE.id,
        rateDay: '2026-10-30',
        rateSource: 'a bank',
      },
      { unit: 'output_thought_tokens', priceUnit: 'output_text_tokens', priceAboveTokens: '0', nanoEur: '717249' },
    ],
  })
})

test('a cost that is not the sum of its lines says who named it', async () => {
  const presumed: Cost = { lines: [], picoUsd: picoUsd(0n), nanoEur: nano(30_000_000n), flags: [] }
  const { people } = await settled({ cost: presumed, source: 'presumption', flags: ['usage_missing'] })
  expect(people).toContain('  usage_missing: the provider named no usage that can be read, so the whole reservation is booked')
  expect(people).toContain(
    '  nobody has named what it cost, so all that was reserved is booked: a bill, an answer or a person may correct it\n',
  )
  expect(people).not.toContain('× USD each')

  const { call, go } = await settled({ flags: [] })
  await adjust(t.ledger, {
    reservationId: go.reservationId,
    total: nano(700_000n),
    source: 'bill',
    sourceId: 'line 7',
    why: 'the bill of November',
  })
  const billed = await purser(['explain-cost', call.key.workflowId], env)
  expect(billed.stdout).toContain(
    '  the provider’s bill names the cost; the lines of its answer come to 0.000717463\n  cost 0.000700000 EUR',
  )
})

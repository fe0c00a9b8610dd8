import { expect, test } from 'vitest'
import type { Attempt } from '../../chaos/books.ts'
import { judgeBill, type BilledLines } from '../../chaos/judge-bill.ts'
import type { Drift, Reconciled } from '../../chaos/reconcile.ts'
import { requestIdOf } from '../support/emulator.ts'

const ID = '00000000-0000-4000-8000-000000000001'
const UNBILLED = '00000000-0000-4000-8000-000000000002'

/** A dollar and a half a euro: 1,501 pico-USD are 1.0007 nano-EUR, so two of them. */
const attempt: Attempt = {
  id: ID,
  account: 'acc_1',
  workflowId: 'job',
  state: 'settled',
  amount: 10n,
  cost: 4n,
  source: 'bill',
  usdMicrosPerEur: 1_500_000n,
  token: ID,
  dispatchedAt: new Date(),
  periods: [1],
}
const bill: readonly BilledLines[] = [
  {
    at: '2026-11-30T23:59:59.999Z',
    model: 'a-model',
    clientRequestId: requestIdOf(ID),
    lines: [
      { unit: 'input_text_tokens', quantity: 7, picoUsd: '1501' },
      { unit: 'output_image_tokens', quantity: 9, picoUsd: '1501' },
    ],
  },
]
const drift: readonly Drift[] = [
  ['input_text_tokens', '7'],
  ['output_image_tokens', '9'],
].map(([unit = '', quantity = '']) => ({
  day: '2026-11-30',
  model: 'a-model',
  tier: 'standard',
  unit,
  ledgerQuantity: quantity,
  billQuantity: quantity,
  ledgerUsd: '0.000000001501',
  billUsd: '0.000000001501',
  differs: [],
  isBooked: true,
}))
const reconciled: Reconciled = { drift, stored: 2, attributed: 2, adjusted: 1, again: 0 }
const attempts: readonly Attempt[] = [attempt, { ...attempt, id: UNBILLED, cost: 0n, source: 'person' }]

const verdict = (lie: Partial<Parameters<typeof judgeBill>[0]> = {}) => judgeBill({ bill, attempts, reconciled, ...lie })
/** With the first row of the comparison told otherwise. */
const row = (otherwise: Partial<Drift>) => {
  const [first, ...others] = drift
  return verdict({ reconciled: { ...reconciled, drift: first === undefined ? [] : [{ ...first, ...otherwise }, ...others] } })
}
const NAME = '2026-11-30 a-model standard input_text_tokens'

test('a ledger that is the bill: nothing is found', () => {
  expect(verdict()).toEqual({ unreconciledPicoUsd: 0n, violations: 0, findings: [] })
})

test('one pico-USD that the ledger has more or less is named, and one of the bill that was not read', () => {
  expect(row({ ledgerUsd: '0.000000001500' })).toMatchObject({ unreconciledPicoUsd: 1n, findings: [expect.stringContaining(NAME)] })
  expect(row({ ledgerUsd: '0.000000001502' })).toMatchObject({ unreconciledPicoUsd: 1n, findings: [expect.stringContaining(NAME)] })
  expect(row({ billUsd: '0.000000000501' })).toMatchObject({ unreconciledPicoUsd: 1_000n, findings: [expect.stringContaining(NAME)] })
})

test('another quantity, what is not booked, and what still differs, are named', () => {
  for (const otherwise of [{ ledgerQuantity: '8' }, { billQuantity: null }, { isBooked: false }, { differs: ['missing_in_ledger'] }])
    expect(row(otherwise)).toMatchObject({ unreconciledPicoUsd: 0n, violations: 1, findings: [expect.stringContaining(NAME)] })
})

test('a day that the comparison leaves out, and one that nobody billed, are named', () => {
  const [, second] = drift
  const part = verdict({ reconciled: { ...reconciled, drift: second === undefined ? [] : [second] } })
  expect(part).toMatchObject({
    unreconciledPicoUsd: 1_501n,
    findings: [`${NAME}: billed 1501 pico-USD, and the comparison does not know it`],
  })
  expect(row({ day: '2026-12-01' }).findings.length).toBeGreaterThan(1)
})

test('an attempt that costs a nano-EUR more or less than its lines, one that costs something and is not billed, are named', () => {
  for (const cost of [3n, 5n, null])
    expect(verdict({ attempts: [{ ...attempt, cost }] })).toMatchObject({
      violations: 1,
      findings: [`${requestIdOf(ID)}: settled at ${cost} nano-EUR, billed 4`],
    })
  expect(verdict({ attempts: [attempt, { ...attempt, id: UNBILLED }] }).findings).toEqual([
    `${requestIdOf(UNBILLED)}: settled at 4 nano-EUR, billed 0`,
  ])
})

test('a line that is not stored, one that has no attempt, and a second import that does something, are named', () => {
  for (const lie of [{ stored: 1, attributed: 1 }, { attributed: 1 }, { again: 1 }])
    expect(verdict({ reconciled: { ...reconciled, ...lie } })).toMatchObject({
      violations: 1,
      findings: [expect.stringContaining('the bill: ')],
    })
})

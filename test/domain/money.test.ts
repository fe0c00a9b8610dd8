import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ceilDiv, eur, exactEur, money, nano, ofMoney, shortEur, shortMoney } from '../../src/domain/money.ts'

/** Any amount that a 64-bit column of nano-EUR can hold. */
const amounts = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -20_000_000_000n, max: 20_000_000_000n }))
  .map(nano)

test('every amount keeps all its digits on the way out and back', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      expect(eur(exactEur(amount))).toBe(amount)
      expect(ofMoney(money(amount))).toBe(amount)
      expect(exactEur(amount)).toMatch(/^-?\d+\.\d{9}$/)
    }),
  )
})

test.for([
  ['0.10', 100_000_000n],
  ['1', 1_000_000_000n],
  ['0.000000001', 1n],
  ['-0.000000001', -1n],
  [' 5.00 ', 5_000_000_000n],
  ['9999999999.999999999', 9_999_999_999_999_999_999n],
  ['-0', 0n],
] as const)('%s EUR is %s nano-EUR', ([text, amount]) => {
  expect(eur(text)).toBe(amount)
})

test.for([
  '',
  '.',
  '1.',
  '.5',
  '0,10',
  '1e3',
  '0x10',
  '+1',
  '--1',
  '1.0000000001',
  '12345678901',
  '1 000',
  'NaN',
  'Infinity',
  '١',
  '1.2.3',
])('"%s" is no amount', (text) => {
  expect(() => eur(text)).toThrow(RangeError)
})

test.for([
  [0n, '0'],
  [1n, '0.000000001'],
  [-1n, '-0.000000001'],
  [12_345n, '0.00001235'],
  [123_456n, '0.0001235'],
  [35_712_340n, '0.03571'],
  [99_996_000n, '0.1000'],
  [999_949_999n, '0.9999'],
  [999_999_600n, '1.000'],
  [1_000_000_000n, '1.000'],
  [5_000_000_000n, '5.000'],
  [9_999_500_000n, '10.00'],
  [12_345_000_000n, '12.35'],
  [-12_345_000_000n, '-12.35'],
  [99_994_999_999n, '99.99'],
  [99_995_000_000n, '100.00'],
  [1_234_567_000_000n, '1234.57'],
] as const)('people see %s nano-EUR as %s', ([amount, text]) => {
  expect(shortEur(nano(amount))).toBe(text)
})

test('what people see has four significant digits, two decimals at least, and is as near as these allow', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      fc.pre(amount !== 0n)
      const text = shortEur(amount)
      const [whole = '', decimals = ''] = text.replace('-', '').split('.')
      const significant = `${whole}${decimals}`.replace(/^0+/, '')
      expect(decimals.length === 2 || decimals.length === 9 || significant.length === 4).toBe(true)
      expect(decimals.length).toBeGreaterThanOrEqual(2)
      const error = eur(text) - amount
      const half = 10n ** BigInt(9 - decimals.length) / 2n
      expect(error <= half && -error <= half).toBe(true)
      expect(text.startsWith('-')).toBe(amount < 0n)
    }),
  )
})

test('what people see never grows when the amount falls', () => {
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 0n, max: 10_000_000n }), (amount, more) => {
      expect(eur(shortEur(nano(amount + more)))).toBeGreaterThanOrEqual(eur(shortEur(amount)))
    }),
  )
})

test('money says its currency', () => {
  expect(shortMoney(money(eur('0.035712340')))).toBe('0.03571 EUR')
  expect(JSON.stringify(money(eur('0.035712340')))).toBe('{"amount":"0.035712340","currency":"EUR"}')
})

test('a division rounds up, and by less than one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.bigInt({ min: 1n, max: 2n ** 70n }), (dividend, divisor) => {
      const up = ceilDiv(dividend, divisor)
      expect(up * divisor).toBeGreaterThanOrEqual(dividend)
      expect((up - 1n) * divisor).toBeLessThan(dividend)
    }),
  )
})

import { expect, test } from 'vitest'
import { moneyInput } from '../../src/http/money.ts'

const read = (amount: unknown, currency: unknown = 'EUR') => moneyInput.safeParse({ amount, currency })

test('money is read from text, to the last digit', () => {
  expect(['0.10', '0.035712340', '-2', '1000000000'].map((text) => read(text).data)).toEqual([
    100_000_000n,
    35_712_340n,
    -2_000_000_000n,
    1_000_000_000_000_000_000n,
  ])
})

test('a number, a tenth digit, an exponent, another currency and too much are refused', () => {
  const all = [
    read(0.1),
    read('0.0000000001'),
    read('1e3'),
    read('0.1', 'USD'),
    read('1000000000.1'),
    read('-1000000000.1'),
    read('ten'),
    read(''),
  ]
  expect(all.map(({ success }) => success)).toEqual(all.map(() => false))
})

import { expect, test } from 'vitest'
import { DELIVERY_POLICY, pauseMs } from '../../src/domain/notice.ts'

const pause = (attempt: number, retryAfterMs = 0, chance = 0): number => pauseMs(DELIVERY_POLICY, attempt, retryAfterMs, chance)

test('pauses double from five seconds to six hours, and fill three days with two dozen attempts', () => {
  expect([1, 2, 3, 4].map((attempt) => pause(attempt))).toEqual([5_000, 10_000, 20_000, 40_000])
  expect([13, 14, 100, 5_000].map((attempt) => pause(attempt))).toEqual([20_480_000, 21_600_000, 21_600_000, 21_600_000])
  let [attempts, passedMs] = [1, 0]
  for (; passedMs + pause(attempts) < DELIVERY_POLICY.totalMs; attempts += 1) passedMs += pause(attempts)
  expect([attempts, Math.floor(passedMs / 3_600_000)]).toEqual([24, 71])
})

test('a receiver may ask for a longer pause, within six hours; chance adds a tenth at most', () => {
  expect(pause(1, 60_000)).toBe(60_000)
  expect(pause(6, 60_000)).toBe(160_000)
  expect(pause(1, 7 * 24 * 3_600_000)).toBe(21_600_000)
  expect([pause(1, 0, 0.5), pause(1, 0, 1), pause(20, 0, 1)]).toEqual([5_250, 5_500, 21_600_000])
})

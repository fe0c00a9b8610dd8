import { afterEach, expect, test, vi } from 'vitest'
import { asked, inTime } from '../../src/ledger/asked.ts'

afterEach(() => void vi.useRealTimers())

test('an answer that never comes is an error after a minute and a half, and one that comes leaves no timer behind', async () => {
  vi.useFakeTimers()
  expect(await inTime(Promise.resolve('an answer'))).toBe('an answer')
  expect(vi.getTimerCount()).toBe(0)
  const forgotten = asked(() => new Promise<never>(() => undefined)).catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(89_999)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(await forgotten).toBe('the ledger did not answer within 90 s')
})

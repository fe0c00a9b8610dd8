import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { untilStopped } from '../src/until-stopped.ts'
import { until } from './support/until.ts'

test('a step follows the other after the rest that it asked for, and none after the stop, which waits for the one under way', async () => {
  const rests = [0, 0, 3_600_000]
  let [begun, ended] = [0, 0]
  const held = Promise.withResolvers<number>()
  const resting = untilStopped(async () => rests[begun++] ?? 0, fail)
  await until('three steps', () => begun === 3)
  await resting.stop()
  const holding = untilStopped(async () => held.promise.finally(() => (ended += 1)), fail)
  const stopping = holding.stop()
  await sleep(20)
  expect(ended).toBe(0)
  held.resolve(0)
  await stopping
  expect([begun, ended]).toEqual([3, 1])
})

test('trouble is told once, until a step has gone well; what a stop breaks off is no trouble', async () => {
  const told: unknown[] = []
  const steps = ['broken', 'broken', 'well', 'broken again']
  let taken = 0
  const running = untilStopped(
    async () => {
      const step = steps[taken++]
      if (step?.startsWith('broken') === true) throw new Error(step)
      return 0
    },
    (error) => told.push(String(error)),
  )
  await until('it is past all of them', () => taken > steps.length)
  await running.stop()
  expect(told).toEqual(['Error: broken', 'Error: broken again'])

  const broken = untilStopped(
    async (stopping) => {
      await sleep(3_600_000, undefined, { signal: stopping })
      return 0
    },
    (error) => told.push(error),
  )
  await broken.stop()
  expect(told).toHaveLength(2)
})

function fail(error: unknown): never {
  throw error
}

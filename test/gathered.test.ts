import { expect, test } from 'vitest'
import { gathered } from '../src/gathered.ts'

test('when the disk takes nothing, all of a file hear it, and the next are written', async () => {
  const written: number[] = []
  let isFull = true
  const put = gathered(
    async (items: readonly number[]) => {
      if (isFull) throw new Error('the disk is full')
      written.push(...items)
      return Promise.resolve(items)
    },
    { paceMs: 1, most: 2 },
  )
  const failed = await Promise.allSettled([put(1), put(2)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isFull = false
  await Promise.all([put(3), put(4), put(5)])
  expect(written).toEqual([3, 4, 5])
})

test('each hears its own answer, and so many go together at most', async () => {
  const together: number[] = []
  const ask = gathered(
    async (items: readonly number[]) => {
      together.push(items.length)
      return Promise.resolve(items.map((item) => `answer ${item}`))
    },
    { most: 3 },
  )
  expect(await Promise.all([1, 2, 3, 4, 5].map(ask))).toEqual([1, 2, 3, 4, 5].map((n) => `answer ${n}`))
  expect(together).toEqual([3, 2])
})

test('an answer too few is nobody’s', async () => {
  const ask = gathered(async (items: readonly number[]) => Promise.resolve(items.slice(1)), { most: 3 })
  const failed = await Promise.allSettled([ask(1), ask(2)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

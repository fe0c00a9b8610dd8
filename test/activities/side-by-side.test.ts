import { expect, test } from 'vitest'
import { sideBySide } from '../../src/activities/side-by-side.ts'

const soon = (ms = 1): Promise<void> => new Promise((done) => setTimeout(done, ms))

test('so many are worked on at once, and no more; the answers come in the order of the items', async () => {
  let [now, most] = [0, 0]
  const items = Array.from({ length: 23 }, (_, i) => i)
  const answers = await sideBySide(items, 5, async (item) => {
    most = Math.max(most, (now += 1))
    await soon(item % 3)
    now -= 1
    return item * 2
  })
  expect([most, answers]).toEqual([5, items.map((item) => item * 2)])
  expect(await sideBySide([], 5, () => Promise.resolve(1))).toEqual([])
})

test('when one fails no more are begun, and its error comes when all that were begun have ended', async () => {
  const [begun, ended]: [number[], number[]] = [[], []]
  const working = sideBySide([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item)
    if (item === 1) throw new RangeError('the second')
    await soon(20)
    ended.push(item)
  })
  await expect(working).rejects.toThrow(new RangeError('the second'))
  expect([begun, ended]).toEqual([[0, 1], [0]])
})

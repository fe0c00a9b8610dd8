/** However spending is asked for, the groups are the whole, and both are the requests, one by one: before, while and after they are added up. */
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rollUp, rollUpAll } from '../../src/insight/roll-up.ts'
import { sums, type Question } from '../../src/insight/sums.ts'
import { chance } from '../support/chance.ts'
import { openTestLedger } from '../support/ledger.ts'
import { groupName, plainRequests, plainSums, timeOf } from './plain-sums.ts'
import { anyQuestion } from './random-questions.ts'
import { historyIn, type History } from './sums-history.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const dice = chance(8)
let history: History
beforeAll(async () => {
  history = await historyIn(t, dice)
  await history.more()
})

/** Asks so many questions: those whose answer is not what it should be. */
async function wrong(count: number): Promise<unknown[]> {
  const requests = await plainRequests(t.owner)
  const found: unknown[] = []
  for (let n = 0; n < count; n++) {
    const question = anyQuestion(dice, history.accounts)
    const [answer, should] = [await asked(question), wanted(requests, question)]
    if (!isDeepStrictEqual(answer, should)) found.push({ question, answer, should })
  }
  return found
}

async function asked(q: Question) {
  const { whole, groups, groupCount } = await sums(t.ledger, q)
  expect(groupCount).toBe(groups.length)
  const named = groups.map(
    ({ since, names, sums: figures }) => [groupName(since === null ? '' : timeOf(since, q), names), figures] as const,
  )
  return { whole, groups: new Map(named.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

function wanted(requests: Awaited<ReturnType<typeof plainRequests>>, q: Question) {
  const groups = plainSums(requests, q)
  const whole = Object.fromEntries(
    q.figures.map((figure) => [figure, [...groups.values()].reduce((sum, group) => sum + group[figure], 0n)]),
  )
  return { whole, groups: new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

test('when nothing is added up yet', async () => {
  expect(await wrong(60)).toEqual([])
})

test('when a part of it is', async () => {
  expect(await rollUp(t.ledger, { limit: 50 })).toMatchObject({ more: true })
  expect(await wrong(60)).toEqual([])
})

test('when all of it is known, and waits', async () => {
  while ((await rollUp(t.ledger))?.more === true);
  expect(await wrong(60)).toEqual([])
})

test('when all of it is, with blocks of days', async () => {
  await rollUpAll(t.ledger)
  const [{ levels }] = await t.owner<
    [{ levels: number[] }]
  >`select array_agg(distinct level::int order by level::int) as levels from purser.rollup`
  expect(levels).toEqual([0, 1, 2, 3, 4])
  expect(await wrong(150)).toEqual([])
})

test('when more was booked since, of earlier days too, and earlier calls were corrected; and when that is added up', async () => {
  await history.more()
  expect(await wrong(100)).toEqual([])
  await rollUp(t.ledger, { limit: 30, all: true })
  await history.more()
  expect(await wrong(60)).toEqual([])
  await rollUpAll(t.ledger)
  expect(await wrong(150)).toEqual([])
})

/** However spending is asked for, the groups are the whole, and both are the requests, one by one: before, while and after they are added up. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rollUp } from '../../src/insight/roll-up.ts'
import { audit } from '../../src/ledger/audit.ts'
import { chance } from '../support/chance.ts'
import { openTestLedger } from '../support/ledger.ts'
import { settled, takenIn } from '../support/taken-in.ts'
import { historyIn, type History } from './sums-history.ts'
import { wrongAnswers } from './wrong-answers.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const dice = chance(8)
let history: History
beforeAll(async () => {
  history = await historyIn(t, dice)
  await history.more()
})

const wrong = async (count: number) => [...(await audit(t.ledger)).violations, ...(await wrongAnswers(t, dice, history.accounts, count))]

test('when nothing is added up yet', async () => {
  expect(await wrong(60)).toEqual([])
})

test('when a part of it is', async () => {
  await settled(t.owner)
  expect(await rollUp(t.ledger, { limit: 50 })).toMatchObject({ more: true })
  expect(await wrong(60)).toEqual([])
})

test('when all of it is known, and waits', async () => {
  while ((await rollUp(t.ledger))?.more === true);
  expect(await wrong(60)).toEqual([])
})

test('when all of it is, with blocks of days', async () => {
  await takenIn(t.ledger, t.owner)
  const [{ levels }] = await t.owner<
    [{ levels: number[] }]
  >`select array_agg(distinct level::int order by level::int) as levels from purser.rollup`
  expect(levels).toEqual([0, 1, 2, 3, 4])
  const [{ sets }] = await t.owner<
    [{ sets: number[] }]
  >`select array_agg(distinct set::int order by set::int) as sets from purser.rollup_page`
  expect(sets).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
  expect(await wrong(150)).toEqual([])
})

test('when more was booked since, of earlier days too, and earlier calls were corrected; and when that is added up', async () => {
  await history.more()
  expect(await wrong(100)).toEqual([])
  await rollUp(t.ledger, { limit: 30, all: true })
  await history.more()
  expect(await wrong(60)).toEqual([])
  await takenIn(t.ledger, t.owner)
  expect(await wrong(150)).toEqual([])
})

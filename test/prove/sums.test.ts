/** Ten thousand random questions about half a year: however it is asked, the groups are the whole, and both are the requests, one by one. */
import { afterAll, expect, test } from 'vitest'
import { rollUp, rollUpAll } from '../../src/insight/roll-up.ts'
import { chance } from '../support/chance.ts'
import { openTestLedger } from '../support/ledger.ts'
import { historyIn } from '../insight/sums-history.ts'
import { wrongAnswers } from '../insight/wrong-answers.ts'
import { inLength } from './length.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const QUESTIONS = inLength(2_000, 10_000)
const STAGES = 8

test(`${QUESTIONS} random questions, while calls are booked, corrected and added up, all have the answer that adding up by hand has`, async () => {
  const dice = chance(Date.now() % 1_000_000)
  const history = await historyIn(t, dice)
  for (let stage = 0; stage < STAGES; stage += 1) {
    if (stage % 2 === 0) await history.more()
    if (stage % 3 === 1) await rollUp(t.ledger, { limit: 80 })
    if (stage % 3 === 2) await rollUpAll(t.ledger)
    expect(await wrongAnswers(t, dice, history.accounts, QUESTIONS / STAGES)).toEqual([])
  }
})

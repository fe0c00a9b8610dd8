import { isDeepStrictEqual } from 'node:util'
import { sums, type Question } from '../../src/insight/sums.ts'
import type { Chance } from '../support/chance.ts'
import type { openTestLedger } from '../support/ledger.ts'
import { groupName, plainRequests, plainSums, timeOf, type PlainRequest } from './plain-sums.ts'
import { anyQuestion } from './random-questions.ts'

type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

/** Asks so many questions at random, and compares with the requests, added up by hand: those whose answer is not what it should be. */
export async function wrongAnswers(
  t: TestLedger,
  dice: Chance,
  accounts: readonly [string, ...string[]],
  count: number,
): Promise<unknown[]> {
  const requests = await plainRequests(t.owner)
  const found: unknown[] = []
  for (let n = 0; n < count; n += 1) {
    const question = anyQuestion(dice, accounts)
    const [answer, should] = [await asked(t, question), wanted(requests, question)]
    if (!isDeepStrictEqual(answer, should)) found.push({ question, answer, should })
  }
  return found
}

async function asked({ ledger }: TestLedger, q: Question) {
  const { whole, groups, groupCount } = await sums(ledger, q)
  const named = groups.map(
    ({ since, names, sums: figures }) => [groupName(since === null ? '' : timeOf(since, q), names), figures] as const,
  )
  return { whole, groupCount, groups: inOrder(named) }
}

function wanted(requests: readonly PlainRequest[], q: Question) {
  const groups = plainSums(requests, q)
  const whole = (['cost', 'pico_usd'] as const).map((figure) => [
    figure,
    [...groups.values()].reduce((sum, group) => sum + group[figure], 0n),
  ])
  return { whole: Object.fromEntries(whole), groupCount: groups.size, groups: inOrder([...groups]) }
}

const inOrder = <T>(groups: readonly (readonly [string, T])[]): Map<string, T> => new Map(groups.toSorted(([a], [b]) => (a < b ? -1 : 1)))

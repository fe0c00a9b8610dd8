/** What becomes of hits, answers and misses: what names them, how long they are kept, and what of them is kept for ever. */
import { expect, test } from 'vitest'
import { savings } from '../../src/insight/savings.ts'
import { FIRST_PAGE, listRequests } from '../../src/insight/requests.ts'
import { rollUp } from '../../src/insight/roll-up.ts'
import { clearCache, trimCache } from '../../src/ledger/response-cache.ts'
import { newJob, type Job } from '../activities/activity.ts'
import { dropSealed, OLD } from '../support/past.ts'
import { until } from '../support/until.ts'
import { cacheStage, type Question } from './cache-stage.ts'

const on = cacheStage()
const owner = () => on.stage().db.sql
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const question = async (about: string): Promise<Question> => {
  const account = await on.stage().account()
  return { account, text: `${about} of ${account}` }
}
const hitsOf = async ({ account }: Question): Promise<number> => {
  const [row] = await owner()<
    { n: number }[]
  >`select count(*)::int as n from purser.cache_hit h join purser.scope s on s.id = h.scope where s.account = ${account}`
  return row?.n ?? 0
}
const answersOf = async (ids: readonly bigint[]): Promise<number> =>
  (await owner()`select from purser.cache_answer where id = any (${owner().array([...ids])}::bigint[])`).length
const entriesOf = async ({ account }: Question): Promise<bigint[]> =>
  (await owner()<{ id: bigint }[]>`select id from purser.cache_entry where account = ${account} order by id`).map(({ id }) => id)

const named = (workflowId: string | null, run: string | null, callId: string | null) => ({ workflowId, run, callId })

test('a hit names the workflow, the run and the call that heard it, whether its process held the answer or not', async () => {
  const asked = await question('names')
  await on.play(asked)
  const jobs = [newJob(), newJob('a "job", {with} \\signs')]
  for (const job of jobs) expect((await on.ask({ ...asked, job })).kind).toBe('hit')
  const records = await listRequests(
    { sql: on.stage().sql },
    {
      filter: { account: asked.account },
      from: new Date(Date.now() - 3_600_000),
      to: new Date(Date.now() + 60_000),
      after: FIRST_PAGE,
      limit: 10,
    },
  )
  const hits = records.filter(({ flags }) => flags.includes('cached'))
  expect(hits.map((hit) => named(hit.workflowId, hit.run, hit.callId))).toEqual(
    expect.arrayContaining(jobs.map(({ workflowId, runId }: Job) => named(workflowId, runId, 'one'))),
  )
  expect(hits.every(({ call, id }) => call === id)).toBe(true)
})

test('a call that asks again, or twice at once, is one hit, also where its process holds the answer', async () => {
  const asked = { ...(await question('once')), job: newJob() }
  await on.play({ ...asked, job: newJob() })
  await on.ask({ ...asked, job: newJob() })
  const answers = [...(await Promise.all(times(4, () => on.ask(asked)))), await on.ask(asked)]
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(await hitsOf(asked)).toBe(2)
  const many = await Promise.all(times(40, (n) => on.ask({ ...asked, job: n % 4 === 0 ? asked.job : newJob() })))
  expect(new Set(many.map(({ kind }) => kind))).toEqual(new Set(['hit']))
  expect(await hitsOf(asked)).toBe(32)
})

test('an answer that nobody heard goes with its entry; one that was heard stays, so that its calls hear it again', async () => {
  const [unheard, heard] = [await question('unheard'), await question('heard')]
  await on.play(unheard)
  await on.play(heard)
  const job = newJob()
  const first = await on.ask({ ...heard, job })
  const [gone, stays] = [await entriesOf(unheard), await entriesOf(heard)]
  await owner()`update purser.cache_entry set expires_at = clock_timestamp()`
  await trimCache(on.stage().ledger, 1_000)
  expect([await answersOf(gone), await answersOf(stays)]).toEqual([0, 1])
  expect(await on.ask({ ...heard, job })).toEqual(first)
  await on.play(unheard)
  const [again] = await entriesOf(unheard)
  await clearCache(on.stage().ledger, { account: unheard.account })
  expect(await answersOf([again ?? 0n])).toBe(0)
})

test('a miss that is old is kept by the hour, and reports go on counting it', async () => {
  const asked = await question('missed')
  await on.lead(asked)
  await owner()`update purser.cache_miss m set at = m.at - interval '120 days' from purser.scope s where s.id = m.scope and s.account = ${asked.account}`
  const DAY_MS = 86_400_000
  const report = () =>
    savings(
      { sql: on.stage().sql },
      { filter: { account: asked.account }, from: new Date(Date.now() - 121 * DAY_MS), to: new Date(Date.now() - 119 * DAY_MS) },
    )
  const told = await report()
  expect(told).toMatchObject([{ strategy: 'cache', feature: 'faq', calls: 0n, misses: 1n, seen: 1n }])
  await trimCache(on.stage().ledger, 1_000)
  expect(
    await owner()`select from purser.cache_miss m join purser.scope s on s.id = m.scope where s.account = ${asked.account}`,
  ).toHaveLength(0)
  expect(await report()).toEqual(told)
})

test('hits go with the month of their calls: what they saved and counted stays, the ledger is whole, and their answers may go', async () => {
  const asked = { ...(await question('old')), startedAt: OLD.at }
  await on.play(asked)
  for (const process of [on.activities(), on.activities(), on.other()]) expect((await on.ask(asked, process)).kind).toBe('hit')
  const young = { ...asked, startedAt: new Date() }
  expect((await on.ask(young)).kind).toBe('hit')
  // What a transaction of somebody else may come before is not taken in yet.
  await until('all is taken in', async () => {
    await rollUp({ sql: on.stage().sql })
    const [taken] = await owner()<{ n: number }[]>`
      select count(*)::int as n from purser.fact f join purser.scope s on s.id = f.scope where s.account = ${asked.account}`
    return taken?.n === 5
  })
  const told = async () => ({
    savings: await savings(
      { sql: on.stage().sql },
      { filter: { account: asked.account }, from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 60_000) },
    ),
    calls:
      await owner()`select count(*)::int as n from (select * from purser.fact union all select * from purser.fresh()) f join purser.scope s on s.id = f.scope
        where s.account = ${asked.account}`,
  })
  const before = await told()
  expect(before).toMatchObject({ savings: [{ strategy: 'cache', calls: 4n, misses: 1n }], calls: [{ n: 5 }] })
  const entries = await entriesOf(asked)
  await dropSealed({ owner: owner(), ledger: on.stage().ledger } as never, OLD.name)
  expect(await hitsOf(asked)).toBe(1)
  expect(await told()).toEqual(before)
  expect(await owner()`select month, hits from purser.dropped_hits`).toEqual([{ month: OLD.name, hits: 3n }])
  expect((await on.ask(asked)).kind).toBe('own')
  // All calls that could have heard it are dropped when its age says so; here one has not been.
  await owner()`update purser.cache_entry set expires_at = clock_timestamp()`
  await trimCache(on.stage().ledger, 1_000)
  expect(await answersOf(entries)).toBe(1)
  const takenBack = owner().begin(async (tx) => {
    await tx`alter table purser.cache_answer disable trigger user`
    await tx`update purser.cache_answer set made_at = made_at - interval '200 days' where id = any (${owner().array(entries)}::bigint[])`
    await tx`alter table purser.cache_answer enable trigger user`
    await tx`select purser.trim_cache_answers(1000)`
    expect(await tx`select from purser.cache_answer where id = any (${owner().array(entries)}::bigint[])`).toHaveLength(0)
    throw new Error('taken back')
  })
  await expect(takenBack).rejects.toThrow('taken back')
})

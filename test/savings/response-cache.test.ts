/** What the cache answers, and what it does not; on a real ledger, with the activities that workflows run. */
import { expect, test } from 'vitest'
import { ofMoney } from '../../src/domain/money.ts'
import { findRequest, followRequests, FIRST_PAGE, listRequests } from '../../src/insight/requests.ts'
import { rollUp } from '../../src/insight/roll-up.ts'
import { cacheStats, clearCache, trimCache } from '../../src/ledger/response-cache.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { newJob } from '../activities/activity.ts'
import { cacheStage } from './cache-stage.ts'

const on = cacheStage()
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const answered = <T extends { readonly kind: string }>(outcome: T): Extract<T, { kind: 'answered' }> => {
  if (outcome.kind !== 'answered') throw new Error(`not answered: ${JSON.stringify(outcome)}`)
  return outcome as Extract<T, { kind: 'answered' }>
}

test('a hundred equal calls at once, of four processes, are one request', async () => {
  const account = await on.stage().account()
  const processes = [on.activities(), on.other(), on.other(), on.other()]
  const answers = await Promise.all(times(100, (n) => on.play({ account, text: `a hundred of ${account}` }, processes[n % 4])))
  const [first] = answers.filter((answer) => !('cached' in answer))
  expect(answers.filter((answer) => 'cached' in answer)).toHaveLength(99)
  expect(new Set(answers.map((answer) => answered(answer).blob?.ref)).size).toBe(1)
  expect(await on.stage().billOf(account)).toHaveLength(1)
  expect((await on.stage().balance(account)).spent).toBe(ofMoney(answered(first ?? { kind: 'none' }).cost))
  const hits = await on.stage().db
    .sql`select count(*)::int as n, count(distinct answer)::int as answers from purser.cache_hit where scope in (
    select id from purser.scope where account = ${account})`
  expect(hits).toEqual([{ n: 99, answers: 1 }])
}, 60_000)

test('a hit is a call that cost nothing, with a record and a receipt of its own, and says what it saved', async () => {
  const account = await on.stage().account()
  const question = { account, text: `a record of ${account}` }
  const made = answered(await on.play(question))
  const hit = answered(await on.play(question))
  expect(hit).toMatchObject({
    cached: true,
    cost: { amount: '0.000000000' },
    saved: made.cost,
    blob: made.blob,
    usage: [],
    flags: ['cached'],
    requests: 0,
  })
  expect(hit.reservationId).not.toBe(made.reservationId)
  const reading = { sql: on.stage().sql }
  const records = await listRequests(reading, {
    filter: { account },
    from: new Date(Date.now() - 3_600_000),
    to: new Date(Date.now() + 60_000),
    after: FIRST_PAGE,
    limit: 10,
  })
  expect(records.map((one) => one.answered)).toEqual([true, true])
  expect(records.map(({ cost, flags }) => [cost, flags.includes('cached')])).toEqual(
    expect.arrayContaining([
      [0n, true],
      [ofMoney(made.cost), false],
    ]),
  )
  const [record] = records.filter(({ flags }) => flags.includes('cached'))
  expect(await findRequest(reading, record?.id ?? '')).toMatchObject({ cost: 0n, lines: [] })
  const { requests } = await followRequests(reading, { after: 0n, limit: 4_000, filter: { account } })
  expect(requests.map((one) => one.record.flags.includes('cached'))).toEqual([false, true])
})

test('the sums count a hit as a call, before and after it is taken in, and spend nothing for it', async () => {
  const account = await on.stage().account()
  const question = { account, text: `sums of ${account}` }
  const made = answered(await on.play(question))
  for (let n = 0; n < 3; n += 1) await on.play(question)
  const { sql } = on.stage().db
  const figures = async () => sql`select sum(calls)::int as calls, sum(failed)::int as failed, sum(cost)::bigint as cost from (
    select * from purser.fact union all select * from purser.fresh()) f where scope in (select id from purser.scope where account = ${account})`
  const right = [{ calls: 4, failed: 0, cost: ofMoney(made.cost) }]
  expect(await figures()).toEqual(right)
  await rollUp({ sql: on.stage().sql })
  expect(await figures()).toEqual(right)
})

test('two accounts never share an answer, unless both say so', async () => {
  const [one, other] = [await on.stage().account(), await on.stage().account()]
  const text = `shared by ${one}`
  await on.play({ account: one, text })
  expect(await on.kinds({ account: other, text })).toEqual(['lead'])
  await on.play({ account: one, text, cache: { shared: true } })
  expect(await on.kinds({ account: other, text, cache: { shared: true } }, { account: one, text, cache: { shared: true } })).toEqual([
    'hit',
    'hit',
  ])
})

test('a call that was answered from the cache hears the same for ever, and another request of its name is a conflict', async () => {
  const account = await on.stage().account()
  const question = { account, text: `for ever ${account}` }
  await on.play(question)
  const job = newJob()
  const first = await on.ask({ ...question, job })
  await clearCache(on.stage().ledger, { account })
  expect(await on.ask({ ...question, job, cache: { ttlMs: 1 } })).toEqual(first)
  await expect(on.ask({ ...question, text: 'another', job })).rejects.toMatchObject({ type: 'conflict' })
  expect(
    await on.stage().db
      .sql`select count(*)::int as n from purser.cache_hit h join purser.scope s on s.id = h.scope where s.account = ${account}`,
  ).toEqual([{ n: 1 }])
})

test('a call with a booked answer hears that one, whatever is in the cache', async () => {
  const account = await on.stage().account()
  const question = { account, text: `booked ${account}` }
  const job = newJob()
  const own = answered(await on.make({ ...question, job }))
  await on.play(question)
  expect(await on.ask({ ...question, job })).toEqual({ kind: 'own' })
  expect(answered(await on.make({ ...question, job })).reservationId).toBe(own.reservationId)
})

test('an answer is heard until its time is over, by the database’s clock, to the millisecond', async () => {
  const account = await on.stage().account()
  const question = { account, text: `time of ${account}`, cache: { ttlMs: 700 } }
  await on.play(question)
  const { sql } = on.stage().db
  const [entry] = await sql<
    { id: bigint; lasts: number }[]
  >`select id, extract(epoch from expires_at - made_at)::float * 1000 as lasts from purser.cache_entry where account = ${account}`
  expect(entry?.lasts).toBe(700)
  let kind = 'hit'
  while (kind === 'hit') kind = (await on.ask(question)).kind
  expect(kind).toBe('lead')
  expect(
    await sql`select bool_and(h.at < e.expires_at) as hits_before, count(*) > 3 as many, (select min(m.at) >= e.expires_at from purser.cache_miss m join purser.scope s on s.id = m.scope
        where s.account = ${account} and m.at > e.made_at) as miss_after
      from purser.cache_entry e join purser.scope s on s.account = e.account join purser.cache_hit h on h.scope = s.id where e.id = ${entry?.id ?? 0n} group by e.expires_at, e.made_at`,
  ).toEqual([{ hits_before: true, many: true, miss_after: true }])
})

test('who wants nothing older than it says does not hear what is older', async () => {
  const account = await on.stage().account()
  const question = { account, text: `age of ${account}` }
  await on.play(question)
  await new Promise((done) => setTimeout(done, 60))
  expect(await on.kinds(question)).toEqual(['hit'])
  expect(await on.kinds({ ...question, cache: { ttlMs: 50 } })).toEqual(['lead'])
})

test('an answer whose question was cleared while it was under way is not kept, and all who hold it let it go', async () => {
  const account = await on.stage().account()
  const question = { account, text: `cleared of ${account}` }
  const other = on.other()
  const flight = await on.lead({ ...question, job: newJob('leads') })
  expect(await clearCache(on.stage().ledger, { feature: 'faq', account })).toEqual({ removed: 0, bytes: 0n })
  answered(await on.make({ ...question, job: newJob('leads') }, flight))
  expect(await on.kinds(question)).toEqual(['lead'])
  await clearCache(on.stage().ledger, { account })
  answered(await on.play(question, other))
  expect((await on.ask(question, other)).kind).toBe('hit')
  expect(await clearCache(on.stage().ledger, { model: 'another' })).toMatchObject({ removed: 0 })
  expect(await clearCache(on.stage().ledger, { model: 'gemini-2.5-flash-lite', account })).toMatchObject({ removed: 1 })
  expect((await on.ask(question, other)).kind).toBe('lead')
})

test.for([
  ['one that was cut off', {}, { maxOutputTokens: 3 }],
  ['a picture', {}, { model: 'gemini-2.5-flash-image', output: { kind: 'image', aspectRatio: '21:9' }, maxOutputTokens: 2_000 }],
] as const)('%s is kept only if it is told', async ([what, cache, request]) => {
  const account = await on.stage().account()
  const text = `${what} for ${account}: write a long story`
  answered(await on.play({ account, text, cache, request }))
  expect(await on.stage().db.sql`select from purser.cache_entry where account = ${account}`).toHaveLength(0)
  const told = { account, text, cache: { cutShort: true, nonRepeatable: true }, request, feature: 'told' }
  // Within a moment after an answer that is none to keep, each asks for itself.
  await on.stage().db.sql`delete from purser.cache_flight`
  answered(await on.play(told))
  expect(await on.kinds(told)).toEqual(['hit'])
})

test.for(['image_safety', 'internal', 'billed_but_cut', 'no_usage', 'other_model_version'] as const)('%s is never kept', async (fault) => {
  const account = await on.stage().account()
  const request = { model: 'gemini-2.5-flash-image', output: { kind: 'image', aspectRatio: '21:9' }, maxOutputTokens: 2_000 } as const
  const question = { account, text: `fails ${account}`, cache: { nonRepeatable: true, cutShort: true }, request }
  await on.stage().emulator.fault({ fault, promptIncludes: account })
  await on.play(question).catch(() => undefined)
  expect(await on.stage().db.sql`select from purser.cache_entry where account = ${account}`).toHaveLength(0)
})

test('a stopped account hears nothing from the cache', async () => {
  const account = await on.stage().account()
  const question = { account, text: `stopped ${account}` }
  await on.play(question)
  await stopScope(on.stage().ledger, { account }, 'enough')
  expect(await on.kinds(question)).toEqual(['own'])
  expect(await on.make(question)).toMatchObject({ kind: 'stopped' })
})

test('a hit needs no money', async () => {
  const account = await on.stage().account('free')
  const question = { account, text: `no money ${account}` }
  const made = answered(await on.play(question))
  await on.stage().db
    .sql`update purser.balance v set cap = v.spent from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = v.budget_period_id and b.account = ${account}`
  expect(await on.ask(question)).toMatchObject({ kind: 'hit', answer: { budgetLeft: { amount: '0.000000000' }, saved: made.cost } })
  await on.stage().db
    .sql`update purser.balance v set cap = 100000000 from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = v.budget_period_id and b.account = ${account}`
})

test('the oldest answers go when an account has too many, or all have', async () => {
  const account = await on.stage().account()
  const ask = (n: number) => ({ account, text: `answer ${n} of ${account}` })
  for (const n of [1, 2, 3, 4]) await on.play(ask(n))
  const { sql } = on.stage().db
  expect(await sql`select purser.trim_account(${account}, 3, 1000000000, 100) as n`).toEqual([{ n: 1 }])
  expect(await on.kinds(ask(1), ask(2))).toEqual(['lead', 'hit'])
  expect(await sql`select purser.trim_cache(2, 1000000000, 100) >= 1 as went`).toEqual([{ went: true }])
  expect(await sql`select sum(entries)::int as n from purser.cache_size`).toEqual([{ n: 2 }])
  await sql`update purser.cache_entry set expires_at = clock_timestamp()`
  expect(await trimCache(on.stage().ledger, 100)).toBe(2)
  expect(await sql`select sum(entries)::int as n, sum(bytes)::int as bytes from purser.cache_size`).toEqual([{ n: 0, bytes: 0 }])
})

test('the figures say how many were answered, by feature, and of an account only its own', async () => {
  const [one, other] = [await on.stage().account(), await on.stage().account()]
  const saved = ofMoney(answered(await on.play({ account: one, text: `stats ${one}`, feature: 'help' })).cost)
  await on.play({ account: one, text: `stats ${one}`, feature: 'help' })
  await on.play({ account: other, text: `stats ${other}`, feature: 'help' })
  const since = new Date(Date.now() - 60_000)
  const { features } = await cacheStats(on.stage().ledger, { account: one, since, limit: 10 })
  expect(features).toMatchObject([{ feature: 'help', entries: 1, hits: 1, misses: 1, saved }])
  expect(
    (await cacheStats(on.stage().ledger, { account: undefined, since, limit: 1000 })).features.find(({ feature }) => feature === 'help'),
  ).toMatchObject({ entries: 2, hits: 1, misses: 2 })
})

test('a call of an account that nobody knows fails alone: those that ask with it are answered', async () => {
  const account = await on.stage().account()
  const asks = [account, 'nobody-here', account].map((payer, n) => on.ask({ account: payer, text: `beside ${n} of ${account}` }))
  expect(await Promise.allSettled(asks)).toMatchObject([
    { status: 'fulfilled', value: { kind: 'lead' } },
    { status: 'rejected', reason: { message: expect.stringContaining('nobody-here') } },
    { status: 'fulfilled', value: { kind: 'lead' } },
  ])
})

test('a job whose name no database keeps fails alone, too', async () => {
  const account = await on.stage().account()
  const asks = [undefined, newJob('job\0'), undefined].map((job, n) =>
    on.ask({ account, text: `odd ${n} of ${account}`, ...(job === undefined ? {} : { job }) }),
  )
  expect(await Promise.allSettled(asks)).toMatchObject([
    { status: 'fulfilled', value: { kind: 'lead' } },
    { status: 'rejected', reason: { type: 'bad_input', message: expect.stringContaining('a character that no database keeps') } },
    { status: 'fulfilled', value: { kind: 'lead' } },
  ])
})

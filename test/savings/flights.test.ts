/** Who leads and who follows, when those who lead are lost. */
import { expect, test } from 'vitest'
import { clearCache } from '../../src/ledger/response-cache.ts'
import { newJob } from '../activities/activity.ts'
import { cacheStage, type Question } from './cache-stage.ts'

const TIMEOUT_MS = 1_500
const on = cacheStage(TIMEOUT_MS)
const rest = (ms: number) => new Promise((done) => setTimeout(done, ms))
const question = async (name: string): Promise<Question> => {
  const account = await on.stage().account()
  return { account, text: `${name} of ${account}` }
}
const spentOnce = async ({ account }: Question) => expect(await on.stage().billOf(account)).toHaveLength(1)

test('a leader that is lost before it sent is followed by another, when its lease is over', async () => {
  const asked = await question('lost before')
  await on.lead(asked)
  expect(await on.kinds(asked)).toEqual(['follow'])
  const answer = await on.play(asked)
  expect(answer.kind).toBe('answered')
  await spentOnce(asked)
})

test('a leader that is lost and comes again leads again', async () => {
  const asked = { ...(await question('comes again')), job: newJob() }
  const flight = await on.lead(asked)
  expect((await on.lead(asked)).key).toBe(flight.key)
  // With money reserved it is known to the ledger, and leads all the same.
  await on.make(asked, await on.lead(asked))
  expect(await on.kinds({ ...asked, job: newJob() })).toEqual(['hit'])
})

test('a leader that was lost after it sent is heard by those who still wait, when its next execution booked the answer', async () => {
  const asked = await question('lost after')
  const job = newJob()
  const flight = await on.lead({ ...asked, job })
  await on.stage().emulator.fault({ fault: 'slow', ms: 1_000, promptIncludes: asked.account })
  const [first, second, followers] = await Promise.all([
    on.make({ ...asked, job }, flight),
    rest(100).then(() => on.make({ ...asked, job }, flight)),
    Promise.all([1, 2, 3].map(() => on.play(asked))),
  ])
  expect([first, second, ...followers].map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'answered'))
  await spentOnce(asked)
})

test('an answer that was booked and not put, because its worker was lost right then, is put by the next execution', async () => {
  const asked = { ...(await question('not put')), job: newJob() }
  const flight = await on.lead(asked)
  const booked = await on.make(asked)
  expect(await on.kinds({ ...asked, job: newJob() })).toEqual(['follow'])
  if (booked.kind !== 'answered') throw new Error(booked.kind)
  await asked.job.run(on.activities(), 'endFlight', { flight, answer: booked })
  expect(await on.kinds({ ...asked, job: newJob() })).toEqual(['hit'])
  await spentOnce(asked)
})

test('a leader that ends without an answer is followed by another at once', async () => {
  const asked = await question('without')
  const flight = await on.lead(asked)
  await newJob().run(on.activities(), 'endFlight', { flight })
  expect(await on.kinds(asked)).toEqual(['lead'])
})

test('when an answer is none to keep, those who waited ask for themselves at once', async () => {
  const asked = { ...(await question('write a long story')), request: { maxOutputTokens: 3 } }
  const job = newJob()
  await on.make({ ...asked, job }, await on.lead({ ...asked, job }))
  expect(await on.kinds(asked, asked, asked)).toEqual(['own', 'own', 'own'])
})

test('one that waited as long as a request may take asks for itself', async () => {
  const asked = await question('alone')
  await on.lead(asked)
  expect(await on.kinds(asked, { ...asked, alone: true })).toEqual(['follow', 'own'])
})

test('one that led too long puts nothing over the answer of the one after', async () => {
  const asked = await question('too long')
  const job = newJob()
  const slow = await on.lead({ ...asked, job })
  await rest(TIMEOUT_MS / 2 + 50)
  const next = await on.play(asked)
  const late = await on.make({ ...asked, job }, slow)
  const [hit] = [await on.ask(asked)]
  expect([next.kind, late.kind]).toEqual(['answered', 'answered'])
  const kept = await on.stage().db
    .sql`select a.attempt from purser.cache_entry e join purser.cache_answer a using (id) where account = ${asked.account}`
  expect(kept).toEqual([{ attempt: next.kind === 'answered' ? next.reservationId : '' }])
  expect(hit?.kind).toBe('hit')
})

test('one that follows and is lost leaves nothing behind', async () => {
  const asked = await question('follower')
  const job = newJob()
  const flight = await on.lead({ ...asked, job })
  const lost = newJob()
  expect(await on.kinds({ ...asked, job: lost })).toEqual(['follow'])
  await on.make({ ...asked, job }, flight)
  expect(
    await on.stage().db.sql`select from purser.cache_miss m join purser.scope s on s.id = m.scope where s.account = ${asked.account}`,
  ).toHaveLength(1)
  expect(await on.kinds({ ...asked, job: lost })).toEqual(['hit'])
})

test('the answer of a request that was made smaller is not what others wait for', async () => {
  const asked = await question('smaller')
  const job = newJob()
  const flight = await on.lead({ ...asked, job })
  const answer = await on.make({ ...asked, job, request: { maxOutputTokens: 900 } }, flight)
  expect(answer.kind).toBe('answered')
  expect(await on.kinds(asked)).toEqual(['lead'])
})

test('one that takes long is waited for as long as it runs, and not when it was cleared', async () => {
  const asked = await question('long')
  const job = newJob()
  const flight = await on.lead({ ...asked, job })
  await on.stage().emulator.fault({ fault: 'slow', ms: TIMEOUT_MS - 200, promptIncludes: asked.account })
  const making = on.make({ ...asked, job }, flight)
  await rest(TIMEOUT_MS / 2 + 200)
  expect(await on.kinds(asked)).toEqual(['follow'])
  await clearCache(on.stage().ledger, { account: asked.account })
  expect(await on.kinds(asked)).toEqual(['lead'])
  expect((await making).kind).toBe('answered')
})

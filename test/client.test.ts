import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createPurser, type Purser } from '../src/client.ts'
import { setUpTemporal } from '../src/platform/temporal-setup.ts'
import { connectTemporal } from './support/temporal.ts'
import { until } from './support/until.ts'
import { bannerFor, failureOf } from './support/worker.ts'

let env: TestWorkflowEnvironment
/** On a task queue that no worker serves. */
let purser: Purser
beforeAll(async () => {
  env = await connectTemporal()
  await setUpTemporal(env.client, { taskQueue: 'none', timeZone: 'UTC', warn: () => undefined })
  purser = await createPurser({ client: env.client, taskQueue: 'nobody-here' })
})
afterAll(() => env.teardown())

test('what cannot be a job is refused before Temporal hears of it, naming each field', async () => {
  const { jobId, ...good } = bannerFor('acc_1')
  const wrong = { ...good, jobId, variants: 9, brief: { ...good.brief, name: '', colours: ['blue'] } }
  await expect(purser.banner.start(wrong)).rejects.toMatchObject({
    name: 'PurserError',
    code: 'bad_input',
    message: expect.stringMatching(/brief\.name.*brief\.colours\.0.*variants/s),
  })
  await expect(env.client.workflow.getHandle(jobId).describe()).rejects.toMatchObject({ name: 'WorkflowNotFoundError' })
  await expect(purser.accounts.ensure({ id: 'acc_1', plan: 'free', timeZone: 'Mars/Olympus' })).rejects.toMatchObject({ code: 'bad_input' })
})

test.for([
  ['empty', ''],
  ['blank', '   '],
  ['of 201 characters', 'x'.repeat(201)],
  ['of two lines', 'one\ntwo'],
  ['of two lines, by a separator that Unicode has for it', 'one\u2028two'],
  ['with a character that cannot be shown', 'one\0two'],
  ['with half a character', 'one\uD83D'],
  ['with a space at its end', 'one '],
  ['no text at all', undefined as never],
] as const)('a job id that is %s is refused before Temporal hears of it, also when its job is looked for', async ([, jobId]) => {
  const refusal = expect.objectContaining({ name: 'PurserError', code: 'bad_input', message: expect.stringContaining('no job id') })
  await expect(purser.banner.start({ ...bannerFor('acc_1'), jobId })).rejects.toThrow(refusal)
  expect(() => purser.banner.job(jobId)).toThrow(refusal)
})

test('a job id may be any line of 200 characters, and is taken as it is', async () => {
  const jobId = `Übung 7/ß 😀 ${'x'.repeat(180)}`.slice(0, 200)
  const job = await purser.banner.start({ ...bannerFor('acc_1'), jobId })
  expect([job.workflowId, purser.banner.job(jobId).workflowId]).toEqual([jobId, jobId])
  await env.client.workflow.getHandle(jobId).terminate('a test')
})

test.for(['November', '2026-13', '0001-01', '2019-12', ''])('no budget period of the month "%s" is opened', async (month) => {
  await expect(purser.reset(month)).rejects.toMatchObject({ name: 'PurserError', code: 'bad_input' })
})

test('a job that no worker serves says so, is running, and can be ended', async () => {
  const job = await purser.banner.start(bannerFor('acc_1'))
  expect(await job.status()).toEqual({ state: 'running' })
  expect(await job.waitingFor()).toContain('a worker')
  await env.client.workflow.getHandle(job.workflowId).terminate('a test')
  expect(await failureOf(job.result())).toMatchObject({ code: 'terminated', workflowId: job.workflowId })
  expect(await job.status()).toEqual({ state: 'terminated' })
})

test('the same job id with the same input is the same job, with another one a conflict, whatever order its fields come in', async () => {
  const { jobId, account, brief } = bannerFor('acc_1', { variants: 1 })
  const first = await purser.banner.start({ jobId, account, brief })
  const again = await purser.banner.start({
    brief: Object.fromEntries(Object.entries(brief).toReversed()) as typeof brief,
    account,
    variants: 1,
    jobId,
  })
  expect(again.workflowId).toBe(first.workflowId)
  await expect(purser.banner.start({ jobId, account: 'acc_2', brief })).rejects.toMatchObject({ code: 'job_conflict' })
  await env.client.workflow.getHandle(jobId).terminate('a test')
  // Also when it has ended: a job id is used once.
  await expect(purser.banner.start({ jobId, account: 'acc_2', brief })).rejects.toMatchObject({ code: 'job_conflict' })
  expect((await purser.banner.start({ jobId, account, brief })).workflowId).toBe(jobId)
})

test('a batch is started once per job id, and says where it stands; one of several accounts is listed under none', async () => {
  const lines = ['acc_1', 'acc_2'].map((account) => ({ callId: `of-${account}`, account, model: 'm', prompt: 'p', maxOutputTokens: 9 }))
  const batch = { jobId: `batch-${randomUUID()}`, lines, deadline: '2027-01-01T00:00:00Z' }
  const job = await purser.batch.start(batch)
  const again = await purser.batch.start(batch)
  expect([job.isNew, again.isNew, again.workflowId]).toEqual([true, false, job.workflowId])
  await expect(purser.batch.start({ ...batch, deadline: '2027-01-02T00:00:00Z' })).rejects.toMatchObject({ code: 'job_conflict' })
  expect(await purser.jobs.find(job.workflowId)).toMatchObject({ type: 'batch', account: undefined, state: 'running' })
  const one = await purser.batch.start({ ...batch, jobId: `${batch.jobId}-one`, lines: lines.slice(1) })
  expect(await purser.jobs.find(one.workflowId)).toMatchObject({ type: 'batch', account: 'acc_2' })
  expect(await purser.batch.job(job.workflowId).status()).toEqual({ state: 'running' })
  expect(await job.waitingFor()).toContain('a worker')
  for (const { workflowId } of [job, one]) await env.client.workflow.getHandle(workflowId).terminate('a test')
  expect(await failureOf(job.result())).toMatchObject({ code: 'terminated', workflowId: job.workflowId })
})

test.for([
  ['no lines', []],
  ['two lines of one name', ['a', 'a']],
  ['a name that stands for two', ['a#1']],
  ['more than a hundred lines', Array.from({ length: 101 }, (_, i) => `line-${i}`)],
] as const)('%s: no batch is started', async ([, names]) => {
  const lines = names.map((callId) => ({ callId, account: 'acc_1', model: 'm', prompt: 'p', maxOutputTokens: 9 }))
  const started = purser.batch.start({ jobId: 'wrong-batch', lines, deadline: '2027-01-01T00:00:00Z' })
  await expect(started).rejects.toMatchObject({ code: 'bad_input' })
  expect(await purser.jobs.find('wrong-batch')).toBeUndefined()
})

test('jobs are found by id and listed an account at a time, a page after the other, by state; what is no job is not there', async () => {
  const account = `acc_${randomUUID().slice(0, 8)}`
  const first = await purser.banner.start(bannerFor(account))
  const second = await purser.banner.start(bannerFor(account))
  await purser.banner.start(bannerFor('acc_1'))
  expect([first.isNew, second.isNew]).toEqual([true, true])
  expect(await purser.jobs.find(first.workflowId)).toMatchObject({
    jobId: first.workflowId,
    type: 'banner',
    account,
    state: 'running',
    endedAt: undefined,
  })
  await until('both are listed', async () => (await purser.jobs.list({ account, limit: 9 })).jobs.length === 2)
  const page = await purser.jobs.list({ account, limit: 1 })
  expect(page.jobs.map(({ jobId }) => jobId)).toEqual([second.workflowId])
  const last = await purser.jobs.list({ account, limit: 1, after: page.next })
  expect(last.jobs.map(({ jobId }) => jobId)).toEqual([first.workflowId])
  // Jobs of other files, which name no account where the list can see it, may stand behind it: nothing of them is told.
  for (let { next } = last; next !== undefined;) {
    const more = await purser.jobs.list({ account, limit: 9, after: next })
    expect(more.jobs).toEqual([])
    ;({ next } = more)
  }
  await env.client.workflow.getHandle(first.workflowId).terminate('a test')
  await until('it has ended', async () => (await purser.jobs.list({ account, state: 'terminated', limit: 9 })).jobs.length === 1)
  expect(await purser.jobs.find(first.workflowId)).toMatchObject({ state: 'terminated', endedAt: expect.any(Date) })
  // No effect: it has ended.
  await first.cancel()
  expect(await first.status()).toEqual({ state: 'terminated' })
  expect(await purser.jobs.find('nothing-of-this-name')).toBeUndefined()
  const other = `other-${randomUUID()}`
  await env.client.workflow.start('sweep', { taskQueue: 'nobody-here', workflowId: other })
  expect(await purser.jobs.find(other)).toBeUndefined()
  expect((await purser.jobs.list({ limit: 1000 })).jobs.map(({ jobId }) => jobId)).not.toContain(other)
})

test('what is asked of Temporal within a limit is given up after it, in words, and an error of the work itself is told as it is', async () => {
  const begunAt = performance.now()
  await expect(purser.within(200, () => new Promise(() => undefined))).rejects.toMatchObject({
    name: 'PurserError',
    code: 'temporal_unreachable',
  })
  expect(performance.now() - begunAt).toBeLessThan(1_500)
  await expect(purser.within(1_000, () => Promise.reject(new RangeError('mine')))).rejects.toThrow(new RangeError('mine'))
  expect(await purser.within(1_000, () => Promise.resolve(7))).toBe(7)
})

test('the address and the namespace come from Temporal’s own variables', async () => {
  const { address } = env.connection.options
  vi.stubEnv('TEMPORAL_ADDRESS', address)
  vi.stubEnv('TEMPORAL_NAMESPACE', 'no-such-namespace')
  try {
    const elsewhere = await createPurser({ taskQueue: 'nobody-here', warn: () => undefined })
    await expect(elsewhere.banner.start(bannerFor('acc_1'))).rejects.toThrow('no-such-namespace')
    await elsewhere.close()
    vi.stubEnv('TEMPORAL_NAMESPACE', 'default')
    const here = await createPurser({ taskQueue: 'nobody-here' })
    const job = await here.banner.start(bannerFor('acc_1'))
    await new Client({ connection: env.connection }).workflow.getHandle(job.workflowId).terminate('a test')
    await here.close()
  } finally {
    vi.unstubAllEnvs()
  }
})

test('closing while somebody waits for a job ends the wait with an error, and not the process', async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', env.connection.options.address)
  try {
    const closing = await createPurser({ taskQueue: 'nobody-here' })
    const job = await closing.banner.start(bannerFor('acc_1'))
    const waiting = job.result().catch((error: unknown) => error)
    await sleep(200)
    await closing.close()
    expect(await waiting).toMatchObject({ name: 'ServiceError', cause: { code: 1, details: 'the connection to Temporal was closed' } })
    // A repeat on the closed channel would come within this time, and end this process.
    await sleep(500)
    await env.client.workflow.getHandle(job.workflowId).terminate('a test')
  } finally {
    vi.unstubAllEnvs()
  }
})

test('a Temporal that does not answer is a PurserError that names its address and what to check', async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1')
  try {
    await expect(createPurser()).rejects.toMatchObject({
      name: 'PurserError',
      code: 'temporal_unreachable',
      message: expect.stringMatching(/^Temporal does not answer at 127\.0\.0\.1:1 .*check TEMPORAL_ADDRESS/),
      details: { address: '127.0.0.1:1' },
    })
  } finally {
    vi.unstubAllEnvs()
  }
})

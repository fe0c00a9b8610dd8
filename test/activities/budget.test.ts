import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bannerRequest } from '../../src/domain/banner-request.ts'
import { activitiesOf } from '../../src/worker.ts'
import { openStage, EMULATOR_KEY, type Stage } from '../support/stage.ts'
import { BANNER_1, askFor, newJob, runIn } from './activity.ts'

let stage: Stage
let activities: ReturnType<typeof activitiesOf>
beforeAll(async () => {
  stage = await openStage()
  activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
})
afterAll(async () => {
  await stage.intact()
  await stage.close()
})

const failure = async (work: Promise<unknown>): Promise<ApplicationFailure> => {
  const error = await work.then(
    () => expect.unreachable('it was taken'),
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(ApplicationFailure)
  return error as ApplicationFailure
}

test('the worst cost is set aside, and a repeat hears the same reservation', async () => {
  const account = await stage.account('free')
  const job = newJob()
  const ask = askFor(account, 'Ada')
  const first = await job.run(activities, 'reserveBudget', ask)
  const again = await job.run(activities, 'reserveBudget', ask)
  expect(first).toMatchObject({ kind: 'reserved', attempt: 1, plan: 'free', amount: { currency: 'EUR' } })
  expect(again).toEqual(first)
  const [attempt, ...others] = await stage.attempts(account)
  expect(others).toEqual([])
  expect(await stage.balance(account)).toMatchObject({ reserved: attempt?.amount, spent: 0n })
})

test('a model without a price is refused before anything is set aside or sent: typed, final, with the models that have one', async () => {
  const account = await stage.account()
  const ask = askFor(account, 'No price')
  const error = await failure(newJob().run(activities, 'reserveBudget', { ...ask, request: { ...ask.request, model: 'gemini-9-image' } }))
  expect(error).toMatchObject({ type: 'unpriced_model', nonRetryable: true })
  expect(error.message).toContain('gemini-2.5-flash-image')
  expect(await stage.attempts(account)).toEqual([])
  expect(await stage.emulator.requests()).toEqual([])
})

test('a picture of a model that has a price only for words is refused, naming what has no price and the models of pictures', async () => {
  const account = await stage.account()
  const ask = askFor(account, 'Only words')
  const error = await failure(newJob().run(activities, 'reserveBudget', { ...ask, request: { ...ask.request, model: 'gemini-2.5-flash' } }))
  expect(error).toMatchObject({ type: 'unpriced_model', nonRetryable: true })
  expect(error.message).toMatch(/"gemini-2\.5-flash" of gemini has no price for output_image_tokens,.*use one of .*gemini-2\.5-flash-image/)
  expect(error.message).not.toContain('gemini-2.5-flash-lite')
  expect(await stage.attempts(account)).toEqual([])
})

test('a refusal is a value: which budget, every amount, and what would work', async () => {
  const account = await stage.account('free')
  await newJob().run(activities, 'reserveBudget', askFor(account, 'First'))
  const job = newJob()
  const refused = await job.run(activities, 'reserveBudget', askFor(account, 'Second'))
  expect(refused).toMatchObject({
    kind: 'refused',
    code: 'budget_exceeded',
    cap: { amount: '0.100000000', currency: 'EUR' },
    remedies: [
      { kind: 'wait', until: expect.any(String) },
      { kind: 'top_up', by: { currency: 'EUR' } },
      { kind: 'fit', maxOutputTokens: expect.any(Number) },
    ],
  })
  expect(await job.run(activities, 'reserveBudget', askFor(account, 'Second'))).toEqual(refused)
})

test('what `fit` names does fit', async () => {
  const account = await stage.account('free')
  await newJob().run(activities, 'reserveBudget', askFor(account, 'First'))
  const ask = askFor(account, 'Fitting')
  const refused = await newJob().run(activities, 'reserveBudget', ask)
  const fit = refused.kind === 'refused' ? refused.remedies.find((r) => r.kind === 'fit') : undefined
  const smaller = { ...ask, request: { ...ask.request, maxOutputTokens: fit?.maxOutputTokens ?? 0 } }
  expect(await newJob().run(activities, 'reserveBudget', smaller)).toMatchObject({ kind: 'reserved' })
})

test('an unknown account is typed and final', async () => {
  const error = await failure(newJob().run(activities, 'reserveBudget', askFor('acc_nobody', 'Nobody')))
  expect(error).toMatchObject({ type: 'unknown_account', nonRetryable: true })
})

test('the same ask with other terms is a conflict, without effect', async () => {
  const account = await stage.account()
  const job = newJob()
  await job.run(activities, 'reserveBudget', askFor(account, 'One'))
  const error = await failure(job.run(activities, 'reserveBudget', askFor(account, 'Other')))
  expect(error).toMatchObject({ type: 'conflict', nonRetryable: true })
  expect(await stage.attempts(account)).toHaveLength(1)
})

test('a value that Postgres cannot store is typed and final, not tried again for hours', async () => {
  const account = await stage.account()
  const ask = askFor(account, 'NUL')
  const error = await failure(newJob().run(activities, 'reserveBudget', { ...ask, scope: { account, user: 'a\0b' } }))
  expect(error).toMatchObject({ type: 'bad_input', nonRetryable: true })
})

test('a closed run gets nothing, a close before any reserve leaves its mark, and the money comes back once', async () => {
  const account = await stage.account()
  const job = newJob()
  await job.run(activities, 'reserveBudget', askFor(account, 'Closed'))
  const { released } = await job.run(activities, 'closeCall', BANNER_1)
  expect(Number(released.amount)).toBeGreaterThan(0)
  expect(await job.run(activities, 'closeCall', BANNER_1)).toMatchObject({ released: { amount: '0.000000000' } })
  expect(await job.run(activities, 'reserveBudget', askFor(account, 'Closed'))).toEqual({ kind: 'closed' })

  const late = newJob()
  await late.run(activities, 'closeCall', BANNER_1)
  expect(await late.run(activities, 'reserveBudget', askFor(account, 'Late'))).toEqual({ kind: 'closed' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('a brief is checked field by field, and every problem names its field', async () => {
  const job = newJob()
  const good = { name: 'Ada', headline: 'h', company: 'c', colours: ['#0b1b3a'], mood: 'm' }
  const cases: readonly [unknown, string][] = [
    [undefined, 'banner job'],
    ['text', 'banner job'],
    [{ account: 'acc' }, 'brief'],
    [{ account: 'acc', brief: { ...good, name: '' } }, 'brief.name'],
    [{ account: 'acc', brief: { ...good, name: 'a\0b' } }, 'brief.name'],
    [{ account: 'acc', brief: { ...good, headline: 'x'.repeat(161) } }, 'brief.headline'],
    [{ account: 'acc', brief: { ...good, colours: ['red'] } }, 'brief.colours.0'],
    [{ account: 'acc', brief: { ...good, colours: [] } }, 'brief.colours'],
    [{ account: 'acc', brief: { ...good, extra: 1 } }, 'brief'],
    [{ account: '../etc', brief: good }, 'account'],
    [{ account: 'acc', brief: good, variants: 5 }, 'variants'],
    [{ account: 'acc', brief: good, variants: '2' }, 'variants'],
    [{ account: 'acc', brief: good, ledgerMode: 'fast' }, 'ledgerMode'],
    [{ account: 'acc', brief: good, user: 'half a character \ud800' }, 'user'],
    [{ account: 'acc', brief: good, model: 'two\nlines' }, 'model'],
  ]
  for (const [input, field] of cases) {
    const error = await failure(job.run(activities, 'planBanner', input as never))
    expect(error).toMatchObject({ type: 'bad_input', nonRetryable: true })
    expect(error.message).toContain(`${field}:`)
  }
})

test('a plan has one request per variant, each with its own prompt', async () => {
  const brief = { name: 'Ada', headline: 'h', company: 'c', colours: ['#0b1b3a'], mood: 'two\nlines', text: 'a\twish' }
  const plan = await newJob().run(activities, 'planBanner', { account: 'acc', brief, variants: 3 })
  expect(plan.requests.map((r) => r.prompt)).toEqual([1, 2, 3].map((v) => bannerRequest(brief, plan.requests[0]?.model ?? '', v, 3).prompt))
  expect(plan.requests[0]?.prompt).toContain('Mood: two lines')
  expect(new Set(plan.requests.map((r) => r.prompt)).size).toBe(3)
  expect(plan).toMatchObject({ scope: { account: 'acc', feature: 'banner' }, ledgerMode: 'local', searchAttributes: false })
})

test('an account is made once; on another plan, on no plan or with a wrong name it is typed', async () => {
  const id = `acc_${randomUUID().slice(0, 8)}`
  const made = await newJob().run(activities, 'ensureAccount', { id, plan: 'free' })
  expect(made).toMatchObject({
    id,
    plan: 'free',
    timeZone: 'UTC',
    budgets: [{ cap: { amount: '0.100000000' }, spent: { amount: '0.000000000' } }],
  })
  expect(await newJob().run(activities, 'ensureAccount', { id, plan: 'free' })).toEqual(made)
  const typed = async (input: unknown) => (await failure(newJob().run(activities, 'ensureAccount', input as never))).type
  expect(await typed({ id, plan: 'paid' })).toBe('account_conflict')
  expect(await typed({ id, plan: 'golden' })).toBe('unknown_plan')
  expect(await typed({ id: 'a b', plan: 'free' })).toBe('bad_input')
  expect(await typed({ id, plan: 'free', timeZone: 'Middle/Earth' })).toBe('bad_input')
  expect(await typed({ id, plan: 'free', timeZone: '+05:30' })).toBe('bad_input')
  expect(await typed(undefined)).toBe('bad_input')
})

test('a page of the monthly reset with garbage in it is typed, not tried again for ever', async () => {
  const good = { month: '2026-11', at: '2026-11-01T00:00:00.000Z', after: 0 }
  const garbage = [
    { month: 'November' },
    { month: '2026-13' },
    { month: '0001-01' },
    { month: '2019-12' },
    { at: 'soon' },
    { month: undefined, at: '0001-01-01T00:00:00.000Z' },
    { after: -1 },
    { after: 'x' },
    { after: undefined },
  ]
  for (const change of garbage) {
    const error = await failure(newJob().run(activities, 'openBudgetPeriods', { ...good, ...change } as never))
    expect(error).toMatchObject({ type: 'bad_input', nonRetryable: true })
  }
  expect(await stage.db.sql`select from purser.budget_period where period < '2020'`).toEqual([])
})

test('an execution that Temporal gives no job is a broken promise: nothing is written under an empty name', async () => {
  const account = await stage.account()
  for (const workflowExecution of [
    { workflowId: '', runId: randomUUID() },
    { workflowId: 'job', runId: '' },
  ]) {
    const execution = new MockActivityEnvironment({ workflowExecution }, { logger: new DefaultLogger('ERROR', () => undefined) })
    for (const name of ['reserveBudget', 'callModel'] as const)
      await expect(runIn(execution, activities, name, askFor(account, 'Nobody'))).rejects.toThrow('broken promise: an activity without')
    await expect(runIn(execution, activities, 'closeCall', BANNER_1)).rejects.toThrow('broken promise: an activity without')
  }
  expect(await stage.attempts(account)).toEqual([])
})

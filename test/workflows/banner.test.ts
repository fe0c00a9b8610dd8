import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import type { Refusal } from '../../src/client.ts'
import { ofMoney } from '../../src/domain/money.ts'
import { setAccountStatus } from '../../src/ledger/accounts.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { setUpTemporal } from '../../src/platform/temporal-setup.ts'
import { activitiesOf } from '../../src/worker.ts'
import { askFor, newJob } from '../activities/activity.ts'
import { EMULATOR_KEY } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor, failureOf, startTestWorker } from '../support/worker.ts'
import { resetToFirstTask, resetToTask, rowsOf } from './history.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 45_000 })

const { env, stage, worker } = await workedStage()
await setUpTemporal(env.client, { taskQueue: 'none', timeZone: 'UTC', warn: () => undefined })

const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)

const stop = (id: string) => stopScope(stage.ledger, { account: id }, 'too much')
const suspend = (id: string) => setAccountStatus(stage.ledger, { id, status: 'suspended', key: randomUUID(), reason: 'unpaid' })

describe('a banner', () => {
  test.concurrent.each(['local', 'activity'] as const)(
    'is made, its cost is exact, and Temporal shows each step (%s)',
    async (ledgerMode) => {
      const account = await stage.account('free')
      const job = await worker.purser.banner.start(bannerFor(account, { ledgerMode }))
      const result = await job.result()
      const [attempt] = await stage.attempts(account)
      expect(result).toMatchObject({
        account,
        banners: [{ variant: 1, callId: 'banner-1', blob: { width: 1584, height: 396, mimeType: 'image/png' }, requests: 1, flags: [] }],
        refused: [],
        failed: [],
      })
      expect(ofMoney(result.cost)).toBe(attempt?.cost)
      expect(result.budgetLeft && ofMoney(result.budgetLeft)).toBe(100_000_000n - (attempt?.cost ?? 0n))
      expect(attempt).toMatchObject({ state: 'settled', workflowId: job.workflowId, callId: 'banner-1' })

      const { rows, localMarkers, largestBytes } = await rowsOf(worker.client, job.workflowId)
      const calls = [
        { type: 'callModel', summary: expect.stringMatching(/^banner 1: gemini-2.5-flash-image, at most 0\.0\d+ EUR$/) },
        { type: 'cropBanner', summary: expect.stringMatching(/^banner 1: .*crop to 1584×396$/) },
      ]
      const reserve = { type: 'reserveBudget', summary: 'banner 1: reserve the worst cost of one gemini-2.5-flash-image call' }
      expect(rows).toEqual(ledgerMode === 'activity' ? [reserve, ...calls] : calls)
      expect(localMarkers).toBe(ledgerMode === 'activity' ? 1 : 2)
      // No picture passes through Temporal.
      expect(largestBytes).toBeLessThan(10_000)
    },
  )

  test.concurrent('its story is told in the current details and in its progress', async () => {
    const account = await stage.account('free')
    const job = await worker.purser.banner.start(bannerFor(account))
    await job.result()
    const handle = worker.client.workflow.getHandle(job.workflowId)
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
    expect(currentDetails).toContain(`for account \`${account}\` (plan free)`)
    expect(currentDetails).toMatch(/\| 1 \| gemini-2.5-flash-image \| 0\.0\d+ EUR \| 0\.0\d+ EUR \| 0\.0\d+ EUR \| done \|/)
    const [story] = await job.progress()
    expect(story).toMatchObject({ variant: 1, step: 'done', accountPlan: 'free', callRef: expect.stringMatching(/^call_[0-9a-f]{32}$/) })
    const description = await handle.describe()
    expect(await description.staticSummary()).toBe(`LinkedIn banner for meets ${account} · ${account}`)
  })

  test.concurrent('can be searched by account, plan, feature and cost', async () => {
    const account = await stage.account('free')
    const job = await worker.purser.banner.start(bannerFor(account, { feature: 'profile' }))
    const result = await job.result()
    const { searchAttributes } = await worker.client.workflow.getHandle(job.workflowId).describe()
    expect(searchAttributes).toMatchObject({
      PurserAccount: [account],
      PurserPlan: ['free'],
      PurserFeature: ['profile'],
      PurserCostNanoEur: [Number(ofMoney(result.cost))],
    })
    expect(worker.warnings).toEqual([])
  })

  test.concurrent('four variants run side by side; those that the budget cannot pay for are listed, the rest succeed', async () => {
    const account = await stage.account('free')
    // The first to be reserved is slow, so that its bound still holds when the others ask.
    await stage.emulator.fault({ fault: 'slow', ms: 500, promptIncludes: account, times: 4 })
    const job = await worker.purser.banner.start(bannerFor(account, { variants: 4 }))
    const result = await job.result()
    expect(result.banners).toHaveLength(1)
    expect(result.refused).toHaveLength(3)
    expect(new Set([...result.banners, ...result.refused].map((v) => v.variant))).toEqual(new Set([1, 2, 3, 4]))
    expect(result.refused[0]).toMatchObject({ code: 'budget_exceeded', cap: { amount: '0.100000000' } })
    expect(await stage.requestsOf(account)).toHaveLength(1)
  })

  test.concurrent('with money for all its variants makes all of them', async () => {
    const account = await stage.account('paid')
    const job = await worker.purser.banner.start(bannerFor(account, { variants: 3, ledgerMode: 'activity' }))
    const result = await job.result()
    expect(result.banners.map((b) => b.variant)).toEqual([1, 2, 3])
    expect(ofMoney(result.cost)).toBe((await stage.balance(account)).spent)
    expect(result.budgetLeft && ofMoney(result.budgetLeft)).toBe(1_000_000_000n - (await stage.balance(account)).spent)
  })

  test.concurrent('that no budget can pay for fails as budget_exceeded with the refusal, and nothing is sent', async () => {
    const account = await stage.account('free')
    await newJob().run(activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation), 'reserveBudget', askFor(account, 'Before'))
    const job = await worker.purser.banner.start(bannerFor(account, { variants: 2 }))
    const failed = await failureOf(job.result())
    expect(failed.code).toBe('budget_exceeded')
    const refusal = failed.details as Refusal
    expect(refusal).toMatchObject({ kind: 'refused', cap: { amount: '0.100000000', currency: 'EUR' }, spent: { amount: '0.000000000' } })
    expect(ofMoney(refusal.needed)).toBeGreaterThan(ofMoney(refusal.remaining))
    expect(refusal.remedies.map((r) => r.kind)).toEqual(['wait', 'top_up', 'fit'])
    expect(await stage.requestsOf(account)).toEqual([])
    expect(await job.status()).toEqual({ state: 'failed' })
    const { searchAttributes } = await worker.client.workflow.getHandle(job.workflowId).describe()
    expect(searchAttributes).toMatchObject({ PurserAccount: [account], PurserPlan: ['free'], PurserCostNanoEur: [0] })
  })
})

describe('a job whose scope is stopped', () => {
  test.concurrent.each([
    ['by the panic switch', stop, 'stopped: too much'],
    ['because its account is suspended', suspend, 'account suspended'],
  ] as const)('%s fails as stopped and says why, also in Temporal UI; nothing is sent', async (_, end, why) => {
    const account = await stage.account('paid')
    await end(account)
    const job = await worker.purser.banner.start(bannerFor(account))
    const failed = await failureOf(job.result())
    expect([failed.code, failed.message]).toEqual(['stopped', `no call may start now: ${why}`])
    const handle = worker.client.workflow.getHandle(job.workflowId)
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
    expect(currentDetails).toContain(`stopped: no call may start now: ${why}`)
    expect(await job.progress()).toMatchObject([{ step: `stopped: no call may start now: ${why}` }])
    expect(await stage.requestsOf(account)).toEqual([])
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })

  test.concurrent('after it has reserved: what waits is not sent, its money is back, and it says why', async () => {
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 2, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it waits', async () => (await job.waitingFor()).includes('attempt 2'))
    await stop(account)
    const failed = await failureOf(job.result())
    expect([failed.code, failed.message]).toEqual(['stopped', 'no call may start now: stopped: too much'])
    expect(await states(account)).toEqual(['rejected', 'released'])
    expect(await stage.requestsOf(account)).toHaveLength(1)
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })
})

describe('a provider that refuses', () => {
  test.concurrent('429: the retry waits as long as it was told, with money that nobody can take meanwhile', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 2, promptIncludes: `meets ${account}` })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it is refused once', async () => (await states(account)).includes('rejected'))
    // Another job takes whatever is left, with the smallest request that still fits.
    const activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
    const ask = askFor(account, 'Greedy')
    const refused = await newJob().run(activities, 'reserveBudget', ask)
    const fit = refused.kind === 'refused' ? refused.remedies.find((r) => r.kind === 'fit') : undefined
    await newJob().run(activities, 'reserveBudget', { ...ask, request: { ...ask.request, maxOutputTokens: fit?.maxOutputTokens ?? 0 } })
    const { cap, reserved } = await stage.balance(account)
    expect(cap - reserved).toBeLessThan(1_000_000n)

    const result = await job.result()
    expect(result.banners).toHaveLength(1)
    const [first, second] = await stage.requestsOf(account)
    expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(1_990)
    expect((await stage.attempts(account)).filter((a) => a.workflowId === job.workflowId).map((a) => a.state)).toEqual([
      'rejected',
      'settled',
    ])
  })

  test.concurrent('its own 503 is tried again, and what it waits for can be seen', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'unavailable', retryAfterSeconds: 1, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it is refused once', async () => (await states(account)).includes('rejected'))
    expect(await until('it waits', async () => /callModel \(attempt 2, after: .*overloaded/.test(await job.waitingFor()))).toBe(true)
    expect((await job.result()).banners).toHaveLength(1)
    expect(await states(account)).toEqual(['rejected', 'settled'])
  })

  test.concurrent('that takes its time: what the job does meanwhile can be seen', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 2_000, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it is sent', async () => (await job.waitingFor()) === 'callModel (attempt 1, now: waiting for the provider)')
    expect((await job.result()).banners).toHaveLength(1)
  })

  test.concurrent('for ever: the job fails typed after six tries, and all money is back', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 0, promptIncludes: account, times: 100 })
    const job = await worker.purser.banner.start(bannerFor(account))
    expect((await failureOf(job.result())).code).toBe('rate_limited')
    expect(await stage.requestsOf(account)).toHaveLength(6)
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })

  test.concurrent('because of a wrong key: provider_rejected, money back; a reset with the right key goes on with a new ask', async () => {
    const account = await stage.account('free')
    const wrong = await startTestWorker(env, stage, { apiKey: 'a-wrong-key-of-the-tests' })
    const job = await wrong.purser.banner.start(bannerFor(account))
    const failed = await failureOf(job.result())
    expect([failed.code, failed.message]).toEqual(['provider_rejected', expect.stringContaining('API key not valid')])
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
    await wrong.stop()

    const right = await startTestWorker(env, stage, { taskQueue: wrong.taskQueue })
    await resetToFirstTask(worker.client, job.workflowId)
    expect((await right.purser.banner.job(job.workflowId).result()).banners).toHaveLength(1)
    expect((await stage.attempts(account)).map((a) => [a.ask, a.state])).toEqual([
      [1, 'rejected'],
      [2, 'settled'],
    ])
    await right.stop()
  })

  test.concurrent('because of a wrong key: a reset behind its reserve does not stop at the old refusal', async () => {
    const account = await stage.account('free')
    const wrong = await startTestWorker(env, stage, { apiKey: 'a-wrong-key-of-the-tests' })
    const job = await wrong.purser.banner.start(bannerFor(account, { ledgerMode: 'activity' }))
    expect((await failureOf(job.result())).code).toBe('provider_rejected')
    await wrong.stop()

    const right = await startTestWorker(env, stage, { taskQueue: wrong.taskQueue })
    // The first task asks for money, the second one has it and calls the model.
    await resetToTask(worker.client, job.workflowId, 2)
    expect((await right.purser.banner.job(job.workflowId).result()).banners).toHaveLength(1)
    const { rows } = await rowsOf(worker.client, job.workflowId)
    expect(rows.map((row) => row.type)).toEqual(['reserveBudget', 'callModel', 'reserveBudget', 'callModel', 'cropBanner'])
    expect((await stage.attempts(account)).map((a) => [a.ask, a.state])).toEqual([
      [1, 'rejected'],
      [2, 'settled'],
    ])
    await right.stop()
  })
})

describe('an answer that is no picture', () => {
  test.concurrent('a proxy’s 503 proves nothing: in_doubt, the money stays held, and audit counts it', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'proxy_unavailable', promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    const failed = await failureOf(job.result())
    const [attempt] = await stage.attempts(account)
    expect(failed.code).toBe('in_doubt')
    // The second try is one that a free plan cannot pay for while it holds the first.
    expect(failed.message).toMatch(/stay held; the budget could not pay for a second try: .+/)
    expect(await states(account)).toEqual(['in_doubt'])
    expect(await stage.balance(account)).toMatchObject({ reserved: attempt?.amount, spent: 0n })
    const { held, violations } = await stage.audited()
    expect(violations).toEqual([])
    expect(held.nanoEur).toBeGreaterThanOrEqual(attempt?.amount ?? 1n)
  })

  test.concurrent.each(['local', 'activity'] as const)(
    'a doubt is tried again, once, if the budget pays for both (%s)',
    async (ledgerMode) => {
      const account = await stage.account('paid')
      await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account })
      const job = await worker.purser.banner.start(bannerFor(account, { ledgerMode }))
      const result = await job.result()
      expect(result.banners).toHaveLength(1)
      expect((await stage.attempts(account)).map((a) => [a.ask, a.state])).toEqual([
        [1, 'in_doubt'],
        [2, 'settled'],
      ])
      const [lost, made] = await stage.attempts(account)
      expect(await stage.balance(account)).toMatchObject({ reserved: lost?.amount, spent: made?.cost })
      expect(await stage.billOf(account)).toHaveLength(2)
    },
  )

  test.concurrent('two doubts are the end: both are held, and both are named', async () => {
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'cut_after_headers', promptIncludes: account, times: 2 })
    const job = await worker.purser.banner.start(bannerFor(account))
    const failed = await failureOf(job.result())
    expect([failed.code, failed.message]).toEqual([
      'in_doubt',
      expect.stringMatching(/stay held; nor is the second one's .* stay held for it/),
    ])
    expect(await states(account)).toEqual(['in_doubt', 'in_doubt'])
    // Done again by a new run, it hears of both and pays for no third.
    await resetToFirstTask(worker.client, job.workflowId)
    await worker.client.workflow
      .getHandle(job.workflowId)
      .result()
      .catch(() => undefined)
    expect(await states(account)).toEqual(['in_doubt', 'in_doubt'])
    expect(await stage.requestsOf(account)).toHaveLength(2)
  })

  test.concurrent('a job that would rather not pay twice ends with its first doubt', async () => {
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account, { onInDoubt: 'end' }))
    expect((await failureOf(job.result())).code).toBe('in_doubt')
    expect(await states(account)).toEqual(['in_doubt'])
    expect(await stage.requestsOf(account)).toHaveLength(1)
  })

  test.concurrent.each(['blocked', 'image_safety'] as const)('%s: the job fails typed, and its cost is booked and named', async (fault) => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    const failed = await failureOf(job.result())
    expect(failed.code).toBe('blocked')
    const { spent, reserved } = await stage.balance(account)
    expect(spent).toBeGreaterThan(0n)
    expect(reserved).toBe(0n)
    expect(ofMoney((failed.details as { cost: { amount: string; currency: 'EUR' } }).cost)).toBe(spent)
    const { searchAttributes } = await worker.client.workflow.getHandle(job.workflowId).describe()
    expect(searchAttributes).toMatchObject({ PurserCostNanoEur: [Number(spent)] })
  })

  test.concurrent('words instead of a picture: no_picture at once, and its cost is booked', async () => {
    const account = await stage.account('free')
    const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 12, candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 12 }] }
    const talker = createServer((request, response) => {
      request.resume()
      const parts = [{ text: 'I would rather not.' }]
      response.end(JSON.stringify({ candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP' }], usageMetadata }))
    })
    await new Promise<void>((resolve) => talker.listen(0, '127.0.0.1', resolve))
    const own = await startTestWorker(env, stage, { baseUrl: `http://127.0.0.1:${(talker.address() as AddressInfo).port}` })
    const job = await own.purser.banner.start(bannerFor(account))
    expect((await failureOf(job.result())).code).toBe('no_picture')
    expect((await stage.balance(account)).spent).toBeGreaterThan(0n)
    await own.stop()
    talker.closeAllConnections()
    talker.close()
  })
})

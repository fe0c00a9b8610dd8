/** A model whose answer cost more than its bound: stopped at once, also when its worker dies right after the booking, until a person raises the bound. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { stopScope } from '../../src/ledger/stop.ts'
import { listModels, raiseBound, stopViolators } from '../../src/ledger/models.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor, failureOf } from '../support/worker.ts'

vi.setConfig({ testTimeout: 60_000 })

const { stage, worker } = await workedStage()

const MODEL = 'gemini-3.1-flash-lite-image'

async function job(model: string, fault?: 'usage_above_bound') {
  const account = await stage.account('corporate')
  if (fault !== undefined) await stage.emulator.fault({ fault, promptIncludes: account })
  return worker.purser.banner.start(bannerFor(account, { model }))
}
const ofModel = async (model: string) => (await listModels(stage.ledger, new Date(Date.now() - 3_600_000))).find((m) => m.model === model)
const raise = (model: string, byPercent: number, key: string = randomUUID()) =>
  raiseBound(stage.ledger, { provider: undefined, model, byPercent, why: 'a test', key })

test('the job has its answer, later jobs of the model are stopped and say why, other models go on, and a raise lets it go on', async () => {
  expect(await (await job(MODEL, 'usage_above_bound')).result()).toMatchObject({ banners: [expect.anything()] })
  const stopped = await failureOf((await job(MODEL)).result())
  expect(stopped).toMatchObject({ code: 'stopped', message: expect.stringContaining(`purser models raise ${MODEL}`) })
  expect(await (await job('gemini-2.5-flash-image')).result()).toMatchObject({ banners: [expect.anything()] })
  expect(await ofModel(MODEL)).toMatchObject({
    calls: 1,
    violations: 1,
    boundPerMille: 1_000n,
    stopped: expect.stringContaining('bound violated by rsv_'),
  })

  expect(await raise(MODEL, 250, 'note 1')).toEqual({
    provider: 'gemini',
    model: MODEL,
    boundPerMille: 3_500n,
    changed: true,
    resumed: true,
  })
  expect(await raise(MODEL, 250, 'note 1')).toEqual({
    provider: 'gemini',
    model: MODEL,
    boundPerMille: 3_500n,
    changed: false,
    resumed: false,
  })
  await expect(raise(MODEL, 10, 'note 1')).rejects.toMatchObject({ code: 'conflict' })
  // With the raised bound the same answer is within it. A second later every process knows it.
  await sleep(1_100)
  expect(await (await job(MODEL, 'usage_above_bound')).result()).toMatchObject({ banners: [expect.anything()] })
  expect(await ofModel(MODEL)).toMatchObject({ calls: 2, violations: 1, boundPerMille: 3_500n, stopped: null })
})

test('a worker that was killed right after the booking leaves the stop to the sweep, which makes it once', async () => {
  const model = 'gemini-nano-banana-2.1'
  expect(await (await job(model, 'usage_above_bound')).result()).toMatchObject({ banners: [expect.anything()] })
  // As the commit of the settle left it: noted, and nobody has acted on it.
  await stage.db.sql`delete from purser.stop where scope ->> 'model' = ${model}`
  await stage.db.sql`update purser.bound_violation set handled_at = null where model = ${model}`
  await stage.db.sql`update purser.ledger_state set generation = generation + 1`
  expect(await ofModel(model)).toMatchObject({ violations: 1, stopped: null })
  await worker.client.workflow.execute('sweep', { taskQueue: worker.taskQueue, workflowId: `sweep-${randomUUID()}`, args: [] })
  expect(await ofModel(model)).toMatchObject({ violations: 1, stopped: expect.stringContaining('bound violated by') })
  expect(await stopViolators(stage.ledger)).toEqual([])
  expect(await failureOf((await job(model)).result())).toMatchObject({ code: 'stopped' })
})

test('what was reserved before a raise does not stop the model again; what somebody stopped by hand stays stopped', async () => {
  const model = 'gemini-nano-banana-2.1'
  await raise(model, 100)
  await stage.db.sql`update purser.bound_violation set handled_at = null where model = ${model}`
  expect(await stopViolators(stage.ledger)).toEqual([])
  expect(await ofModel(model)).toMatchObject({ stopped: null, boundPerMille: 2_000n })
  await stopScope(stage.ledger, { provider: 'gemini', model }, 'by hand')
  expect(await raise(model, 1)).toMatchObject({ boundPerMille: 2_020n, resumed: false })
  expect(await ofModel(model)).toMatchObject({ stopped: 'by hand' })
})

test('a raise names a model of the book, a percent that is one, and cannot be taken back by hand', async () => {
  await expect(raise('nobody’s', 10)).rejects.toMatchObject({ code: 'not_found' })
  for (const percent of [0, -1, 901]) await expect(raise(MODEL, percent)).rejects.toMatchObject({ code: 'bad_input' })
  await stage.db.sql`
    insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
      values ('elsewhere', ${MODEL}, 'output_text_tokens', 1, '2026-01-01T00:00:00Z', 'a test', '2026-01-01')`
  await expect(raise(MODEL, 10)).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringContaining('elsewhere, gemini: say --provider'),
  })
  await expect(stage.sql`delete from purser.bound_violation`).rejects.toThrow(/permission denied/)
  await expect(stage.db.sql`update purser.model_bound set per_mille = 1001`).rejects.toThrow(/append-only/)
})

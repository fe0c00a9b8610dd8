import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApplicationFailure, type Workflow } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { purserPlugin, type PurserPlugin } from '../../src/worker-plugin.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import { resetToFirstTask } from '../workflows/history.ts'
import { modelActivitiesOf } from './own-app/activities.ts'
import type {
  Asked,
  forged,
  goesOn,
  oneCall,
  oneOutcome,
  ownCall,
  ownOutcome,
  ownTwice,
  plain,
  sameName,
  unreserved,
} from './own-app/workflows.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

type Workflows = {
  forged: typeof forged
  goesOn: typeof goesOn
  oneCall: typeof oneCall
  oneOutcome: typeof oneOutcome
  ownCall: typeof ownCall
  ownOutcome: typeof ownOutcome
  ownTwice: typeof ownTwice
  plain: typeof plain
  sameName: typeof sameName
  unreserved: typeof unreserved
}

let env: TestWorkflowEnvironment
let stage: Stage
let code: string
let codePath: string
let app: { readonly taskQueue: string; stop(): Promise<void> }
let purserWorker: TestWorker
/** The texts with which the app's own activity was run. */
const ran: string[] = []

const environment = (): Record<string, string> => ({
  DATABASE_URL: stage.db.url,
  GEMINI_API_KEY: EMULATOR_KEY,
  PURSER_GEMINI_BASE_URL: stage.emulator.url,
  PURSER_HOME: stage.folder,
  PURSER_REQUEST_TIMEOUT_MS: '4000',
})

const plugin = (): Promise<PurserPlugin> =>
  purserPlugin({
    connection: env.nativeConnection,
    env: environment(),
    modelActivities: modelActivitiesOf(
      () => stage.emulator.url,
      (text) => void ran.push(text),
    ),
  })

/** A worker of the app in this process. */
async function startApp(plugins: PurserPlugin[]): Promise<typeof app> {
  const taskQueue = `app-${randomUUID().slice(0, 8)}`
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: { codePath },
    activities: { shout: async (text: string) => text.toUpperCase() },
    plugins,
  })
  const running = worker.run()
  running.catch(() => undefined)
  return {
    taskQueue,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    },
  }
}

beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  const workflowsPath = fileURLToPath(new URL('./own-app/workflows.ts', import.meta.url))
  ;({ code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }))
  codePath = join(inject('testFolder'), `own-app-${randomUUID().slice(0, 8)}.js`)
  await writeFile(codePath, code)
  app = await startApp([await plugin()])
  purserWorker = await startTestWorker(env, stage)
})
afterEach(() => stage.intact())
afterAll(async () => {
  await Promise.all([app.stop(), purserWorker.stop()])
  await env.teardown()
  await stage.close()
})

const start = <Name extends keyof Workflows>(name: Name, args: Parameters<Workflows[Name]>, taskQueue = app.taskQueue) =>
  env.client.workflow.start<Workflow>(name, { taskQueue, workflowId: `own-${randomUUID().slice(0, 13)}`, args })

const play = async <Name extends keyof Workflows>(
  name: Name,
  ...args: Parameters<Workflows[Name]>
): Promise<Awaited<ReturnType<Workflows[Name]>>> => (await (await start(name, args)).result()) as Awaited<ReturnType<Workflows[Name]>>

/** The failure with which a workflow ended. */
async function failure(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    (value) => new Error(`it did not fail: ${JSON.stringify(value)}`),
    (reason: Error) => reason,
  )
  let cause: unknown = error
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause
  if (cause instanceof ApplicationFailure) return cause
  throw error
}

const asked = async (change: Partial<Asked> = {}): Promise<Asked> => {
  const account = await stage.account('free')
  return { account, text: `a question of ${account}`, ...change }
}
const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)
const runsOf = (account: string): number => ran.filter((text) => text.includes(account)).length

/** What the account has spent is what its attempts cost, and nothing is held. */
async function settledOnce(account: string): Promise<bigint> {
  const [attempt, ...others] = await stage.attempts(account)
  expect(others).toEqual([])
  expect(attempt).toMatchObject({ state: 'settled', costSource: 'answer' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempt?.cost })
  const bill = await stage.billOf(account)
  expect(bill).toHaveLength(1)
  const [receipt] = await stage.db.sql<{ pico: string }[]>`
    select pico_usd::text as pico from purser.receipt where reservation_id = ${attempt?.id ?? ''}`
  expect(receipt?.pico).toBe(bill[0]?.picoUsd)
  return attempt?.cost ?? 0n
}

describe('a call that Purser sends for an app’s workflow', () => {
  test.concurrent.each(['local', 'activity'] as const)(
    'is reserved, sent once, settled, and its text comes back (%s)',
    async (ledgerMode) => {
      const input = await asked({ ledgerMode })
      const { said, cost } = await play('oneCall', input)
      expect(said).toMatch(/\w/)
      expect(BigInt(cost.replace('.', ''))).toBe(await settledOnce(input.account))
    },
  )

  test.concurrent('needs neither database nor key in the app’s worker when Purser’s workers are named', async () => {
    const bare = await startApp([])
    try {
      const input = await asked({ taskQueue: purserWorker.taskQueue })
      const handle = await start('oneCall', [input], bare.taskQueue)
      expect((await handle.result()).said).toMatch(/\w/)
      await settledOnce(input.account)
    } finally {
      await bare.stop()
    }
  })

  test.concurrent.each([
    ['fits', { onRefused: 'fit' } as const, 'gemini-2.5-flash'],
    [
      'is downgraded',
      { onRefused: 'downgrade', downgradeTo: ['gemini-2.5-pro', 'gemini-2.5-flash-lite'] } as const,
      'gemini-2.5-flash-lite',
    ],
  ])('that its budget cannot pay for as it is %s, where the app allows it', async (_, overBudget, model) => {
    const input = await asked({ model: 'gemini-2.5-flash', maxOutputTokens: 60_000, overBudget })
    expect(await play('oneOutcome', input)).toMatchObject({ kind: 'answered', text: expect.stringMatching(/\w/) })
    const cost = await settledOnce(input.account)
    expect(cost).toBeLessThan(100_000_000n)
    const [request] = await stage.requestsOf(input.account)
    expect(request?.model).toBe(model)
  })

  test.concurrent('too short an answer does not fit: the call ends refused', async () => {
    const input = await asked({ model: 'gemini-2.5-flash', maxOutputTokens: 60_000, overBudget: { onRefused: 'fit', fitAtLeast: 50_000 } })
    const outcome = await play('oneOutcome', input)
    expect(outcome).toMatchObject({ kind: 'refused', code: 'budget_exceeded' })
    expect(outcome).not.toHaveProperty('waitsAs')
    expect(await stage.requestsOf(input.account)).toEqual([])
  })

  test.concurrent('what is to be done when it is refused is one of four words, or nothing is asked', async () => {
    const input = await asked({ overBudget: { onRefused: 'hope' as 'wait' } })
    expect(await failure(play('oneOutcome', input))).toMatchObject({ type: 'bad_input', message: expect.stringContaining('not "hope"') })
    expect(await stage.attempts(input.account)).toEqual([])
  })

  test.concurrent('is refused with a type, and with what would work; nothing is sent', async () => {
    const input = await asked({ model: 'gemini-2.5-flash', maxOutputTokens: 60_000 })
    const refused = await failure(play('oneCall', input))
    expect(refused).toMatchObject({ type: 'budget_exceeded', nonRetryable: true, message: expect.stringContaining('What would work') })
    expect(refused.details?.[0]).toMatchObject({
      kind: 'refused',
      plan: 'free',
      remedies: expect.arrayContaining([{ kind: 'fit', maxOutputTokens: expect.any(Number) }]),
    })
    expect(await stage.requestsOf(input.account)).toEqual([])
    expect(await stage.balance(input.account)).toMatchObject({ reserved: 0n, spent: 0n })
  })

  test.concurrent('in doubt is a value, or a failure of that type; the money stays held', async () => {
    const [one, other] = [await asked({ onInDoubt: 'end' }), await asked()]
    for (const { account } of [one, other]) await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account, times: 5 })
    expect(await play('oneOutcome', one)).toMatchObject({ kind: 'in_doubt', held: { currency: 'EUR' } })
    expect(await states(one.account)).toEqual(['in_doubt'])
    // By default a call in doubt asks once more, on the same budgets.
    expect(await failure(play('oneCall', other))).toMatchObject({
      type: 'in_doubt',
      message: expect.stringContaining('nor is the second one'),
    })
    expect(await states(other.account)).toEqual(['in_doubt', 'in_doubt'])
    for (const { account } of [one, other]) expect((await stage.balance(account)).reserved).toBeGreaterThan(0n)
  })

  test.concurrent('that cannot be ends the workflow with a type, at once', async () => {
    const input = await asked()
    expect(await failure(play('oneCall', { ...input, account: 'nobody' }))).toMatchObject({ type: 'unknown_account' })
    expect(await failure(play('oneCall', { ...input, account: undefined as never }))).toMatchObject({ type: 'bad_input' })
    expect(await failure(play('oneCall', { ...input, maxOutputTokens: 1.5 }))).toMatchObject({ type: 'bad_input' })
    expect(await failure(play('oneCall', { ...input, model: 'gpt-none' }))).toMatchObject({ type: 'unpriced_model' })
    expect(await stage.attempts(input.account)).toEqual([])
  })
})

describe('a name for a call', () => {
  test.concurrent('that a loop uses for another request is a conflict, and the second is not sent', async () => {
    const input = await asked()
    expect(await failure(play('sameName', input))).toMatchObject({ type: 'conflict' })
    expect(await stage.requestsOf(input.account)).toHaveLength(1)
  })

  test.concurrent('without a turn is refused where the workflow continues itself, because the old answer would come back', async () => {
    const input = await asked()
    expect(await failure(play('goesOn', input, 'plain'))).toMatchObject({
      type: 'call_name_reused',
      message: expect.stringContaining('{ name: "turn", turn }'),
    })
    expect(await stage.requestsOf(input.account)).toHaveLength(1)
  })

  test.concurrent('with a turn is a new call in each run of the workflow', async () => {
    const input = await asked()
    expect(await play('goesOn', input, 'turns')).toHaveLength(3)
    expect((await stage.attempts(input.account)).map((a) => a.callId)).toEqual(['turn#1', 'turn#2', 'turn#3'])
    expect(await stage.requestsOf(input.account)).toHaveLength(3)
  })
})

describe('a call that the app’s own activity sends', () => {
  test.concurrent('is dispatched before it and settled after it, at the usage that it returns', async () => {
    const input = await asked()
    const { value, cost } = await play('ownCall', input)
    expect(value).toMatch(/\w/)
    expect(BigInt(cost.replace('.', ''))).toBe(await settledOnce(input.account))
    expect(runsOf(input.account)).toBe(1)
  })

  test.concurrent('once more under its name hears the same value, from the blob store', async () => {
    const input = await asked()
    const { first, again } = await play('ownTwice', input)
    expect(first).toMatchObject({ kind: 'answered', value: expect.stringMatching(/\w/) })
    expect(again).toEqual(first)
    expect(runsOf(input.account)).toBe(1)
    await settledOnce(input.account)
  })

  test.concurrent('is not made again by a reset of the workflow', async () => {
    const input = await asked()
    const handle = await start('ownCall', [input])
    const before = await handle.result()
    await resetToFirstTask(env.client, handle.workflowId)
    expect(await env.client.workflow.getHandle(handle.workflowId).result()).toEqual(before)
    expect(runsOf(input.account)).toBe(1)
    await settledOnce(input.account)
  })

  test.concurrent('is refused before it runs', async () => {
    const input = await asked({ model: 'gemini-2.5-flash', maxOutputTokens: 60_000 })
    expect(await play('ownOutcome', input)).toMatchObject({ kind: 'refused', code: 'budget_exceeded' })
    expect(runsOf(input.account)).toBe(0)
  })

  test.concurrent('that throws may have been billed: in doubt, its money held, and not run again where the workflow says so', async () => {
    const input = await asked({ onInDoubt: 'end' })
    await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: input.account })
    expect(await play('ownOutcome', input)).toMatchObject({ kind: 'in_doubt', reason: expect.stringContaining('fetch failed') })
    expect(await states(input.account)).toEqual(['in_doubt'])
    expect(runsOf(input.account)).toBe(1)
  })

  test.concurrent('in doubt is asked once more by default, with money of its own', async () => {
    const input = await asked()
    await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: input.account })
    expect(await play('ownOutcome', input)).toMatchObject({ kind: 'answered', value: expect.stringMatching(/\w/) })
    expect(await states(input.account)).toEqual(['in_doubt', 'settled'])
    expect(runsOf(input.account)).toBe(2)
  })

  test.concurrent('that states that nothing was billed, and when to come back, is tried again with the same money', async () => {
    const input = await asked()
    await stage.emulator.fault({ fault: 'rate_limited', promptIncludes: input.account, retryAfterSeconds: 1 })
    expect(await play('ownOutcome', input)).toMatchObject({ kind: 'answered', attempt: 2 })
    expect(await states(input.account)).toEqual(['rejected', 'settled'])
    expect(runsOf(input.account)).toBe(2)
    expect(await stage.balance(input.account)).toMatchObject({ reserved: 0n })
  })

  test.concurrent('and is cancelled meanwhile is waited for, and booked', async () => {
    const input = await asked()
    await stage.emulator.fault({ fault: 'slow', promptIncludes: input.account, ms: 1_500 })
    const handle = await start('ownCall', [input])
    await until('it is sent', async () => (await stage.requestsOf(input.account)).length === 1)
    await handle.cancel()
    expect(await handle.result()).toMatchObject({ value: expect.stringMatching(/\w/) })
    await settledOnce(input.account)
  })

  test.concurrent('and is terminated meanwhile is booked all the same', async () => {
    const input = await asked()
    await stage.emulator.fault({ fault: 'slow', promptIncludes: input.account, ms: 1_500 })
    const handle = await start('ownCall', [input])
    await until('it is sent', async () => (await stage.requestsOf(input.account)).length === 1)
    await handle.terminate('a test')
    await until('it is booked', async () => (await states(input.account))[0] === 'settled')
    expect(await settledOnce(input.account)).toBeGreaterThan(0n)
  })
})

describe('a model activity without a live reservation', () => {
  test.concurrent('does not run, is not retried, and says what to do', async () => {
    const input = await asked()
    const refused = await failure(play('unreserved', input))
    expect(refused).toMatchObject({
      type: 'reservation_missing',
      nonRetryable: true,
      message: expect.stringContaining('budgetedActivities<…>().askModel'),
    })
    expect(runsOf(input.account)).toBe(0)
    expect(await stage.requestsOf(input.account)).toEqual([])
  })

  test.concurrent('does not run with one that nobody made either', async () => {
    const input = await asked()
    expect(await failure(play('forged', input))).toMatchObject({
      type: 'conflict',
      message: expect.stringContaining('reserve comes first'),
    })
    expect(runsOf(input.account)).toBe(0)
  })

  test.concurrent('is told apart from the app’s other activities, which run as ever', async () => {
    expect(await play('plain', await asked({ text: 'quiet' }))).toBe('QUIET')
  })
})

test('the bundle of an app’s workflows holds no zod, no database and nothing of Node', () => {
  expect(code.length).toBeGreaterThan(100_000)
  expect(code).not.toMatch(/node_modules\/(zod|postgres|sharp)\/|"node:|src\/(ledger|schema|platform|activities)\//)
})

test('the plugin takes no second worker, no other namespace, and no activity of the same name', async () => {
  const used = await plugin()
  try {
    const options = { taskQueue: 'nobody', activities: {} }
    expect(() => used.configureWorker({ ...options, namespace: 'another' })).toThrow('made for "default"')
    expect(() => used.configureWorker({ ...options, activities: { callModel: async () => undefined } })).toThrow('callModel')
    used.configureWorker(options)
    expect(() => used.configureWorker(options)).toThrow('has a worker already')
  } finally {
    await used.close()
  }
})

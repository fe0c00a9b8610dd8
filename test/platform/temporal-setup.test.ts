import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setUpTemporal, type ScheduleState, type SetupResult } from '../../src/platform/temporal-setup.ts'
import { newNamespace } from '../cli/namespace.ts'
import { connectTemporal } from '../support/temporal.ts'

let env: TestWorkflowEnvironment
beforeAll(async () => void (env = await connectTemporal()))
afterAll(() => env.teardown())

const clientIn = (namespace: string): Client => new Client({ connection: env.connection, namespace })

/** The same of all schedules. */
const all = (state: ScheduleState) => ({
  'purser-monthly-reset': state,
  'purser-monthly-close': state,
  'purser-sweep': state,
  'purser-daily-rates': state,
})
const ofEach = (line: RegExp) => Array.from({ length: 4 }, () => expect.stringMatching(line) as string)

async function setUp(client: Client, taskQueue: string, timeZone: string): Promise<SetupResult & { readonly warnings: string[] }> {
  const warnings: string[] = []
  return { ...(await setUpTemporal(client, { taskQueue, timeZone, warn: (line) => warnings.push(line) })), warnings }
}

test('the schedule is made once; with another task queue or time zone it is changed, which is said, and what people set on it stays', async () => {
  const client = clientIn(await newNamespace(env))
  expect(await setUp(client, 'first', 'UTC')).toEqual({ searchAttributes: true, schedules: all('made'), warnings: [] })
  expect(await setUp(client, 'first', 'UTC')).toEqual({ searchAttributes: true, schedules: all('there'), warnings: [] })
  const schedule = client.schedule.getHandle('purser-monthly-reset')
  await schedule.pause('a test')
  expect(await setUp(client, 'second', 'UTC')).toMatchObject({
    schedules: all('changed'),
    warnings: ofEach(/was on task queue "first" in UTC; it is now on "second" in UTC/),
  })
  expect(await setUp(client, 'second', 'Europe/Berlin')).toMatchObject({ schedules: all('changed'), warnings: ofEach(/Europe\/Berlin/) })
  expect(await setUp(client, 'second', 'Europe/Berlin')).toMatchObject({ schedules: all('there'), warnings: [] })
  const { action, spec, policies, state } = await schedule.describe()
  expect({ action, spec, policies, state }).toMatchObject({
    action: { workflowType: 'monthlyReset', args: [{}], taskQueue: 'second', workflowId: 'purser-monthly-reset' },
    spec: { timezone: 'Europe/Berlin', calendars: [{ dayOfMonth: [{ start: 1 }], hour: [{ start: 0 }] }] },
    policies: { overlap: 'BUFFER_ONE', catchupWindow: 7 * 86_400_000 },
    state: { paused: true, note: 'a test' },
  })
})

test('a schedule that Temporal refuses is said once each, with the reason, and stops nobody', async () => {
  const client = clientIn(await newNamespace(env))
  expect(await setUp(client, 'queue', 'Mars/Olympus')).toEqual({
    searchAttributes: true,
    schedules: all('failed'),
    warnings: [
      expect.stringMatching(/^The schedule purser-monthly-reset could not be set up \(.*Mars\/Olympus.*Jobs run all the same/),
      expect.stringMatching(/^The schedule purser-monthly-close could not be set up \(.*Mars\/Olympus.*the statements of last month wait/),
      expect.stringMatching(/^The schedule purser-sweep could not be set up \(.*Mars\/Olympus.*stays held until it runs/),
      expect.stringMatching(/^The schedule purser-daily-rates could not be set up \(.*Mars\/Olympus.*the last known euro rate holds/),
    ],
  })
})

test('where nothing is permitted (a namespace that does not exist), all are said, once each', async () => {
  expect(await setUp(clientIn('no-such-namespace'), 'queue', 'UTC')).toEqual({
    searchAttributes: false,
    schedules: all('failed'),
    warnings: [expect.stringMatching(/^Search attributes could not/), ...ofEach(/^The schedule .*no-such-namespace/)],
  })
})

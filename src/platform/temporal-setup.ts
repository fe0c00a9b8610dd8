import { ScheduleAlreadyRunning, type Client, type Connection, type ScheduleOptions, type ScheduleSpec } from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts'

/** INDEXED_VALUE_TYPE_KEYWORD and INDEXED_VALUE_TYPE_INT of Temporal's API. */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const

export interface SetupResult {
  /** False: not registered and not permitted; jobs start all the same, without them. */
  readonly searchAttributes: boolean
  /** By the schedule's id. */
  readonly schedules: Readonly<Record<string, ScheduleState>>
}

/** `changed`: it had another task queue or time zone. `failed`: neither made nor checked; jobs start all the same. */
export type ScheduleState = 'made' | 'there' | 'changed' | 'failed'

interface ScheduleDefinition {
  readonly id: string
  readonly workflowType: string
  readonly spec: ScheduleSpec
  readonly policies: NonNullable<ScheduleOptions['policies']>
  /** Why jobs need not wait for it. */
  readonly without: string
}

/** The first of every month at 00:00 in the installation's time zone. A late run is caught up for a week; two never overlap. */
const MONTHLY_RESET: ScheduleDefinition = {
  id: 'purser-monthly-reset',
  workflowType: 'monthlyReset',
  spec: { calendars: [{ dayOfMonth: 1, hour: 0, comment: 'first of the month' }] },
  policies: { overlap: 'BUFFER_ONE', catchupWindow: '7 days' },
  without: 'the first call of a month opens its budgets',
}

/**
 * Eight times in the first two days of a month: by then it has ended in every time zone. A late run is caught up for a week, and any other one does as well: each closes all that
 * is over.
 */
const MONTHLY_CLOSE: ScheduleDefinition = {
  id: 'purser-monthly-close',
  workflowType: 'closeMonths',
  spec: {
    calendars: [
      { dayOfMonth: { start: 1, end: 2 }, hour: { start: 0, end: 23, step: 6 }, minute: 2, comment: 'the first two days of the month' },
    ],
  },
  policies: { overlap: 'BUFFER_ONE', catchupWindow: '7 days' },
  without: 'but the statements of last month wait for it, or for `purser close`',
}

/** Every minute. One that runs long is not joined by a second, and none is made up for: the next one does all that is due. */
const SWEEP: ScheduleDefinition = {
  id: 'purser-sweep',
  workflowType: 'sweep',
  spec: { intervals: [{ every: '1 minute' }] },
  policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
  without: 'but money that lost jobs hold stays held until it runs',
}

/** Every day at 16:30 UTC: the bank publishes at about 16:00 in Frankfurt. One that was missed is made up for once. */
const DAILY_RATES: ScheduleDefinition = {
  id: 'purser-daily-rates',
  workflowType: 'dailyRates',
  spec: { intervals: [{ every: '1 day', offset: '990 minutes' }] },
  policies: { overlap: 'SKIP', catchupWindow: '1 day' },
  without: 'the last known euro rate holds',
}

export interface SetupOptions {
  readonly taskQueue: string
  readonly timeZone: string
  readonly warn: (line: string) => void
}

/**
 * Registers the search attributes and the schedules. Safe to repeat. Never throws: no job needs them at once, so `warn` hears, once each, what
 * could not be done.
 */
export async function setUpTemporal(client: Client, options: SetupOptions): Promise<SetupResult> {
  const namespace = client.options.namespace
  const searchAttributes = await registerSearchAttributes(client.connection as Connection, namespace, options.warn)
  const states: [string, ScheduleState][] = []
  for (const definition of [MONTHLY_RESET, MONTHLY_CLOSE, SWEEP, DAILY_RATES])
    states.push([definition.id, await ensureSchedule(client, options, definition)])
  return { searchAttributes, schedules: Object.fromEntries(states) }
}

/** Those that the namespace does not know yet. */
async function missingSearchAttributes(connection: Connection, namespace: string) {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  return Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => customAttributes?.[name] === undefined)
}

async function registerSearchAttributes(connection: Connection, namespace: string, warn: (line: string) => void): Promise<boolean> {
  try {
    const missing = await missingSearchAttributes(connection, namespace)
    if (missing.length === 0) return true
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]])),
    })
    return true
  } catch (error) {
    const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name)
    warn(
      `Search attributes could not be registered (${reasonOf(error)}). Jobs run without them; register ${names.join(', ')} to search by them.`,
    )
    return false
  }
}

/** The schedule, on our task queue and in our time zone. */
async function ensureSchedule(client: Client, options: SetupOptions, definition: ScheduleDefinition): Promise<ScheduleState> {
  try {
    return (await createSchedule(client, options, definition)) ? 'made' : await alignSchedule(client, options, definition)
  } catch (error) {
    options.warn(
      `The schedule ${definition.id} could not be set up (${reasonOf(error)}). ` +
        `Jobs run all the same, and ${definition.without}; \`purser setup\` tries again.`,
    )
    return 'failed'
  }
}

/** False: it was there. */
async function createSchedule(client: Client, { taskQueue, timeZone }: SetupOptions, definition: ScheduleDefinition): Promise<boolean> {
  const { id, workflowType, spec, policies } = definition
  try {
    await client.schedule.create({
      scheduleId: id,
      spec: { ...spec, timezone: timeZone },
      policies,
      action: { type: 'startWorkflow', workflowType, args: [{}], taskQueue, workflowId: id },
    })
    return true
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false
    throw error
  }
}

/** A schedule of an earlier installation may name a queue that no worker serves any more. What else somebody has set (a pause, say) stays. */
async function alignSchedule(
  client: Client,
  { taskQueue, timeZone, warn }: SetupOptions,
  { id }: ScheduleDefinition,
): Promise<'there' | 'changed'> {
  const schedule = client.schedule.getHandle(id)
  const { action, spec } = await schedule.describe()
  if (action.taskQueue === taskQueue && spec.timezone === timeZone) return 'there'
  await schedule.update((known) => ({ ...known, spec: { ...known.spec, timezone: timeZone }, action: { ...known.action, taskQueue } }))
  warn(
    `The schedule ${id} was on task queue "${action.taskQueue}" in ${spec.timezone ?? 'UTC'}; ` +
      `it is now on "${taskQueue}" in ${timeZone}.`,
  )
  return 'changed'
}

// Temporal's client wraps the server's answer, which is the part that helps.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { details } = (error.cause ?? error) as { details?: string }
  return details || error.message
}

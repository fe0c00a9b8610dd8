import { ScheduleAlreadyRunning, type Client, type Connection } from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts'

const MONTHLY_RESET_SCHEDULE = 'purser-monthly-reset'

/** INDEXED_VALUE_TYPE_KEYWORD and INDEXED_VALUE_TYPE_INT of Temporal's API. */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const

export interface SetupResult {
  /** False: not registered and not permitted; jobs start all the same, without them. */
  readonly searchAttributes: boolean
  /** `changed`: it had another task queue or time zone. `failed`: neither made nor checked; jobs start all the same. */
  readonly schedule: 'made' | 'there' | 'changed' | 'failed'
}

export interface SetupOptions {
  readonly taskQueue: string
  readonly timeZone: string
  readonly warn: (line: string) => void
}

/**
 * Registers the search attributes and the schedule of the monthly reset. Safe to repeat. Never throws: no job needs them, so `warn` hears, once
 * each, what could not be done.
 */
export async function setUpTemporal(client: Client, options: SetupOptions): Promise<SetupResult> {
  const namespace = client.options.namespace
  const searchAttributes = await registerSearchAttributes(client.connection as Connection, namespace, options.warn)
  return { searchAttributes, schedule: await ensureMonthlyReset(client, options) }
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
async function ensureMonthlyReset(client: Client, options: SetupOptions): Promise<SetupResult['schedule']> {
  try {
    return (await createMonthlyReset(client, options)) ? 'made' : await alignMonthlyReset(client, options)
  } catch (error) {
    options.warn(
      `The schedule ${MONTHLY_RESET_SCHEDULE} could not be set up (${reasonOf(error)}). ` +
        'Jobs run all the same, and the first call of a month opens its budgets; `purser setup` tries again.',
    )
    return 'failed'
  }
}

/** The first of every month at 00:00 in the installation's time zone. A late run is caught up for a week; two never overlap. False: it was there. */
async function createMonthlyReset(client: Client, { taskQueue, timeZone }: SetupOptions): Promise<boolean> {
  try {
    await client.schedule.create({
      scheduleId: MONTHLY_RESET_SCHEDULE,
      spec: { calendars: [{ dayOfMonth: 1, hour: 0, comment: 'first of the month' }], timezone: timeZone },
      policies: { overlap: 'BUFFER_ONE', catchupWindow: '7 days' },
      action: { type: 'startWorkflow', workflowType: 'monthlyReset', args: [{}], taskQueue, workflowId: 'purser-monthly-reset' },
    })
    return true
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false
    throw error
  }
}

/** A schedule of an earlier installation may name a queue that no worker serves any more. What else somebody has set (a pause, say) stays. */
async function alignMonthlyReset(client: Client, { taskQueue, timeZone, warn }: SetupOptions): Promise<'there' | 'changed'> {
  const schedule = client.schedule.getHandle(MONTHLY_RESET_SCHEDULE)
  const { action, spec } = await schedule.describe()
  if (action.taskQueue === taskQueue && spec.timezone === timeZone) return 'there'
  await schedule.update((known) => ({ ...known, spec: { ...known.spec, timezone: timeZone }, action: { ...known.action, taskQueue } }))
  warn(
    `The schedule ${MONTHLY_RESET_SCHEDULE} was on task queue "${action.taskQueue}" in ${spec.timezone ?? 'UTC'}; ` +
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

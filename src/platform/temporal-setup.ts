import { ScheduleAlreadyRunning, type Client, type Connection } from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts'

const MONTHLY_RESET_SCHEDULE = 'purser-monthly-reset'

/** INDEXED_VALUE_TYPE_KEYWORD and INDEXED_VALUE_TYPE_INT of Temporal's API. */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const

export interface SetupResult {
  /** False: not registered and not permitted; jobs start all the same, without them. */
  readonly searchAttributes: boolean
  readonly schedule: 'made' | 'there'
}

/** Registers the search attributes and the schedule of the monthly reset. Safe to repeat. `warn` hears what could not be done, once. */
export async function setUpTemporal(
  client: Client,
  options: { readonly taskQueue: string; readonly timeZone: string; readonly warn: (line: string) => void },
): Promise<SetupResult> {
  const namespace = client.options.namespace
  const searchAttributes = await registerSearchAttributes(client.connection as Connection, namespace, options.warn)
  return { searchAttributes, schedule: await createMonthlyReset(client, options) }
}

/** The names that the namespace does not know yet. */
async function missingSearchAttributes(connection: Connection, namespace: string): Promise<(keyof typeof SEARCH_ATTRIBUTES)[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  return (Object.keys(SEARCH_ATTRIBUTES) as (keyof typeof SEARCH_ATTRIBUTES)[]).filter((name) => customAttributes?.[name] === undefined)
}

async function registerSearchAttributes(connection: Connection, namespace: string, warn: (line: string) => void): Promise<boolean> {
  try {
    const missing = await missingSearchAttributes(connection, namespace)
    if (missing.length === 0) return true
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]])),
    })
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    warn(
      `Search attributes could not be registered (${why}). Jobs run without them; register ${Object.keys(SEARCH_ATTRIBUTES).join(', ')} to search by them.`,
    )
    return false
  }
}

/** The first of every month at 00:00 in the installation's time zone. A late run is caught up for a week; two never overlap. */
async function createMonthlyReset(
  client: Client,
  options: { readonly taskQueue: string; readonly timeZone: string },
): Promise<'made' | 'there'> {
  try {
    await client.schedule.create({
      scheduleId: MONTHLY_RESET_SCHEDULE,
      spec: { calendars: [{ dayOfMonth: 1, hour: 0, comment: 'first of the month' }], timezone: options.timeZone },
      policies: { overlap: 'BUFFER_ONE', catchupWindow: '7 days' },
      action: {
        type: 'startWorkflow',
        workflowType: 'monthlyReset',
        args: [{}],
        taskQueue: options.taskQueue,
        workflowId: 'purser-monthly-reset',
      },
    })
    return 'made'
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return 'there'
    throw error
  }
}

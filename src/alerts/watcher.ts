import { randomUUID } from 'node:crypto'
import { PurserError } from '../domain/errors.ts'
import { addOutboxConsumer, readOutbox } from '../ledger/outbox.ts'
import {
  alertIsOver,
  alertOnEvents,
  alertOnMeasure,
  ALERTS_CONSUMER,
  endAlerts,
  findDear,
  flagDear,
  leaveWatch,
  measuringRules,
  takeWatch,
  type MeasuringRule,
  type Watched,
} from '../ledger/watch.ts'
import { untilStopped, type Running } from '../until-stopped.ts'
import { alertText, dearEvidence, dearText, eventEvidence } from './alert-text.ts'
import { isDue, measureForecasts, measureTrend } from './measure-ahead.ts'
import { measureDay, measureDoubt, measureHour, measureRate, type Finding, type Measuring } from './measure.ts'

export interface WatcherOptions extends Watched {
  /** Where hours and days of spending begin. */
  readonly timeZone: string
  readonly warn: (what: string, error: unknown) => void
  /** Between two measurings, at the least. Default: ten seconds. */
  readonly measureEveryMs?: number | undefined
}

const EVENTS_EVERY_MS = 250
/** Who does not watch looks so often whether he is to: below the three seconds for which somebody who is lost still counts. */
const IDLE_MS = 1_000
const MEASURE_EVERY_MS = 10_000
/** The ledger is not to be busy with measuring: so many times as long as it took, nothing is measured. */
const REST = 10
const EVENTS_AT_ONCE = 200
const ENTRIES_AT_ONCE = 2_000
const ENDED_AT_ONCE = 500

/**
 * Watches, for the whole installation, while no other process does: makes alerts of the outbox's events and of requests that were dear, and measures. Whatever is killed,
 * and whenever, an alert is opened once: that is decided in the ledger.
 */
export function startWatcher(options: WatcherOptions): Running {
  const holder = randomUUID()
  const measurer = measurerOf(options)
  const watching = untilStopped(
    (stopping) => round(options, holder, measurer, stopping),
    (error) => options.warn('alerts wait: the ledger could not be watched', error),
  )
  return {
    async stop() {
      await watching.stop()
      await measurer.ended()
      await leaveWatch(options, holder).catch((error: unknown) => options.warn('the watch was not handed over', error))
    },
  }
}

/** One look at everything; answers when the next one is due. */
async function round(options: WatcherOptions, holder: string, measurer: Measurer, stopping: AbortSignal): Promise<number> {
  const turn = await takeWatch(options, holder, options.measureEveryMs ?? MEASURE_EVERY_MS)
  if (!turn.isMine) return IDLE_MS
  const hasMoreEvents = await hearEvents(options)
  const hasMoreEntries = await markDear(options)
  if (turn.isTime && !stopping.aborted) measurer.measure(turn.now)
  return hasMoreEvents || hasMoreEntries ? 0 : EVENTS_EVERY_MS
}

/** True: there may be more. */
export async function hearEvents({ sql }: Watched): Promise<boolean> {
  const events = await readOutbox({ sql }, ALERTS_CONSUMER, EVENTS_AT_ONCE).catch(async (error: unknown) => {
    if (!(error instanceof PurserError && error.code === 'not_found')) throw error
    // Somebody has forgotten it: alerts go on with what happens from now on.
    await addOutboxConsumer({ sql }, ALERTS_CONSUMER, 'now')
    return []
  })
  if (events.length === 0) return false
  await alertOnEvents(
    { sql },
    events.map((event) => ({ position: event.position, text: alertText(event), evidence: eventEvidence(event) })),
  )
  return events.length === EVENTS_AT_ONCE
}

/** True: there may be more. */
async function markDear(watched: Watched): Promise<boolean> {
  const { from, to, found } = await findDear(watched, ENTRIES_AT_ONCE)
  if (to === undefined) return false
  const words = found.map((dear) => ({
    rule: dear.rule,
    requestId: dear.requestId,
    terms: dear.terms,
    text: dearText(dear),
    evidence: dearEvidence(dear),
  }))
  await flagDear(watched, { from, to }, words)
  return BigInt(to) - BigInt(from) >= BigInt(ENTRIES_AT_ONCE)
}

interface Measurer {
  /** Begins to measure, unless it still does, or did for long just now. */
  measure(now: Date): void
  ended(): Promise<void>
}

/** Beside the outbox, which must not wait for what reads much. */
function measurerOf({ sql, timeZone, warn }: WatcherOptions): Measurer {
  const [normals, hourlyDone]: [Measuring['normals'], Measuring['hourly']] = [new Map(), new Map()]
  let measuring: Promise<void> | undefined
  let restUntil = 0
  return {
    measure(now) {
      if (measuring !== undefined || performance.now() < restUntil) return
      const startedAt = performance.now()
      measuring = measureAll({ sql, timeZone, normals, hourly: hourlyDone, now }, warn).finally(() => {
        restUntil = performance.now() + REST * (performance.now() - startedAt)
        measuring = undefined
      })
    },
    ended: () => measuring ?? Promise.resolve(),
  }
}

/** Every rule that measures, one after the other; what fails is said, and the others are measured all the same. */
export async function measureAll(measuring: Measuring, warn: WatcherOptions['warn']): Promise<void> {
  try {
    for (const rule of await measuringRules(measuring))
      await measureRule(measuring, rule).catch((error: unknown) => warn(`alert rule "${rule.name}" could not be measured`, error))
    while ((await endAlerts(measuring, ENDED_AT_ONCE)) === ENDED_AT_ONCE);
  } catch (error) {
    warn('nothing could be measured', error)
  }
}

async function measureRule(measuring: Measuring, rule: MeasuringRule): Promise<void> {
  for (const finding of (await MEASURES[rule.kind]?.(measuring, rule)) ?? []) {
    if (finding?.kind === 'over') await alertOnMeasure(measuring, { ...finding, rule: rule.name })
    if (finding?.kind === 'below' && rule.unresolved.includes(finding.subject))
      await alertIsOver(measuring, rule.name, finding.subject, finding.why)
  }
}

type Measure = (measuring: Measuring, rule: MeasuringRule) => Promise<readonly Finding[]>

const one =
  (measure: (measuring: Measuring, rule: MeasuringRule) => Promise<Finding>): Measure =>
  async (measuring, rule) => [await measure(measuring, rule)]

const hourly =
  (measure: Measure): Measure =>
  async (measuring, rule) =>
    isDue(measuring, rule)
      ? measure(measuring, rule).catch((error: unknown) => {
          // Not in an hour: the next time.
          measuring.hourly.delete(rule.name)
          throw error
        })
      : []

const MEASURES: Partial<Record<MeasuringRule['kind'], Measure>> = {
  hourly_spend: one(measureHour),
  daily_spend: one(measureDay),
  spend_rate: one(measureRate),
  in_doubt: one(measureDoubt),
  spend_trend: hourly(measureTrend),
  budget_forecast: hourly(measureForecasts),
}

/** What the company used, month by month: from a seed alone, so that the same month is the same wherever and whenever it is made. */
import { monthOf, monthsLater, type Month } from '../domain/period.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { isOutput, tokensOf, type Usage } from '../domain/usage.ts'
import { chanceOf, type Chance } from '../domain/chance.ts'
import { mostlyLow, weighted, wholeIn } from './chance.ts'
import { FEATURES, type Feature, type FeatureModel } from './features.ts'
import { ACCOUNTS, HOUSE, type CompanyAccount, type Scale } from './terms.ts'

export interface CompanyOptions {
  readonly seed: number
  readonly scale: Scale
}

const MONTHS = 13

/** The last one is that of now. */
export function monthsUntil(now: Date): Month[] {
  return Array.from({ length: MONTHS }, (_, at) => monthsLater(monthOf(now, 'UTC'), at + 1 - MONTHS))
}

/** When a month begins. */
export const beginOf = (of: Month): Date => new Date(`${of}-01T00:00:00Z`)

/** Of all usages of a company, whatever its seed and scale. */
export const KEY_PREFIX = 'demo company '
/** Of all usages of this one. */
export const keyPrefixOf = ({ seed, scale }: CompanyOptions): string => `${KEY_PREFIX}${seed}/${scale} `

/** Those of a month, in the order in which they happened. Of the month of now, somebody leaves out what has not happened yet. */
export function usagesOf(of: Month, options: CompanyOptions): TrackedUsage[] {
  const usual = FEATURES.flatMap((feature) => usualUsages(of, feature, options))
  return [...usual, ...runawayUsages(of, options)].toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

const FIRST_YEAR = 2025
/** It grows fast at first, and to this many usages a month at most. */
const USAGES_MOST = 7_000
const HALF_GROWN_MONTHS = 24

function usagesIn(of: Month, scale: Scale): number {
  const months = Math.max(2, (Number(of.slice(0, 4)) - FIRST_YEAR) * 12 + Number(of.slice(5)) - 1)
  return (USAGES_MOST * months * scale) / ((months + HALF_GROWN_MONTHS) * 100)
}

function usualUsages(of: Month, feature: Feature, options: CompanyOptions): TrackedUsage[] {
  const chance = chanceOf(`${options.seed} ${of} ${feature.name}`)
  const count = Math.ceil((usagesIn(of, options.scale) * feature.share * (feature.season[of.slice(5)] ?? 1)) / 100)
  const days = daysOf(of).map((day) => ({ day, weight: weightOf(day, feature) }))
  return Array.from({ length: count }, (_, index) => {
    const { day } = weighted(chance, days, ({ weight }) => weight)
    const key = `${keyPrefixOf(options)}${of} ${feature.name} ${index + 1}`
    const used = weighted(chance, feature.models, ({ weight }) => weight)
    const environment = weighted(chance, ENVIRONMENTS, ([, weight]) => weight)[0]
    const account = feature.isOwn === true || environment !== 'production' ? house : weighted(chance, ACCOUNTS, ({ weight }) => weight)
    const at = momentIn(day, feature.hours, chance)
    const hasFailed = chance() < failing(used, at)
    return usage({ key, at, feature, used, account, environment, chance, hasFailed })
  })
}

const ENVIRONMENTS = [
  ['production', 88],
  ['staging', 8],
  ['development', 4],
] as const

const house = accountOf(HOUSE)

function accountOf(id: string): CompanyAccount {
  const account = ACCOUNTS.find((one) => one.id === id)
  if (account === undefined) throw new RangeError(`the company has no account "${id}"`)
  return account
}

/** The retry loop of a customer's program: one morning of each May, until somebody stopped it. */
const RUNAWAY = {
  day: '05-14',
  fromHour: 8,
  hours: 6,
  percent: 7,
  account: 'demo-marlow-legal',
  user: 'kofi',
  feature: 'contract-summary',
} as const

function runawayUsages(of: Month, options: CompanyOptions): TrackedUsage[] {
  const feature = FEATURES.find(({ name }) => name === RUNAWAY.feature)
  const used = feature?.models[0]
  if (feature === undefined || used === undefined || of.slice(5) !== RUNAWAY.day.slice(0, 2)) return []
  const chance = chanceOf(`${options.seed} ${of} runaway`)
  const begin = Date.parse(`${of.slice(0, 4)}-${RUNAWAY.day}T00:00:00Z`) + RUNAWAY.fromHour * HOUR_MS
  const account = { ...accountOf(RUNAWAY.account), users: [RUNAWAY.user] }
  return Array.from({ length: Math.ceil((usagesIn(of, options.scale) * RUNAWAY.percent) / 100) }, (_, index) => {
    const key = `${keyPrefixOf(options)}${of} runaway ${index + 1}`
    const at = new Date(begin + Math.floor(chance() * RUNAWAY.hours * HOUR_MS))
    return usage({
      key,
      at,
      feature,
      used,
      account,
      environment: 'production',
      chance,
      hasFailed: false,
      labels: { incident: 'retry-loop' },
    })
  })
}

interface Made {
  readonly key: string
  readonly at: Date
  readonly feature: Feature
  readonly used: FeatureModel
  readonly account: CompanyAccount
  readonly environment: string
  readonly chance: Chance
  readonly hasFailed: boolean
  readonly labels?: Readonly<Record<string, string>>
}

/** A call that failed has been read by the model, and paid for; nothing came out. */
function usage({ key, at, feature, used, account, environment, chance, hasFailed, labels }: Made): TrackedUsage {
  const { provider, model, tier, uses } = used
  const user = weighted(chance, account.users, (name) => 1 / (account.users.indexOf(name) + 1))
  const quantities = uses.map(([unit, range]) => ({ unit, quantity: mostlyLow(chance, range) }))
  const { name, team, project } = feature
  return {
    key,
    at,
    scope: { account: account.id, user, team, project, feature: name, environment, ...(labels === undefined ? {} : { labels }) },
    provider,
    model,
    tier,
    endpoint: 'generate',
    usage: hasFailed ? quantities.filter(({ unit }) => !isOutput(unit)) : quantities,
    durationMs: hasFailed ? wholeIn(chance, 1_000, 30_000) : durationOf(quantities, chance),
    ...(hasFailed ? { error: '503 the model is overloaded' } : {}),
  }
}

/** A model writes some hundred tokens a second, after a moment of thought. */
function durationOf(used: Usage, chance: Chance): number {
  const { output } = tokensOf(used)
  return wholeIn(chance, 200, 900) + output * wholeIn(chance, 6, 14)
}

const HOUR_MS = 3_600_000

function momentIn(day: string, hours: readonly number[], chance: Chance): Date {
  const hour = weighted(chance, [...hours.keys()], (at) => hours[at] ?? 0)
  return new Date(Date.parse(`${day}T00:00:00Z`) + hour * HOUR_MS + wholeIn(chance, 0, HOUR_MS - 1))
}

function daysOf(of: Month): string[] {
  const count = new Date(Date.UTC(Number(of.slice(0, 4)), Number(of.slice(5)), 0)).getUTCDate()
  return Array.from({ length: count }, (_, at) => `${of}-${String(at + 1).padStart(2, '0')}`)
}

/** How busy a day is. */
function weightOf(day: string, { weekend }: Feature): number {
  const isWeekend = [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay())
  return (isWeekend ? weekend : 1) * (isHoliday(day.slice(5)) ? Math.min(0.25, weekend) : 1) * (day.slice(5, 7) === '08' ? 0.8 : 1)
}

const isHoliday = (day: string): boolean => day >= '12-24' || day === '01-01' || day === '05-01'

/** One in eighty; of what Gemini was asked on a bad afternoon of each October, every third. */
const failing = ({ provider }: FeatureModel, at: Date): number =>
  provider === 'gemini' && at.toISOString().slice(5, 10) === '10-08' && at.getUTCHours() >= 12 ? 1 / 3 : 1 / 80

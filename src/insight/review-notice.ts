import { money, nano, shortEur, type Nano } from '../domain/money.ts'
import type { Review } from './review.ts'
import { reviewBody } from './review-body.ts'
import type { FeatureChange } from './review-change.ts'
import { percentCell } from './table.ts'

const FEATURES_TOLD = 5
const ADVICE_TOLD = 10
/** A notice's text holds ten thousand characters; what does not fit is where the last line leads. */
const TEXT_MAX = 9_000
const FEATURES_MAX = 20

const CAUSES = ['volume', 'mix', 'size', 'price'] as const
type Causes = Readonly<Record<(typeof CAUSES)[number] | 'difference', Nano>>
/** As whoever knows no formula reads them. */
const CAUSE_NAMES = { volume: 'more or fewer calls', mix: 'other models', size: 'longer or shorter calls', price: 'prices' } as const

/** A review as it is told: a text for mail and Slack, and data in the form of `GET /v1/review`, its long lists cut. */
export function reviewNotice(r: Review): { readonly text: string; readonly data: object } {
  const { month, time_zone, state, baseline, totals, baseline_totals, features, recommendations } = reviewBody(r)
  const causes = causesOf(r.features)
  return {
    text: textOf(r, causes),
    data: {
      month,
      time_zone,
      state,
      baseline,
      totals,
      baseline_totals,
      difference: money(causes.difference),
      by_volume: money(causes.volume),
      by_mix: money(causes.mix),
      by_size: money(causes.size),
      by_price: money(causes.price),
      feature_count: features.length,
      features: features.slice(0, FEATURES_MAX),
      recommendations,
    },
  }
}

/** Of all features: they add up, so their sums do. */
function causesOf(features: readonly FeatureChange[]): Causes {
  const sum = (of: (feature: FeatureChange) => bigint): Nano => nano(features.reduce((all, feature) => all + of(feature), 0n))
  return {
    difference: sum((f) => f.difference),
    volume: sum((f) => f.volume),
    mix: sum((f) => f.mix),
    size: sum((f) => f.size),
    price: sum((f) => f.price),
  }
}

/** The first line is a mail's subject. Line breaks of a name would begin a line of their own. */
function textOf(r: Review, causes: Causes): string {
  const last = `all of it: purser review --month ${r.month}`
  const lines = [headline(r, causes), ...compared(r, causes), ...featureLines(r), ...adviceLines(r)].map((line) =>
    line.replaceAll(/\s*\n\s*/g, ' '),
  )
  while (lines.reduce((sum, line) => sum + line.length + 1, last.length) > TEXT_MAX) lines.pop()
  return [...lines, last].join('\n')
}

const eur = (amount: bigint): string => `${shortEur(nano(amount))} EUR`
const signed = (amount: bigint): string => `${amount > 0n ? '+' : ''}${shortEur(nano(amount))}`
const nameOf = (feature: string | null): string => feature ?? 'calls without a feature'
const shareOf = (part: bigint, whole: bigint): string => {
  const share = percentCell(part, whole)
  return share === null ? '' : ` (${share} %)`
}

function headline({ month, totals, baseline }: Review, { difference }: Causes): string {
  const cost = `Review of ${month}: ${eur(totals.cost)} for ${totals.calls} call${totals.calls === 1n ? '' : 's'}`
  if (baseline === undefined || baseline === month) return cost
  const moved =
    difference === 0n ? 'as much as' : `${eur(difference < 0n ? 0n - difference : difference)} ${difference < 0n ? 'less' : 'more'} than`
  return `${cost}, ${moved} in ${baseline}`
}

function compared({ baseline, month, baselineTotals }: Review, causes: Causes): string[] {
  if (baseline === undefined || baseline === month) return []
  const why = CAUSES.filter((cause) => causes[cause] !== 0n).map((cause) => `${CAUSE_NAMES[cause]} ${signed(causes[cause])}`)
  return [
    `${baseline}, the baseline: ${eur(baselineTotals.cost)} for ${baselineTotals.calls} calls`,
    ...(why.length === 0 ? [] : [`what moved it, in EUR: ${why.join(', ')}`]),
  ]
}

function featureLines({ features: list, totals }: Review): string[] {
  const dearest = list.filter(({ after }) => after > 0n).slice(0, FEATURES_TOLD)
  if (dearest.length === 0) return []
  return [
    'what costs most:',
    ...dearest.map((f) => `- ${nameOf(f.feature)} ${eur(f.after)}${shareOf(f.after, totals.cost)}, ${signed(f.difference)}`),
  ]
}

function adviceLines({ advice: list }: Review): string[] {
  if (list.length === 0) return ['no recommendations']
  const told = list.slice(0, ADVICE_TOLD)
  return [
    'what could be saved (nothing is switched by itself, and two may save the same money):',
    ...told.map(({ what, saving, how }) => `- ${saving === undefined ? '' : `${eur(saving)}: `}${what} → ${how}`),
    ...(list.length > told.length ? [`and ${list.length - told.length} more`] : []),
  ]
}

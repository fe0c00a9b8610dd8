import { exactEur, nano, shortEur } from '../domain/money.ts'
import { thousandths, type Advice } from './review-advice.ts'
import type { Review } from './review.ts'
import { hadNoEffect, hitRateText, NO_EFFECT, qualityText } from './savings.ts'
import { decimalCell, roundedDiv } from './table.ts'

/** A part of the review, as terminal, Markdown and page show it. Its texts are as they were named: whoever shows them escapes them. */
export interface Section {
  readonly title: string
  /** Sentences above the table. */
  readonly said: readonly string[]
  /** Empty: there is no table. */
  readonly head: readonly string[]
  /** Which columns are numbers. */
  readonly numbers: readonly number[]
  readonly rows: readonly (readonly string[])[]
}

const ROWS_MAX = 15

/** Amounts with four digits that count, or with all. */
export interface Shown {
  readonly exact?: boolean | undefined
}

/** The review in the order in which finance reads it. A long list is cut to its first fifteen rows; JSON has all. */
export function sectionsOf(r: Review, { exact = false }: Shown = {}): Section[] {
  const show = { eur: (amount: bigint): string => (exact ? exactEur(nano(amount)) : shortEur(nano(amount))) }
  const parts = [summary, adviceSection, features, causes, budgets, values, cheaper, savingsSection, cache, plans, infrastructure]
  return parts.map((part) => part(r, show)).map(cut)
}

interface Show {
  readonly eur: (amount: bigint) => string
}

const cut = (section: Section): Section =>
  section.rows.length <= ROWS_MAX
    ? section
    : {
        ...section,
        said: [...section.said, `The first ${ROWS_MAX} of ${section.rows.length}.`],
        rows: section.rows.slice(0, ROWS_MAX),
      }

/** With one digit, half a tenth rounded away from zero. */
const percent = (part: bigint, whole: bigint): string => (whole === 0n ? '–' : `${decimalCell(roundedDiv(part * 1000n, whole), 1)} %`)
const figure = (many: bigint | number): string => many.toLocaleString('en-US')
const signed = (text: string): string => (text.startsWith('-') || /^0(\.0+)?( %)?$/.test(text) || text === '–' ? text : `+${text}`)
const nameOf = (name: string | null): string => name ?? '(none)'
const only = (title: string, ...said: string[]): Section => ({ title, said, head: [], numbers: [], rows: [] })

const compared = (name: string, now: bigint, then: bigint, text: (amount: bigint) => string): string[] => [
  name,
  text(now),
  text(then),
  signed(text(now - then)),
  signed(percent(now - then, then)),
]

function summary({ totals: t, baselineTotals: b, baseline, month, isOver, advice }: Review, { eur }: Show): Section {
  if (t.calls === 0n && t.cost === 0n) return only('Summary', `Nothing was called in ${month}.`)
  return {
    title: 'Summary',
    said: [
      ...(isOver ? [] : [`${month} goes on: this is it so far.`]),
      ...(baseline === month ? [`${month} is its own baseline, so nothing differs: name another one.`] : []),
      ...topSaving(advice, eur),
    ],
    head: ['', month, baseline ?? 'no baseline', 'difference', 'in percent'],
    numbers: [1, 2, 3, 4],
    rows: [
      compared('cost, EUR', t.cost, b.cost, eur),
      ...(t.infrastructure === 0n && b.infrastructure === 0n
        ? []
        : [compared('of it infrastructure, EUR', t.infrastructure, b.infrastructure, eur)]),
      compared('calls', t.calls, b.calls, figure),
      compared('of these without an answer', t.failed, b.failed, figure),
      compared('a call, EUR', perCall(t.cost, t.calls), perCall(b.cost, b.calls), eur),
    ],
  }
}

const perCall = (cost: bigint, calls: bigint): bigint => (calls === 0n ? 0n : cost / calls)

function topSaving(advice: readonly Advice[], eur: Show['eur']): string[] {
  const top = advice.find(({ saving }) => saving !== undefined)
  return top?.saving === undefined ? [] : [`The largest saving is ${eur(top.saving)} EUR. ${top.what}`]
}

function adviceSection({ advice }: Review, { eur }: Show): Section {
  if (advice.length === 0) return only('Recommendations', 'None: nothing would save half a percent of this month.')
  return {
    title: 'Recommendations',
    said: ['What each would have saved in this month. Two may save the same money. Nothing is switched by itself.'],
    head: ['saves, EUR', 'what', 'how'],
    numbers: [0],
    rows: advice.map(({ saving, what, how }) => [saving === undefined ? '–' : eur(saving), what, how]),
  }
}

function features({ features: list, totals, baseline }: Review, { eur }: Show): Section {
  const spent = list.filter(({ after, calls }) => after !== 0n || calls !== 0n)
  if (spent.length === 0) return only('Features by cost', 'None.')
  return {
    title: 'Features by cost',
    said: [],
    head: ['feature', 'EUR', 'share', 'calls', 'a call, EUR', `EUR in ${baseline ?? '–'}`, 'change'],
    numbers: [1, 2, 3, 4, 5, 6],
    rows: spent.map(({ feature, after, before, calls, difference }) => [
      nameOf(feature),
      eur(after),
      percent(after, totals.cost),
      figure(calls),
      eur(perCall(after, calls)),
      eur(before),
      signed(percent(difference, before)),
    ]),
  }
}

/** Which of the four moved most, in words. */
function causeOf({ difference, volume, mix, size, price }: Review['features'][number]): string {
  const parts: readonly (readonly [bigint, string, string])[] = [
    [volume, 'more calls', 'fewer calls'],
    [mix, 'dearer models', 'cheaper models'],
    [size, 'longer calls', 'shorter calls'],
    [price, 'dearer tokens', 'cheaper tokens'],
  ]
  const along = parts.filter(([amount]) => (difference > 0n ? amount > 0n : amount < 0n))
  const [top] = along.toSorted(([a], [b]) => (a * a < b * b ? 1 : -1))
  return top === undefined ? '' : difference > 0n ? top[1] : top[2]
}

function causes({ features: list, baseline, month }: Review, { eur }: Show): Section {
  const moved = list.filter(({ isAnomaly }) => isAnomaly)
  if (moved.length === 0 || baseline === undefined)
    return only('What moved, and why', 'No feature moved by a quarter, and by a hundredth of the whole.')
  const bySize = moved.toSorted((a, b) => (a.difference * a.difference < b.difference * b.difference ? 1 : -1))
  const rows = bySize.map((one) => [
    nameOf(one.feature),
    ...[one.difference, one.volume, one.mix, one.size, one.price].map((amount) => signed(eur(amount))),
    causeOf(one),
  ])
  return {
    title: 'What moved, and why',
    said: [
      `Features that moved by a quarter or more, and by a hundredth of the whole, from ${baseline} to ${month}, in EUR. Volume (how many calls), mix (which models), size (how long a call is) and price (what the same tokens cost) add up to the difference.`,
    ],
    head: ['feature', 'difference', 'volume', 'mix', 'size', 'price', 'most of it'],
    numbers: [1, 2, 3, 4, 5],
    rows,
  }
}

function budgets({ budgets: { list, count } }: Review, { eur }: Show): Section {
  if (list.length === 0) return only('Budgets', 'None beside the plans’ had a period in this month.')
  return {
    title: 'Budgets',
    said: count > list.length ? [`${count} in all; what is over comes first.`] : [],
    head: ['budget', 'kind', 'cap, EUR', 'spent, EUR', 'used', 'over, EUR'],
    numbers: [2, 3, 4, 5],
    rows: list.map((b) => [
      b.name,
      `${b.isHard ? 'hard' : 'soft'}, ${b.periodKind}${b.periodKind === 'day' ? ` (${b.periodsOver} of ${b.periods} over)` : ''}`,
      eur(b.cap),
      eur(b.spent),
      percent(b.spent, b.cap),
      b.over === 0n ? '' : eur(b.over),
    ]),
  }
}

function values({ values: list }: Review, { eur }: Show): Section {
  if (list.length === 0)
    return only('Cost beside value', 'Nobody said what a call was worth or how good its answer was: POST /v1/calls/{id}/score takes both.')
  return {
    title: 'Cost beside value',
    said: ['What all calls of a feature are worth, if those that nobody valued are worth as much as the others.'],
    head: ['feature', 'EUR', 'worth, EUR', 'lost, EUR', 'valued', 'quality', 'ms'],
    numbers: [1, 2, 3, 4, 5, 6],
    rows: list.map((v) => [
      nameOf(v.feature),
      eur(v.cost),
      v.worth === undefined ? '–' : eur(v.worth),
      v.excess === 0n ? '' : eur(v.excess),
      `${v.valued} of ${v.calls}`,
      v.quality === undefined ? '–' : `${thousandths(v.quality)}${v.isDearForQuality ? ' (low)' : ''}`,
      v.durationMs === undefined ? '–' : figure(v.durationMs),
    ]),
  }
}

const scoreOf = (quality: bigint | undefined): string => (quality === undefined ? '–' : thousandths(quality))

function cheaper({ cheaper: list }: Review, { eur }: Show): Section {
  if (list.length === 0) return only('A tier down', 'No workload has a cheaper model of the same provider in the price book.')
  return {
    title: 'A tier down',
    said: ['The same tokens at the price of a cheaper model of the same provider. Whether it is good enough, a price does not say.'],
    head: ['feature', 'model', 'cheaper', 'EUR', 'then, EUR', 'saves, EUR', 'its calls here', 'quality', 'its quality'],
    numbers: [3, 4, 5, 6, 7, 8],
    rows: list.map((c) => [
      nameOf(c.feature),
      c.model,
      c.cheaper,
      eur(c.cost),
      eur(c.costThen),
      eur(c.saving),
      c.usedHere > 0n ? figure(c.usedHere) : c.usedAnywhere > 0n ? 'elsewhere' : '–',
      scoreOf(c.quality),
      scoreOf(c.qualityThen),
    ]),
  }
}

function cache({ cache: c, baseline }: Review, { eur }: Show): Section {
  if (c.features.length === 0) return only('Caches', 'No model of this month has a price for cached tokens.')
  return {
    title: 'Caches',
    said: [
      `${percent(c.cachedTokens, c.inputTokens)} of the input came from the providers’ caches (${percent(c.baselineCachedTokens, c.baselineInputTokens)} in ${baseline ?? '–'}), which saved ${eur(c.saved)} EUR.`,
      c.best === undefined
        ? 'Nothing was cached, so there is no rate to compare with.'
        : `Were all features as good as ${nameOf(c.best.feature)} (${percent(c.best.cachedTokens, c.best.inputTokens)}), that would save ${eur(c.couldSave)} EUR more, at the most.`,
    ],
    head: ['feature', 'input tokens', 'cached', 'saved, EUR', 'could save, EUR'],
    numbers: [1, 2, 3, 4],
    rows: c.features.map((f) => [
      nameOf(f.feature),
      figure(f.inputTokens),
      percent(f.cachedTokens, f.inputTokens),
      eur(f.saved),
      f.couldSave === 0n ? '' : eur(f.couldSave),
    ]),
  }
}

function savingsSection({ savings }: Review, { eur }: Show): Section {
  if (savings.length === 0) return only('What the switches saved', 'No strategy was switched on in this month.')
  return {
    title: 'What the switches saved',
    said: [`${eur(savings.reduce((sum, { saved }) => sum + saved, 0n))} EUR: from real usage, at the price that would have been paid.`],
    head: ['strategy', 'feature', 'calls', 'of seen', 'saved, EUR', 'tokens not sent', 'cache hits, %', 'quality with', 'and without'],
    numbers: [2, 3, 4, 5, 6, 7, 8],
    rows: savings.map((s) => [
      s.strategy ?? '',
      nameOf(s.feature ?? null),
      figure(s.calls),
      figure(s.seen),
      hadNoEffect(s) ? NO_EFFECT : eur(s.saved),
      figure(s.tokens),
      hitRateText(s) ?? '–',
      qualityText(s.with) ?? '–',
      qualityText(s.without) ?? '–',
    ]),
  }
}

function plans({ plans: { plans: list, unused } }: Review, { eur }: Show): Section {
  if (list.length === 0) return only('Plans and what they left', 'No plan had a budget in this month.')
  const left = unused.slice(0, 5).map((u) => `${u.account} left ${eur(u.unused)} of ${eur(u.allowance)} EUR`)
  return {
    title: 'Plans and what they left',
    said: left.length === 0 ? [] : [`Most was left by: ${left.join('; ')}.`],
    head: ['plan', 'accounts', 'over', 'allowed, EUR', 'spent, EUR', 'left, EUR', 'left'],
    numbers: [1, 2, 3, 4, 5, 6],
    rows: list.map((p) => [
      p.plan,
      figure(p.accounts),
      figure(p.accountsOver),
      eur(p.allowance),
      eur(p.spent),
      eur(p.unused),
      percent(p.unused, p.allowance),
    ]),
  }
}

function infrastructure({ infrastructure: list, baseline }: Review, { eur }: Show): Section {
  if (list.length === 0) return only('Infrastructure', 'No servers or storage were tracked.')
  return {
    title: 'Infrastructure',
    said: [
      'What was tracked of servers and storage, beside the calls of models for the same feature: with none it stands idle, as far as can be seen here.',
    ],
    head: ['feature', 'what', 'EUR', `EUR in ${baseline ?? '–'}`, 'model calls'],
    numbers: [2, 3, 4],
    rows: list.map((i) => [
      nameOf(i.feature),
      nameOf(i.name),
      eur(i.cost),
      eur(i.baseline),
      i.modelCalls === 0n ? 'none: idle' : figure(i.modelCalls),
    ]),
  }
}

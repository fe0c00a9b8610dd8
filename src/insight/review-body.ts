import { money, type Nano } from '../domain/money.ts'
import { thousandths } from './review-advice.ts'
import type { Review } from './review.ts'
import type { Totals } from './review-workloads.ts'
import { hadNoEffect, hitRateText, qualityText } from './savings.ts'
import { percentCell } from './table.ts'

/** A review as JSON, for the API and for programs: amounts as decimals with their currency, shares in percent, names in the API's form. */
export function reviewBody(r: Review) {
  return {
    month: r.month,
    time_zone: r.timeZone,
    account: r.account ?? null,
    state: r.isOver ? ('over' as const) : ('running' as const),
    baseline: r.baseline ?? null,
    totals: totalsBody(r.totals),
    baseline_totals: totalsBody(r.baselineTotals),
    features: r.features.map((f) => ({
      feature: f.feature,
      call_count: Number(f.calls),
      baseline_call_count: Number(f.callsBefore),
      cost: money(f.after),
      share: percentCell(f.after, r.totals.cost),
      baseline_cost: money(f.before),
      difference: money(f.difference),
      by_volume: money(f.volume),
      by_mix: money(f.mix),
      by_size: money(f.size),
      by_price: money(f.price),
      is_anomaly: f.isAnomaly,
    })),
    ...budgetsBody(r),
    values: r.values.map((v) => ({
      feature: v.feature,
      cost: money(v.cost),
      call_count: Number(v.calls),
      valued_count: Number(v.valued),
      value: v.valued === 0n ? null : money(v.value),
      worth: orNull(v.worth),
      excess: money(v.excess),
      quality: scoreOrNull(v.quality),
      average_ms: v.durationMs === undefined ? null : Number(v.durationMs),
      is_dear_for_quality: v.isDearForQuality,
    })),
    cheaper_models: r.cheaper.map((c) => ({
      feature: c.feature,
      provider: c.provider,
      model: c.model,
      cheaper_model: c.cheaper,
      call_count: Number(c.calls),
      cost: money(c.cost),
      cost_then: money(c.costThen),
      saving: money(c.saving),
      calls_of_cheaper_here: Number(c.usedHere),
      calls_of_cheaper_anywhere: Number(c.usedAnywhere),
      quality: scoreOrNull(c.quality),
      quality_of_cheaper: scoreOrNull(c.qualityThen),
    })),
    cache: cacheBody(r),
    savings: savingsBody(r),
    infrastructure: r.infrastructure.map((i) => ({
      feature: i.feature,
      provider: i.provider,
      name: i.name,
      cost: money(i.cost),
      baseline_cost: money(i.baseline),
      model_call_count: Number(i.modelCalls),
    })),
    recommendations: r.advice.map(({ kind, what, saving, how }) => ({ kind, what, saving: orNull(saving), how })),
  }
}

const orNull = (amount: Nano | undefined) => (amount === undefined ? null : money(amount))
const scoreOrNull = (quality: bigint | undefined): string | null => (quality === undefined ? null : thousandths(quality))

const totalsBody = ({ cost, infrastructure, calls, failed }: Totals) => ({
  cost: money(cost),
  infrastructure_cost: money(infrastructure),
  call_count: Number(calls),
  failed_count: Number(failed),
})

const budgetsBody = ({ budgets, plans }: Review) => ({
  budget_count: budgets.count,
  budgets: budgets.list.map((b) => ({
    name: b.name,
    kind: b.isHard ? ('hard' as const) : ('soft' as const),
    period: b.periodKind,
    period_count: b.periods,
    periods_over: b.periodsOver,
    cap: money(b.cap),
    spent: money(b.spent),
    used: percentCell(b.spent, b.cap),
    over: money(b.over),
  })),
  plans: plans.plans.map((p) => ({
    plan: p.plan,
    account_count: p.accounts,
    accounts_over: p.accountsOver,
    allowance: money(p.allowance),
    spent: money(p.spent),
    unused: money(p.unused),
  })),
  unused_allowances: plans.unused.map((u) => ({
    account: u.account,
    plan: u.plan,
    allowance: money(u.allowance),
    spent: money(u.spent),
    unused: money(u.unused),
  })),
})

const savingsBody = ({ savings }: Review) =>
  savings.map((s) => ({
    strategy: s.strategy ?? '',
    feature: s.feature ?? null,
    call_count: Number(s.calls),
    saved: money(s.saved),
    tokens_not_sent: Number(s.tokens),
    effect: hadNoEffect(s) ? ('none' as const) : ('saved' as const),
    seen_count: Number(s.seen),
    hit_rate: hitRateText(s),
    quality_with: qualityText(s.with),
    quality_without: qualityText(s.without),
  }))

const cacheBody = ({ cache: c }: Review) => ({
  hit_rate: percentCell(c.cachedTokens, c.inputTokens),
  baseline_hit_rate: percentCell(c.baselineCachedTokens, c.baselineInputTokens),
  saved: money(c.saved),
  could_save: money(c.couldSave),
  best_feature: c.best === undefined ? null : c.best.feature,
  features: c.features.map((f) => ({
    feature: f.feature,
    input_tokens: Number(f.inputTokens),
    cached_tokens: Number(f.cachedTokens),
    hit_rate: percentCell(f.cachedTokens, f.inputTokens),
    saved: money(f.saved),
    could_save: money(f.couldSave),
  })),
})

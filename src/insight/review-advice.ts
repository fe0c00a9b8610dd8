import { nano, shortEur, type Nano } from '../domain/money.ts'
import { quoted } from '../domain/quoted.ts'
import type { ReviewBudget, ReviewBudgets, ReviewPlans } from './review-budgets.ts'
import type { ReviewCache } from './review-cache.ts'
import type { FeatureChange } from './review-change.ts'
import type { CheaperModel } from './review-models.ts'
import type { FeatureValue, Infrastructure } from './review-value.ts'
import { dearest, type Totals } from './review-workloads.ts'

/** Something that a person may switch: what, what it would have saved in the month, and how it is done. Several may save the same money. */
export interface Advice {
  readonly kind: 'cheaper_model' | 'cache' | 'value' | 'quality' | 'budget_over' | 'no_budget' | 'idle' | 'unused_allowance'
  /** A sentence. */
  readonly what: string
  /** Undefined: it saves nothing by itself. */
  readonly saving: Nano | undefined
  /** The command, or the setting of the app. */
  readonly how: string
}

interface Found {
  /** Undefined: all. What is switched is this account's, then. */
  readonly account: string | undefined
  readonly totals: Totals
  readonly features: readonly FeatureChange[]
  readonly budgets: ReviewBudgets
  readonly plans: ReviewPlans
  readonly values: readonly FeatureValue[]
  readonly cheaper: readonly CheaperModel[]
  readonly cache: ReviewCache
  readonly infrastructure: readonly Infrastructure[]
}

const PER_KIND = 5

/** By its saving; what saves nothing by itself comes last. */
export function adviceOf(found: Found): Advice[] {
  const all = [models(found), cache(found), values(found), budgets(found), idle(found), noBudget(found), unused(found)]
  return all.flatMap((some) => some.slice(0, PER_KIND)).toSorted(dearest(({ saving }) => saving ?? -1n))
}

const nameOf = (feature: string | null): string => feature ?? 'calls without a feature'
const eur = (amount: bigint): string => `${shortEur(nano(amount))} EUR`
/** A saving below half a percent of the month is not worth a person's time. */
const isWorth = ({ totals }: Found, saving: bigint): boolean => saving > 0n && saving * 200n >= totals.cost

const models = (found: Found): Advice[] =>
  found.cheaper
    .filter(({ saving }) => isWorth(found, saving))
    .map(({ feature, provider, model, cheaper, cost, costThen, saving, usedHere, usedAnywhere }) => ({
      kind: 'cheaper_model',
      what: `Move ${nameOf(feature)} from ${model} to ${cheaper}: the same tokens for ${eur(costThen)} instead of ${eur(cost)}. ${usedHere > 0n ? `It answers ${usedHere} of its calls already.` : usedAnywhere > 0n ? 'Other features use it already.' : 'Nobody uses it yet: try its quality first.'}`,
      saving,
      how: `in the app: model ${cheaper} of ${provider} for ${nameOf(feature)}`,
    }))

const cache = (found: Found): Advice[] =>
  found.cache.features
    .filter(({ couldSave }) => isWorth(found, couldSave))
    .map(({ feature, couldSave }) => ({
      kind: 'cache',
      what: `Let ${nameOf(feature)} use the provider’s cache as ${nameOf(found.cache.best?.feature ?? null)} does.`,
      saving: couldSave,
      how: 'in the app: begin prompts with what stays the same, and switch the provider’s prompt cache on where it is not by itself',
    }))

const values = ({ values: list, account }: Found): Advice[] =>
  list.flatMap((one): Advice[] => {
    const { feature, cost, excess, worth, quality, isDearForQuality } = one
    const isLoss = excess > 0n
    if (!isLoss && !isDearForQuality) return []
    const cap = isLoss ? (worth ?? 0n) : cost
    return [
      {
        kind: isLoss ? 'value' : 'quality',
        what: isLoss
          ? `${nameOf(feature)} costs ${eur(cost)} and is worth ${eur(worth ?? 0n)}.`
          : `${nameOf(feature)} scores ${thousandths(quality ?? 0n)}, below the average, and its calls are dearer than the average.`,
        saving: isLoss ? excess : undefined,
        how: capCommand(`worth of ${nameOf(feature)}`, cap, feature, account),
      },
    ]
  })

export const thousandths = (value: bigint): string => `${value / 1000n}.${String(value % 1000n).padStart(3, '0')}`

/** In cents, and one at least. */
function capCommand(name: string, cap: bigint, feature: string | null, account: string | undefined): string {
  if (feature === null) return 'in the app: name the feature of each call, so that it can have a budget'
  const scope = { ...(account === undefined ? {} : { account }), feature }
  return createCommand(`${name}${account === undefined ? '' : ` of ${account}`}`, cap, scope)
}

function createCommand(name: string, cap: bigint, scope: ReviewBudget['scope'], periodKind = 'month'): string {
  const cents = cap / 10_000_000n > 0n ? cap / 10_000_000n : 1n
  const amount = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
  const period = periodKind === 'month' ? '' : ` --period ${periodKind}`
  return `purser budget create ${quoted(name)} --cap ${amount}${period} --scope ${quoted(scopeWords(scope))}`
}

const budgets = ({ budgets: { list } }: Found): Advice[] =>
  list
    .filter(({ over }) => over > 0n)
    .map(({ name, over, isHard, cap, periods, periodKind, scope }) => ({
      kind: 'budget_over',
      what: isHard
        ? `Budget ${name} was passed by ${eur(over)}: it is hard, so this came from usages that were tracked, from bounds that were too low or from corrections.`
        : `Budget ${name} was passed by ${eur(over)}: it is soft, and refuses nothing.`,
      saving: isHard ? undefined : over,
      how: isHard ? `purser budget show ${quoted(name)}` : createCommand(`hard ${name}`, cap / BigInt(periods), scope, periodKind),
    }))

const escaped = (text: string | undefined): string => (text ?? '').replace(/[\\,]/g, String.raw`\$&`)

/** As `--scope` takes it: what belongs to a value has a backslash before it. */
function scopeWords(scope: ReviewBudget['scope']): string {
  const words = Object.entries(scope).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [`${name}=${escaped(value)}`]
      : Object.entries(value ?? {}).map(([label, text]) => `label.${label}=${escaped(text)}`),
  )
  return words.length === 0 ? 'all' : words.join(',')
}

const idle = ({ infrastructure }: Found): Advice[] =>
  infrastructure
    .filter(({ modelCalls }) => modelCalls === 0n)
    .map(({ feature, name, cost }) => ({
      kind: 'idle',
      what: `${name ?? 'Infrastructure'} of ${nameOf(feature)} cost ${eur(cost)}, and no model was called for it.`,
      saving: cost,
      how: 'where it runs: switch it off or share it; Purser only counts it',
    }))

/** The dearest feature, if no budget names it. Of an account, that of its plan holds. */
function noBudget({ account, features, budgets: { list }, totals }: Found): Advice[] {
  const [top] = features
  if (account !== undefined || top === undefined || top.feature === null || top.after * 10n < totals.cost || top.after === 0n) return []
  if (list.some(({ scope }) => scope['feature'] === top.feature)) return []
  return [
    {
      kind: 'no_budget',
      what: `${nameOf(top.feature)} costs most, ${eur(top.after)}, and no budget names it.`,
      saving: undefined,
      how: capCommand(`feature ${top.feature}`, top.after, top.feature, account),
    },
  ]
}

const unused = ({ plans: { plans, unused: accounts } }: Found): Advice[] =>
  plans
    .filter(({ unused: left, allowance }) => left * 2n > allowance)
    .map(({ plan, accounts: count, allowance, unused: left }) => {
      const most = accounts.find((one) => one.plan === plan)
      return {
        kind: 'unused_allowance',
        what: `Plan ${plan} allowed ${count === 1 ? 'its account' : `its ${count} accounts`} ${eur(allowance)}, and ${eur(left)} of it was left${most === undefined ? '' : `, most of all by ${most.account}`}.`,
        saving: undefined,
        how:
          most === undefined
            ? `purser plan set ${quoted(plan)} --cap … --from … --reason …: for all accounts of the plan`
            : `purser account plan ${quoted(most.account)} … --dry-run: with the name of a smaller plan`,
      }
    })

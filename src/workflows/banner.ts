import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineQuery,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  rootCause,
  setCurrentDetails,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { BannerActivities, BannerPlan, CroppedBanner } from '../activities/banner.ts'
import type { Answer, BlobRef, CallAnswer } from '../domain/call.ts'
import { ENDINGS, endingOfAnswer } from '../domain/ending.ts'
import { money, nano, ofMoney, shortMoney, type Money } from '../domain/money.ts'
import { refusalText, type Refusal } from '../domain/refusal.ts'
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts'
import { unansweredEnding } from '../domain/call-ending.ts'
import type { Usage } from '../domain/usage.ts'
import type { BannerInput } from '../schema/banner-input.ts'
import { bannerStory, type VariantStory } from './banner-story.ts'
import { modelCall } from './model-call.ts'

export interface BannerMade {
  readonly variant: number
  readonly callId: string
  readonly blob: CroppedBanner
  readonly usage: Usage
  readonly reserved: Money
  readonly cost: Money
  /** Physical requests to the provider. */
  readonly requests: number
  readonly flags: readonly string[]
}

export interface BannerFailed {
  readonly variant: number
  readonly code: string
  readonly message: string
  /** What it cost all the same; absent when nothing was booked. */
  readonly cost?: Money | undefined
}

export interface BannerResult {
  readonly account: string
  readonly banners: readonly BannerMade[]
  readonly refused: readonly (Refusal & { readonly variant: number })[]
  readonly failed: readonly BannerFailed[]
  /** What all variants cost together, also those that came to nothing. */
  readonly cost: Money
  readonly budgetLeft: Money | undefined
}

const local = proxyLocalActivities<BannerActivities>({
  // Pure computation in the worker.
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 5 },
})
const banners = proxyActivities<BannerActivities>({
  // A picture is cropped in well under a second; the limit is for a busy machine and a slow blob store.
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 20, maximumInterval: '30 seconds' },
})

type VariantResult =
  { readonly made: BannerMade } | { readonly refused: Refusal & { readonly variant: number } } | { readonly failed: BannerFailed }

/** Where each variant stands, with its money: for a command line or a page that waits. */
const progressQuery = defineQuery<readonly VariantStory[]>('progress')

/** A brief becomes one to four LinkedIn banners, each a call of its own under the account's budget; one banner is enough to succeed. */
export async function banner(input: BannerInput): Promise<BannerResult> {
  const stories: VariantStory[] = []
  setHandler(progressQuery, () => stories)
  const plan = await local.planBanner.executeWithOptions({ summary: 'check the brief' }, [input])
  stories.push(...plan.requests.map((request, i) => ({ variant: i + 1, model: request.model, step: 'reserving' })))
  const tell = (): void => setCurrentDetails(bannerStory(plan, stories))
  tell()
  let budgetLeft: Money | undefined
  const outcomes = await Promise.allSettled(
    plan.requests.map((_, i) =>
      makeVariant(plan, i, (change) => {
        stories[i] = { ...stories[i], ...change } as VariantStory
        budgetLeft = larger(budgetLeft, change.leftAfterCost)
        tell()
      }),
    ),
  )
  // Only now: the end of one variant must not end the job under another whose money is still booked or given back.
  const results = outcomes.map((variant) => {
    if (variant.status === 'rejected') throw variant.reason
    return variant.value
  })
  const result = resultOf(plan, results, budgetLeft)
  if (plan.searchAttributes && isTagged()) tagJob(plan, stories, result)
  const [made] = result.banners
  if (made === undefined) throw failureOf(result)
  return result
}

async function makeVariant(plan: BannerPlan, index: number, tell: (change: Partial<VariantStory>) => void): Promise<VariantResult> {
  const request = plan.requests[index]
  if (request === undefined) throw new Error('broken promise: a variant without a request')
  const variant = index + 1
  const { scope, ledgerMode, onInDoubt, onLost, onRefused, waitAtMostMs, downgradeTo } = plan
  const policy = { onInDoubt, onLost, onRefused, waitAtMostMs, downgradeTo }
  const call = { callId: `banner-${variant}`, label: `banner ${variant}`, scope, request, ledgerMode, ...policy }
  let cost: Money | undefined
  try {
    const answer = await modelCall(call, {
      waits: (refusal) => tell({ step: `waiting for money: ${refusalText(refusal)}`, accountPlan: refusal.plan }),
      reserved: ({ amount, budgetLeft, plan: accountPlan, callRef }) =>
        tell({ step: 'calling the model', reserved: amount, leftAfterReserve: budgetLeft, accountPlan, callRef }),
    })
    if (answer.kind === 'answered') {
      cost = answer.cost
      tell({ reserved: answer.reserved, cost, givenBack: answer.givenBack, leftAfterCost: answer.budgetLeft })
    }
    const ended = endingOf(answer, variant)
    if (!('picture' in ended)) {
      tell(
        'refused' in ended
          ? { step: `refused: ${refusalText(ended.refused)}`, accountPlan: ended.refused.plan }
          : { step: `${ended.failed.code}: ${ended.failed.message}` },
      )
      return ended
    }
    const { answered, picture } = ended
    tell({ step: 'cropping' })
    const cropped = await banners.cropBanner.executeWithOptions(
      { summary: `${call.label}: cost ${shortMoney(answered.cost)}; crop to 1584×396` },
      [picture],
    )
    tell({ step: 'done' })
    const { reserved, usage, requests, flags } = answered
    return { made: { variant, callId: call.callId, cost: answered.cost, reserved, requests, usage, flags, blob: cropped } }
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error
    const { code, message } = troubleOf(error)
    tell({ step: `${code}: ${message}` })
    // An activity that ends in its own way after the cancel does not make the job a failed one.
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`cancelled; ${message}`)
    return { failed: { variant, code, message, cost } }
  }
}

/** Variants run side by side, and each booking gives back what its bound held too much: the last one, whichever it was, saw the most. */
const larger = (one: Money | undefined, other: Money | undefined): Money | undefined =>
  one === undefined || (other !== undefined && ofMoney(other) > ofMoney(one)) ? other : one

function troubleOf(error: ActivityFailure): { readonly code: string; readonly message: string } {
  const message = rootCause(error) ?? error.message
  if (error.cause instanceof ApplicationFailure) return { code: error.cause.type ?? 'failed', message }
  if (!(error.cause instanceof TimeoutFailure)) return { code: 'failed', message }
  if (error.activityType !== 'callModel') return { code: 'timed_out', message }
  return { code: 'in_doubt', message: `the worker was lost (${message}); if the request was sent, its money stays held` }
}

type Ending = { picture: BlobRef; answered: Answer } | { refused: Refusal & { variant: number } } | { failed: BannerFailed }

/** A picture to crop, or how the variant ended without one. */
function endingOf(answer: CallAnswer, variant: number): Ending {
  const cost = answer.kind === 'answered' ? answer.cost : undefined
  const failed = (code: string, message: string) => ({ failed: { variant, code, message, cost } })
  switch (answer.kind) {
    case 'answered':
      if (endingOfAnswer(answer) === 'blocked')
        return failed(ENDINGS.blocked.jobCode, `the provider withheld the picture (${answer.response.blocked}); its cost is booked`)
      if (answer.blob === undefined) return failed(ENDINGS.response_lost.jobCode, 'the picture was paid for, but could not be stored')
      if (!answer.blob.mimeType.startsWith('image/')) return failed('no_picture', 'the model answered with words; its cost is booked')
      return { picture: answer.blob, answered: answer }
    case 'refused':
      return { refused: { ...answer, variant } }
    case 'in_doubt':
    case 'rejected':
    case 'lapsed':
    case 'too_late':
    case 'closed':
    case 'stopped': {
      const { code, message } = unansweredEnding(answer)
      return failed(code, message)
    }
  }
}

function resultOf(plan: BannerPlan, results: readonly VariantResult[], budgetLeft: Money | undefined): BannerResult {
  const made = results.flatMap((r) => ('made' in r ? [r.made] : []))
  const failed = results.flatMap((r) => ('failed' in r ? [r.failed] : []))
  const costs = [...made.map((m) => m.cost), ...failed.flatMap((f) => (f.cost === undefined ? [] : [f.cost]))]
  return {
    account: plan.scope.account,
    // First what people look for in Temporal UI.
    cost: money(nano(costs.reduce((sum, cost) => sum + ofMoney(cost), 0n))),
    budgetLeft,
    banners: made,
    refused: results.flatMap((r) => ('refused' in r ? [r.refused] : [])),
    failed,
  }
}

/** No banner at all: the job fails with the code of what stopped its first variant. */
function failureOf({ refused: [refusal], failed: [failed] }: BannerResult): ApplicationFailure {
  if (refusal !== undefined) {
    const { variant: _, ...details } = refusal
    return ApplicationFailure.nonRetryable(refusalText(refusal), refusal.code, details)
  }
  return ApplicationFailure.nonRetryable(failed?.message ?? 'no banner', failed?.code ?? 'failed', failed)
}

/** Whether the start named the account: then the attributes are registered, and naming more cannot stop the job. */
const isTagged = (): boolean => workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.account) !== undefined

/** What Temporal UI can search and list by. Account and feature are given at the start; plan and cost are known now. */
function tagJob(plan: BannerPlan, stories: readonly VariantStory[], result: BannerResult): void {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.account, value: plan.scope.account },
    { key: SEARCH_ATTRIBUTES.feature, value: plan.scope.feature ?? workflowInfo().workflowType },
    { key: SEARCH_ATTRIBUTES.plan, value: stories.find((s) => s.accountPlan !== undefined)?.accountPlan ?? 'unknown' },
    { key: SEARCH_ATTRIBUTES.cost, value: Number(ofMoney(result.cost)) },
  ])
}

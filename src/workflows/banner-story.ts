import type { BannerPlan } from '../activities/banner.ts'
import { shortMoney, type Money } from '../domain/money.ts'

/** Where one variant stands. */
export interface VariantStory {
  readonly variant: number
  readonly model: string
  readonly step: string
  readonly reserved?: Money | undefined
  readonly cost?: Money | undefined
  readonly leftAfterReserve?: Money | undefined
  readonly givenBack?: Money | undefined
  readonly leftAfterCost?: Money | undefined
  readonly accountPlan?: string | undefined
  readonly callRef?: string | undefined
}

/** The job's current details in Temporal UI (Markdown): who pays, and one row per banner with its money. */
export function bannerStory(plan: BannerPlan, stories: readonly VariantStory[]): string {
  const accountPlan = stories.find((s) => s.accountPlan !== undefined)?.accountPlan
  return [
    `**${escaped(plan.brief.name)}** for account \`${plan.scope.account}\`${accountPlan === undefined ? '' : ` (plan ${accountPlan})`}`,
    '',
    '| banner | model | reserved | cost | given back | step |',
    '| --- | --- | --- | --- | --- | --- |',
    ...stories.map(
      (s) => `| ${s.variant} | ${s.model} | ${cell(s.reserved)} | ${cell(s.cost)} | ${cell(s.givenBack)} | ${escaped(s.step)} |`,
    ),
  ].join('\n')
}

const cell = (amount: Money | undefined): string => (amount === undefined ? '–' : shortMoney(amount))
const escaped = (text: string): string => text.replace(/[|\n]/g, ' ')

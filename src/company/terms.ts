/** Who the demo's company is: its customers with their plans, its budgets. All names begin with `demo`, so nobody takes them for his own. */
import { eur, nano, type Nano } from '../domain/money.ts'

interface CompanyPlan {
  readonly plan: string
  readonly cap: Nano
}

export interface CompanyAccount {
  readonly id: string
  readonly plan: string
  /** How much of what customers use is its. The house's own is what no customer uses. */
  readonly weight: number
  readonly users: readonly string[]
}

interface CompanyBudget {
  readonly name: string
  readonly scope: { readonly feature?: string; readonly team?: string; readonly model?: string; readonly environment?: string }
  readonly cap: Nano
  readonly isHard: boolean
}

/** Percent of the whole company: 100 is all of it. Caps shrink and grow with it, so that what is near its cap stays near it. */
export type Scale = number

export const TIME_ZONE = 'UTC'
export const THRESHOLDS = [50, 80, 100] as const

/** The company is its own customer: what its engineers use, and whatever is not production. */
export const HOUSE = 'demo-house'

export const ACCOUNTS: readonly CompanyAccount[] = [
  { id: 'demo-norrsken-optics', plan: 'demo-business', weight: 34, users: ['ada', 'bertil', 'cecilia', 'dag', 'elin'] },
  { id: 'demo-halden-foods', plan: 'demo-business', weight: 26, users: ['frida', 'gustav', 'hilde', 'ivar'] },
  { id: 'demo-marlow-legal', plan: 'demo-business', weight: 20, users: ['jane', 'kofi', 'lucy', 'milo'] },
  { id: 'demo-petrel-travel', plan: 'demo-business', weight: 13, users: ['nadia', 'omar', 'priya'] },
  { id: 'demo-quince-studio', plan: 'demo-starter', weight: 7, users: ['quentin', 'rosa'] },
  { id: HOUSE, plan: 'demo-house', weight: 0, users: ['sam', 'tove', 'uma', 'viktor', 'wen', 'yusuf'] },
]

const PLANS = { 'demo-starter': '1.20', 'demo-business': '9.00', 'demo-house': '14.00' } as const

const BUDGETS: readonly (Omit<CompanyBudget, 'cap' | 'isHard'> & { readonly cap: string; readonly isHard?: boolean })[] = [
  { name: 'demo company', scope: {}, cap: '45.00' },
  { name: 'demo feature support-chat', scope: { feature: 'support-chat' }, cap: '1.00' },
  { name: 'demo feature document-search', scope: { feature: 'document-search' }, cap: '0.60' },
  { name: 'demo feature code-review', scope: { feature: 'code-review' }, cap: '8.00' },
  { name: 'demo feature contract-summary', scope: { feature: 'contract-summary' }, cap: '18.00' },
  { name: 'demo feature banner-maker', scope: { feature: 'banner-maker' }, cap: '11.00' },
  { name: 'demo team legal', scope: { team: 'legal' }, cap: '25.00', isHard: true },
  { name: 'demo team platform', scope: { team: 'platform' }, cap: '12.00', isHard: true },
  { name: 'demo staging', scope: { environment: 'staging' }, cap: '3.50' },
]

const scaled = (amount: string, scale: Scale): Nano => nano((eur(amount) * BigInt(scale)) / 100n)

export const plansAt = (scale: Scale): CompanyPlan[] => Object.entries(PLANS).map(([plan, cap]) => ({ plan, cap: scaled(cap, scale) }))

export const budgetsAt = (scale: Scale): CompanyBudget[] =>
  BUDGETS.map((budget) => ({ ...budget, cap: scaled(budget.cap, scale), isHard: budget.isHard ?? false }))

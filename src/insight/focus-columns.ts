/** The columns of FOCUS 1.2 (https://focus.finops.org), in its order, and then our own, which begin with `x_`. */
import { exactEur, exactUsd } from '../domain/money.ts'
import { UNITS_IN_MILLIONTHS, type Unit } from '../domain/usage.ts'
import { numberColumn, textColumn, type Column } from './csv.ts'
import type { FocusCharge, Priced } from './focus.ts'

const HOUR_MS = 3_600_000
const PROVIDERS: Readonly<Record<string, string>> = { gemini: 'Google', openai: 'OpenAI', anthropic: 'Anthropic' }

const text = (name: string, of: Column<FocusCharge>['of']): Column<FocusCharge> => textColumn(name, of)
const number = (name: string, of: Column<FocusCharge>['of']): Column<FocusCharge> => numberColumn(name, of)
/** Of lines alone. */
const priced = (of: (one: Priced) => string) => (charge: FocusCharge) => (charge.priced === null ? null : of(charge.priced))

const termOf = ({ terms }: FocusCharge, name: string): string | null => (terms[name] as string | undefined) ?? null
const providerId = (charge: FocusCharge): string => termOf(charge, 'provider') ?? 'unknown'
const providerName = (charge: FocusCharge): string => PROVIDERS[providerId(charge)] ?? providerId(charge)
const instant = (at: Date): string => at.toISOString().replace(/\.\d{3}Z$/, 'Z')
/** The customer; what the house bears is no customer's. */
const account = (charge: FocusCharge): string | null => (charge.isHouse ? null : termOf(charge, 'account'))
const billedCost = ({ cost }: FocusCharge): string => exactEur(cost)

/** FOCUS's units: what is counted, in the plural. */
function unitName(unit: Unit): string {
  if (unit.endsWith('_tokens')) return 'Tokens'
  if (unit.endsWith('_hours')) return 'Hours'
  if (unit.endsWith('_queries')) return 'Queries'
  if (unit.endsWith('_executions')) return 'Executions'
  if (unit === 'storage_gb_months') return 'GB-Months'
  if (unit === 'egress_gb') return 'GB'
  return unit === 'images' ? 'Images' : 'Requests'
}

const titled = (words: string): string =>
  words
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')

/** Where quantities count millionths, six digits are behind the point. */
const millionths = (unit: Unit): bigint => (UNITS_IN_MILLIONTHS.has(unit) ? 1_000_000n : 1n)
const quantityText = ({ unit, quantity }: Priced): string => (millionths(unit) === 1n ? String(quantity) : decimal(quantity, 6))

function decimal(value: bigint, digits: number): string {
  const all = value.toString().padStart(digits + 1, '0')
  const fraction = all.slice(-digits).replace(/0+$/, '')
  return `${all.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Prices and list costs have eighteen digits: a cost by the list is then the product of price and quantity, as FOCUS asks for; what is billed is rounded up per line. */
const DIGITS = 18
const ATTO_PER_PICO = 1_000_000n
const attoUsdPer = ({ unit, picoUsdPer, per }: Priced): bigint => (picoUsdPer * millionths(unit) * ATTO_PER_PICO) / per
/** Half up. */
const attoEurPer = (one: Priced): bigint => (2n * attoUsdPer(one) * 1_000_000n + one.usdMicrosPerEur) / (2n * one.usdMicrosPerEur)
const listUnitPrice = priced((one) => decimal(attoEurPer(one), DIGITS))
const usdUnitPrice = priced((one) => decimal(attoUsdPer(one), DIGITS))
const listCost = (charge: FocusCharge): string =>
  charge.priced === null
    ? billedCost(charge)
    : decimal(attoEurPer(charge.priced) * charge.priced.quantity, millionths(charge.priced.unit) === 1n ? DIGITS : DIGITS + 6)

const isCorrection = ({ kind }: FocusCharge): boolean => kind === 'bill' || kind === 'person'

const WITHOUT_LINES: Readonly<Record<Exclude<FocusCharge['kind'], 'line'>, { readonly meter: string; readonly says: string }>> = {
  bill: { meter: 'Bill Corrections', says: 'what the bill of the provider said otherwise' },
  person: { meter: 'Manual Corrections', says: 'what a person said otherwise' },
  presumption: { meter: 'Presumed Costs', says: 'sent, and no answer was booked: presumed at its bound' },
  answer: { meter: 'Unitemized Costs', says: 'a cost that has no lines' },
  kept: { meter: 'Costs of Dropped Calls', says: 'of a month whose calls are not kept' },
}
const meterOf = ({ kind, priced: one }: FocusCharge): string => {
  if (kind !== 'line') return WITHOUT_LINES[kind].meter
  return one === null ? '' : titled(one.price.unit)
}
const modelOf = (charge: FocusCharge): string => `${providerId(charge)}/${termOf(charge, 'model') ?? 'unknown'}`
/** Of a line by its price, whose parent it is. */
const skuId = (charge: FocusCharge): string =>
  charge.priced === null
    ? `${modelOf(charge)}:${charge.kind}`
    : `${charge.priced.price.provider}/${charge.priced.price.model}:${charge.priced.price.unit}`

const describe = (charge: FocusCharge): string =>
  charge.kind === 'line' ? `${modelOf(charge)}: ${meterOf(charge)}` : `${modelOf(charge)}: ${WITHOUT_LINES[charge.kind].says}`

/** Who called and what for; the app's own labels are a scheme of their own. */
function tagsOf(charge: FocusCharge): string {
  const names = charge.isHouse ? ['team', 'project', 'feature', 'environment'] : ['user', 'team', 'project', 'feature', 'environment']
  const labels = Object.entries((charge.terms['labels'] as Readonly<Record<string, string>> | undefined) ?? {})
  return JSON.stringify(
    Object.fromEntries([
      ...names.flatMap((name) => (termOf(charge, name) === null ? [] : [[name, termOf(charge, name)]])),
      ...labels.map(([name, value]) => [`label:${name}`, value]),
    ]),
  )
}

export const FOCUS_COLUMNS: readonly Column<FocusCharge>[] = [
  number('BilledCost', billedCost),
  text('BillingAccountId', (charge) => `purser/${providerId(charge)}`),
  text('BillingAccountName', (charge) => `Purser: ${providerName(charge)}`),
  text('BillingCurrency', () => 'EUR'),
  text('BillingPeriodEnd', ({ period }) => instant(period.to)),
  text('BillingPeriodStart', ({ period }) => instant(period.from)),
  text('ChargeCategory', (charge) => (charge.kind === 'line' || isCorrection(charge) ? 'Usage' : 'Adjustment')),
  text('ChargeClass', (charge) => (isCorrection(charge) ? 'Correction' : null)),
  text('ChargeDescription', describe),
  text('ChargeFrequency', () => 'Usage-Based'),
  text('ChargePeriodEnd', ({ since }) => instant(new Date(since.getTime() + HOUR_MS))),
  text('ChargePeriodStart', ({ since }) => instant(since)),
  // Nobody is committed to anything; but rules of FOCUS name the column.
  text('CommitmentDiscountStatus', () => null),
  number('ConsumedQuantity', priced(quantityText)),
  text(
    'ConsumedUnit',
    priced(({ unit }) => unitName(unit)),
  ),
  number('ContractedCost', listCost),
  number('ContractedUnitPrice', listUnitPrice),
  number('EffectiveCost', billedCost),
  // Which invoice of its provider a charge stands on is not known here.
  text('InvoiceId', () => null),
  text('InvoiceIssuerName', providerName),
  number('ListCost', listCost),
  number('ListUnitPrice', listUnitPrice),
  text(
    'PricingCategory',
    priced(() => 'Standard'),
  ),
  text('PricingCurrency', () => 'USD'),
  number('PricingCurrencyContractedUnitPrice', usdUnitPrice),
  number('PricingCurrencyEffectiveCost', ({ usd }) => exactUsd(usd)),
  number('PricingCurrencyListUnitPrice', usdUnitPrice),
  number('PricingQuantity', priced(quantityText)),
  text(
    'PricingUnit',
    priced(({ unit }) => unitName(unit)),
  ),
  text('ProviderName', providerName),
  text('PublisherName', providerName),
  text('ServiceCategory', () => 'AI and Machine Learning'),
  text('ServiceName', (charge) => `${providerName(charge)} API`),
  text('ServiceSubcategory', () => 'Generative AI'),
  text('SkuId', skuId),
  text('SkuMeter', meterOf),
  text(
    'SkuPriceDetails',
    priced(({ price }) => JSON.stringify({ x_Model: price.model, x_Tier: price.tier, x_AboveTokens: price.aboveTokens })),
  ),
  text(
    'SkuPriceId',
    priced(({ priceId }) => `prc_${priceId}`),
  ),
  text('SubAccountId', account),
  text('SubAccountName', account),
  text('Tags', tagsOf),
  text('x_CostSource', ({ kind }) => (kind === 'line' ? 'answer' : kind)),
  text('x_Endpoint', (charge) => termOf(charge, 'endpoint')),
  number(
    'x_FxRate',
    priced(({ usdMicrosPerEur }) => decimal(usdMicrosPerEur, 6)),
  ),
  text('x_Model', (charge) => termOf(charge, 'model')),
  text('x_Provider', providerId),
  number('x_Requests', ({ requests }) => String(requests)),
  text(
    'x_Unit',
    priced(({ unit }) => unit),
  ),
]

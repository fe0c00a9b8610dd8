/** What FOCUS 1.2 asks of a row, as data: https://focus.finops.org/focus-specification/v1-2. Written from its text, not from our columns. */

export type FocusRow = Readonly<Record<string, string>>
type When = (row: FocusRow) => boolean

export interface ColumnRule {
  readonly column: string
  readonly is: 'decimal' | 'text' | 'datetime' | 'json' | 'currency'
  /** Empty only if it may be; and in these rows it must be. */
  readonly mayBeNull: When
  readonly mustBeNull?: When
  readonly allowed?: readonly string[]
  readonly isNotNegative?: true
}

const always: When = () => true
const never: When = () => false
const isEmpty = (row: FocusRow, column: string): boolean => (row[column] ?? '') === ''
const isCorrection: When = (row) => row['ChargeClass'] === 'Correction'
const isUsage: When = (row) => row['ChargeCategory'] === 'Usage' || row['ChargeCategory'] === 'Purchase'
const isTax: When = (row) => row['ChargeCategory'] === 'Tax'
/** What has a price list behind it must say its price, quantity and SKU, unless it corrects something. */
const unlessPriced: When = (row) => !isUsage(row) || isCorrection(row)
const without =
  (column: string): When =>
  (row) =>
    isEmpty(row, column)

export const FOCUS_RULES: readonly ColumnRule[] = [
  { column: 'BilledCost', is: 'decimal', mayBeNull: never },
  { column: 'BillingAccountId', is: 'text', mayBeNull: never },
  { column: 'BillingAccountName', is: 'text', mayBeNull: never },
  { column: 'BillingCurrency', is: 'currency', mayBeNull: never, allowed: ['EUR'] },
  { column: 'BillingPeriodEnd', is: 'datetime', mayBeNull: never },
  { column: 'BillingPeriodStart', is: 'datetime', mayBeNull: never },
  { column: 'ChargeCategory', is: 'text', mayBeNull: never, allowed: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] },
  { column: 'ChargeClass', is: 'text', mayBeNull: always, allowed: ['Correction'] },
  { column: 'ChargeDescription', is: 'text', mayBeNull: never },
  { column: 'ChargeFrequency', is: 'text', mayBeNull: never, allowed: ['One-Time', 'Recurring', 'Usage-Based'] },
  { column: 'ChargePeriodEnd', is: 'datetime', mayBeNull: never },
  { column: 'ChargePeriodStart', is: 'datetime', mayBeNull: never },
  { column: 'CommitmentDiscountStatus', is: 'text', mayBeNull: always, allowed: ['Used', 'Unused'] },
  { column: 'ConsumedQuantity', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: (row) => row['ChargeCategory'] !== 'Usage' },
  { column: 'ConsumedUnit', is: 'text', mayBeNull: without('ConsumedQuantity'), mustBeNull: without('ConsumedQuantity') },
  { column: 'ContractedCost', is: 'decimal', mayBeNull: never },
  { column: 'ContractedUnitPrice', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: isTax, isNotNegative: true },
  { column: 'EffectiveCost', is: 'decimal', mayBeNull: never },
  { column: 'InvoiceId', is: 'text', mayBeNull: always },
  { column: 'InvoiceIssuerName', is: 'text', mayBeNull: never },
  { column: 'ListCost', is: 'decimal', mayBeNull: never },
  { column: 'ListUnitPrice', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: isTax, isNotNegative: true },
  {
    column: 'PricingCategory',
    is: 'text',
    mayBeNull: unlessPriced,
    mustBeNull: isTax,
    allowed: ['Standard', 'Dynamic', 'Committed', 'Other'],
  },
  { column: 'PricingCurrency', is: 'currency', mayBeNull: never, allowed: ['USD'] },
  { column: 'PricingCurrencyContractedUnitPrice', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: isTax, isNotNegative: true },
  { column: 'PricingCurrencyEffectiveCost', is: 'decimal', mayBeNull: never },
  { column: 'PricingCurrencyListUnitPrice', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: isTax, isNotNegative: true },
  { column: 'PricingQuantity', is: 'decimal', mayBeNull: unlessPriced, mustBeNull: isTax },
  { column: 'PricingUnit', is: 'text', mayBeNull: without('PricingQuantity'), mustBeNull: without('PricingQuantity') },
  { column: 'ProviderName', is: 'text', mayBeNull: never },
  { column: 'PublisherName', is: 'text', mayBeNull: never },
  { column: 'ServiceCategory', is: 'text', mayBeNull: never, allowed: ['AI and Machine Learning', 'Other'] },
  { column: 'ServiceName', is: 'text', mayBeNull: never },
  { column: 'ServiceSubcategory', is: 'text', mayBeNull: never, allowed: ['Generative AI', 'Other (AI and Machine Learning)'] },
  { column: 'SkuId', is: 'text', mayBeNull: unlessPriced, mustBeNull: isTax },
  { column: 'SkuMeter', is: 'text', mayBeNull: without('SkuId'), mustBeNull: without('SkuId') },
  { column: 'SkuPriceDetails', is: 'json', mayBeNull: always, mustBeNull: without('SkuPriceId') },
  { column: 'SkuPriceId', is: 'text', mayBeNull: unlessPriced, mustBeNull: isTax },
  { column: 'SubAccountId', is: 'text', mayBeNull: always },
  { column: 'SubAccountName', is: 'text', mayBeNull: without('SubAccountId'), mustBeNull: without('SubAccountId') },
  { column: 'Tags', is: 'json', mayBeNull: always },
]

const FORMS: Readonly<Record<ColumnRule['is'], (value: string) => boolean>> = {
  decimal: (value) => /^-?\d+(\.\d+)?$/.test(value),
  text: (value) => value.trim() === value,
  datetime: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value)),
  json: isKeyValue,
  currency: (value) => /^[A-Z]{3}$/.test(value),
}

/** Keys with plain values. */
function isKeyValue(value: string): boolean {
  const parsed: unknown = JSON.parse(value)
  return typeof parsed === 'object' && parsed !== null && Object.values(parsed).every((one) => typeof one !== 'object')
}

/** A decimal as a whole number of its 30th digit. */
const exact = (value: string): bigint => {
  const [whole = '0', fraction = ''] = value.replace('-', '').split('.')
  return BigInt(`${whole}${fraction.padEnd(30, '0')}`) * (value.startsWith('-') ? -1n : 1n)
}
const isProduct = (row: FocusRow, price: string, cost: string): boolean =>
  isEmpty(row, price) ||
  isEmpty(row, 'PricingQuantity') ||
  isCorrection(row) ||
  exact(row[price] ?? '') * exact(row['PricingQuantity'] ?? '') === exact(row[cost] ?? '') * 10n ** 30n

/** Rules over several columns. */
const ACROSS: Readonly<Record<string, When>> = {
  'ListCost is ListUnitPrice times PricingQuantity': (row) => isProduct(row, 'ListUnitPrice', 'ListCost'),
  'ContractedCost is ContractedUnitPrice times PricingQuantity': (row) => isProduct(row, 'ContractedUnitPrice', 'ContractedCost'),
  'without a price, ListCost is BilledCost': (row) => !isEmpty(row, 'ListUnitPrice') || row['ListCost'] === row['BilledCost'],
  'a charge lies within its billing period': (row) =>
    (row['ChargePeriodStart'] ?? '') >= (row['BillingPeriodStart'] ?? '') &&
    (row['ChargePeriodEnd'] ?? '') <= (row['BillingPeriodEnd'] ?? ''),
  'a charge period begins before it ends': (row) => (row['ChargePeriodStart'] ?? '') < (row['ChargePeriodEnd'] ?? ''),
  'what is usage by FOCUS is charged by usage': (row) => row['ChargeCategory'] !== 'Purchase' || row['ChargeFrequency'] !== 'Usage-Based',
}

/** What a row breaks, in words. */
export function brokenRules(row: FocusRow): string[] {
  const columns = FOCUS_RULES.flatMap(({ column, is, mayBeNull, mustBeNull = never, allowed, isNotNegative }) => {
    const value = row[column]
    if (value === undefined) return [`${column} is missing`]
    if (value === '') return mayBeNull(row) ? [] : [`${column} is null`]
    return [
      ...(mustBeNull(row) ? [`${column} is not null`] : []),
      ...(FORMS[is](value) ? [] : [`${column} is no ${is}: ${value}`]),
      ...(allowed === undefined || allowed.includes(value) ? [] : [`${column} may not be ${value}`]),
      ...(isNotNegative === true && value.startsWith('-') ? [`${column} is below zero`] : []),
    ]
  })
  return [...columns, ...Object.entries(ACROSS).flatMap(([rule, holds]) => (columns.length > 0 || holds(row) ? [] : [rule]))]
}

/** Of one another: each SkuPriceId has one SkuId, each SkuId one meter. */
export function brokenAmong(rows: readonly FocusRow[]): string[] {
  return [
    ['SkuPriceId', 'SkuId'],
    ['SkuId', 'SkuMeter'],
    ['ServiceName', 'ServiceCategory'],
  ].flatMap(([child = '', parent = '']) => {
    const parents = Map.groupBy(
      rows.filter((row) => !isEmpty(row, child)),
      (row) => row[child],
    )
    return [...parents]
      .filter(([, of]) => new Set(of.map((row) => row[parent])).size > 1)
      .map(([name]) => `${child} ${name} has more than one ${parent}`)
  })
}

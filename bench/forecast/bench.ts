/**
 * How far the forecasts are off and what the anomalies are worth, on made-up products whose truth is known: any size, quiet at weekends or not, growing or
 * shrinking, calm or not, with spikes and holes. The same figures on every machine.
 */
import type { BenchOptions } from '../measure.ts'
import { dayDetection, hourDetection, projectionErrors, trendsTold } from './backtest.ts'

const PRODUCTS = 1000
const HOUR_PRODUCTS = 200
const DAYS_BEFORE = [0, 30, 60] as const
const ASKED = [7, 14, 21] as const

export function benchForecast({ scale, say, print }: BenchOptions): Promise<Record<string, unknown>> {
  const products = Math.max(20, Math.round(PRODUCTS * scale))
  const rows = DAYS_BEFORE.flatMap((daysBefore) =>
    ASKED.map((day) => {
      const errors = projectionErrors(products, daysBefore, day)
      say(`  month's end asked after day ${day}, with ${daysBefore} days before the month: off by ${errors.mape.toFixed(1)} %`)
      return { daysBefore, day, ...rounded(errors) }
    }),
  )
  const days = rounded(dayDetection(products), 3)
  say(`  days: precision ${days['precision']}, recall ${days['recall']}`)
  const hours = rounded(hourDetection(Math.max(5, Math.round(HOUR_PRODUCTS * scale))), 3)
  say(`  hours: precision ${hours['precision']}, recall ${hours['recall']}`)
  const trends = rounded(trendsTold(products))
  print('')
  print(`month's end, mean absolute error in percent (naive: so far over days, times days), ${products} products`)
  print('  days before   after day   error   naive    bias   in the band of 80 %   width of the band')
  for (const { daysBefore, day, mape, mapeNaive, bias, coverage, width } of rows)
    print(
      `  ${cell(daysBefore, 11)} ${cell(day, 11)} ${cell(mape, 7)} ${cell(mapeNaive, 7)} ${cell(bias, 7)} ${cell(coverage, 21)} ${cell(width, 19)}`,
    )
  print('')
  for (const [unit, found] of Object.entries({ days, hours }))
    print(
      `anomalous ${unit}: precision ${found['precision']}, recall ${found['recall']}, ${found['falseAlarms']} false in ${found['judged']}`,
    )
  print(`trends told in five weeks: ${trends['growing']} % of what grows by 1 % a day, ${trends['notGrowing']} % of what does not grow`)
  return Promise.resolve({ projection: rows, days, hours, trends })
}

const cell = (value: number | undefined, width: number): string => String(value).padStart(width)

const rounded = <T extends object>(figures: T, digits = 1): Record<keyof T & string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number((value as number).toFixed(digits))])) as Record<
    keyof T & string,
    number
  >

import { exactUsd, type PicoUsd } from '../domain/money.ts'
import { pricesAt, type Price } from '../domain/price.ts'
import { usagesFor } from './check-usages.ts'
import { agrees, CAUSES } from './known-differences.ts'
import type { BookRow } from './list-prices.ts'
import { picoUsdOf, questionText, type Figure, type OtherList, type Question } from './other-lists.ts'

/** What comparing the book with other lists has found. */
export interface PriceCheck {
  /** Figures that both had. */
  readonly compared: number
  /** Questions on which they differ, or that the other list cannot answer, by the name of the cause. */
  readonly explained: Readonly<Record<string, number>>
  readonly unexplained: readonly Unexplained[]
}

interface Unexplained {
  readonly list: string
  readonly question: string
  readonly oursUsd: string
  /** Undefined: it has no price for it. */
  readonly theirsUsd: string | undefined
}

/**
 * Asks every list what usages of every model of the book cost, in every tier, now and on every later day on which a price of the book begins. What
 * differs and is explained by no cause is listed.
 */
export function checkPrices(book: readonly BookRow[], lists: readonly OtherList[], now: Date): PriceCheck {
  const prices = Map.groupBy<string, Price>(book, keyOf)
  const pricesOf = (q: Pick<Question, 'provider' | 'model' | 'tier' | 'at'>): Price[] => pricesAt(prices.get(keyOf(q)) ?? [], q.at)
  const explained: Record<string, number> = {}
  const unexplained: Unexplained[] = []
  let compared = 0
  for (const question of questionsOf(book, pricesOf, now)) {
    const ours = picoUsdOf(question.usage, pricesOf(question))
    if (ours === undefined) continue
    for (const list of lists) {
      const answer = list.ask(question)
      const terms = { isExact: list.name === 'LiteLLM', lines: question.usage.length }
      if (answer.kind === 'figure') compared += 1
      if (answer.kind === 'figure' && agrees(ours, answer.figure, terms)) continue
      const isTheirs = (picoUsd: bigint): boolean => answer.kind === 'figure' && agrees(picoUsd, answer.figure, terms)
      const cause = CAUSES.find(
        ({ list: of, explains }) =>
          (of === 'both' || of === list.name) && explains({ list: list.name, question, answer, pricesOf, isTheirs }),
      )
      if (cause !== undefined) explained[cause.name] = (explained[cause.name] ?? 0) + 1
      else
        unexplained.push({
          list: list.name,
          question: questionText(question),
          oursUsd: usdOf({ scaled: ours, scale: 1n }),
          theirsUsd: answer.kind === 'figure' ? usdOf(answer.figure) : undefined,
        })
    }
  }
  return { compared, explained, unexplained }
}

const keyOf = ({ provider, model, tier }: Pick<Question, 'provider' | 'model' | 'tier'>): string => JSON.stringify([provider, model, tier])

function questionsOf(
  book: readonly BookRow[],
  pricesOf: (q: Pick<Question, 'provider' | 'model' | 'tier' | 'at'>) => Price[],
  now: Date,
): Question[] {
  const moments = new Set([now.getTime(), ...book.map((row) => row.effectiveFrom.getTime()).filter((begin) => begin > now.getTime())])
  return [...new Map(book.map((row) => [keyOf(row), row])).values()].flatMap(({ provider, model, tier }) =>
    [...moments].flatMap((moment) => {
      const asked = { provider, model, tier, at: new Date(moment) }
      return usagesFor(pricesOf(asked)).map((usage) => ({ ...asked, ...usage }))
    }),
  )
}

/** Twelve decimals: a pico-USD. */
const usdOf = ({ scaled, scale }: Figure): string => exactUsd((scaled / scale) as PicoUsd)

import { log } from '@temporalio/activity'
import { isStale } from '../domain/bound.ts'
import { decimalOf } from '../domain/millionths.ts'
import { fetchRates, type FetchedRate } from '../prices/fetch-rates.ts'
import { databaseNow, type PriceBook } from '../prices/price-book.ts'
import { rateOn, tellStaleRate } from '../prices/rates.ts'

export interface RateDependencies {
  readonly prices: PriceBook
  /** The ECB's daily page; empty: rates are set by hand. */
  readonly ratesUrl: string
}

/** The newest rate, when somebody looked. */
export interface RateState {
  readonly day: string | undefined
  readonly isStale: boolean
}

export type RateActivities = ReturnType<typeof createRateActivities>

export function createRateActivities({ prices, ratesUrl }: RateDependencies) {
  return {
    /** Appends what the bank has published and the book does not have: how many days. What it cannot take is alarmed, and needs a person. */
    async fetchRates(): Promise<{ readonly added: number }> {
      if (ratesUrl === '') return { added: 0 }
      const fetched = await fetchRates(prices, ratesUrl).catch((error: unknown) => {
        log.warn('the euro rates could not be read', { url: ratesUrl, error: String(error) })
        throw error
      })
      for (const rate of fetched) say(rate)
      return { added: fetched.filter(({ kind }) => kind === 'added').length }
    },

    /** Alarms a rate that is older than a week: bounds have a higher margin until a newer one comes. Once a day, not once a call: in the log, and as an event of the outbox. */
    async checkRates(): Promise<RateState> {
      const now = await databaseNow(prices)
      const rate = await rateOn(prices, now)
      const state = { day: rate?.day, isStale: rate === undefined || isStale(rate, now) }
      if (state.isStale) {
        await tellStaleRate(prices, state.day)
        log.error(
          'rate_stale: the newest euro rate is older than a week, so bounds have a higher margin: `purser rates fetch`, or `purser rates set`',
          {
            day: state.day,
          },
        )
      }
      return state
    },
  }
}

function say({ kind, readDay, usdMicrosPerEur, day, known }: FetchedRate): void {
  const told = { day: readDay, usdPerEur: decimalOf(usdMicrosPerEur) }
  switch (kind) {
    case 'added':
      return log.info('a euro rate was read', told)
    case 'same':
      return undefined
    case 'conflict':
      return log.error('rate_conflict: the day’s euro rate is another one than the one that was read first, which stays', {
        ...told,
        known: decimalOf(known),
      })
    case 'implausible':
      return log.error('rate_implausible: a euro rate is too far from the last known one and was not taken', {
        ...told,
        knownDay: day,
        known: decimalOf(known),
      })
  }
}

import type { SentReservation } from '../ledger/api-reservations.ts'
import { knownPeriods, type KnownPeriods } from '../ledger/known-periods.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownPrices } from '../prices/live-book.ts'

/** A reservation as it was granted, and the prices that were known then. */
export interface Granted {
  readonly reservation: SentReservation
  readonly known: KnownPrices
}

/** What this process has met, so that a usual call asks the ledger only what decides about money. Whatever is forgotten is asked again. */
export interface Memory {
  readonly periods: KnownPeriods
  /** Granted here, and not settled here. */
  readonly granted: {
    get(id: string): Granted | undefined
    put(granted: Granted): void
    forget(id: string): void
  }
  /** What is being booked: an answer in hand is booked until the ledger takes it, however often its caller repeats it meanwhile. */
  readonly booking: {
    /** Starts, or joins what was started for this id under the same name. Undefined: under another name. */
    join<T>(id: string, name: string, start: () => Promise<T>): Promise<T> | undefined
  }
}

const GRANTED_MAX = 20_000

export function openMemory(ledger: Ledger): Memory {
  const granted = new Map<string, Granted>()
  const booking = new Map<string, { readonly name: string; readonly done: Promise<unknown> }>()
  return {
    periods: knownPeriods(ledger),
    granted: {
      get: (id) => granted.get(id),
      put(one) {
        // The oldest goes: a Map keeps the order in which its keys came.
        if (granted.size >= GRANTED_MAX) granted.delete(granted.keys().next().value ?? '')
        granted.set(one.reservation.go.reservationId, one)
      },
      forget: (id) => void granted.delete(id),
    },
    booking: {
      join<T>(id: string, name: string, start: () => Promise<T>) {
        const running = booking.get(id)
        if (running !== undefined) return running.name === name ? (running.done as Promise<T>) : undefined
        const done = start().finally(() => booking.delete(id))
        booking.set(id, { name, done })
        return done
      },
    },
  }
}

import { eur, nano, type Nano } from '../../src/domain/money.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'

export const cents = (count: number): Nano => nano(BigInt(count) * eur('0.01'))

/** Does all of this at once, and says how often it flew and with how much. */
export async function together<T>({ batcher }: Ledger, work: readonly (() => Promise<T>)[]) {
  const before = batcher.metrics()
  const answers = await Promise.all(work.map((one) => one()))
  const after = batcher.metrics()
  return { answers, flights: after.flights - before.flights, items: after.items - before.items, split: after.split - before.split }
}

/** An error as an answer. */
export const orError = <T>(answer: Promise<T>): Promise<T | { kind: string; message: string }> =>
  answer.catch((error: { code?: string; message: string }) => ({ kind: error.code ?? 'error', message: error.message }))

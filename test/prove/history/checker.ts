/** Judges a history by the tables that it left, in the way of Jepsen's ledger tests: with a model of its own, and nothing of the ledger's. */
import { checkAcknowledged, type Covering } from './acknowledged.ts'
import type { Operation } from './operation.ts'
import { checkOrder } from './order.ts'
import { replay, type Violation } from './replay.ts'
import type { Tables } from './tables.ts'

export type { Violation } from './replay.ts'

/** Every promise that was broken; none if the ledger did what it said. */
export function check(operations: readonly Operation[], tables: Tables, covering: Covering): Violation[] {
  const told = replay(tables)
  return [...told.violations, ...checkAcknowledged(operations, tables, covering), ...checkOrder(operations, tables, told)]
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readBill, type BillEntry } from '../../src/emulator/bill.ts'
import type { FaultName } from '../../src/emulator/faults.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/server.ts'
import type { SeenRequest } from '../../src/emulator/state.ts'

/** A fault for the next request whose prompt holds `promptIncludes` (or for the next `times`). */
export interface WishedFault {
  readonly fault: FaultName
  readonly promptIncludes?: string
  readonly times?: number
  readonly ms?: number
  readonly retryAfterSeconds?: number
  readonly tokens?: number
  readonly billed?: boolean
}

/** An emulator for a test file, with its own words for what the provider saw and billed. */
export interface TestEmulator extends Emulator {
  bill(): Promise<BillEntry[]>
  /** Every physical request so far, oldest first. */
  requests(): Promise<SeenRequest[]>
  fault(fault: WishedFault): Promise<void>
}

/** Starts one with flat pictures; its folder goes when it stops. */
export async function startTestEmulator(options: Partial<EmulatorOptions> = {}): Promise<TestEmulator> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-emulator-'))
  const billFile = join(folder, 'bill.jsonl')
  const emulator = await startEmulator({ billFile, pictures: 'flat', ...options })
  return {
    ...emulator,
    bill: () => readBill(billFile),
    async requests() {
      const response = await fetch(`${emulator.url}/admin/requests?limit=10000`)
      const { requests } = (await response.json()) as { requests: SeenRequest[] }
      return requests.toReversed()
    },
    async fault({ promptIncludes, ...fault }) {
      const match = promptIncludes === undefined ? {} : { promptIncludes }
      const response = await fetch(`${emulator.url}/admin/faults`, { method: 'POST', body: JSON.stringify({ ...fault, match }) })
      if (!response.ok) throw new Error(`the emulator takes no such fault: ${await response.text()}`)
    },
    async stop() {
      await emulator.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The name under which the emulator's bill knows a reservation. */
export const requestIdOf = (reservationId: string): string => `rsv_${reservationId.replaceAll('-', '')}`

/** The provider's bill, brought to the ledger as a person does it: `purser reconcile import`, `approve`, and a word on what nobody billed. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BillEntry } from '../src/emulator/bill.ts'
import type { Attempt } from './books.ts'
import { nameOf } from './judge.ts'
import type { System } from './system.ts'

/** A row of `purser reconcile show --all --json`: amounts as it says them. */
export interface Drift {
  readonly day: string
  readonly model: string
  readonly tier: string
  readonly unit: string | null
  readonly ledgerQuantity: string
  readonly billQuantity: string | null
  readonly ledgerUsd: string
  readonly billUsd: string
  readonly differs: readonly string[]
  readonly isBooked: boolean
}

/** What was asked of `purser reconcile`, and what it answered. */
export interface Reconciled {
  readonly drift: readonly Drift[]
  /** Of the first import: lines that are stored, that have found their attempts, and attempts that were corrected. */
  readonly stored: number
  readonly attributed: number
  readonly adjusted: number
  /** Of the same file again, and its approval: how many lines and entries had an effect. */
  readonly again: number
}

const PURSER = fileURLToPath(new URL('../bin/purser.js', import.meta.url))
const LIMIT_MS = 120_000
const OUTPUT_MAX = 64 * 1024 * 1024
const AT_ONCE = 2

/** Runs `purser … --json`, and answers what it printed. Throws with its words when it printed nothing that can be read. */
export function purser<T>(databaseUrl: string, ...args: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl }, timeout: LIMIT_MS, maxBuffer: OUTPUT_MAX }
    execFile(process.execPath, [PURSER, ...args, '--json'], options, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as T)
      } catch {
        reject(new Error(`purser ${args.join(' ')} gave no answer: ${error?.message ?? ''} ${stderr}`))
      }
    })
  })
}

interface Imported {
  readonly billId: number
  readonly changed: boolean
  readonly stored: number
  readonly attributed: number
}

interface Approved {
  readonly lines: number
  readonly adjusted: number
  readonly onTheHouse: number
}

/** `bill`: with its moments by the ledger's clock, so that its provider lives in the same days. What nobody billed, a person says, as docs/reconcile.md wants it. */
export async function reconcile(system: System, bill: readonly BillEntry[], attempts: readonly Attempt[]): Promise<Reconciled> {
  const file = join(system.folder, 'bill-of-the-provider.jsonl')
  await writeFile(file, bill.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  const ask = <T>(...args: string[]): Promise<T> => purser<T>(system.databaseUrl, ...args)
  const importIt = () => ask<Imported>('reconcile', 'import', file, '--provider', 'gemini')
  const first = await importIt()
  const approve = () => ask<Approved>('reconcile', 'approve', String(first.billId), '--reason', 'the end of the chaos')
  const approved = await approve()
  await sayWhatNobodyBilled(ask, bill, attempts)
  const entriesBefore = await entriesOf(system)
  const [second, approvedAgain] = [await importIt(), await approve()]
  const { drift } = await ask<{ drift: readonly Drift[] }>('reconcile', 'show', String(first.billId), '--all')
  return {
    drift,
    stored: first.stored,
    attributed: first.attributed,
    adjusted: approved.adjusted,
    again:
      Number(second.changed) +
      (second.stored - first.stored) +
      approvedAgain.lines +
      approvedAgain.adjusted +
      approvedAgain.onTheHouse +
      ((await entriesOf(system)) - entriesBefore),
  }
}

async function sayWhatNobodyBilled(
  ask: (...args: string[]) => Promise<unknown>,
  bill: readonly BillEntry[],
  attempts: readonly Attempt[],
): Promise<void> {
  const billed = new Set(bill.map(({ clientRequestId }) => clientRequestId))
  const unbilled = attempts.filter((attempt) => attempt.state === 'presumed' && !billed.has(nameOf(attempt)))
  for (let n = 0; n < unbilled.length; n += AT_ONCE)
    await Promise.all(
      unbilled
        .slice(n, n + AT_ONCE)
        .map((attempt) => ask('attempts', 'resolve', nameOf(attempt), '--not-billed', '--why', 'it is not on the bill')),
    )
}

async function entriesOf({ owner }: System): Promise<number> {
  const [row] = await owner<{ entries: number }[]>`select count(*)::int as entries from purser.entry`
  return row?.entries ?? 0
}

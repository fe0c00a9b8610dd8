import { money, nano, ofMoney, type Money } from '../domain/money.ts'
import { audit, type Violation } from './audit.ts'
import { asked } from './asked.ts'
import { bookReceipts, missingReceipts, settleStored, type FoundReceipt, type ReceiptSource } from './book-receipts.ts'
import { checkEpoch, copyOf, lookAtEpoch } from './epoch.ts'
import type { Ledger } from './ledger.ts'

/** What `recover` found, and did. */
export interface Recovery {
  /** Why it was needed; undefined: the ledger is whole, and nothing was done. */
  readonly recovering: { readonly since: string; readonly why: string } | undefined
  /** When the ledger had last booked something, before. What people changed after that is in no receipt. */
  readonly lastEntryAt: string | undefined
  readonly receipts: ReceiptTally
  /** What the audit found, after the receipts were booked. Answers that wait for a person do not stand in the way. */
  readonly violations: readonly Violation[]
  /** From now on all goes on. False: something above stands in the way, or it was only a look. */
  readonly ended: boolean
  readonly epoch: string
}

/** Receipts that the ledger did not know, by how they ended; in a look, all are `missing`. */
export type ReceiptTally = Readonly<Record<FoundReceipt['kind'] | 'missing', number>> & { readonly cost: Money }

const PAGE_SIZE = 500
const DAY_MS = 24 * 3_600_000
/** What a person must work off, and what calls need not wait for. */
const FOR_A_PERSON = 'nothing is left unbooked'

/**
 * After a restore or a failover: books the answers that the blob store has and the ledger does not know, audits, and raises the epoch, so that all
 * goes on. Safe to repeat, and to break off. `dryRun`: looks, and changes nothing. Throws when the ledger or the blob store does not answer.
 */
export async function recover(ledger: Ledger, source: ReceiptSource, { dryRun }: { readonly dryRun: boolean }): Promise<Recovery> {
  const before = dryRun ? await lookAtEpoch(ledger, source.blobs) : await checkEpoch(ledger, source.blobs)
  const lastEntryAt = await lastEntry(ledger)
  if (before.kind === 'whole')
    return { recovering: undefined, lastEntryAt, receipts: NONE, violations: [], ended: false, epoch: before.epoch.toString() }
  const receipts = dryRun ? await lookForAll(ledger, source, lastEntryAt) : await bookAll(ledger, source, lastEntryAt)
  const { violations } = await audit(ledger)
  const found = { recovering: { since: before.since, why: before.why }, lastEntryAt, receipts, violations }
  const isClean = receipts.failed === 0 && violations.every(({ invariant }) => invariant === FOR_A_PERSON)
  if (dryRun || !isClean) return { ...found, ended: false, epoch: before.epoch.toString() }
  const { epoch } = await endRecovery(ledger, source, { lastEntryAt, receipts, violations })
  await source.blobs.putEpoch(before.ledgerId, BigInt(epoch))
  return { ...found, ended: true, epoch }
}

async function endRecovery(ledger: Ledger, { blobs }: ReceiptSource, found: object): Promise<{ epoch: string }> {
  const { sql } = ledger
  const copy = await copyOf(ledger, blobs)
  return asked(() => sql`select purser.end_recovery(${copy ?? null}, ${sql.json(found as never)}) as answer`)
}

const lastEntry = async ({ sql }: Ledger): Promise<string | undefined> =>
  (await asked<string | null>(() => sql`select (select to_jsonb(at) from purser.entry order by id desc limit 1) as answer`)) ?? undefined

/** Kept on the day of the last entry or later; a day more, for clocks that differ. */
const keptAfter = (lastEntryAt: string | undefined): Date => new Date(lastEntryAt === undefined ? 0 : Date.parse(lastEntryAt) - DAY_MS)

async function bookAll(ledger: Ledger, source: ReceiptSource, lastEntryAt: string | undefined): Promise<ReceiptTally> {
  let tally = NONE
  for (let more = true; more;) {
    const page = await bookReceipts(ledger, source, PAGE_SIZE)
    for (const receipt of page.found) tally = counted(tally, receipt.kind, receipt.kind === 'broken' ? 0n : receipt.cost)
    // Failed ones stay where they are, and would come again.
    more = page.more && tally.failed === 0
  }
  for await (const names of source.blobs.receipts.keptSince(keptAfter(lastEntryAt))) {
    for (const receipt of await missingReceipts(ledger, source, names)) {
      const { kind } = await settleStored(ledger, receipt)
      tally = counted(tally, kind, receipt.cost)
    }
  }
  return tally
}

async function lookForAll(ledger: Ledger, source: ReceiptSource, lastEntryAt: string | undefined): Promise<ReceiptTally> {
  let tally = NONE
  const look = async (names: readonly string[]): Promise<void> => {
    for (const receipt of await missingReceipts(ledger, source, names)) tally = counted(tally, 'missing', receipt.cost)
  }
  await look(await source.blobs.receipts.waiting(PAGE_SIZE))
  for await (const names of source.blobs.receipts.keptSince(keptAfter(lastEntryAt))) await look(names)
  return tally
}

const NONE: ReceiptTally = { settled: 0, uncovered: 0, unbooked: 0, failed: 0, broken: 0, missing: 0, cost: money(nano(0n)) }

const counted = (tally: ReceiptTally, kind: FoundReceipt['kind'] | 'missing', cost: bigint): ReceiptTally => ({
  ...tally,
  [kind]: tally[kind] + 1,
  cost: money(nano(ofMoney(tally.cost) + cost)),
})

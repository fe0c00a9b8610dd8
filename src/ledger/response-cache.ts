import { CACHE_OF_ACCOUNT, CACHE_OF_ALL, type Flight } from '../domain/response-cache.ts'
import type { Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Keeps the answer that an attempt was booked with. False: its flight was invalidated, or another leads. Safe to repeat. */
export async function putCached(
  { sql }: Pick<Ledger, 'sql'>,
  { key, id }: Pick<Flight, 'key' | 'id'>,
  reservationId: string,
  ttlMs: number,
): Promise<boolean> {
  const { put } = await asked<{ put: boolean }>(
    () => sql`select purser.put_cached(p_key => ${key}, p_flight => ${id}, p_attempt => ${reservationId}, p_ttl_ms => ${ttlMs},
      p_entries_max => ${CACHE_OF_ACCOUNT.entriesMax}, p_bytes_max => ${CACHE_OF_ACCOUNT.bytesMax}) as answer`,
  )
  return put
}

/** Says that it is still under way. False: another leads, or it was invalidated. */
export async function holdFlight({ sql }: Pick<Ledger, 'sql'>, { key, id }: Pick<Flight, 'key' | 'id'>, leaseMs: number): Promise<boolean> {
  const { held } = await asked<{ held: boolean }>(() => sql`select purser.hold_flight(${key}, ${id}, ${leaseMs}) as answer`)
  return held
}

/** Others need not wait for this call any more. Safe to repeat. */
export async function leaveFlight({ sql }: Pick<Ledger, 'sql'>, { key, id }: Pick<Flight, 'key' | 'id'>, isVain: boolean): Promise<void> {
  await asked(() => sql`select purser.leave_flight(${key}, ${id}, ${isVain}) as answer`)
}

/** What is forgotten: where nothing is said, everything. */
export interface CacheFilter {
  readonly account?: string | undefined
  readonly feature?: string | undefined
  readonly model?: string | undefined
}

export interface Cleared {
  readonly removed: number
  readonly bytes: bigint
}

const PAGE = 1_000

/** Forgets kept answers, and keeps none of those that are asked for now. Calls that were answered from them hear the same again. */
export async function clearCache({ sql }: Pick<Ledger, 'sql'>, { account, feature, model }: CacheFilter): Promise<Cleared> {
  let [removed, bytes] = [0, 0n]
  let until: string | null = null
  for (;;) {
    const page: { removed: number; bytes: string; until: string; more: boolean } = await asked(
      () =>
        sql`select purser.clear_cache(${account ?? null}, ${feature ?? null}, ${model ?? null}, ${until}::text::bigint, ${PAGE}) as answer`,
    )
    removed += page.removed
    bytes += BigInt(page.bytes)
    if (!page.more) return { removed, bytes }
    until = page.until
  }
}

interface Counted {
  readonly entries: number
  readonly bytes: bigint
  readonly hits: number
  readonly misses: number
  readonly saved: Nano
}
export interface CacheStats extends Counted {
  /** What saved most comes first. */
  readonly features: readonly (Counted & { readonly feature: string | null })[]
}

type RawCounted = Omit<Counted, 'bytes' | 'saved'> & { readonly bytes: string; readonly saved: string }
const counted = <T extends RawCounted>(raw: T) => ({ ...raw, bytes: BigInt(raw.bytes), saved: nanoOf(raw.saved) })

/** What is kept now, and what was asked since; of an account, or of all. A page has 1 to 1000 features. */
export async function cacheStats(
  { sql }: Pick<Ledger, 'sql'>,
  { account, since, limit }: { readonly account: string | undefined; readonly since: Date; readonly limit: number },
): Promise<CacheStats> {
  const { features, ...all } = await asked<RawCounted & { features: (RawCounted & { feature: string | null })[] }>(
    () => sql`select purser.cache_stats(${account ?? null}, ${since}, ${limit}) as answer`,
  )
  return { ...counted(all), features: features.map((one) => counted(one)) }
}

/** One page of what the cache need not keep. Answers how many kept answers went. */
export const trimCache = ({ sql }: Pick<Ledger, 'sql'>, limit: number): Promise<number> =>
  asked(() => sql`select purser.trim_cache(${CACHE_OF_ALL.entriesMax}, ${CACHE_OF_ALL.bytesMax}, ${limit}) as answer`)

import { createHash, randomBytes } from 'node:crypto'
import type { ApiScope } from '../domain/api-scope.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A key as it may be shown: never the key itself. */
export interface ApiKey {
  readonly id: number
  /** Its first characters. */
  readonly prefix: string
  readonly name: string
  readonly scopes: readonly ApiScope[]
  /** Null: the whole installation. */
  readonly account: string | null
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly revokedWhy: string | null
  readonly lastUsedAt: string | null
  /** The key that takes its place. */
  readonly replacedBy: number | null
  readonly state: 'active' | 'expired' | 'revoked'
}

/** A key that was just made, with its text: shown now, and never again. */
export type NewApiKey = ApiKey & { readonly text: string }

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 256 bits in base 62. */
const SECRET_LENGTH = 43
const CHECK_LENGTH = 6
const FORM = /^psk_(?:live|test)_[0-9A-Za-z]{49}$/
const PREFIX_LENGTH = 'psk_live_'.length + 6

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
const inBase62 = (bytes: Buffer, length: number): string => {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (; text.length < length; value /= 62n) text = (ALPHABET[Number(value % 62n)] ?? '') + text
  return text
}

/** `psk_live_` (or `psk_test_`), 256 random bits, and six characters by which a key that was typed wrongly, or found by a scanner, is known without asking. */
function newText(mode: 'live' | 'test'): string {
  const body = `psk_${mode}_${inBase62(randomBytes(32), SECRET_LENGTH)}`
  return body + inBase62(digestOf(body), CHECK_LENGTH)
}

/** Whether a text can be a key at all. */
export function isKeyText(text: string): boolean {
  const body = text.slice(0, -CHECK_LENGTH)
  return FORM.test(text) && text === body + inBase62(digestOf(body), CHECK_LENGTH)
}

/** As the ledger keeps it. The secret is as long as the hash, so nothing slower is needed. */
const storedAs = (text: string): string => digestOf(text).toString('hex')

export interface KeyTerms {
  readonly name: string
  readonly scopes: readonly ApiScope[]
  readonly account: string | undefined
  readonly expiresAt: Date | undefined
  readonly mode: 'live' | 'test'
  /** Who makes it, for the list of acts. */
  readonly who: string
}

/** Throws PurserError `unknown_account`, `bad_input`. */
export async function createApiKey({ sql }: Ledger, terms: KeyTerms): Promise<NewApiKey> {
  const text = newText(terms.mode)
  const made = await asked<ApiKey>(
    () => sql`
    select purser.create_api_key(p_sha256 => ${storedAs(text)}, p_prefix => ${text.slice(0, PREFIX_LENGTH)}, p_name => ${terms.name},
      p_scopes => ${`{${terms.scopes.join(',')}}`}::text[], p_account => ${terms.account ?? null}, p_expires_at => ${terms.expiresAt ?? null}, p_who => ${terms.who}) as answer`,
  )
  return { ...made, text }
}

/** A new key in place of one that goes on for the overlap. Throws PurserError `not_found`, `conflict` (it is over, or was replaced), `bad_input`. */
export async function rotateApiKey(
  { sql }: Ledger,
  r: {
    readonly id: number
    readonly mode: 'live' | 'test'
    readonly overlapMs: number
    readonly expiresAt: Date | undefined
    readonly who: string
  },
): Promise<{ readonly made: NewApiKey; readonly old: ApiKey }> {
  const text = newText(r.mode)
  const { made, old } = await asked<{ made: ApiKey; old: ApiKey }>(
    () => sql`
    select purser.rotate_api_key(p_id => ${r.id}, p_sha256 => ${storedAs(text)}, p_prefix => ${text.slice(0, PREFIX_LENGTH)},
      p_overlap => make_interval(secs => ${r.overlapMs / 1000}), p_expires_at => ${r.expiresAt ?? null}, p_who => ${r.who}) as answer`,
  )
  return { made: { ...made, text }, old }
}

/** Ends a key for good; again: no effect. With an account, only a key of this account. Throws PurserError `not_found`, `bad_input`. */
export async function revokeApiKey(
  { sql }: Ledger,
  r: {
    readonly id: number
    readonly account?: string | undefined
    readonly why: string
    readonly who: string
    readonly requestId?: string | undefined
  },
): Promise<ApiKey> {
  return asked(
    () => sql`
    select purser.revoke_api_key(p_id => ${r.id}, p_account => ${r.account ?? null}, p_why => ${r.why}, p_who => ${r.who}, p_request_id => ${r.requestId ?? null}) as answer`,
  )
}

/** The key that somebody shows, also one that is over; undefined when there is none. */
export async function findApiKey({ sql }: Ledger, text: string): Promise<ApiKey | undefined> {
  const found = await asked<ApiKey | null>(() => sql`select purser.find_api_key(${storedAs(text)}) as answer`)
  return found ?? undefined
}

/** Notes that it was used now, once a minute at most. */
export async function touchApiKey({ sql }: Ledger, id: number): Promise<void> {
  await asked(() => sql`select purser.touch_api_key(${id}) as answer`)
}

/** A page of keys by id, after `after`; with an account, those bound to it. */
export const listApiKeys = (
  { sql }: Ledger,
  page: { readonly account: string | undefined; readonly after: number; readonly limit: number },
): Promise<ApiKey[]> => asked(() => sql`select purser.list_api_keys(${page.account ?? null}, ${page.after}, ${page.limit}) as answer`)

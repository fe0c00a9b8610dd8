/** Keeps notices out of networks that their receivers' addresses must not reach (SSRF): private ones, this machine, a cloud's metadata. */
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { PurserError } from '../domain/errors.ts'
import { kindOf } from './addresses.ts'

export interface GuardOptions {
  /** Also to private addresses, and there over plain HTTP: in development, tests, and one's own network. */
  readonly toPrivate: boolean
}

export interface Resolved {
  readonly address: string
  readonly family: number
}
/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly Resolved[]>
export const resolveByDns: Resolve = (name) => lookup(name, { all: true })

const URL_LENGTH_MAX = 2_000

/** An address of a receiver as it is written down. Throws PurserError `bad_input`: no URL, not https, with a user or a password, or an address that is refused. */
export function checkedUrl(text: string, { toPrivate }: GuardOptions): URL {
  if (text.length > URL_LENGTH_MAX || !URL.canParse(text)) throw refused('write an address like https://example.com/hooks/purser')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(toPrivate && url.protocol === 'http:')) throw refused('the address must begin with https://')
  if (url.username !== '' || url.password !== '') throw refused('the address must hold no user and no password')
  const name = hostOf(url)
  if (isIP(name) !== 0) requireAllowed(url, [{ address: name, family: isIP(name) }], { toPrivate })
  else if (!toPrivate && /(^|\.)(localhost|local|internal)\.?$/i.test(name)) throw refused(`${name} is a name of a private network`)
  url.hash = ''
  return url
}

/** A receiver and the addresses at which it may be reached: nobody asks for its name again. */
export interface GuardedTarget {
  readonly url: URL
  readonly addresses: readonly Resolved[]
}

/**
 * Resolves a receiver's name, once, and looks at each address that it has. Throws PurserError `bad_input` if any of them is refused: a name with a private
 * address beside a public one is no receiver. Throws what the resolver throws.
 */
export async function guarded(url: URL, options: GuardOptions, resolve: Resolve): Promise<GuardedTarget> {
  const name = hostOf(url)
  const addresses = isIP(name) === 0 ? await resolve(name) : [{ address: name, family: isIP(name) }]
  if (addresses.length === 0) throw new Error(`${name} has no address`)
  requireAllowed(url, addresses, options)
  return { url, addresses }
}

/** For a connection's `lookup`: answers the addresses that were looked at, whatever the name has by now. */
export const pinned =
  (addresses: readonly Resolved[]): LookupFunction =>
  (_name, { all }, answer) => {
    const [first] = addresses
    if (all === true) answer(null, [...addresses])
    else answer(null, first?.address ?? '', first?.family)
  }

function requireAllowed(url: URL, addresses: readonly Resolved[], { toPrivate }: GuardOptions): void {
  for (const { address } of addresses) {
    const is = kindOf(address)
    if (is.kind === 'never' || (is.kind === 'private' && !toPrivate))
      throw refused(`${hostOf(url) === address ? address : `${hostOf(url)} is ${address}, which`} is refused as a receiver (${is.what})`)
    if (is.kind === 'public' && url.protocol === 'http:') throw refused(`${hostOf(url)} is no private address: it must begin with https://`)
  }
}

/** Without the brackets of an IPv6 address. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

const refused = (why: string): PurserError => new PurserError('bad_input', why)

/** Which IP addresses a notice may go to. */
import { BlockList, isIPv4 } from 'node:net'

type Range = readonly [address: string, bits: number, what: string]

/** Nobody's receiver, anywhere: the names of networks, groups, links, clouds' metadata, and other addresses in disguise. */
const NEVER: readonly Range[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['168.63.129.16', 32, 'a cloud’s metadata'],
  ['100.100.100.200', 32, 'a cloud’s metadata'],
  ['169.254.0.0', 16, 'link-local'],
  ['192.0.0.0', 24, 'for protocols'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.88.99.0', 24, 'a 6to4 relay'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'unspecified'],
  ['fd00:ec2::254', 128, 'a cloud’s metadata'],
  ['fd20:ce::254', 128, 'a cloud’s metadata'],
  ['::ffff:0:0', 96, 'an IPv4 address in IPv6'],
  ['::ffff:0:0:0', 96, 'an IPv4 address in IPv6'],
  ['100::', 64, 'discarded'],
  ['2001::', 23, 'for protocols'],
  ['2001:db8::', 32, 'for documentation'],
  ['2002::', 16, '6to4'],
  ['3fff::', 20, 'for documentation'],
  ['5f00::', 16, 'for segment routing'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'site-local'],
  ['ff00::', 8, 'multicast'],
]

/** Somebody's own network: only where the installation allows it. */
const PRIVATE: readonly Range[] = [
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'a carrier’s own'],
  ['127.0.0.0', 8, 'loopback'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['::1', 128, 'loopback'],
  ['64:ff9b::', 96, 'NAT64'],
  ['64:ff9b:1::', 48, 'NAT64'],
  ['fc00::', 7, 'private'],
]

/** All that is given out to anybody in IPv6 (RFC 4291): the rest is nobody's yet. */
const PUBLIC_IPV6: Range = ['2000::', 3, 'public']

/** One list per family: in a shared one, Node compares IPv4 addresses with the IPv6 ranges that stand for them. */
const compiled = (ranges: readonly Range[]) =>
  ranges.map(([address, bits, what]) => {
    const family = familyOf(address)
    const list = new BlockList()
    list.addSubnet(address, bits, family)
    return { what, holds: (other: string): boolean => familyOf(other) === family && list.check(other, family) }
  })

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

const never = compiled(NEVER)
const own = compiled(PRIVATE)
const publicIpv6 = compiled([PUBLIC_IPV6])

export type AddressKind = { readonly kind: 'public' } | { readonly kind: 'private' | 'never'; readonly what: string }

/** What an IPv4 or IPv6 address is. */
export function kindOf(address: string): AddressKind {
  const found = never.find(({ holds }) => holds(address))
  if (found !== undefined) return { kind: 'never', what: found.what }
  const inside = own.find(({ holds }) => holds(address))
  if (inside !== undefined) return { kind: 'private', what: inside.what }
  if (isIPv4(address) || publicIpv6.some(({ holds }) => holds(address))) return { kind: 'public' }
  return { kind: 'never', what: 'given out to nobody' }
}

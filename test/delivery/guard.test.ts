import type { LookupAddress } from 'node:dns'
import { expect, test } from 'vitest'
import { kindOf } from '../../src/delivery/addresses.ts'
import { checkedUrl, guarded, pinned, type Resolve } from '../../src/delivery/guard.ts'

const OUTSIDE = { toPrivate: false }
const INSIDE = { toPrivate: true }

const words = (text: string): string[] => text.trim().split(/\s+/)
/** The first and the last address of every range that is nobody's receiver, whatever the installation allows. */
const NEVER = words(`
  0.0.0.0 0.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 100.100.100.200 168.63.129.16 192.0.0.0 192.0.0.192 192.0.0.255
  192.0.2.0 192.0.2.255 192.88.99.1 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255
  :: ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:808:808 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1:: 2002:808:808::1
  3fff::1 5f00::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 fd00:ec2::254 fd20:ce::254 4000::1 1fff::1
`)
const PRIVATE = words(`
  10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.0.0.1 127.255.255.255 172.16.0.0 172.31.255.255
  192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 ::1 64:ff9b::808:808 64:ff9b:1::1 fc00::1 fdff:ffff::1
`)
/** Right beside them. */
const PUBLIC = words(`
  1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
  191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8
  2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00::1
`)

const at =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
/** What is refused, or the addresses that are allowed. */
const tried = (address: string, options: { readonly toPrivate: boolean }): Promise<unknown> =>
  guarded(new URL('https://receiver.example/hook'), options, at(address)).then(
    ({ addresses }) => addresses.map((one) => one.address).join(),
    (error: Error) => error.message.replace(/ \(.*\)$/, ''),
  )
const refused = (address: string): string => `receiver.example is ${address}, which is refused as a receiver`

test.for(NEVER)('%s is nobody’s receiver', async (address) => {
  expect(kindOf(address).kind).toBe('never')
  expect([await tried(address, OUTSIDE), await tried(address, INSIDE)]).toEqual([refused(address), refused(address)])
})

test.for(PRIVATE)('%s is a receiver inside one’s own network only', async (address) => {
  expect(kindOf(address).kind).toBe('private')
  expect([await tried(address, OUTSIDE), await tried(address, INSIDE)]).toEqual([refused(address), address])
})

test.for(PUBLIC)('%s is a receiver', async (address) => {
  expect(kindOf(address).kind).toBe('public')
  expect([await tried(address, OUTSIDE), await tried(address, INSIDE)]).toEqual([address, address])
})

test.for([
  ['http://receiver.example/', 'must begin with https://'],
  ['ftp://receiver.example/', 'must begin with https://'],
  ['javascript:alert(1)', 'must begin with https://'],
  ['receiver.example', 'write an address like https://'],
  [`https://receiver.example/${'x'.repeat(2_000)}`, 'write an address like https://'],
  ['https://user@receiver.example/', 'no user and no password'],
  ['https://:password@receiver.example/', 'no user and no password'],
  ['https://localhost/', 'a name of a private network'],
  ['https://LOCALHOST./', 'a name of a private network'],
  ['https://postgres.internal/', 'a name of a private network'],
  ['https://127.0.0.1/', '127.0.0.1 is refused as a receiver (loopback)'],
  ['https://127.1/', '127.0.0.1 is refused as a receiver (loopback)'],
  ['https://0x7f.1/', '127.0.0.1 is refused as a receiver (loopback)'],
  ['https://2130706433/', '127.0.0.1 is refused as a receiver (loopback)'],
  ['https://0177.0.0.1/', '127.0.0.1 is refused as a receiver (loopback)'],
  ['https://169.254.169.254/latest/meta-data', 'link-local'],
  ['https://[::1]/', '::1 is refused as a receiver (loopback)'],
  ['https://[::ffff:7f00:1]/', 'an IPv4 address in IPv6'],
  ['https://[64:ff9b::a00:1]/', 'NAT64'],
] as const)('%s is refused before anybody is asked for it', ([text, why]) => {
  expect(() => checkedUrl(text, OUTSIDE)).toThrow(why)
})

test('inside one’s own network a receiver may be private, and then without TLS; never a cloud’s metadata, and nothing outside without TLS', async () => {
  expect(checkedUrl('http://10.0.0.7:8080/hook', INSIDE).href).toBe('http://10.0.0.7:8080/hook')
  expect(() => checkedUrl('http://169.254.169.254/', INSIDE)).toThrow('link-local')
  expect(() => checkedUrl('http://8.8.8.8/', INSIDE)).toThrow('is no private address: it must begin with https://')
  await expect(guarded(new URL('http://receiver.example/'), INSIDE, at('8.8.8.8'))).rejects.toMatchObject({ code: 'bad_input' })
})

test('a name that has a private address beside a public one is refused', async () => {
  await expect(guarded(new URL('https://receiver.example/'), OUTSIDE, at('8.8.8.8', '10.0.0.1'))).rejects.toThrow(
    'receiver.example is 10.0.0.1, which is refused',
  )
})

test('a name is asked for once: what it is afterwards changes nothing of where the connection goes', async () => {
  const answers = [[{ address: '8.8.8.8', family: 4 }], [{ address: '127.0.0.1', family: 4 }]]
  let asked = 0
  const resolve: Resolve = () => Promise.resolve(answers[asked++] ?? [])
  const { addresses } = await guarded(new URL('https://rebinding.example/'), OUTSIDE, resolve)
  const lookup = pinned(addresses)
  const connected = (options: { all: boolean }): Promise<unknown> =>
    new Promise((done) => lookup('rebinding.example', options, (_error, address: string | LookupAddress[]) => done(address)))
  expect(await connected({ all: true })).toEqual([{ address: '8.8.8.8', family: 4 }])
  expect(await connected({ all: false })).toBe('8.8.8.8')
  expect(asked).toBe(1)
})

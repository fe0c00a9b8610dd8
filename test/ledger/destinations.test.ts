import { afterAll, expect, test } from 'vitest'
import { findDelivery, listDeliveries, NEWEST_DELIVERY } from '../../src/ledger/deliveries.ts'
import {
  createDestination,
  disableDestination,
  enableDestination,
  findDestination,
  listDestinations,
  revealSecret,
  rotateSecret,
  testDestination,
  type NewDestination,
} from '../../src/ledger/destinations.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const terms = (name: string, change: Partial<NewDestination> = {}): NewDestination => ({
  name,
  kind: 'webhook',
  target: 'https://receiver.example/hook?token=t',
  shown: 'https://receiver.example/hook?…',
  types: ['*'],
  account: undefined,
  secret: 'whsec_first',
  ...change,
})

test('a name is one destination’s of an account, while it is enabled', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const made = await createDestination(t.ledger, terms('ops'))
  expect(made).toMatchObject({ name: 'ops', target: 'https://receiver.example/hook?…', secretVersion: 1, disabledAt: null })
  await expect(createDestination(t.ledger, terms('ops'))).rejects.toMatchObject({ code: 'conflict' })
  const theirs = await createDestination(t.ledger, terms('ops', { account }))
  expect([
    await findDestination(t.ledger, { name: 'ops', account: undefined }),
    await findDestination(t.ledger, { name: 'ops', account }),
  ]).toEqual([made, theirs])
  expect(await disableDestination(t.ledger, { id: made.id, why: 'it moved' })).toMatchObject({ changed: true, disabledWhy: 'it moved' })
  expect(await disableDestination(t.ledger, { id: made.id, why: 'again' })).toMatchObject({ changed: false, disabledWhy: 'it moved' })
  const next = await createDestination(t.ledger, terms('ops'))
  await expect(enableDestination(t.ledger, { id: made.id })).rejects.toMatchObject({ code: 'conflict' })
  await disableDestination(t.ledger, { id: next.id, why: 'x' })
  expect(await enableDestination(t.ledger, { id: made.id })).toMatchObject({ changed: true, disabledAt: null })
  const page = { after: 0, limit: 10 }
  expect((await listDestinations(t.ledger, { ...page, account: undefined })).map(({ id }) => id)).toEqual([made.id, theirs.id])
  expect((await listDestinations(t.ledger, { ...page, account: undefined, disabled: true })).map(({ id }) => id)).toEqual([
    made.id,
    theirs.id,
    next.id,
  ])
  expect((await listDestinations(t.ledger, { ...page, account })).map(({ id }) => id)).toEqual([theirs.id])
  expect(await findDestination(t.ledger, { id: 999 })).toBeUndefined()
})

test('of an account’s destination nobody bound to another one changes anything', async () => {
  const [account, other] = [await t.accountWith({ cap: '1.00' }), await t.accountWith({ cap: '1.00' })]
  const { id } = await createDestination(t.ledger, terms('theirs', { account }))
  const mine = { id, account: other }
  const refused = { code: 'not_found' }
  await expect(disableDestination(t.ledger, { ...mine, why: 'x' })).rejects.toMatchObject(refused)
  await expect(enableDestination(t.ledger, mine)).rejects.toMatchObject(refused)
  await expect(rotateSecret(t.ledger, { ...mine, secret: 'whsec_x', overlapMs: 0 })).rejects.toMatchObject(refused)
  await expect(testDestination(t.ledger, { ...mine, key: 'k' })).rejects.toMatchObject(refused)
})

test('a secret is revealed while it is the newest; five are valid at once at most; without an overlap the old ones end', async () => {
  const { id } = await createDestination(t.ledger, terms('rotating'))
  const rotate = (version: number, overlapMs = 60_000) => rotateSecret(t.ledger, { id, secret: `whsec_${version}`, overlapMs })
  expect(await revealSecret(t.ledger, { id, version: 1 })).toBe('whsec_first')
  for (let version = 2; version <= 5; version += 1) expect(await rotate(version)).toMatchObject({ secretVersion: version })
  expect([await revealSecret(t.ledger, { id, version: 1 }), await revealSecret(t.ledger, { id, version: 5 })]).toEqual([
    undefined,
    'whsec_5',
  ])
  await expect(rotate(6)).rejects.toMatchObject({ code: 'conflict' })
  expect(await rotate(6, 0)).toMatchObject({ secretVersion: 6, oldValidUntil: null })
  expect(await t.owner`select version from purser.destination_secret where destination = ${id}`).toEqual([{ version: 6 }])
  const log = await createDestination(t.ledger, terms('log', { kind: 'log', secret: undefined }))
  await expect(rotateSecret(t.ledger, { id: log.id, secret: 'whsec_x', overlapMs: 0 })).rejects.toMatchObject({ code: 'conflict' })
})

test('a test is one notice per key, for one destination, and its delivery is found again', async () => {
  const { id } = await createDestination(t.ledger, terms('tested', { types: ['report.ready'] }))
  const first = await testDestination(t.ledger, { id, key: 'k' })
  expect(await testDestination(t.ledger, { id, key: 'k' })).toEqual(first)
  const second = await testDestination(t.ledger, { id, key: 'l' })
  expect(await findDelivery(t.ledger, first.id)).toEqual(first)
  expect(await findDelivery(t.ledger, '999999')).toBeUndefined()
  const page = { account: undefined, destinationId: id, before: NEWEST_DELIVERY, limit: 10 }
  expect((await listDeliveries(t.ledger, page)).map((delivery) => delivery.id)).toEqual([second.id, first.id])
  expect(await listDeliveries(t.ledger, { ...page, before: second.id, state: 'pending', noticeId: first.noticeId })).toEqual([first])
  expect(await listDeliveries(t.ledger, { ...page, state: 'dead' })).toEqual([])
  expect(await listDeliveries(t.ledger, { ...page, account: await t.accountWith({ cap: '1.00' }) })).toEqual([])
})

test.for([[], ['Alert.*'], ['alert.'], ['*.opened'], ['alert.* budget'], ['']])(
  'types are patterns of types: %s is none',
  async (types) => {
    await expect(createDestination(t.ledger, terms('wrong', { types }))).rejects.toThrow(/destination_types_form|malformed/)
  },
)

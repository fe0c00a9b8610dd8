import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { newSecret, sign } from '../../src/delivery/sign.ts'

const BODY = JSON.stringify({ type: 'alert.opened', timestamp: '2026-11-29T10:00:00.000Z', data: { text: 'ü 100 €' } })

test('what is signed is verified by the independent library, and by no other secret', () => {
  const [mine, other] = [newSecret(), newSecret()]
  expect(mine).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const headers = { ...sign('msg_1', BODY, [mine], new Date()) }
  expect(new Webhook(mine).verify(BODY, headers)).toEqual(JSON.parse(BODY))
  expect(() => new Webhook(other).verify(BODY, headers)).toThrow('No matching signature')
  expect(() => new Webhook(mine).verify(`${BODY} `, headers)).toThrow('No matching signature')
  expect(() => new Webhook(mine).verify(BODY, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature')
})

test('signatures are those that the library itself makes', () => {
  const at = new Date('2026-11-29T10:00:00Z')
  const secret = newSecret()
  expect(sign('msg_1', BODY, [secret], at)).toEqual({
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1795946400',
    'webhook-signature': new Webhook(secret).sign('msg_1', at, BODY),
  })
})

test('while a secret rotates, each of both verifies', () => {
  const secrets = [newSecret(), newSecret()]
  const headers = { ...sign('msg_1', BODY, secrets, new Date()) }
  expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
  for (const secret of secrets) expect(new Webhook(secret).verify(BODY, headers)).toEqual(JSON.parse(BODY))
})

test('what is older than five minutes is refused by receivers', () => {
  const secret = newSecret()
  const headers = { ...sign('msg_1', BODY, [secret], new Date(Date.now() - 301_000)) }
  expect(() => new Webhook(secret).verify(BODY, headers)).toThrow('too old')
})

import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliver, webhookId, type DeliverOptions } from '../../src/delivery/deliver.ts'
import { mailerOf } from '../../src/delivery/email.ts'
import { resolveByDns } from '../../src/delivery/guard.ts'
import { newSecret } from '../../src/delivery/sign.ts'
import { slackBody } from '../../src/delivery/slack.ts'
import type { DestinationKind, Outgoing } from '../../src/domain/notice.ts'
import { startReceiver, verified } from '../support/receiver.ts'

const receiver = await startReceiver()
const mails: { to: string[]; from: string; text: string }[] = []
let refusing: Error | undefined
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onRcptTo: (_address, _session, done) => done(refusing),
  onData(stream, { envelope }, done) {
    let text = ''
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('end', () => {
      mails.push({
        text,
        to: envelope.rcptTo.map(({ address }) => address),
        from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      })
      done()
    })
  },
})
let options: DeliverOptions
beforeAll(async () => {
  await new Promise<void>((listening) => smtp.listen(0, '127.0.0.1', listening))
  const { port } = smtp.server.address() as AddressInfo
  const mail = mailerOf({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'Purser <purser@example.com>', limitMs: 5_000 })
  options = { toPrivate: true, resolve: resolveByDns, limitMs: 5_000, mail }
})
afterAll(async () => {
  await receiver.close()
  await new Promise<void>((closed) => smtp.close(closed))
})

const NOTICE = {
  noticeId: '019ad0c2-7a2e-7c4e-8a43-0c1f5f0f9a11',
  type: 'budget.threshold',
  account: 'acme',
  text: 'acme has used 80 % of 1.00 EUR\nRaise it: purser topup …',
  data: { percent: 80 },
  at: '2026-11-29T10:00:00.123456+00:00',
}
const to = (kind: DestinationKind, target = receiver.url, secrets: string[] = []): Outgoing => ({
  ...NOTICE,
  destination: { id: 1, name: 'ops', kind, target, secrets },
})
const delivered = (outgoing: Outgoing) => deliver(outgoing, options, () => undefined)

test('a webhook says what happened in the form of Standard Webhooks, and is verified by the independent library', async () => {
  const secrets = [newSecret(), newSecret()]
  expect(await delivered(to('webhook', receiver.url, secrets))).toEqual({ kind: 'delivered', status: 204 })
  const [request] = receiver.received.slice(-1)
  expect(request?.headers['webhook-id']).toBe(webhookId(NOTICE.noticeId))
  const said = {
    type: 'budget.threshold',
    timestamp: '2026-11-29T10:00:00.123Z',
    data: { percent: 80, account: 'acme', text: NOTICE.text },
  }
  for (const secret of secrets) expect(request && verified(secret, request)).toEqual(said)
})

test('Slack gets a text and blocks, and nothing in it calls anybody', async () => {
  const text = '<!channel> @everyone @here a@allies.example 5 < 6 & 7 > 6 <https://evil.example|click>'
  expect(await deliver({ ...to('slack'), text }, options, () => undefined)).toEqual({ kind: 'delivered', status: 204 })
  const escaped = '&lt;!channel&gt; @\u200Beveryone @\u200Bhere a@allies.example 5 &lt; 6 &amp; 7 &gt; 6 &lt;https://evil.example|click&gt;'
  expect(JSON.parse(receiver.received.at(-1)?.body ?? '')).toEqual({
    text: escaped,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: escaped } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `budget.threshold · acme · 2026-11-29 10:00:00 UTC` }] },
    ],
  })
  expect(receiver.received.at(-1)?.headers).not.toHaveProperty('webhook-signature')
})

test.for(['<'.repeat(10_000), 'a'.repeat(10_000), 'a'])(
  'Slack’s limit of a section holds for any text, and all is shown that fits',
  (text) => {
    const { blocks } = JSON.parse(slackBody({ ...NOTICE, text })) as { blocks: [{ text: { text: string } }] }
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(3_000)
    expect(blocks[0].text.text.length).toBeGreaterThanOrEqual(Math.min(text.length, 2_990))
  },
)

test('a mail names what happened in its subject, and is the same message in every attempt', async () => {
  for (let attempt = 1; attempt <= 2; attempt += 1) expect(await delivered(to('email', 'ops@example.com'))).toEqual({ kind: 'delivered' })
  const [first, second] = mails.map(({ text }) => text)
  expect(mails[0]).toMatchObject({ to: ['ops@example.com'], from: 'purser@example.com' })
  expect(first).toMatch(/^Subject: \[Purser\] acme has used 80 % of 1\.00 EUR\r$/m)
  expect(first).toContain('Raise it: purser topup')
  expect(first).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  const id = /^Message-ID: .*$/im
  expect(first?.match(id)?.[0]).toBe(`Message-ID: <${NOTICE.noticeId}@purser>`)
  expect(second?.match(id)?.[0]).toBe(first?.match(id)?.[0])
})

test('a text cannot add to the head of a mail, nor to its receivers', async () => {
  const text = 'Hello\r\nBcc: victim@example.com\r\n\r\nmine'
  await deliver({ ...to('email', 'ops@example.com'), text }, options, () => undefined)
  const { to: receivers, text: mail } = mails.at(-1) ?? { to: [], text: '' }
  expect(receivers).toEqual(['ops@example.com'])
  expect(mail.slice(0, mail.indexOf('\r\n\r\n'))).not.toContain('victim')
})

test.for([
  [550, 'dead'],
  [451, 'failed'],
] as const)('a mail server’s %s is %s', async ([responseCode, kind]) => {
  refusing = Object.assign(new Error('no'), { responseCode })
  expect(await delivered(to('email', 'ops@example.com'))).toEqual({
    kind,
    status: responseCode,
    error: `the mail server answered ${responseCode}`,
  })
  refusing = undefined
})

test('a mail server that is away, and a worker without one, are tried again', async () => {
  const away = mailerOf({ smtpUrl: 'smtp://127.0.0.1:1', from: 'a@example.com', limitMs: 1_000 })
  expect(await away('ops@example.com', NOTICE)).toMatchObject({
    kind: 'failed',
    error: expect.stringMatching(/^the mail server could not be reached \(E/),
  })
  expect(await deliver(to('email', 'ops@example.com'), { ...options, mail: undefined }, () => undefined)).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('PURSER_SMTP_URL'),
  })
})

test('a log gets all of a notice', async () => {
  const lines: unknown[] = []
  expect(await deliver(to('log', ''), options, (facts) => lines.push(facts))).toEqual({ kind: 'delivered' })
  expect(lines).toEqual([{ ...NOTICE }])
})

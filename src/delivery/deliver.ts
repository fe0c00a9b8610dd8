import type { Notice, Outgoing } from '../domain/notice.ts'
import type { Mailer } from './email.ts'
import type { GuardOptions, Resolve } from './guard.ts'
import type { Outcome } from './outcome.ts'
import { post, type PostOptions } from './post.ts'
import { sign } from './sign.ts'
import { slackBody, slackWord } from './slack.ts'

export interface DeliverOptions extends GuardOptions {
  readonly resolve: Resolve
  /** For one request. */
  readonly limitMs: number
  /** Undefined: this installation sends no mail. */
  readonly mail: Mailer | undefined
}

/** Where a notice of a destination of kind `log` is written. */
export type NoticeLog = (facts: Readonly<Record<string, unknown>>) => void

/** Makes one attempt, and says what came of it. */
export async function deliver(outgoing: Outgoing, options: DeliverOptions, log: NoticeLog): Promise<Outcome> {
  const { destination, ...notice } = outgoing
  switch (destination.kind) {
    case 'webhook':
      return postSigned(outgoing, options)
    case 'slack':
      return post(destination.target, {}, slackBody(notice), options, slackWord)
    case 'email':
      return options.mail === undefined
        ? { kind: 'failed', error: 'this worker sends no mail: PURSER_SMTP_URL and PURSER_MAIL_FROM are missing' }
        : options.mail(destination.target, notice)
    case 'log':
      log({ noticeId: notice.noticeId, type: notice.type, account: notice.account, text: notice.text, data: notice.data, at: notice.at })
      return { kind: 'delivered' }
  }
}

function postSigned({ destination, ...notice }: Outgoing, options: PostOptions): Promise<Outcome> {
  const body = webhookBody(notice)
  return post(destination.target, { ...sign(webhookId(notice.noticeId), body, destination.secrets, new Date()) }, body, options)
}

/** What `webhook-id` says: without full stops, as the specification asks. */
export const webhookId = (noticeId: string): string => `msg_${noticeId.replaceAll('-', '')}`

/** The same bytes in every attempt. */
const webhookBody = ({ type, at, account, text, data }: Notice): string =>
  JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: { ...data, account, text } })

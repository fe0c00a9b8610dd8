import { createTransport } from 'nodemailer'
import type { Notice } from '../domain/notice.ts'
import { momentOf } from './moment.ts'
import type { Outcome } from './outcome.ts'

export interface MailOptions {
  /** `smtps://user:password@mail.example:465`, or `smtp://…`: then TLS where the server offers it. */
  readonly smtpUrl: string
  /** `Purser <purser@example.com>` */
  readonly from: string
  readonly limitMs: number
}

/** Sends a notice to one address. */
export type Mailer = (to: string, notice: Notice) => Promise<Outcome>

const SUBJECT_MAX = 150

/** Over SMTP. A server's final no (5xx) is dead; everything else may go better later. */
export function mailerOf({ smtpUrl, from, limitMs }: MailOptions): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    dnsTimeout: limitMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (to, notice) => {
    try {
      await transport.sendMail({
        from,
        // An object is one address, whatever characters it has.
        to: { name: '', address: to },
        subject: subjectOf(notice.text),
        text: textOf(notice),
        // The same in every attempt, so that whoever gets it twice can tell.
        messageId: `<${notice.noticeId}@purser>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Purser-Notice': notice.noticeId, 'X-Purser-Type': notice.type },
      })
      return { kind: 'delivered' }
    } catch (error) {
      return failureOf(error)
    }
  }
}

function subjectOf(text: string): string {
  const [first = ''] = text.trim().split(/[\r\n]/)
  return `[Purser] ${first.length <= SUBJECT_MAX ? first : `${first.slice(0, SUBJECT_MAX - 1)}…`}`
}

const textOf = ({ text, type, account, at, noticeId }: Notice): string =>
  [text, '', '-- ', `${type}${account === null ? '' : `, account ${account}`}, ${momentOf(at)}`, `notice ${noticeId}`, ''].join('\n')

function failureOf(error: unknown): Outcome {
  const { responseCode, code } = error as { readonly responseCode?: number; readonly code?: string }
  if (responseCode === undefined) return { kind: 'failed', error: `the mail server could not be reached (${code ?? 'unknown error'})` }
  // 535 and its kind are about Purser's own login, which somebody may put right.
  const isFinal = responseCode >= 500 && code !== 'EAUTH'
  return { kind: isFinal ? 'dead' : 'failed', status: responseCode, error: `the mail server answered ${responseCode}` }
}

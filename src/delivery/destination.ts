import { PurserError } from '../domain/errors.ts'
import type { DestinationKind } from '../domain/notice.ts'
import { checkedUrl, type GuardOptions } from './guard.ts'
import { newSecret } from './sign.ts'

export interface DestinationRules extends GuardOptions {
  /** Whether this installation sends mail. */
  readonly mail: boolean
}

/** A target that was looked at; what people may see of it; and the secret that signs what goes there. */
export interface NewTarget {
  readonly target: string
  readonly shown: string
  readonly secret: string | undefined
}

const EMAIL = /^[^\s@<>(),;:"\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

/** Looks at where somebody wants notices to go. Throws PurserError `bad_input`. */
export function newTarget(kind: DestinationKind, target: string | undefined, rules: DestinationRules): NewTarget {
  switch (kind) {
    case 'webhook':
    case 'slack': {
      const url = checkedUrl(given(target, 'the address of the receiver, like https://example.com/hooks/purser'), rules)
      const secret = kind === 'webhook' ? newSecret() : undefined
      return { target: url.href, shown: kind === 'slack' ? `${url.origin}/…` : shownUrl(url), secret }
    }
    case 'email': {
      if (!rules.mail)
        throw new PurserError(
          'bad_input',
          'this installation sends no mail: set PURSER_SMTP_URL and PURSER_MAIL_FROM first, for the worker and the server',
        )
      const address = given(target, 'the address that gets the mail')
      if (!EMAIL.test(address)) throw new PurserError('bad_input', `"${address}" is no mail address: write one like ops@example.com`)
      return { target: address, shown: address, secret: undefined }
    }
    case 'log':
      if (target !== undefined) throw new PurserError('bad_input', 'the log is the worker’s own: leave the target out')
      return { target: '', shown: 'the worker’s log', secret: undefined }
  }
}

/** A query often holds a token. */
const shownUrl = (url: URL): string => `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`

function given(target: string | undefined, what: string): string {
  if (target === undefined || target === '') throw new PurserError('bad_input', `the target is missing: ${what}`)
  return target
}

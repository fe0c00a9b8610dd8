/** Standard Webhooks 1.0.0 (standardwebhooks.com): whoever has the secret knows that a request is Purser's, and recent. */
import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32

/** `whsec_` and base64. */
export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

export interface Signed {
  readonly 'webhook-id': string
  /** Unix seconds of the attempt. */
  readonly 'webhook-timestamp': string
  /** One signature for each secret, separated by spaces: a receiver takes the one that it can verify. */
  readonly 'webhook-signature': string
}

/** The headers of one attempt. The id is the notice's, the same in every attempt. */
export function sign(id: string, body: string, secrets: readonly string[], at: Date): Signed {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/** A request as a receiver got it. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** By `performance.now()`. */
  readonly at: number
}

/** How it answers: 204, if left out. */
export type Answering = (request: IncomingMessage, response: ServerResponse, received: Received) => void

/** Whoever gets notices over HTTP, on a port of this machine. */
export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** From now on it answers so; undefined: 204. */
  answer(how: Answering | undefined): void
  close(): Promise<void>
}

export const withStatus =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answering =>
  (_request, response) =>
    void response.writeHead(status, headers).end()

export async function startReceiver(host = '127.0.0.1', wantedPort = 0): Promise<Receiver> {
  const received: Received[] = []
  let how: Answering | undefined
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body, at: performance.now() }
      received.push(one)
      ;(how ?? withStatus(204))(request, response, one)
    })
  })
  await new Promise<void>((listening) => server.listen(wantedPort, host, listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}/hook`,
    port,
    received,
    answer: (next) => void (how = next),
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** What a webhook says, after the independent library has verified it with this secret. Throws its WebhookVerificationError. */
export function verified(secret: string, { headers, body }: Received): { type: string; timestamp: string; data: Record<string, unknown> } {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as never
}

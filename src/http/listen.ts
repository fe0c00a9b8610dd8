import { serve, type ServerType } from '@hono/node-server'
import type { Hono } from 'hono'
import { PurserError } from '../domain/errors.ts'

export interface Listening {
  readonly url: string
  /** Stops taking connections and ends those that are idle. */
  close(): Promise<void>
}

/** Where to listen; `variable` sets the port, for the message when it is taken. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly variable: string
}

/** Whoever sends slower than this holds a connection for nothing. A caller's idle one is kept longer than load balancers keep theirs. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 }

/** Serves these routes. Throws PurserError `port_taken`. */
export async function listen(routes: Pick<Hono, 'fetch'>, { host, port, variable }: ListenOptions): Promise<Listening> {
  const { promise, resolve, reject } = Promise.withResolvers<ServerType>()
  const server: ServerType = serve({ fetch: routes.fetch, hostname: host, port, serverOptions: LIMITS }, () => resolve(server))
  server.once('error', reject)
  try {
    await promise
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new PurserError('port_taken', `port ${port} is taken: end what listens there, or set ${variable} to another port`)
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return { url: `http://${host}:${bound}`, close: () => new Promise((done) => void server.close(() => done())) }
}

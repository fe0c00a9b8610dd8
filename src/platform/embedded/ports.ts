/** Choosing ports on the loopback interface. */
import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { PlatformError } from '../platform-error.ts'

const LOOPBACK = '127.0.0.1'
const CONNECT_LIMIT_MS = 1_000

/**
 * Below what systems give to connections that go out (32768 and up on Linux, 49152 on others): of those, one may have the port of a server that is down for
 * a moment, also the connection of a client that looks whether that server is back.
 */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000]
const TRIES_MAX = 100

/** A port that nobody uses right now. Another program may take it before we do, so whoever binds it must be ready to ask again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isFree(port)) return port
  }
  throw new PlatformError(
    'port_taken',
    `${TRIES_MAX} ports between ${FIRST_PORT} and ${LAST_PORT} on ${LOOPBACK} are all used: stop some programs`,
  )
}

/** Whether something accepts connections on this port. */
export function portAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: CONNECT_LIMIT_MS })
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => answer(true))
    socket.once('timeout', () => answer(false))
    socket.once('error', () => answer(false))
  })
}

/** The first of the wanted ports that is free, else any free one. */
export async function choosePort(wanted: readonly (number | undefined)[]): Promise<number> {
  for (const port of wanted) if (port !== undefined && (await isFree(port))) return port
  return freePort()
}

/** Throws `port_taken` if somebody uses the port that was asked for. */
export async function requireFree(port: number, what: string): Promise<number> {
  if (await isFree(port)) return port
  throw new PlatformError(
    'port_taken',
    `port ${port} was asked for as ${what}, but another program uses it: stop that program (\`lsof -i :${port}\` names it), ask for another port, or leave the choice to Purser`,
  )
}

async function isFree(port: number): Promise<boolean> {
  // A server on 0.0.0.0 lets us bind 127.0.0.1 beside it on some systems, so connecting is tried as well.
  return (await canListen(port)) && !(await portAnswers(port))
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)))
  })
}

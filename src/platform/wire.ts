import { Socket } from 'node:net'

/** What the library `postgres` knows of where to connect to: several hosts are tried in turn. */
interface Target {
  readonly host: readonly string[]
  readonly port: readonly number[]
  /** A Unix socket. */
  readonly path?: string | false | undefined
}

export interface WireOptions {
  /** An idle connection is silent too, so the pool must end those earlier. */
  readonly silenceMs: number
  /** The pool cannot use this place any more. */
  readonly onStuck: () => void
}

const LOOK_MS = 500
const FIRST_WORD_MS = 100

/**
 * Makes the connections of a pool (the library's option `socket`) so that nobody waits for the server for ever, as the library alone would:
 * - One over which nothing has come for `silenceMs` fails: a host that vanished never says so.
 * - One that is closed before the server said anything fails; the library would connect again at once, without end. So behaves whatever
 *   stands before a Postgres that is down.
 * - One over which the library says nothing is stuck: when a connection closes just as a question is put to it, the library loses the timer that
 *   sends, and nothing is ever sent from this place of the pool again.
 */
export function wires({ silenceMs, onStuck }: WireOptions): (target: Target) => Socket {
  let made = 0
  return ({ host, port, path }) => {
    const at = made % host.length
    made += 1
    const wire = new Wire()
    wire.once('end', () => {
      if (wire.bytesRead === 0) wire.fail('ECONNRESET', 'Postgres closed the connection before it said anything')
    })
    wire.once('connect', () => {
      after(FIRST_WORD_MS, () => {
        if (wire.destroyed || wire.bytesWritten > 0) return
        onStuck()
        wire.fail('ECONNABORTED', 'this place of the pool sends nothing any more')
      })
    })
    wire.failWhenSilentFor(silenceMs)
    if (path) return wire.connect(path)
    // The library reads these for TLS and for its messages.
    const place = { host: host[at] ?? '', port: port[at] ?? port[0] ?? 0 }
    return Object.assign(wire.connect(place), place)
  }
}

class Wire extends Socket {
  /**
   * A connection that is reset just closes. The library forgets a question that it puts to an idle one between its `error` and its `close`,
   * and whoever asked waits for ever; at a mere `close` it fails what was asked. (Over TLS the socket is the library's own, and this cannot help.)
   */
  override destroy(error?: Error): this {
    return super.destroy(this.bytesRead > 0 ? undefined : error)
  }

  fail(code: string, message: string): void {
    super.destroy(Object.assign(new Error(message), { code }))
  }

  /** Counts bytes instead of listening: TLS takes the listeners away, and goes on over the same handle. */
  failWhenSilentFor(silenceMs: number): void {
    let heard = 0
    let heardAt = performance.now()
    const look = (): void => {
      if (this.destroyed) return
      if (this.bytesRead > heard) {
        heard = this.bytesRead
        heardAt = performance.now()
      }
      if (performance.now() - heardAt > silenceMs) this.fail('ETIMEDOUT', `Postgres said nothing for ${silenceMs / 1000} s`)
      else after(LOOK_MS, look)
    }
    after(LOOK_MS, look)
  }
}

/** A look is no reason for the process to stay. */
const after = (ms: number, look: () => void): void => void setTimeout(look, ms).unref()

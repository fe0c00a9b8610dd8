import { startTcpProxy, type Gatekeeper, type TcpProxy } from './tcp-proxy.ts'

/** A wire to a Postgres that understands as much of what comes back as it needs to know that something was committed. */
export interface PostgresProxy extends TcpProxy {
  /**
   * The next answer to a statement that was done is held up when it has arrived in full, so after its commit. If it is the one that is meant, its
   * connection is cut, and the client never hears it; else it goes on, and the next one is looked at. Resolves when one has been cut.
   */
  cutAfterCommit(isMeant?: () => Promise<boolean>): Promise<void>
}

const [ERROR, DATA_ROW, COMMAND_COMPLETE, READY] = ['E', 'D', 'C', 'Z'] as const

interface Cut {
  readonly isMeant: () => Promise<boolean>
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export async function startPostgresProxy(target: { readonly host: string; readonly port: number }): Promise<PostgresProxy> {
  let ordered: Cut | undefined

  /** Outside a transaction, a server commits before it says that it is ready again; what it did comes before that. */
  function gatekeeper(): Gatekeeper {
    const typesIn = messageReader()
    let cut: Cut | undefined
    let held: Buffer[] = []
    return (chunk, connection) => {
      const types = typesIn(chunk)
      if (cut === undefined) {
        if (ordered === undefined || !(types.includes(DATA_ROW) || types.includes(COMMAND_COMPLETE))) return true
        cut = ordered
        ordered = undefined
      }
      held.push(chunk)
      const order = cut
      const letGo = (): void => {
        held.forEach((kept) => connection.write(kept))
        held = []
        ordered ??= order
        cut = undefined
      }
      // It was not done after all, and the client hears so.
      if (types.includes(ERROR)) letGo()
      else if (types.includes(READY))
        order.isMeant().then((isMeant) => {
          if (!isMeant) return letGo()
          order.done()
          connection.end()
        }, order.failed)
      return false
    }
  }

  const proxy = await startTcpProxy(target, gatekeeper)
  const cutAfterCommit = (isMeant = (): Promise<boolean> => Promise.resolve(true)): Promise<void> =>
    new Promise((done, failed) => void (ordered = { isMeant, done, failed }))
  return { ...proxy, cutAfterCommit }
}

/** The types of the messages that a chunk ends or begins: a byte, then the length of the rest. */
function messageReader(): (chunk: Buffer) => string[] {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const types: string[] = []
    while (rest.length > 0) {
      const type = String.fromCharCode(rest[0] ?? 0)
      const length = rest.length < 5 ? Infinity : 1 + rest.readUInt32BE(1)
      // Of a message that is cut in two only its beginning counts now; that the server is ready must be there in full.
      if (length > rest.length) return type === READY ? types : [...types, type]
      types.push(type)
      rest = rest.subarray(length)
    }
    return types
  }
}

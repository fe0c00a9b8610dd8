import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** A wire to another port of this machine that can be cut and joined again. */
export interface TcpProxy {
  readonly port: number
  /** Ends every connection, and refuses new ones until `join`. */
  cut(): Promise<void>
  join(): Promise<void>
  /** From now on what comes back is dropped, until the next cut: requests arrive, their answers are lost. */
  mute(): void
  /** The same for the connections of now only, and for ever: they stay, and nothing comes over them any more. New ones work. */
  freeze(): void
  /** What comes back arrives so much later from now on; 0 is no delay. */
  delay(ms: number): void
  close(): Promise<void>
}

/** Sees what comes back over one connection before it goes on, and says whether it may; can end the connection. */
export type Gatekeeper = (chunk: Buffer, connection: { write(chunk: Buffer): void; end(): void }) => boolean

export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  gatekeeper: () => Gatekeeper = () => () => true,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isMute = false
  let [made, frozen, delayMs] = [0, 0, 0]
  const server = createServer((near) => {
    const far = connect(target)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    const number = (made += 1)
    const mayPass = gatekeeper()
    const connection = { write: (chunk: Buffer) => void near.write(chunk), end: () => void near.destroy() }
    const goOn = (chunk: Buffer): void => void (isMute || number <= frozen || (mayPass(chunk, connection) && near.write(chunk)))
    // Nothing overtakes what was there before it.
    const late: Buffer[] = []
    near.pipe(far)
    far.on('data', (chunk: Buffer) => {
      if (delayMs === 0 && late.length === 0) return goOn(chunk)
      late.push(chunk)
      setTimeout(() => {
        const next = late.shift()
        if (next !== undefined && !near.destroyed) goOn(next)
      }, delayMs)
    })
  })
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    sockets.forEach((socket) => socket.destroy())
    await closed
    isMute = false
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    cut,
    join: () => listen(port),
    mute: () => void (isMute = true),
    freeze: () => void (frozen = made),
    delay: (ms) => void (delayMs = ms),
    close: cut,
  }
}

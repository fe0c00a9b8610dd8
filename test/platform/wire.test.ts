import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { connectSql } from '../../src/platform/sql.ts'
import { wires } from '../../src/platform/wire.ts'
import { selfSigned } from '../support/self-signed.ts'
import { until } from '../support/until.ts'

const SILENCE_MS = 800
const SSL_REQUEST = 80_877_103
const WELCOME = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1')
const DONE = Buffer.from('C\0\0\0\x0dSELECT 0\0Z\0\0\0\x05I', 'latin1')

const FAULT = Buffer.from('E\0\0\0\x1eSERROR\0C23505\0Mnot yours\0\0', 'latin1')

/** What a server does with what comes next. */
interface Conduct {
  /** `close`: ends a connection as soon as it is there; `silent`: hears, says nothing, and never lets go; `err`: says an error, and ends before it is ready again. */
  does: 'answer' | 'silent' | 'close' | 'err'
}

/** A server that speaks as much of Postgres as a pool needs that asks simple questions. */
async function server(conduct: Conduct, pem?: string) {
  const sockets: Socket[] = []
  const speak = (socket: Socket): void => {
    let isWelcome = false
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      if (chunk.length === 8 && chunk.readInt32BE(4) === SSL_REQUEST && pem !== undefined) {
        socket.removeAllListeners('data')
        socket.write('S')
        return speak(new TLSSocket(socket, { isServer: true, key: pem, cert: pem }))
      }
      if (conduct.does === 'silent') return
      if (conduct.does === 'err' && isWelcome) return void socket.end(FAULT)
      socket.write(isWelcome ? DONE : WELCOME)
      isWelcome = true
    })
  }
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.once('end', () => void (conduct.does === 'silent' || socket.end()))
    if (conduct.does === 'close') socket.end()
    else speak(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    listening.close()
    sockets.forEach((socket) => socket.destroy())
  })
  await once(listening, 'listening')
  return { sockets, url: `postgres://a:b@127.0.0.1:${(listening.address() as AddressInfo).port}/c` }
}

/** A pool of one like the ledger's, but impatient. */
function impatient(url: string) {
  const socket = wires({ silenceMs: SILENCE_MS, onStuck: () => undefined })
  const sql = postgres(url, { max: 1, max_pipeline: 0, fetch_types: false, idle_timeout: 0.4, socket, onnotice: () => {} } as object)
  onTestFinished(() => sql.end({ timeout: 0 }))
  return () => sql.unsafe('select')
}

const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

test.for(['plain', 'over TLS'] as const)(
  'a server that falls silent fails who waits for it, within the limit, and is then asked anew (%s)',
  async (how, { skip }) => {
    const pem = how === 'plain' ? undefined : selfSigned()
    if (how !== 'plain' && pem === undefined) return skip('no openssl on this machine')
    const conduct: Conduct = { does: 'answer' }
    const { url, sockets } = await server(conduct, pem)
    const ask = impatient(how === 'plain' ? url : `${url}?sslmode=require`)
    expect(await codeOf(ask())).toBe('answered')
    conduct.does = 'silent'
    const startedAt = performance.now()
    expect(await codeOf(ask())).toBe('ETIMEDOUT')
    expect(performance.now() - startedAt).toBeLessThan(SILENCE_MS + 2_000)
    conduct.does = 'answer'
    expect(await codeOf(ask())).toBe('answered')
    expect(sockets).toHaveLength(2)
  },
)

test('a server that does not hear the goodbye of an idle connection does not keep its place in the pool', async () => {
  const conduct: Conduct = { does: 'answer' }
  const { url, sockets } = await server(conduct)
  const ask = impatient(url)
  await ask()
  conduct.does = 'silent'
  await until('the goodbye', () => sockets[0]?.readableEnded)
  conduct.does = 'answer'
  expect(await codeOf(ask())).toBe('answered')
  expect(sockets).toHaveLength(2)
})

test('an error that was said just before a connection ended fails nobody who asks next: neither a question nor a transaction', async () => {
  const conduct: Conduct = { does: 'answer' }
  const { url } = await server(conduct)
  const sql = connectSql(url, { max: 1, transactions: true })
  onTestFinished(() => sql.end({ timeout: 0 }))
  const asks = [() => sql.unsafe('select'), () => sql`select`, () => sql.begin((tx) => tx`select`)]
  for (const ask of asks) {
    await until('it is answered', async () => (await codeOf(sql.unsafe('select'))) === 'answered')
    conduct.does = 'err'
    expect(await codeOf(sql.unsafe('select'))).toBe('CONNECTION_CLOSED')
    conduct.does = 'answer'
    const failed = await ask().then(
      () => undefined,
      (error: unknown) => error as { code: string; cause: { message: string } },
    )
    expect([failed?.code, failed?.cause.message]).toEqual(['CONNECTION_CLOSED', 'not yours'])
    expect(await codeOf(ask())).toBe('answered')
  }
})

test('a server that takes connections and closes them is an error, not a loop without end', async () => {
  const { url, sockets } = await server({ does: 'close' })
  expect(await codeOf(impatient(url)())).toBe('ECONNRESET')
  expect(sockets).toHaveLength(1)
})

test('a server that is not there is an error', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await once(gone, 'close')
  expect(await codeOf(impatient(`postgres://a:b@127.0.0.1:${port}/c`)())).toBe('ECONNREFUSED')
})

test('a pool that found nobody many times is back soon after the server, not half a minute later', async () => {
  const conduct: Conduct = { does: 'close' }
  const { url } = await server(conduct)
  const sql = connectSql(url, { max: 3 })
  onTestFinished(() => sql.end({ timeout: 0 }))
  for (let tries = 1; tries <= 4; tries += 1)
    expect(await Promise.all([1, 2, 3].map(() => codeOf(sql.unsafe('select'))))).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET'])
  conduct.does = 'answer'
  const startedAt = performance.now()
  expect(await Promise.all([1, 2, 3].map(() => codeOf(sql.unsafe('select'))))).toEqual(['answered', 'answered', 'answered'])
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

/** From where in a turn of the event loop the connection is reset. */
const MOMENTS = { 'an answer': () => Promise.resolve(), 'a timer': () => new Promise((done) => setTimeout(done, 1)), 'a turn’s end': aTurn }
function aTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

test.for(Object.keys(MOMENTS).flatMap((moment) => [0, 1, 2].map((turns) => [turns, moment as keyof typeof MOMENTS] as const)))(
  'who asks %i turns after a reset that follows %s is answered or hears of it, and the pool goes on',
  async ([turns, moment]) => {
    const { url, sockets } = await server({ does: 'answer' })
    const sql = connectSql(url, { max: 1 })
    onTestFinished(() => sql.end({ timeout: 0 }))
    const ask = (): Promise<string> => codeOf(sql.unsafe('select'))
    for (let round = 1; round <= 4; round += 1) {
      await until('it is answered', async () => (await ask()) === 'answered')
      await MOMENTS[moment]()
      sockets.at(-1)?.resetAndDestroy()
      for (let turn = 0; turn < turns; turn += 1) await aTurn()
      const how = await Promise.race([ask(), new Promise((late) => setTimeout(() => late('forgotten'), 5_000))])
      expect(['answered', 'CONNECTION_CLOSED', 'ECONNRESET', 'ECONNABORTED']).toContain(how)
    }
  },
)

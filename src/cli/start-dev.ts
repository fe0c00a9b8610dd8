/** The whole of Purser on one machine. */
import { join } from 'node:path'
import { Client, type Connection } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { startEmulator, type Emulator } from '../emulator/server.ts'
import { PurserError } from '../domain/errors.ts'
import type { Listening } from '../http/listen.ts'
import { USUAL_HTTP_PORT, type Config } from '../platform/config.ts'
import { EMULATOR_KEY, readDevFile, removeDevFile, writeDevFile, type DevFile } from '../platform/embedded/dev-file.ts'
import { startServices, type Services } from '../platform/embedded/services.ts'
import { createLog, logTemporalTo } from '../platform/log.ts'
import { migrate } from '../platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../platform/migration-files.ts'
import { reachTemporal } from '../platform/reach-temporal.ts'
import { checkKey } from '../providers/gemini.ts'
import { startServer } from '../server.ts'
import { createWorker, type RunningWorker } from '../worker.ts'
import type { StopAsked } from './stop-asked.ts'
import type { Terminal } from './terminal.ts'

export interface RunningDev {
  readonly databaseUrl: string
  readonly client: Client
  readonly uiUrl: string | undefined
  readonly apiUrl: string
  /** Another `purser dev` runs here and is used: nothing was started. */
  readonly reused: boolean
  /** Resolves with the reason when a server, or the worker, is gone for good. */
  readonly lost: Promise<string>
  stop(): Promise<void>
}
/** After Ctrl-C in the middle of the start: so long it may take until it can be stopped in good order. */
const START_STOP_MS = 10_000

/** Starts what does not run yet. On any failure, and when it is asked to stop (undefined), what was started is stopped again. */
export async function startDev(
  config: Config,
  terminal: Terminal,
  { live, stop: { asked, signal } }: { readonly live: boolean; readonly stop: StopAsked },
): Promise<RunningDev | undefined> {
  if (live) checkKey(config.GEMINI_API_KEY)
  const starting = start(config, terminal, live, signal)
  const dev = await Promise.race([starting, asked])
  if (dev !== undefined) return dev
  // A download or a build may take minutes: it ends with this process, as the servers do.
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => resolve('late'), START_STOP_MS)
  const stopped = await Promise.race([starting.then((started) => started.stop()).catch(() => undefined), late])
  clearTimeout(timer)
  if (stopped !== 'late') terminal.done('everything is stopped')
  return undefined
}

async function start(config: Config, terminal: Terminal, live: boolean, signal: AbortSignal): Promise<RunningDev> {
  const services = await terminal.step('starting Postgres and Temporal', () =>
    startServices({
      home: config.PURSER_HOME,
      say: (line) => terminal.say(`    ${line}`),
      ready: terminal.done,
      keep: true,
      temporalPort: config.PURSER_TEMPORAL_PORT,
      uiPort: config.PURSER_TEMPORAL_UI_PORT,
      givenUiUrl: config.PURSER_TEMPORAL_UI_URL,
    }),
  )
  const opened: Opened = [services]
  const stop = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part.stop()
  }
  try {
    signal.throwIfAborted()
    const running = await readDevFile(config.PURSER_HOME)
    if (running !== undefined) return await joinRunning(running, services, live, opened, stop)
    return await startParts(config, terminal, { live, signal, services, opened, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

type Opened = { stop(): Promise<void> }[]

async function joinRunning(
  running: DevFile,
  services: Services,
  live: boolean,
  opened: Opened,
  stop: () => Promise<void>,
): Promise<RunningDev> {
  if (running.live !== live) {
    throw new PurserError(
      'bad_input',
      `Purser already runs here (process ${running.owner.pid}) with the ${running.live ? 'real provider' : 'emulator'}: stop it with Ctrl-C first`,
    )
  }
  const { temporal } = services
  const place = temporal.given ? temporal : { address: running.temporalAddress, namespace: running.temporalNamespace, given: false }
  const { client } = await reach(place)
  opened.push({ stop: () => client.connection.close() })
  const { databaseUrl, lost } = services
  return { databaseUrl, client, uiUrl: running.temporalUiUrl, apiUrl: running.apiUrl, reused: true, lost, stop }
}

interface Start {
  readonly live: boolean
  /** Aborted by Ctrl-C: nothing more is started. */
  readonly signal: AbortSignal
  readonly services: Services
  readonly opened: Opened
  readonly stop: () => Promise<void>
}

async function startParts(config: Config, terminal: Terminal, { live, signal, services, opened, stop }: Start): Promise<RunningDev> {
  const log = createLog(config.PURSER_LOG_LEVEL, join(config.PURSER_HOME, 'purser.log'))
  logTemporalTo(log)
  const { applied, already } = await terminal.step('migrating the ledger', () =>
    migrate({ databaseUrl: services.databaseUrl, folder: MIGRATIONS_FOLDER }),
  )
  signal.throwIfAborted()
  terminal.done(`ledger ready (${applied.length === 0 ? `${already} migrations, none new` : `${applied.length} migrations applied`})`)
  const emulator = live ? undefined : await startEmulator({ billFile: join(config.PURSER_HOME, 'emulator-bill.jsonl') })
  if (emulator !== undefined) {
    opened.push(emulator)
    terminal.done('emulator ready: it stands in for Gemini on this machine; nothing leaves, nothing is billed')
  }
  signal.throwIfAborted()
  const { client, connectionOptions } = await terminal.step('reaching Temporal', () => reach(services.temporal))
  opened.push({ stop: () => client.connection.close() })
  const connection = await NativeConnection.connect(connectionOptions)
  opened.push({ stop: () => connection.close() })
  const worker = await terminal.step('starting the worker', () =>
    startWorker(workerConfig(config, emulator), services, client, connection, terminal),
  )
  opened.push({ stop: () => stopWorker(worker, terminal) })
  signal.throwIfAborted()
  terminal.done('worker ready')
  const server = await listen(config, services, client, log)
  opened.push({ stop: () => server.close() })
  terminal.done(`API ready on ${server.url}`)
  await writeDevFile(config.PURSER_HOME, {
    live,
    temporalAddress: services.temporal.address,
    temporalNamespace: client.options.namespace,
    temporalUiUrl: services.temporal.uiUrl,
    apiUrl: server.url,
    emulatorUrl: emulator?.url,
  })
  opened.push({ stop: () => removeDevFile(config.PURSER_HOME) })
  const workerLost = worker.ended.then(
    () => new Promise<never>(() => {}),
    (error: Error) => `the worker has ended (${error.message})`,
  )
  const lost = Promise.race([services.lost, workerLost])
  return { databaseUrl: services.databaseUrl, client, uiUrl: services.temporal.uiUrl, apiUrl: server.url, reused: false, lost, stop }
}

/** A Temporal of one's own may need TLS or an API key, which are in its settings. Ours needs none, and settings of the machine must not get in its way. */
async function reach({ given, ...place }: Pick<Services['temporal'], 'address' | 'namespace' | 'given'>) {
  const { connectionOptions, namespace = place.namespace } = given
    ? loadClientConnectConfig()
    : { connectionOptions: { address: place.address } }
  return { connectionOptions, client: new Client({ connection: await reachTemporal(connectionOptions, namespace), namespace }) }
}

/** Beside the emulator nothing leaves this machine: no rate is read either. */
function workerConfig(config: Config, emulator: Emulator | undefined): Config {
  return emulator === undefined
    ? config
    : { ...config, GEMINI_API_KEY: EMULATOR_KEY, PURSER_GEMINI_BASE_URL: emulator.url, PURSER_RATES_URL: '' }
}

interface StartedWorker extends RunningWorker {
  readonly ended: Promise<void>
}

async function startWorker(
  config: Config,
  services: Services,
  client: Client,
  connection: NativeConnection,
  terminal: Terminal,
): Promise<StartedWorker> {
  const running = await createWorker({
    config,
    databaseUrl: services.databaseUrl,
    temporal: { client, connection },
    warn: terminal.warn,
  })
  return { ...running, ended: running.worker.run() }
}

async function stopWorker(running: StartedWorker, terminal: Terminal): Promise<void> {
  if (running.worker.getState() === 'RUNNING') running.worker.shutdown()
  const slow = setTimeout(
    () => terminal.say('    Waiting for a request that was sent, to book its answer. Ctrl-C again ends at once.'),
    1_000,
  )
  // How it ended is told by `lost`.
  await running.ended.catch(() => undefined)
  clearTimeout(slow)
  await running.close()
}

/** The asked port, or the next free one when nobody asked for it. */
async function listen(config: Config, services: Services, client: Client, log: Logger): Promise<Listening> {
  const places = {
    host: config.PURSER_HTTP_HOST,
    databaseUrl: services.databaseUrl,
    temporal: client.connection as Connection,
    namespace: client.options.namespace,
    log,
    config: { ...config, PURSER_TEMPORAL_UI_URL: services.temporal.uiUrl },
  }
  try {
    return await startServer({ ...places, port: config.PURSER_HTTP_PORT ?? USUAL_HTTP_PORT })
  } catch (error) {
    const asked = config.PURSER_HTTP_PORT !== undefined
    if (asked || !(error instanceof PurserError) || error.code !== 'port_taken') throw error
    return startServer({ ...places, port: 0 })
  }
}

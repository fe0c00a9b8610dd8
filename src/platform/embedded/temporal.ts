/** A Temporal development server of our own, with its UI, persistent in one SQLite file. */
import { Connection } from '@temporalio/client'
import { PlatformError } from '../platform-error.ts'
import { portAnswers } from './ports.ts'
import { startProgram, type RunningProgram } from './process.ts'
import { waitFor } from './wait.ts'

const READY_LIMIT_MS = 30_000
const ANSWER_LIMIT_MS = 5_000
const UNKNOWN_FLAGS_MAX = 4

/** What to start. */
export interface TemporalOptions {
  /** Path of the `temporal` program. */
  readonly program: string
  readonly port: number
  /** Needed unless `headless`. */
  readonly uiPort?: number
  /** Left out: the server forgets everything when it ends. */
  readonly dbFile?: string
  readonly namespace?: string
  readonly headless?: boolean
}

/** A Temporal server on the loopback interface. It dies with this process. */
export interface RunningTemporal {
  readonly address: string
  readonly uiUrl: string | undefined
  readonly pid: number
  /** Resolves with the reason when the server has ended, for whatever cause. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** Starts the server and waits until its namespace answers. Throws with the server's last lines if it does not within 30 s. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const address = `127.0.0.1:${options.port}`
  const namespace = options.namespace ?? 'default'
  let args = serverArgs(options, namespace)
  for (let dropped = 0; ; dropped++) {
    const program = await startProgram({ program: options.program, args, env: process.env, stopSignal: 'SIGTERM' })
    if (await isReady(program, options.port, namespace)) {
      const uiUrl = options.headless === true || options.uiPort === undefined ? undefined : `http://127.0.0.1:${options.uiPort}`
      return { address, uiUrl, pid: program.pid, ended: program.ended, stop: () => program.stop() }
    }
    await program.stop()
    const log = program.lastOutput()
    // An older program may lack a flag; each of ours only makes things better.
    const unknown = /unknown flag: (--[\w-]+)/.exec(log)?.[1]
    if (unknown === undefined || dropped === UNKNOWN_FLAGS_MAX) throw didNotStart(log, program.ending(), options)
    args = without(args, unknown)
  }
}

/** Whether a Temporal server at this address serves this namespace. */
export async function temporalAnswers(address: string, namespace: string): Promise<boolean> {
  // A proxy for the outside world must not get between us and our own machine.
  const connecting = Connection.connect({ address, connectTimeout: ANSWER_LIMIT_MS, channelArgs: { 'grpc.enable_http_proxy': 0 } })
  const connection = await connecting.catch(() => undefined)
  if (connection === undefined) return false
  try {
    await connection.withDeadline(Date.now() + ANSWER_LIMIT_MS, () => connection.workflowService.describeNamespace({ namespace }))
    return true
  } catch {
    return false
  } finally {
    await connection.close()
  }
}

async function isReady(program: RunningProgram, port: number, namespace: string): Promise<boolean> {
  const outcome = await waitFor(READY_LIMIT_MS, async () => {
    if (program.ending() !== undefined) return 'ended'
    // gRPC pauses a second after a refused connection, so the port is watched first.
    const answers = (await portAnswers(port)) && (await temporalAnswers(`127.0.0.1:${port}`, namespace))
    return answers && program.ending() === undefined ? 'ready' : undefined
  })
  return outcome === 'ready'
}

function serverArgs(options: TemporalOptions, namespace: string): string[] {
  const ui = options.headless === true || options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal']
  const store = options.dbFile === undefined ? [] : ['--db-filename', options.dbFile, ...pragmas]
  const place = ['--ip', '127.0.0.1', '--port', String(options.port)]
  // Search attributes made a moment ago are usable at once.
  const config = ['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=true']
  return ['server', 'start-dev', ...place, ...ui, ...store, ...config, '--namespace', namespace, '--log-level', 'error']
}

/** Removes each use of a flag with the value behind it. */
function without(args: readonly string[], flag: string): string[] {
  return args.filter((arg, at) => arg !== flag && !(args[at - 1] === flag && !arg.startsWith('--')))
}

function didNotStart(log: string, ending: string | undefined, options: TemporalOptions): PlatformError {
  const end = log.trim().split('\n').slice(-6).join('\n')
  if (/address already in use/i.test(log)) {
    const ports = options.uiPort === undefined ? `port ${options.port}` : `port ${options.port} or ${options.uiPort}`
    return new PlatformError('port_taken', `${ports} for Temporal is used by another program: stop it, or ask for other ports\n${end}`)
  }
  if (/disk is full|no space left/i.test(log)) {
    return new PlatformError(
      'data_unusable',
      `the disk that holds ${options.dbFile ?? 'Temporal'} is full: free some space and start again\n${end}`,
    )
  }
  const how = ending ?? `no answer on port ${options.port} within ${READY_LIMIT_MS / 1000} s`
  return new PlatformError('program_failed', `Temporal did not start (${how}); the end of what ${options.program} wrote:\n${end}`)
}

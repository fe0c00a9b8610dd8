/** Programs that we start and that never outlive us, however we end. Start them from the main thread: Linux ties a child to the thread that made it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformError } from '../platform-error.ts'
import { waitFor } from './wait.ts'

const OUTPUT_CHARS_MAX = 4_000
const STOP_LIMIT_MS = 10_000
const KILL_LIMIT_MS = 5_000

/** A program to start. */
export interface ProgramOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** The signal that asks it to end in good order. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM'
  /** Another user to run as. Only root can ask for it, and only on Linux. */
  readonly uid?: number | undefined
  /** How long `stop` waits before it kills; ten seconds if left out. */
  readonly stopLimitMs?: number | undefined
  /** What ends the program when we are gone. Left out: the kernel if it can, else a reaper process. */
  readonly guard?: 'kernel' | 'reaper' | undefined
}

/** A program that runs. */
export interface RunningProgram {
  readonly pid: number
  /** The end of what it wrote to stdout and stderr. */
  lastOutput(): string
  /** How it ended; undefined while it runs. */
  ending(): string | undefined
  /** Resolves with the same text when it ends. */
  readonly ended: Promise<string>
  /** Asks it to end, and kills it if it does not. Safe to repeat. */
  stop(): Promise<void>
}

/**
 * Starts a program that dies with us. It is detached from our terminal, so that Ctrl-C reaches only ourselves and we decide the order.
 * Throws `not_permitted` when another user was asked for and cannot be had.
 */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const byKernel = options.guard !== 'reaper' && process.platform === 'linux' && (await hasSetpriv(options.env))
  if (options.uid !== undefined && !byKernel) throw cannotDropRoot()
  const [program, args] = byKernel
    ? ['setpriv', [...setprivArgs(options), options.program, ...options.args]]
    : [options.program, options.args]
  const child = spawn(program, args, { env: options.env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const running = watch(child, options)
  if (!byKernel && child.pid !== undefined) guardByReaper(child, child.pid, options.stopSignal)
  return running
}

/** Runs a program to its end and gives its exit code (0 is success) with the end of its output; kills it when `limitMs` is over. */
export async function runProgram(options: ProgramOptions & { readonly limitMs: number }): Promise<{ code: number; output: string }> {
  const running = await startProgram(options)
  const ending = await endingWithin(running.ended, options.limitMs)
  if (ending === undefined) {
    await running.stop()
    return { code: -1, output: `${running.lastOutput()}\nstopped: it took longer than ${Math.round(options.limitMs / 1000)} s` }
  }
  const code = ending === 'exit code 0' ? 0 : Number(/^exit code (\d+)$/.exec(ending)?.[1] ?? -1)
  const output = running.lastOutput().trim()
  return { code, output: output === '' && code !== 0 ? ending : output }
}

/** Whether this process is root, which Postgres refuses to run as. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

function watch(child: ChildProcess, options: ProgramOptions): RunningProgram {
  let output = ''
  let ending: string | undefined
  const keep = (chunk: unknown): void => {
    output = (output + String(chunk)).slice(-OUTPUT_CHARS_MAX)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      ending = how
      resolve(how)
    }
    child.once('error', (error) => end(error.message))
    // `close` comes after the last output; a grandchild that keeps the pipes open must not hold it up for ever.
    child.once('exit', (code, signal) => {
      const how = code === null ? `ended by ${signal}` : `exit code ${code}`
      const late = setTimeout(() => end(how), 1_000)
      child.once('close', () => {
        clearTimeout(late)
        end(how)
      })
    })
  })
  const stop = async (): Promise<void> => {
    for (const [signal, limitMs] of [
      [options.stopSignal, options.stopLimitMs ?? STOP_LIMIT_MS] as const,
      ['SIGKILL', KILL_LIMIT_MS] as const,
    ]) {
      if (ending !== undefined || child.pid === undefined) return
      signalGroup(child.pid, signal)
      await endingWithin(ended, limitMs)
    }
  }
  return { pid: child.pid ?? 0, lastOutput: () => output, ending: () => ending, ended, stop }
}

async function endingWithin(ended: Promise<string>, limitMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs)
  })
  const ending = await Promise.race([ended, limit])
  clearTimeout(timer)
  return ending
}

/** The whole group: a program's own children (compilers, downloads) must end too. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended in the meantime.
  }
}

/** Ends a process that is not our child (its owner is dead): waits for it, and kills it after `limitMs`. Gives false if it is still there. */
export async function endStranger(pid: number, isThere: () => boolean, limitMs: number): Promise<boolean> {
  const isGone = (): true | undefined => (isThere() ? undefined : true)
  if (await waitFor(limitMs, isGone)) return true
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone, or not ours: the next lines tell.
  }
  return (await waitFor(KILL_LIMIT_MS, isGone)) ?? false
}

function setprivArgs(options: ProgramOptions): string[] {
  const signal = `--pdeathsig=${options.stopSignal.slice('SIG'.length)}`
  if (options.uid === undefined) return [signal, '--']
  const id = String(options.uid)
  // dac_override lets the other user pass through a closed home folder on its way to its program and its data.
  return [signal, `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--']
}

/** Busybox has a setpriv that lacks what we need, so its help text is read. */
function hasSetpriv(env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('setpriv', ['--help'], { env, timeout: 5_000 }, (_error, stdout) => resolve(stdout.includes('--pdeathsig')))
  })
}

function guardByReaper(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  // The sources run as .ts, the published package as .js.
  const script = fileURLToPath(new URL(`./reaper${extname(import.meta.url)}`, import.meta.url))
  const args = [script, String(pid), signal, String(STOP_LIMIT_MS)]
  const reaper = spawn(process.execPath, args, { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  reaper.unref()
  reaper.once('error', () => child.kill(signal)) // Unguarded it must not run.
  // SIGKILL, because an orderly end of the pipe would make it reap a process id that may belong to somebody else by then.
  child.once('exit', () => reaper.kill('SIGKILL'))
}

function cannotDropRoot(): PlatformError {
  const why =
    process.platform === 'linux'
      ? 'the program `setpriv` (package util-linux), which would start it as another user, is missing or too old: install it'
      : 'this system has no `setpriv`, which would start it as another user: do not use sudo'
  return new PlatformError(
    'not_permitted',
    `Postgres does not run as root, and ${why}, or run Purser as an ordinary user, or set DATABASE_URL to a Postgres of your own`,
  )
}

import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import type { CommandLine } from './warm-purser.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of ours that runs. It is killed when its limit is over or the test file ends, whatever happens. */
export interface Running {
  readonly pid: number
  /** What it has written so far, both streams as they came. */
  readonly said: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ended>
}

/** The machine's own settings must not decide what these tests see; and many libraries take the variable CI for a wish for colours, so it is set. */
const bare = Object.fromEntries(
  Object.entries(process.env as Record<string, string>).filter(
    ([name]) => !/^(DATABASE_URL|TEMPORAL_|PURSER_|GEMINI_|NODE_OPTIONS|VITEST|FORCE_COLOR)/.test(name),
  ),
)

const ownEnv = (env: Readonly<Record<string, string>>): Record<string, string> => ({
  ...bare,
  CI: 'true',
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  ...(process.env['PURSER_CACHE_DIR'] === undefined ? {} : { PURSER_CACHE_DIR: process.env['PURSER_CACHE_DIR'] }),
  ...env,
})

const LIMIT_MS = 30_000

const running = new Set<ChildProcess>()
/** Ends what a test file has left running. Of the processes that run command lines one after another, the next file takes those that are idle. */
export const endRunning = (): void => running.forEach((child) => child.kill('SIGKILL'))

/** Starts one of our programs with the Node that runs the tests. */
export function start(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { readonly limitMs?: number; readonly node?: string } = {},
): Running {
  const child = spawn(options.node ?? process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: ownEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? LIMIT_MS)
  running.add(child)
  let [stdout, stderr, said] = ['', '', '']
  child.stdout.on('data', (chunk) => ((stdout += String(chunk)), (said += String(chunk))))
  child.stderr.on('data', (chunk) => ((stderr += String(chunk)), (said += String(chunk))))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(limit)
      running.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return { pid: child.pid ?? 0, said: () => said, kill: (signal) => void child.kill(signal), ended }
}

/**
 * Runs one command line to its end, in a process of its own that may have run others before (`start` begins a new one). That a step takes its time is said too, but
 * only on a slow machine: such lines are no part of the answer.
 */
export async function purser(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const ended = await warmly({ args, env: ownEnv({ PURSER_HOME: '/nonexistent/purser', ...env }) })
  return { ...ended, stderr: ended.stderr.replace(/^ {4}still .* …\n/gm, '') }
}

const idle: ChildProcess[] = []

/** Command lines of one moment run in as many processes. */
async function warmly(line: CommandLine): Promise<Ended> {
  const child =
    idle.pop() ?? fork(join(root, 'test/cli/warm-purser.ts'), { cwd: root, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  running.add(child)
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const onExit = (code: number | null): void => reject(new Error(`purser ${line.args.join(' ')} ended its process (code ${code})`))
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  child.once('exit', onExit)
  child.once('message', (ended) => resolve(ended as Ended))
  child.send(line)
  try {
    return await promise
  } finally {
    clearTimeout(limit)
    running.delete(child)
    child.off('exit', onExit)
    if (child.connected) idle.push(child)
  }
}

/** What `--json` printed: one object a line. */
export const objects = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

export const newHome = (): Promise<string> => mkdtemp(join(inject('testFolder'), 'cli-'))

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { waitFor } from '../../src/platform/embedded/wait.ts'

/** A script of ours that runs in a process of its own. */
export interface Holder<Said> {
  /** The line of JSON that it wrote when it was ready. */
  readonly said: Said
  /** Sends a signal and waits for the end (15 s at most). */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a script of this folder and waits for its line of JSON. It is killed when the test ends, whatever happens, and ends by itself if we are killed. */
export async function hold<Said>(script: string, args: string[], launcher: readonly string[] = []): Promise<Holder<Said>> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const [program, ...rest] = [...launcher, process.execPath, file, ...args]
  const child = spawn(program ?? '', rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const line = await waitFor(15_000, () => (child.exitCode === null ? /^\{.*\}$/m.exec(out)?.[0] : 'ended'))
  if (line === undefined || line === 'ended') throw new Error(`${script} did not get ready: ${out}${err}`)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal: AbortSignal.timeout(15_000) })
  }
  return { said: JSON.parse(line) as Said, end }
}

/** Runs command lines one after another, as `bin/purser.js` runs one: starting a process anew each time is most of what a short command costs. */
import { main } from '../../src/cli/main.ts'

export interface CommandLine {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const STREAMS = ['stdout', 'stderr'] as const
let written = { stdout: '', stderr: '' }

for (const name of STREAMS) {
  process[name].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    const done = rest.find((one) => typeof one === 'function')
    done?.()
    return true
  }
}

process.on('message', (line: CommandLine) => void run(line))
process.once('disconnect', () => process.exit())

async function run({ args, env }: CommandLine): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  written = { stdout: '', stderr: '' }
  const code = await main([process.execPath, 'purser', ...args])
  // Each terminal listens; usually there is one in the life of a process.
  for (const name of STREAMS) process[name].removeAllListeners('error')
  process.send?.({ code, ...written })
}

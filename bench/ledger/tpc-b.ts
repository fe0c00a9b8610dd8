import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import type { Measured } from './full-calls.ts'

const run = promisify(execFile)
const PGBENCH = process.env['PGBENCH'] ?? 'pgbench'

/** pgbench's TPC-B (`-s 20 -c 16 -M prepared`) on the same server: the yardstick that everybody can run. */
export function tpcB(server: RunningPostgres): (ms: number) => Promise<Measured> {
  let ready: Promise<void> | undefined
  return async (ms) => {
    await (ready ??= initialise(server))
    const { stdout } = await pgbench(server, [
      '-n',
      '-c',
      '16',
      '-j',
      '2',
      '-M',
      'prepared',
      '-T',
      String(Math.max(2, Math.round(ms / 1_000))),
    ])
    const tps = /tps = ([\d.]+) \(without/.exec(stdout)?.[1]
    if (tps === undefined) throw new Error(`pgbench said something unexpected:\n${stdout}`)
    return { perSecond: Number(tps) }
  }
}

async function initialise(server: RunningPostgres): Promise<void> {
  await pgbench(server, ['-i', '-q', '-s', '20'])
}

async function pgbench(server: RunningPostgres, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run(PGBENCH, [...args, server.url('postgres')], { maxBuffer: 1 << 24 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(
      `the program ${PGBENCH} is missing: install PostgreSQL's client programs (Debian: postgresql-contrib), or set PGBENCH`,
      { cause: error },
    )
  }
}

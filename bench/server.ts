import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type RunningPostgres } from '../src/platform/embedded/postgres.ts'

/** A server of its own for one bench, with these settings; nothing of it is left. */
export async function withPostgres<T>(
  settings: Readonly<Record<string, string>>,
  work: (server: RunningPostgres) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-bench-'))
  try {
    const server = await startPostgres({ dataDir: join(folder, 'postgres'), password: randomBytes(12).toString('hex'), settings })
    try {
      return await work(server)
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

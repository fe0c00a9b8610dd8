import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const devFile = z.object({
  pid: z.number().int(),
  live: z.boolean(),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  temporalUiUrl: z.string().optional(),
  apiUrl: z.string(),
  emulatorUrl: z.string().optional(),
})

/** Where a running `purser dev` listens. */
export type DevFile = z.output<typeof devFile>

const pathIn = (home: string): string => join(home, 'dev.json')

/** Undefined when no `purser dev` runs here: no file, or its process is gone. */
export async function readDevFile(home: string): Promise<DevFile | undefined> {
  const text = await readFile(pathIn(home), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = devFile.safeParse(JSON.parse(text))
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined
}

export async function writeDevFile(home: string, file: DevFile): Promise<void> {
  await writeFile(pathIn(home), JSON.stringify(file, undefined, 2))
}

export async function removeDevFile(home: string): Promise<void> {
  await rm(pathIn(home), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

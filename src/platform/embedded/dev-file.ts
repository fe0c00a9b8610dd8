/** `dev.json` in the home folder: where a running `purser dev` listens. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeJson } from './json-file.ts'
import { isAlive, processIdentity, thisProcess } from './process-identity.ts'

const devFile = z.object({
  owner: processIdentity,
  live: z.boolean(),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  temporalUiUrl: z.string().optional(),
  apiUrl: z.string(),
  emulatorUrl: z.string().optional(),
})

/** Where a running `purser dev` listens, and which process it is. */
export type DevFile = z.output<typeof devFile>

/** The emulator takes any key of this form; no real key is needed or used. */
export const EMULATOR_KEY = 'emulator-key-for-this-machine'

const pathIn = (home: string): string => join(home, 'dev.json')

/** Undefined when no `purser dev` runs here: no file that can be read, or exactly its process is gone. */
export async function readDevFile(home: string): Promise<DevFile | undefined> {
  const file = await readJson(pathIn(home), devFile)
  return file !== undefined && isAlive(file.owner) ? file : undefined
}

/** Names this process as the one that runs. */
export async function writeDevFile(home: string, file: Omit<DevFile, 'owner'>): Promise<void> {
  await writeJson(pathIn(home), { owner: thisProcess(), ...file })
}

export async function removeDevFile(home: string): Promise<void> {
  await rm(pathIn(home), { force: true })
}

/** `run.json` in the home folder: which servers run for this folder, on which ports, and which process owns them. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeJson } from './json-file.ts'
import { processIdentity } from './process-identity.ts'

const postgresPart = z.object({ owner: processIdentity, server: processIdentity, port: z.number().int() })
const temporalPart = postgresPart.extend({ namespace: z.string(), uiPort: z.number().int() })
const runFile = z.object({ postgres: postgresPart.nullable(), temporal: temporalPart.nullable() })
const rememberedPorts = z.object({ temporal: z.number().int(), ui: z.number().int() })

/** A Postgres that somebody started for this home folder. */
export type PostgresPart = z.infer<typeof postgresPart>
/** A Temporal that somebody started for this home folder. */
export type TemporalPart = z.infer<typeof temporalPart>
/** What runs. Only written while the start lock is held. */
export type RunFile = z.infer<typeof runFile>
/** The ports of the last time, so that links into Temporal's UI stay good. */
export type RememberedPorts = z.infer<typeof rememberedPorts>

/** What the file says runs; whether that is still true is for the reader to find out. A missing or unreadable file says: nothing. */
export async function readRunFile(home: string): Promise<RunFile> {
  return (await readJson(join(home, 'run.json'), runFile)) ?? { postgres: null, temporal: null }
}

/** Replaces the file in one step; removes it when nothing runs. */
export async function writeRunFile(home: string, run: RunFile): Promise<void> {
  const path = join(home, 'run.json')
  if (run.postgres === null && run.temporal === null) await rm(path, { force: true })
  else await writeJson(path, run)
}

/** The ports of the last time, if there was one. */
export async function readPorts(home: string): Promise<RememberedPorts | undefined> {
  return readJson(join(home, 'ports.json'), rememberedPorts)
}

/** Keeps the ports for the next time. */
export async function writePorts(home: string, ports: RememberedPorts): Promise<void> {
  await writeJson(join(home, 'ports.json'), ports)
}

/** Small files of a home folder that processes leave for each other. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { z } from 'zod'

/** What the file says, or undefined: it is missing, cut, or has another shape. */
export async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> {
  try {
    return shape.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Replaces the file in one step, so that nobody reads half of it. */
export async function writeJson(path: string, content: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

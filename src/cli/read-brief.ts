import { readFile } from 'node:fs/promises'
import type { BannerInput } from '../client.ts'
import { PurserError } from '../domain/errors.ts'
import { briefSchema } from '../schema/banner-input.ts'
import { parsed } from '../schema/parsed.ts'

/** Reads a brief. Throws PurserError `bad_input` that names the file. */
export async function readBrief(file: string): Promise<BannerInput['brief']> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PurserError(
      'bad_input',
      `the brief ${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`,
    )
  })
  return parsed(briefSchema, jsonIn(file, text), `brief (${file})`)
}

function jsonIn(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PurserError('bad_input', `the brief ${file} is no JSON: ${(error as Error).message}`)
  }
}
